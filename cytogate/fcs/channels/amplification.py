"""Amplification: ``$PnE``, ``$PnG`` and ``$TIMESTEP``, which make scale values of stored ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.fcs.data.layout import AS_STORED, DIVIDE, LOG, MULTIPLY, UNSIGNED
from cytogate.fcs.text.numbers import comma_decimal, comma_decimals, decimal, decimals

if TYPE_CHECKING:
    from cytogate.fcs.channels.described import Described
    from cytogate.fcs.repairs.findings import Findings

_LARGEST = 1e100  # of factors; any instrument's are far within, and products stay finite


@dataclass(frozen=True, slots=True)
class Amplification:
    """How stored values of one parameter become scale values.

    Attributes
    ----------
    log : (float, float) or None
        Decades and offset of ``$PnE`` that are applied.
    gain : float
        ``$PnG`` that values are divided by.
    step : float
        Seconds of ``$TIMESTEP`` that values are multiplied with.
    """

    log: tuple[float, float] | None
    gain: float
    step: float

    def scale(self, range_: float) -> tuple[int, float, float]:
        """Return scale kind and factors of a `RecordLayout`, with ``$PnR`` in log scales."""
        if self.log is not None:
            return LOG, self.log[0] / range_, self.log[1]
        if self.step != 1.0:
            return MULTIPLY, self.step, 1.0
        return (DIVIDE, self.gain, 1.0) if self.gain != 1.0 else (AS_STORED, 1.0, 1.0)


def read_amplification(said: Described, kind: int, *, is_time: bool, has_step: bool) -> Amplification:
    """Return what is done to the stored values of a parameter.

    Log scales are of integers only; time and floats from FCS 3.2 on have no gain (FCS 3.2, 3.3.43, 3.3.46).

    Parameters
    ----------
    said : Described
    kind : int
        Of the stored values, as in `RecordLayout`.
    is_time, has_step : bool
        The parameter is time; it is the one that ``$TIMESTEP`` is meant for.

    Raises
    ------
    FcsError
        When the scale of integers is unreadable, and lenient reading is not asked for.
    """
    log = _log(said, kind, is_time=is_time)
    gain = _gain(said, kind, is_time=is_time, is_log=log is not None)
    step = _timestep(said) if has_step and log is None else 1.0
    return Amplification(log, gain, step)


def _log(said: Described, kind: int, *, is_time: bool) -> tuple[float, float] | None:
    """Return decades and offset of a log scale that is to be applied."""
    text = said.text("E")
    if text is None:
        if kind == UNSIGNED and "E" in said.terms.rules.required_parameter:
            said.note("log-scale-missing", "E", "absent; the scale is taken as linear.")
        return None
    pair = _pair(said, text)
    if kind != UNSIGNED:
        if pair is None or pair[0] != 0:
            message = f"{text[:40]!r} on floating-point data, which are linear already; left alone."
            said.note("log-on-float-ignored", "E", message)
        return None
    if pair is None:
        if not said.terms.lenient:
            fix = "Lenient reading takes the scale as linear."
            expected = "decades and offset, such as 4,1 or 0,0"
            raise said.error("log-scale-unreadable", "E", repr(text[:40]), expected, fix)
        said.note("log-scale-unreadable", "E", f"{text[:40]!r}; taken as linear.")
        return None
    decades, offset = pair
    if decades == 0:
        if offset:
            said.note("log-decades-zero", "E", f"{text[:40]!r}: no decades, so the scale is linear.")
        return None
    if is_time:
        said.note("log-on-time-ignored", "E", f"{text[:40]!r} on the time channel; left alone.")
        return None
    if offset == 0:
        said.note("log-offset-zero", "E", f"{text[:40]!r}: offset 0 is read as 1.")
        offset = 1.0
    return decades, offset


def _pair(said: Described, text: str) -> tuple[float, float] | None:
    pair = decimals(text, 2)
    if pair is None:
        pair = comma_decimals(text, 2)
        if pair is not None:
            said.note("decimal-comma", "E", f"{text[:40]!r} is read as {pair[0]:g} and {pair[1]:g}.")
    if pair is None or min(pair) < 0:
        return None
    decades, offset = pair
    largest = decades + math.log10(max(offset, 1.0))
    return (decades, offset) if largest <= math.log10(_LARGEST) else None


def _gain(said: Described, kind: int, *, is_time: bool, is_log: bool) -> float:
    """Return the gain that is to be applied; 1 where none is."""
    text = said.text("G")
    if not text:
        return 1.0
    gain = _factor(text, said.key("G"), said.findings)
    if gain is None:
        said.note("gain-unreadable", "G", f"{text[:40]!r} is no gain; 1 is used.")
        return 1.0
    if gain == 1.0:
        return gain
    if is_time:
        code, why = "time-gain-ignored", "time has its step in $TIMESTEP"
    elif is_log:
        code, why = "gain-with-log-ignored", "a log scale has no gain"
    elif kind != UNSIGNED and not said.terms.rules.float_gain:
        code, why = "gain-on-float-ignored", "floating-point data have no gain in this version"
    else:
        return gain
    said.note(code, "G", f"{text[:40]} left alone: {why}.")
    return 1.0


def _timestep(said: Described) -> float:
    text = said.keywords.get("$TIMESTEP")
    if text is None:
        return 1.0
    step = _factor(text, "$TIMESTEP", said.findings)
    if step is None:
        message = f"{text[:40]!r} is no number of seconds; time stays as it is."
        said.findings.note("timestep-unreadable", "$TIMESTEP", message)
        return 1.0
    return step


def _factor(text: str, key: str, findings: Findings) -> float | None:
    """Return a number above 0 that values can be multiplied with or divided by, else None."""
    number = decimal(text)
    if number is None:
        number = comma_decimal(text)
        if number is not None:
            findings.note("decimal-comma", key, f"{text[:40]!r} is read as {number:g}.")
    return number if number is not None and 1 / _LARGEST <= number <= _LARGEST else None
