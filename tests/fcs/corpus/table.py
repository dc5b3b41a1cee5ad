"""Truth: what an event table holds, and what a reader must make of it, in plain Python by the standard.

Nothing here knows the reader. Bytes go through `struct` and `int.to_bytes`; masks, log scales, gains and time
steps are applied value by value as FCS 3.1 defines ``$PnE``, ``$PnG``, ``$PnR`` and ``$TIMESTEP``.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, replace

from fcs.build import build, keywords

_FLOATS = {"F": "f", "D": "d"}


@dataclass(frozen=True)
class Column:
    """One parameter: its keywords, and the values as they are stored, junk bits and all."""

    name: str
    values: tuple
    bits: int | str = 32
    range: object = 262144
    kind: str = "F"
    log: str = "0,0"
    gain: str | None = None
    label: str | None = None

    @property
    def width(self):
        """Bytes of a stored value that is no text."""
        return -(-self.bits // 8)

    @property
    def top(self):
        """The range as a number, whole ones exactly."""
        return int(self.range) if str(self.range).isdigit() else float(self.range)

    def raw(self):
        """Stored values as they count: integers without the bits above the range, floats as they are."""
        if self.kind == "F":
            return [struct.unpack("f", struct.pack("f", value))[0] for value in self.values]
        if self.kind != "I" or self.top >= 2 ** (8 * self.width):
            return list(self.values)
        return [value & ((1 << (math.ceil(self.top) - 1).bit_length()) - 1) for value in self.values]

    def scale(self, *, timestep=None, divides_floats=True):
        """Scale values: log scales and gains of integers undone, time in seconds."""
        decades, offset = (float(part) for part in self.log.split(","))
        if self.name.lower() == "time":
            return [value * float(timestep or 1) for value in self.raw()]
        if decades and self.kind in "IA":
            return [(offset or 1.0) * 10 ** (decades * value / self.top) for value in self.raw()]
        if self.gain and (self.kind in "IA" or divides_floats):
            return [value / float(self.gain) for value in self.raw()]
        return [float(value) for value in self.raw()]


@dataclass(frozen=True)
class Table:
    """Events of some columns, and how they lie in DATA."""

    columns: tuple
    byteord: str = "1,2,3,4"
    datatype: str = "F"
    timestep: str | None = None
    version: str = "3.1"

    def __len__(self):
        return len(self.columns[0].values)

    def first(self, count):
        """The table of the first events only."""
        return replace(self, columns=tuple(replace(c, values=c.values[:count]) for c in self.columns))

    def raw(self):
        """Rows of stored values."""
        return list(zip(*(column.raw() for column in self.columns), strict=True))

    def scale(self):
        """Rows of scale values."""
        options = {"timestep": self.timestep, "divides_floats": self.version != "3.2"}
        return list(zip(*(column.scale(**options) for column in self.columns), strict=True))

    def words(self):
        """Keywords that the version requires, and those that the columns have."""
        found = keywords(
            len(self.columns),
            len(self),
            datatype=self.datatype,
            bits=[column.bits for column in self.columns],
            ranges=[column.range for column in self.columns],
            byteord=self.byteord,
            names=[column.name for column in self.columns],
        )
        for n, column in enumerate(self.columns, start=1):
            found[f"$P{n}E"] = column.log
            if column.gain is not None:
                found[f"$P{n}G"] = column.gain
            if column.label is not None:
                found[f"$P{n}S"] = column.label
            if self.version == "3.2" and column.kind != self.datatype:
                found[f"$P{n}DATATYPE"] = column.kind
        if self.timestep is not None:
            found["$TIMESTEP"] = self.timestep
        if self.version == "3.2":
            found["$CYT"] = "Cytometer"
            for key in ("$MODE", "$BEGINANALYSIS", "$ENDANALYSIS", "$BEGINSTEXT", "$ENDSTEXT"):
                del found[key]
        if self.version == "2.0":
            for key in [key for key in found if key.startswith(("$BEGIN", "$END"))] + ["$TOT"]:
                del found[key]
        return found

    def data(self):
        """Bytes of DATA."""
        rows = zip(*(column.values for column in self.columns), strict=True)
        return b"".join(
            self._stored(value, column)
            for row in rows
            for value, column in zip(row, self.columns, strict=True)
        )

    def _stored(self, value, column):
        if column.kind == "A":
            return f"{value:>{column.bits}}".encode()
        ranks = [int(rank) for rank in self.byteord.split(",")]
        if column.kind in _FLOATS:
            little = struct.pack("<" + _FLOATS[column.kind], value)
        else:
            little = int(value).to_bytes(column.width, "little")
        if ranks == sorted(ranks, reverse=True):
            return little[::-1]
        if ranks == sorted(ranks) or len(little) == 1:
            return little
        return bytes(little[rank - 1] for rank in ranks)

    def file(self, more=None, *, data=None, **options):
        """Bytes of a file with keyword changes `more` (None drops one) and options of `fcs.build.build`."""
        words = self.words()
        for key, value in (more or {}).items():
            if value is None:
                words.pop(key, None)
            else:
                words[key] = value
        return build(words, self.data() if data is None else data, version=self.version, **options)


def floats(*, rows=None, **options):
    """A table of three floating-point columns, four events unless told."""
    rows = rows or ((1.5, 2.0, -3.25), (100.0, 0.5, 7.0), (4.0, 5.0, 6.0), (1e5, -111.0, 0.125))
    kind = options.pop("datatype", "F")
    bits = 64 if kind == "D" else 32
    names = ("FSC-A", "SSC-A", "FL1-A")
    columns = tuple(
        Column(name, values, bits, kind=kind)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    )
    return Table(columns, datatype=kind, **options)


def integers(*columns, bits=16, byteord="1,2,3,4", **options):
    """A table of integer columns: of values, or of (values, range), or of `Column`."""
    made = []
    for n, column in enumerate(columns or ((1, 1023, 512, 7), (3, 0, 900, 1000)), start=1):
        if not isinstance(column, Column):
            values, range_ = column if isinstance(column[0], tuple) else (column, 1024)
            column = Column(f"FL{n}-A", tuple(values), bits, range_, "I")
        made.append(column)
    return Table(tuple(made), byteord=byteord, datatype="I", **options)
