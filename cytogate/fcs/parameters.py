"""Parameters: from the keywords of each ``$Pn`` to channels and a record layout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.fcs.layout import (
    AS_STORED,
    DIVIDE,
    FLOAT32,
    FLOAT64,
    LOG,
    MULTIPLY,
    NO_MASK,
    UNSIGNED,
    RecordLayout,
)
from cytogate.fcs.numbers import decimal, decimals, integer
from cytogate.fcs.panel import Channel, unique_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.byte_order import ByteOrder
    from cytogate.fcs.limits import Limits
    from cytogate.fcs.repairs import Findings
    from cytogate.fcs.versions import VersionRules

MAX_INTEGER_BITS = 64
TYPE_KINDS = {"I": UNSIGNED, "F": FLOAT32, "D": FLOAT64}
_FLOAT_BITS = {FLOAT32: 32, FLOAT64: 64}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ``$Pn`` as the file describes it, checked."""

    channel: Channel
    kind: int
    width: int
    mask: np.uint64
    scale_kind: int = AS_STORED
    scale_a: float = 1.0
    scale_b: float = 1.0


def count_parameters(keywords: Mapping[str, str], findings: Findings, limits: Limits) -> int:
    """Return ``$PAR``, checked."""
    text = keywords.get("$PAR")
    if text is None:
        raise findings.error("keyword-missing", "$PAR", None, "no keyword $PAR", "the number of parameters")
    count = integer(text)
    if count is None or count < 1:
        raise findings.error(
            "par-invalid", "$PAR", None, repr(text[:40]), "a number of parameters, 1 or more"
        )
    if count > limits.max_parameters:
        expected = f"at most {limits.max_parameters} (limits.max_parameters)"
        raise findings.error("par-too-large", "$PAR", None, text[:40], expected)
    return count


def read_parameters(
    keywords: Mapping[str, str], rules: VersionRules, findings: Findings, limits: Limits, *, lenient: bool
) -> tuple[Parameter, ...]:
    """Return all parameters of a data set, with unique channel names.

    Raises
    ------
    FcsError
        When a width, type, range or scale of a parameter leaves its values unknown.
    """
    found = []
    for n in range(1, count_parameters(keywords, findings, limits) + 1):
        reader = _ParameterReader(n, keywords, rules, findings, lenient=lenient)
        found.append(reader.read(limits))
    channels = unique_names([parameter.channel for parameter in found])
    changed = [channel for channel in channels if channel.original_name is not None]
    for name in dict.fromkeys(channel.original_name for channel in changed):
        names = ", ".join(channel.name for channel in changed if channel.original_name == name)
        message = f"{name!r} names several parameters; they are called {names}."
        findings.note("channel-name-duplicate", "$PnN", message)
    return tuple(
        Parameter(channel, p.kind, p.width, p.mask, p.scale_kind, p.scale_a, p.scale_b)
        for channel, p in zip(channels, found, strict=True)
    )


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


