"""Valid FCS files of all features at once, drawn from a seed, with what plain Python says they hold.

Nothing here comes from the reader: bytes are packed with `struct` and `int.to_bytes`, values are Python's.
"""

from __future__ import annotations

import math
import random
import struct
from dataclasses import dataclass, field

HEADER = 58
LABELS = ("CD27", "CD3/CD19", "IgD µ", "α4β7", "Helios|Ki67", "HLA-DR", "50% FBS", "ÿ~^|!", "x\\y", "標識")
WORDS = (
    "a",
    "b/c",
    "one|two|three",
    "1,5",
    "C:\\data\\x.fcs",
    "tab\there",
    "two  blanks",
    "line\r\nnext",
    "#!~*;",
    "ÿþ",
    "e+-.",
)
ORDERS = {"little": "1,2,3,4", "big": "4,3,2,1", "little2": "1,2", "big2": "2,1", "mixed": "3,4,1,2"}
LINEAR = ("0,0", "0.0,0.0", "0,0.0", "0, 0", " 0 ,0", "+0,-0", "0.,.0", "0e0,0E+5", "00,000")


@dataclass
class Truth:
    """What one data set holds."""

    version: str
    names: list[str]
    labels: list[str | None]
    raw: list[list[float | int]]
    scale: list[list[float]]
    is_log: list[bool]
    keywords: dict[str, str]
    codes: set[str]
    matrix: tuple[list[str], list[list[float]]] | None
    analysis: dict[str, str]
    others: list[bytes]
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    crc: bool = False


@dataclass
class _Column:
    name: str
    label: str | None
    kind: str  # I, F, D
    width: int  # bytes; characters of fixed ASCII
    range: int
    mask: int
    e: str | None = "0,0"
    log: tuple[float, float] | None = None
    gain: float = 1.0
    is_time: bool = False


def compose(seed: int) -> tuple[bytes, list[Truth]]:
    """Return a file and the truth of each of its data sets."""
    r = random.Random(seed)
    count = r.choice((1, 1, 1, 1, 1, 2, 3))
    sets = [_DataSet(r, big=count == 1 and r.random() < 0.004) for _ in range(count)]
    out = b""
    for i, one in enumerate(sets):
        out += one.content(is_last=i == count - 1)
        if count > 1:
            one.truth.codes.add("more-data-sets")
    return out, [one.truth for one in sets]


