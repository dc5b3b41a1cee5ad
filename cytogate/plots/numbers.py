"""Numbers as cytometrists write them: percents to three figures, events with thin groups."""

from __future__ import annotations

import math


def decimals(value: float) -> int:
    """Return the decimals that `percent_text` writes of a finite value; 2 of exactly 0.

    Examples
    --------
    >>> decimals(45.678), decimals(-4.5678), decimals(0.045678), decimals(0), decimals(0.00001)
    (1, 2, 4, 2, 4)
    """
    size = abs(value)
    if size >= 9.995:
        return 1
    return 2 if size == 0 else min(4, max(0, 2 - math.floor(math.log10(size))))


def shared_decimals(estimate: float, *ends: float | None) -> int:
    """Return the decimals in which an estimate and its interval are written.

    Those of the estimate; no more than two, or than the largest of the three has, where the estimate is
    small beside an end; and more where an end, or the estimate, would look like 0.

    Examples
    --------
    >>> shared_decimals(-6.96, -14.15, 0.36), shared_decimals(-10.3, -14.9, -0.04)
    (2, 2)
    >>> shared_decimals(-10.3, -14.9, 3.19), shared_decimals(5.0, 0.0, None)
    (1, 2)
    >>> shared_decimals(0.0326, -14.15, 6.03), shared_decimals(0.36, -2.23, 2.42)
    (2, 2)
    """
    known = [abs(end) for end in (estimate, *ends) if end is not None and math.isfinite(end) and end]
    places = min(decimals(estimate), max(2, decimals(max(known, default=0.0))))
    while places < 4 and any(round(end, places) == 0 for end in known):
        places += 1
    return places


def percent_text(value: float | None, places: int | None = None) -> str:
    """Write a percent with one decimal from 10 upward and three significant figures below.

    With `places`, that many decimals are written, as an interval needs whose estimate has them.

    Examples
    --------
    >>> percent_text(45.678), percent_text(4.5678), percent_text(0.045678)
    ('45.7', '4.57', '0.0457')
    >>> percent_text(0), percent_text(None)
    ('0', '–')
    >>> percent_text(100.0), percent_text(9.999), percent_text(0.00001)
    ('100', '10.0', '<0.0001')
    >>> percent_text(-14.151, 2), percent_text(0.3599, 2)
    ('−14.15', '0.36')
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.0001:
        return "<0.0001" if value > 0 else ">−0.0001"
    text = f"{size:.{decimals(size) if places is None else places}f}"
    text = "100" if text == "100.0" else text
    return text if value > 0 else f"−{text}"


def amount_text(value: float | None) -> str:
    """Write an amount as `percent_text` does, but from 100 upward without decimals.

    Examples
    --------
    >>> amount_text(1234.56), amount_text(12.345), amount_text(0.0452), amount_text(None)
    ('1,235', '12.3', '0.0452', '–')
    """
    if value is None or not math.isfinite(value) or abs(value) < 99.95:
        return percent_text(value)
    return f"{value:,.0f}".replace("-", "−")


def signed_text(value: float | None, places: int | None = None) -> str:
    """Write a change with its sign, as `percent_text` does.

    Examples
    --------
    >>> signed_text(2.5), signed_text(-0.31), signed_text(0.0)
    ('+2.50', '−0.310', '0')
    >>> signed_text(0.3599, 2)
    '+0.36'
    """
    text = percent_text(value, places)
    return f"+{text}" if value is not None and math.isfinite(value) and value > 0 else text


def points_text(value: float | None) -> str:
    """Write percentage points to two places, so that numbers that add up can be seen to.

    Examples
    --------
    >>> points_text(2.5), points_text(-0.314), points_text(0.001), points_text(None)
    ('+2.50', '−0.31', '0.00', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def count_text(value: float | None) -> str:
    """Write a number of events with commas; a missing one is a dash.

    Examples
    --------
    >>> count_text(1234567), count_text(None)
    ('1,234,567', '–')
    """
    return "–" if value is None or not math.isfinite(value) else f"{int(value):,}"


def week_text(value: float | None) -> str:
    """Write a week without needless decimals.

    Examples
    --------
    >>> week_text(4.0), week_text(4.25), week_text(None)
    ('4', '4.2', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.0f}" if value == round(value) else f"{value:.1f}"


def p_text(value: float | None) -> str:
    """Write a p value to three figures, never as 0.

    Examples
    --------
    >>> p_text(0.03125), p_text(0.0625), p_text(1.0), p_text(0.00004), p_text(None)
    ('0.0312', '0.0625', '1', '<0.0001', '–')
    """
    if value is None:
        return "–"
    if value < 0.0001:
        return "<0.0001"
    return f"{value:.3g}"
