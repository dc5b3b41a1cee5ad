"""Numbers in keywords: read strictly, never through the forgiving parsers of the language."""

from __future__ import annotations

import re

from cytogate.fcs.text.words import BLANKS

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}(?:\.0*)?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_COMMA_DECIMAL = re.compile(r"[+-]?[0-9]+,[0-9]+")
_INFINITE = re.compile(r"\+?inf(?:inity)?", re.I)
_MAX_LENGTH = 64


def integer(text: str | None) -> int | None:
    """Return the integer that `text` holds (blanks around it, leading zeros and ``.0`` allowed), or None.

    Examples
    --------
    >>> integer(" 0042 "), integer("1_0"), integer("12.5"), integer(None)
    (42, None, None, None)
    """
    if text is None:
        return None
    text = text.strip(BLANKS)
    return int(text.partition(".")[0]) if _INTEGER.fullmatch(text) else None


def decimal(text: str | None) -> float | None:
    """Return the number that `text` holds (plus infinity allowed, NaN not), or None.

    Examples
    --------
    >>> decimal("4.5"), decimal("inf"), decimal("0,5"), decimal("nan")
    (4.5, inf, None, None)
    """
    if text is None:
        return None
    text = text.strip(BLANKS)
    if len(text) > _MAX_LENGTH:
        return None
    return float(text) if _DECIMAL.fullmatch(text) or _INFINITE.fullmatch(text) else None


def decimals(text: str | None, count: int) -> tuple[float, ...] | None:
    """Return the `count` numbers that `text` holds with commas between, or None."""
    parts = [decimal(part) for part in (text or "").split(",", count)]  # no more than tell too many
    numbers = tuple(part for part in parts if part is not None)
    return numbers if len(numbers) == len(parts) == count else None


def comma_decimal(text: str | None) -> float | None:
    """Return the number that `text` holds with a comma for the point, or None.

    ``1,000`` could be a thousand and is None; ``0,001`` could not.

    Examples
    --------
    >>> comma_decimal("0,01"), comma_decimal("1,000"), comma_decimal("0.5")
    (0.01, None, None)
    """
    text = (text or "").strip(BLANKS)
    if len(text) > _MAX_LENGTH or not _COMMA_DECIMAL.fullmatch(text):
        return None
    whole, _, fraction = text.partition(",")
    if len(fraction) == 3 and whole.lstrip("+-") != "0":
        return None
    return float(f"{whole}.{fraction}")


def comma_decimals(text: str | None, count: int) -> tuple[float, ...] | None:
    """Return the `count` numbers that `text` holds, with commas for points and between them, or None.

    Examples
    --------
    >>> comma_decimals("4,0,0,1", 2), comma_decimals("4,0,1", 2)
    ((4.0, 0.1), None)
    """
    parts = (text or "").split(",", 2 * count)
    if len(parts) != 2 * count or not all(part.strip().isdecimal() for part in parts):
        return None
    return decimals(",".join(".".join(pair) for pair in zip(parts[::2], parts[1::2], strict=True)), count)