class _ParameterReader:
    """Reads the keywords of one parameter."""

    def __init__(
        self, n: int, keywords: Mapping[str, str], rules: VersionRules, findings: Findings, *, lenient: bool
    ) -> None:
        self.n = n
        self.keywords = keywords
        self.rules = rules
        self.findings = findings
        self.lenient = lenient

    def key(self, suffix: str) -> str:
        return f"$P{self.n}{suffix}"

    def text(self, suffix: str) -> str | None:
        return self.keywords.get(self.key(suffix))

    def read(self, limits: Limits) -> Parameter:
        kind = self.kind()
        bits, width = self.width(kind)
        range_, mask = self.range(kind, width)
        name = self.name(limits)
        label = self.text("S") or None
        is_time = Channel(name).kind == "time" and name.casefold() == "time"
        log = self.log(kind, is_time=is_time)
        if log is not None and not (math.isfinite(range_) and range_ > 0):
            found = repr(self.text("R"))
            raise self.findings.error(
                "range-unreadable", self.key("R"), None, found, "the range of a log scale"
            )
        gain = self.gain(kind, is_time=is_time, is_log=log is not None)
        scale: tuple[int, float, float] = (AS_STORED, 1.0, 1.0)
        if log is not None:
            scale = (LOG, log[0] / range_, log[1])
        elif is_time:
            step = self.timestep()
            if step != 1.0:
                scale = (MULTIPLY, step, 1.0)
        elif gain != 1.0:
            scale = (DIVIDE, gain, 1.0)
        return Parameter(Channel(name, label, range_, bits, gain, log), kind, width, mask, *scale)

    def kind(self) -> int:
        key, text = "$DATATYPE", self.keywords.get("$DATATYPE", "").upper()
        own = self.text("DATATYPE")
        if own is not None and self.rules.parameter_types:
            key, text = self.key("DATATYPE"), own.upper()
        if text == "A":
            fix = "Export the file as floating-point data."
            raise self.findings.error("datatype-ascii", key, None, "ASCII data", "I, F or D", fix)
        if text not in TYPE_KINDS:
            raise self.findings.error("datatype-unknown", key, None, repr(text[:40]), "I, F or D")
        return TYPE_KINDS[text]

    def width(self, kind: int) -> tuple[int, int]:
        """Return bits as said, and bytes as stored."""
        text = self.text("B")
        float_bits = _FLOAT_BITS.get(kind)
        if text is None and float_bits is not None:
            message = f"absent; values of this type have {float_bits} bits."
            self.findings.note("parameter-bits-missing", self.key("B"), message)
            return float_bits, float_bits // 8
        bits = integer(text)
        if text is None or bits is None:
            found = "no keyword" if text is None else repr(text[:40])
            code = "keyword-missing" if text is None else "bits-invalid"
            raise self.findings.error(code, self.key("B"), None, found, "the number of bits of a value")
        if float_bits is not None and bits != float_bits:
            raise self.findings.error(
                "bits-invalid", self.key("B"), None, bits, f"{float_bits} for this type"
            )
        if not 1 <= bits <= MAX_INTEGER_BITS:
            expected = f"1 to {MAX_INTEGER_BITS} bits"
            raise self.findings.error("bits-invalid", self.key("B"), None, bits, expected)
        return bits, -(-bits // 8)

    def range(self, kind: int, width: int) -> tuple[float, np.uint64]:
        """Return ``$PnR``, and the bits of an integer that count."""
        text = self.text("R")
        value = decimal(text)
        if kind != UNSIGNED:
            if value is None:
                found = "absent" if text is None else f"{text[:40]!r}, which is no number"
                self.findings.note(
                    "parameter-range-unreadable", self.key("R"), f"{found}; values are not changed."
                )
                value = math.inf
            return value, NO_MASK
        if value is None or value <= 0:
            found = "no keyword" if text is None else repr(text[:40])
            if not self.lenient:
                code = "keyword-missing" if text is None else "range-unreadable"
                fix = "It says which bits of a value count; lenient reading takes all."
                raise self.findings.error(
                    code, self.key("R"), None, found, "the range of integer values", fix
                )
            self.findings.note("parameter-range-ignored", self.key("R"), f"{found}; all bits are taken.")
            return float(2 ** (8 * width)), NO_MASK
        return value, range_mask(integer(text) or value, width)

    def name(self, limits: Limits) -> str:
        name = self.text("N")
        if not name:
            self.findings.note("channel-unnamed", self.key("N"), f"absent; the channel is called P{self.n}.")
            return f"P{self.n}"
        if len(name) > limits.max_name_length:
            expected = f"at most {limits.max_name_length} (limits.max_name_length)"
            found = f"a name of {len(name)} characters"
            raise self.findings.error("name-too-long", self.key("N"), None, found, expected)
        return name

    def log(self, kind: int, *, is_time: bool) -> tuple[float, float] | None:
        """Return decades and offset of a log scale that is to be applied."""
        text = self.text("E")
        if text is None:
            if kind == UNSIGNED and "E" in self.rules.required_parameter:
                self.findings.note(
                    "log-scale-missing", self.key("E"), "absent; the scale is taken as linear."
                )
            return None
        pair = decimals(text, 2)
        if pair is None or not all(math.isfinite(number) and number >= 0 for number in pair):
            if kind == UNSIGNED and not self.lenient:
                fix = "Lenient reading takes the scale as linear."
                expected = "decades and offset, such as 4,1 or 0,0"
                raise self.findings.error(
                    "log-scale-unreadable", self.key("E"), None, repr(text[:40]), expected, fix
                )
            if kind == UNSIGNED:
                self.findings.note("log-scale-unreadable", self.key("E"), f"{text[:40]!r}; taken as linear.")
            return None
        decades, offset = pair
        if decades == 0:
            return None
        if kind != UNSIGNED:
            message = f"{text!r} on floating-point data, which are linear already; left alone."
            self.findings.note("log-on-float-ignored", self.key("E"), message)
            return None
        if is_time:
            self.findings.note(
                "log-on-time-ignored", self.key("E"), f"{text!r} on the time channel; left alone."
            )
            return None
        if offset == 0:
            self.findings.note("log-offset-zero", self.key("E"), f"{text!r}: offset 0 is read as 1.")
            offset = 1.0
        return decades, offset

    def gain(self, kind: int, *, is_time: bool, is_log: bool) -> float:
        """Return the gain that is to be applied; 1 where none is."""
        text = self.text("G")
        if not text:
            return 1.0
        gain = decimal(text)
        if gain is None or not (math.isfinite(gain) and gain > 0):
            self.findings.note("gain-unreadable", self.key("G"), f"{text[:40]!r} is no gain; 1 is used.")
            return 1.0
        if gain == 1.0:
            return gain
        if is_time:
            code, why = "time-gain-ignored", "time has its step in $TIMESTEP"
        elif is_log:
            code, why = "gain-with-log-ignored", "a log scale has no gain"
        elif kind != UNSIGNED and not self.rules.float_gain:
            code, why = "gain-on-float-ignored", "floating-point data have no gain in this version"
        else:
            return gain
        self.findings.note(code, self.key("G"), f"{text} left alone: {why}.")
        return 1.0

    def timestep(self) -> float:
        text = self.keywords.get("$TIMESTEP")
        if text is None:
            return 1.0
        step = decimal(text)
        if step is None or not (math.isfinite(step) and step > 0):
            message = f"{text[:40]!r} is no number of seconds; time stays as it is."
            self.findings.note("timestep-unreadable", "$TIMESTEP", message)
            return 1.0
        return step


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