class _DataSet:
    def __init__(self, r: random.Random, *, big: bool) -> None:
        self.r = r
        self.version = r.choice(("2.0", "3.0", "3.0", "3.1", "3.1", "3.2"))
        self.type = r.choice("IIFFDA")
        self.codes: set[str] = set()
        self.step: float | None = None
        self.columns = [self._column(n) for n in range(1, r.choice((1, 2, 3, 5, 8)) + 1)]
        self.order = self._order()
        row = sum(c.width for c in self.columns)
        self.n = r.choice((0, 1, 2, 3, 7, 31, 64, 97))
        if big and self.type != "A":
            self.n = 2**18 // row + r.choice((-1, 0, 1, 7))
        self.free = self.type == "A" and r.random() < 0.5
        raw = [[self._value(c) for c in self.columns] for _ in range(self.n)]
        self.stored = raw
        self.truth = Truth(
            self.version,
            [c.name for c in self.columns],
            [c.label for c in self.columns],
            [[self._masked(v, c) for v, c in zip(row, self.columns, strict=True)] for row in raw],
            [[self._scaled(v, c) for v, c in zip(row, self.columns, strict=True)] for row in raw],
            [c.log is not None for c in self.columns],
            {},
            self.codes,
            None,
            {},
            [r.randbytes(r.randint(1, 40)) for _ in range(r.choice((0, 0, 0, 1, 2)))],
        )
        self._codes_of_values()

    def _column(self, n: int) -> _Column:
        r = self.r
        kind = self.type
        if self.version == "3.2" and kind != "A" and r.random() < 0.4:
            kind = r.choice("IFD")
        kind = "I" if kind == "A" else kind
        is_time = n == 1 and r.random() < 0.3
        unicode = self.version in ("3.1", "3.2") and r.random() < 0.3
        name = (
            r.choice(("Time", "TIME", "time"))
            if is_time
            else f"{r.choice(('FL', 'B', 'FSC', 'π-' if unicode else 'G'))}{n}-A"
        )
        label = r.choice(LABELS) if r.random() < 0.5 else None
        if self.version in ("2.0", "3.0") and label and not label.isascii():
            label = None
        width = {"F": 4, "D": 8}.get(kind) or r.choice((1, 2, 2, 3, 4, 4, 5, 6, 7, 8))
        if self.type == "A":
            width = r.randint(1, 20)
        bits = 8 * width
        top = r.choice((2**bits, 2 ** r.randint(1, bits), r.randint(1, 2**bits), r.randint(2, 1200)))
        range_ = min(top, 2**bits)
        if kind != "I" or self.type == "A":
            range_ = r.choice((1024, 262144, 1000, 4294967296))
        mask = (1 << (range_ - 1).bit_length()) - 1
        if self.type == "A" or range_ == 2**bits:
            mask = 2**64 - 1
        c = _Column(name, label, kind, width, range_, mask, is_time=is_time)
        c.e = r.choice(LINEAR)
        if is_time:
            if self.version != "2.0" and r.random() < 0.7:
                self.step = r.choice((0.01, 0.001, 0.05, 1.0, 1e-6, 2.5))
        elif kind == "I" and r.random() < 0.3:
            c.log = r.choice(((4.0, 1.0), (3.5, 0.1), (2.0, 0.01), (4.0, 0.5), (5.0, 10.0), (0.5, 1.0)))
            c.e = r.choice((f"{c.log[0]:g},{c.log[1]:g}", f"{c.log[0]:.3f}, {c.log[1]:.3f}"))
        elif (kind == "I" or self.version in ("3.0", "3.1")) and self.version != "2.0" and r.random() < 0.3:
            c.gain = r.choice((2.0, 0.1, 3.67, 100.0, 1.0, 7.0))
        return c

    def _order(self) -> str:
        orders = ["little", "big"]
        if self.version in ("2.0", "3.0"):
            orders += ["little2", "big2"]
            if self.type != "A" and all(c.width in (1, 4) for c in self.columns):
                orders += ["mixed"] * 3
        found = self.r.choice(orders)
        if found == "mixed":
            self.codes.add("byte-order-mixed")
        return found

    def _value(self, c: _Column) -> float | int:
        r = self.r
        if self.type == "A":
            top = min(c.range if c.log else 2**64, 10**c.width)
            return r.choice((0, r.randrange(top), top - 1))
        if c.kind == "I":
            top = 2 ** (8 * c.width) if r.random() < 0.02 else min(c.range, 2 ** (8 * c.width))
            return r.choice(
                (r.randrange(top), r.randrange(top), top - 1, 0, min(2**53 + r.randint(-2, 3), top - 1))
            )
        odd = (0.0, -0.0, 5e-324, 1e-45, -1e-40, math.pi, 1e30, float("nan"), float("inf"), -float("inf"))
        value = r.choice(odd) if r.random() < 0.03 else r.gauss(1000, 30000)
        return struct.unpack("<f", struct.pack("<f", value))[0] if c.kind == "F" else value

    def _masked(self, value: float | int, c: _Column) -> float | int:
        return value & c.mask if c.kind == "I" else value

    def _scaled(self, value: float | int, c: _Column) -> float:
        x = float(self._masked(value, c))
        if c.log is not None:
            return c.log[1] * 10 ** (c.log[0] * x / c.range)
        if c.is_time and self.step is not None:
            return x * self.step
        return x / c.gain if not c.is_time else x

    def _codes_of_values(self) -> None:
        for row in self.stored:
            for value, c in zip(row, self.columns, strict=True):
                if c.kind != "I":
                    if not math.isfinite(value):
                        self.codes.add("values-not-finite")
                elif value & c.mask != value:
                    self.codes.add("bits-beyond-range")
                if c.kind == "I" and int(float(value & c.mask)) != value & c.mask:
                    self.codes.add("values-rounded")

    # --- bytes -----------------------------------------------------------------------------------------

    def _data(self) -> bytes:
        if self.type == "A":
            return self._ascii()
        out = bytearray()
        for row in self.stored:
            for value, c in zip(row, self.columns, strict=True):
                raw = (
                    value.to_bytes(c.width, "little")
                    if c.kind == "I"
                    else struct.pack("<f" if c.kind == "F" else "<d", value)
                )
                if self.order.startswith("big"):
                    raw = raw[::-1]
                elif self.order == "mixed" and len(raw) == 4:
                    raw = raw[2:] + raw[:2]  # 3,4,1,2: the third and fourth lowest come first
                out += raw
        return bytes(out)

    def _ascii(self) -> bytes:
        r = self.r
        if not self.free:
            return b"".join(
                (b"%d" % v).rjust(c.width, r.choice((b"0", b" ")))
                for row in self.stored
                for v, c in zip(row, self.columns, strict=True)
            )
        marks = (b" ", b",", b"\t", b"\n", b"\r\n", b", ", b"  ")
        words = [b"%d" % v for row in self.stored for v in row]
        return b"".join(word + r.choice(marks) for word in words)

    def _words(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return keywords that TEXT must have, and others, which may stand in its supplement."""
        r = self.r
        must = {
            "$BYTEORD": ORDERS[self.order],
            "$DATATYPE": self.type,
            "$MODE": "L",
            "$PAR": str(len(self.columns)),
            "$TOT": str(self.n),
        }
        more: dict[str, str] = {}
        if self.version == "3.2":
            must["$CYT"] = "Cytometer 7"
        for n, c in enumerate(self.columns, start=1):
            must[f"$P{n}N"], must[f"$P{n}R"] = c.name, str(c.range)
            must[f"$P{n}B"] = "*" if self.free else str(c.width if self.type == "A" else 8 * c.width)
            must[f"$P{n}E"] = c.e or "0,0"
            if self.version == "3.2" and self.type != "A" and (c.kind != self.type or r.random() < 0.2):
                must[f"$P{n}DATATYPE"] = c.kind
            if c.label:
                more[f"$P{n}S"] = c.label
            if c.gain != 1.0 or (self.version != "2.0" and r.random() < 0.2):
                more[f"$P{n}G"] = r.choice((repr(c.gain), f"{c.gain:.6f}", f"{c.gain:e}"))
        if self.step is not None:
            more["$TIMESTEP"] = repr(self.step)
        for i in range(r.randint(0, 6)):
            more[f"MY KEY {i}"] = r.choice(WORDS)
        self._spillover(more)
        return must, more

    def _spillover(self, more: dict[str, str]) -> None:
        r = self.r
        names = [c.name for c in self.columns if not c.is_time]
        if self.version == "2.0" or not names or r.random() < 0.6:
            return
        r.shuffle(names)
        names = names[: r.randint(1, len(names))]
        rows = [
            [1.0 if i == j else round(r.random() * 0.1, 4) for j in range(len(names))]
            for i in range(len(names))
        ]
        key = r.choice(("$SPILLOVER", "SPILL")) if self.version != "3.0" else "SPILL"
        more[key] = ",".join([str(len(names)), *names, *(repr(v) for row in rows for v in row)])
        self.truth.matrix = (names, rows)

    def content(self, *, is_last: bool) -> bytes:
        r = self.r
        must, more = self._words()
        supplement: dict[str, str] = {}
        if self.version != "2.0" and r.random() < 0.4:
            supplement = {key: more.pop(key) for key in list(more) if r.random() < 0.5}
        analysis = {f"GATE{i}": r.choice(WORDS) for i in range(r.choice((0, 0, 0, 1, 3)))}
        mark = self._delimiter([must, more, supplement, analysis])
        offsets = ["$BEGINDATA", "$ENDDATA", "$BEGINSTEXT", "$ENDSTEXT", "$BEGINANALYSIS", "$ENDANALYSIS"]
        keys = [*must, *more, "$NEXTDATA", *(offsets if self.version != "2.0" else ())]
        r.shuffle(keys)
        spelled = {key: r.choice((key, key, key.lower())) for key in [*keys, *supplement, *analysis]}
        pad = r.choice((0, 8, 10))

        def joined(pairs: list[tuple[str, str]]) -> bytes:
            body = "".join(f"{word.replace(mark, mark * 2)}{mark}" for pair in pairs for word in pair)
            return (mark + body).encode("utf-8")

        content = {
            "DATA": self._data(),
            "STEXT": joined([(spelled[k], v) for k, v in supplement.items()]) if supplement else b"",
            "ANALYSIS": joined([(spelled[k], v) for k, v in analysis.items()]) if analysis else b"",
            **{f"OTHER{i}": raw for i, raw in enumerate(self.truth.others)},
        }
        order = ["TEXT", *content]
        r.shuffle(order)
        gaps = {n: b" " * (r.choice((0, 0, 1, 7, 100)) if n == "TEXT" or content[n] else 0) for n in order}
        first = HEADER + 16 * len(self.truth.others)
        crc = self.r.choice((b"", b"", b"00000000", b"crc")) if self.version != "2.0" else b""
        self.truth.crc = crc == b"crc"
        tail = b"" if is_last else b" " * r.choice((0, 3))

        def places(text: bytes) -> dict[str, tuple[int, int]]:
            at, found = first, {}
            for name in order:
                raw = text if name == "TEXT" else content[name]
                at += len(gaps[name])
                found[name] = (at, at + len(raw) - 1) if raw else (0, 0)
                at += len(raw)
            found["end"] = (at, at)
            return found

        def text(found: dict[str, tuple[int, int]]) -> bytes:
            said = {
                f"${side}{n}": str(found[n][i])
                for n in ("DATA", "STEXT", "ANALYSIS")
                for i, side in enumerate(("BEGIN", "END"))
            }
            said["$NEXTDATA"] = (
                "0" if is_last else str(found["end"][1] + len(crc and b"8 digits") + len(tail))
            )
            known = {**must, **more, **{k: v.zfill(pad) for k, v in said.items()}}
            self.truth.keywords = {k: known[k] for k in keys} | supplement
            return joined([(spelled[k], known[k]) for k in keys])

        made = b""
        found = places(made)
        while True:
            again = text(found)
            if places(again) == found and again == made:
                break
            made, found = again, places(again)
        content["TEXT"] = made
        stated = [*found["TEXT"], *found["DATA"], *found["ANALYSIS"]]
        for i in range(len(self.truth.others)):
            stated += found[f"OTHER{i}"]
        out = f"FCS{self.version}    ".encode() + b"".join(b"%8d" % place for place in stated)
        for name in order:
            out += gaps[name] + content[name]
        self.truth.places, self.truth.analysis = found, analysis
        if crc == b"crc":
            last = max(end for name, (_, end) in found.items() if name != "end")
            crc = b"%08d" % checksum(out[: last + 1])
        return out + crc + tail

    def _delimiter(self, groups: list[dict[str, str]]) -> str:
        words = [word for group in groups for pair in group.items() for word in pair]
        keys = "".join(key for group in groups for key in group) + "$BEGINSTENDANALYSISNEXTDATA".lower()
        keys += keys.lower() + keys.upper()
        values = [value for group in groups for value in group.values()]
        fine = [
            chr(byte)
            for byte in range(1, 127)
            if chr(byte) not in keys
            and chr(byte) not in "0123456789"
            and not any(word.startswith(chr(byte)) for word in words)
            and not any(chr(byte) + "$" in value for value in values)
        ]
        usual = [mark for mark in "/|\\!\f" if mark in fine]
        return self.r.choice(usual) if usual and self.r.random() < 0.6 else self.r.choice(fine)


def checksum(raw: bytes) -> int:
    """CRC-16 of ISO 3309 as FCS 3.0 has it: bit for bit, the lowest first, from 0 on."""
    crc = 0
    for byte in raw:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc
