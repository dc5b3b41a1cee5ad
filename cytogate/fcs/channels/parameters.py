"""Parameters: from the keywords of each ``$Pn`` to channels and a record layout."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import listed
from cytogate.fcs.channels.amplification import read_amplification
from cytogate.fcs.channels.described import Described
from cytogate.fcs.channels.panel import Channel, is_time, unique_names
from cytogate.fcs.data.layout import FLOAT32, FLOAT64, NO_MASK, UNSIGNED, RecordLayout
from cytogate.fcs.text.numbers import decimal, integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.data.byte_order import ByteOrder
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.terms import Terms

MAX_INTEGER_BITS = 64
ASCII = -1  # decoded into unsigned integers of 8 bytes before anybody sees records
TYPE_KINDS = {"I": UNSIGNED, "F": FLOAT32, "D": FLOAT64, "A": ASCII}
_PARAMETER_KEYWORD = re.compile(r"\$P([1-9][0-9]{0,8})[BN]")
_FLOAT_BITS = {FLOAT32: 32, FLOAT64: 64}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ``$Pn`` as the file describes it, checked."""

    channel: Channel
    kind: int
    width: int
    mask: np.uint64
    scale_kind: int
    scale_a: float
    scale_b: float


def count_parameters(keywords: Mapping[str, str], terms: Terms, findings: Findings) -> int:
    """Return ``$PAR``, checked."""
    text = keywords.get("$PAR")
    if text is None:
        raise findings.error("keyword-missing", "$PAR", None, "no keyword $PAR", "the number of parameters")
    count = integer(text)
    if count is None or count < 1:
        raise findings.error(
            "par-invalid", "$PAR", None, repr(text[:40]), "a number of parameters, 1 or more"
        )
    if count > terms.limits.max_parameters:
        expected = f"at most {terms.limits.max_parameters} (limits.max_parameters)"
        raise findings.error("par-too-large", "$PAR", None, text[:40], expected)
    return count


def read_parameters(keywords: Mapping[str, str], terms: Terms, findings: Findings) -> tuple[Parameter, ...]:
    """Return all parameters of a data set, with unique channel names.

    Raises
    ------
    FcsError
        When a width, type, range or scale of a parameter leaves its values unknown.
    """
    numbers = range(1, count_parameters(keywords, terms, findings) + 1)
    found = [_ParameterReader(n, keywords, terms, findings).read() for n in numbers]
    channels = unique_names([parameter.channel for parameter in found])
    _note_changed_names(channels, findings)
    _note_beyond(len(found), keywords, findings)
    return tuple(
        p if p.channel is channel else replace(p, channel=channel)
        for channel, p in zip(channels, found, strict=True)
    )


def _note_changed_names(channels: tuple[Channel, ...], findings: Findings) -> None:
    renamed: dict[str, list[str]] = {}
    for channel in channels:
        if channel.original_name is not None:
            renamed.setdefault(channel.original_name, []).append(channel.name)
    for name, names in renamed.items():
        message = f"{name[:40]!r} names several parameters; they are called {listed(names)}."
        findings.note("channel-name-duplicate", "$PnN", message)


def _note_beyond(count: int, keywords: Mapping[str, str], findings: Findings) -> None:
    beyond = [n for n in _described(keywords) if n > count]
    if beyond:
        message = f"{count}, but keywords describe parameters {listed([str(n) for n in beyond])}, too."
        findings.note("parameters-beyond-count", "$PAR", message)


def _parameters_fix(keywords: Mapping[str, str]) -> str:
    described, said = len(_described(keywords)), integer(keywords.get("$PAR"))
    if described == said:
        return ""
    return f"$PAR is {keywords.get('$PAR', '')[:20]}, but keywords describe {described} parameters."


def _described(keywords: Mapping[str, str]) -> list[int]:
    """Return the numbers of the parameters that have a width or name."""
    likely = (key for key in keywords if key.endswith(("B", "N")))
    return sorted({int(match[1]) for key in likely if (match := _PARAMETER_KEYWORD.fullmatch(key))})


def build_layout(parameters: tuple[Parameter, ...], order: ByteOrder) -> RecordLayout:
    """Return the layout of records whose values lie one after the other."""
    widths = np.array([p.width for p in parameters], np.int64)
    return RecordLayout(
        row_bytes=int(widths.sum()),
        offsets=np.cumsum(widths) - widths,
        widths=widths,
        kinds=np.array([p.kind for p in parameters]),
        big_endian=order.big_endian,
        masks=np.array([p.mask for p in parameters], np.uint64),
        scale_kinds=np.array([p.scale_kind for p in parameters]),
        scale_a=np.array([p.scale_a for p in parameters]),
        scale_b=np.array([p.scale_b for p in parameters]),
    )


class _ParameterReader(Described):
    """Reads the keywords of one parameter."""

    __slots__ = ()

    def read(self) -> Parameter:
        kind = self.kind()
        bits, width = self.width(kind)
        range_, mask = self.range(kind, width)
        if kind == ASCII:  # a value as it is written has no bits to spare, so no mask
            kind = UNSIGNED
        name = self.name()
        label = self.text("S") or None
        time, has_step = self.time(name)
        amplification = read_amplification(self, kind, is_time=time, has_step=has_step)
        log = amplification.log
        if log is not None and not 0 < range_ < math.inf:
            said = "no keyword" if self.text("R") is None else repr(self.text("R"))
            raise self.error("range-unreadable", "R", said, "the range of a log scale")
        channel = Channel(name, label, range_, bits, amplification.gain, log)
        return Parameter(channel, kind, width, mask, *amplification.scale(range_))

    def time(self, name: str) -> tuple[bool, bool]:
        """Say whether the parameter is time, and the one that ``$TIMESTEP`` is for.

        That is the one called TIME (FCS 3.0, 3.2.20), or of ``$PnTYPE`` Time from 3.2 on.
        """
        has_type = self.terms.rules.parameter_types and (self.text("TYPE") or "").casefold() == "time"
        has_step = name.casefold() == "time" or has_type
        return has_step or is_time(name), has_step

    def kind(self) -> int:
        key, text = "$DATATYPE", self.keywords.get("$DATATYPE", "")
        own, is_ascii = self.text("DATATYPE") or "", text.upper() == "A"
        if own and self.terms.rules.parameter_types:
            key, text = self.key("DATATYPE"), own
        elif own.upper() in TYPE_KINDS and own.upper() != text.upper():
            version = self.terms.rules.version
            message = f"{own} is of FCS 3.2, and this is {version}: $DATATYPE {text[:40]} counts."
            self.note("parameter-type-ignored", "DATATYPE", message)
        if text.upper() not in TYPE_KINDS:
            raise self.findings.error("datatype-unknown", key, None, repr(text[:40]), "I, F, D or A")
        if (text.upper() == "A") != is_ascii:
            found, expected = f"{text!r} beside other types", "ASCII for all parameters or none"
            raise self.findings.error("datatype-ascii", key, None, found, expected)
        return TYPE_KINDS[text.upper()]

    def width(self, kind: int) -> tuple[int, int]:
        """Return bits as said, and bytes as stored."""
        if kind == ASCII:
            return 64, 8
        text = self.text("B")
        float_bits = _FLOAT_BITS.get(kind)
        if text is None and float_bits is not None:
            message = f"absent; values of this type have {float_bits} bits."
            self.note("parameter-bits-missing", "B", message)
            return float_bits, float_bits // 8
        bits = integer(text)
        if bits is None:
            found = "no keyword" if text is None else repr(text[:40])
            code = "keyword-missing" if text is None else "bits-invalid"
            fix = _parameters_fix(self.keywords) if text is None else ""
            expected = "the number of bits of a value"
            raise self.error(code, "B", found, expected, fix)
        if float_bits is not None and bits != float_bits:
            raise self.error("bits-invalid", "B", bits, f"{float_bits} for this type")
        if not 1 <= bits <= MAX_INTEGER_BITS:
            expected = f"1 to {MAX_INTEGER_BITS} bits"
            raise self.error("bits-invalid", "B", bits, expected)
        return bits, -(-bits // 8)

    def range(self, kind: int, width: int) -> tuple[float, np.uint64]:
        """Return ``$PnR``, and the bits of an integer that count."""
        text = self.text("R")
        value = decimal(text)
        if kind != UNSIGNED:
            if value is None or value < 0:
                found = "absent" if text is None else f"{text[:40]!r}, which is no range"
                self.note("parameter-range-unreadable", "R", f"{found}; values are not changed.")
                value = math.inf
            return value, NO_MASK
        if value is None or value < 1:
            found = "no keyword" if text is None else repr(text[:40])
            code = "keyword-missing" if text is None else "range-unreadable"
            fix = "It says which bits of a value count; without it the values are not known."
            raise self.error(code, "R", found, "the range of integer values", fix)
        return value, range_mask(integer(text) or value, width)

    def name(self) -> str:
        name = self.text("N")
        if not name:
            self.note("channel-unnamed", "N", f"absent; the channel is called P{self.n}.")
            return f"P{self.n}"
        if len(name) > self.terms.limits.max_name_length:
            expected = f"at most {self.terms.limits.max_name_length} (limits.max_name_length)"
            found = f"a name of {len(name)} characters"
            raise self.error("name-too-long", "N", found, expected)
        if "," in name:
            message = f"{name[:40]!r} has a comma; a spillover matrix cannot name the channel."
            self.note("channel-name-comma", "N", message)
        return name


def range_mask(range_: float, width: int) -> np.uint64:
    """Return the bits that count of integers from 0 to below `range_` in `width` bytes.

    Examples
    --------
    >>> hex(range_mask(1024, 2)), hex(range_mask(1000, 2)), hex(range_mask(2**32, 4))
    ('0x3ff', '0x3ff', '0xffffffffffffffff')
    """
    if math.isinf(range_) or range_ >= 2 ** (8 * width):
        return NO_MASK
    return np.uint64(2 ** (math.ceil(range_) - 1).bit_length() - 1)
