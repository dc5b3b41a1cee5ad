"""Series for tests of trends: the worked example, whose answers are known from other programs."""

from __future__ import annotations

import numpy as np

from cytogate.stats.comparison import Question
from cytogate.stats.series import Series

NAN = float("nan")
VISITS = ("W0", "W4", "W12", "W24")
WEEKS = (0.0, 4.0, 12.0, 24.0)
SUBJECTS = ("P1", "P2", "P3", "P4", "P5", "P6")
DN = np.array(
    [
        [12.1, 10.4, 8.2, 7.9],
        [18.3, 15.0, 11.2, 9.9],
        [9.8, 9.1, 7.7, 8.0],
        [25.4, 20.2, 16.8, 15.1],
        [14.0, 12.2, 9.5, 8.8],
        [11.0, 11.8, 10.9, 12.4],
    ]
)
SLEDAI = np.array(
    [[10, 8, 4, 4], [14, 10, 6, 4], [8, 6, 4, 2], [16, 12, 8, 6], [12, 8, 6, 4], [10, 10, 10, 12]],
    dtype=float,
)
DN_CHANGE = np.array([-4.2, -8.4, -1.8, -10.3, -5.2, 1.4])
SLEDAI_CHANGE = np.array([-6.0, -10.0, -6.0, -10.0, -8.0, 2.0])


def series_of(values, scale="log", **more) -> Series:
    """A percentage of as many subjects and visits as `values` has rows and columns."""
    matrix = np.array(values, dtype=float)
    n, k = matrix.shape
    facts = {
        "name": "DN",
        "kind": "percent",
        "unit": "%",
        "scale": scale,
        "subjects": tuple(f"P{number}" for number in range(1, n + 1)),
        "visits": VISITS if k == 4 else tuple(f"W{number}" for number in range(k)),
        "weeks": WEEKS if k == 4 else tuple(float(number) for number in range(k)),
        "values": matrix,
    }
    return Series(**{**facts, **more})


def score_of(values, **more) -> Series:
    return series_of(
        values, **{"scale": "linear", "name": "SLEDAI", "kind": "score", "unit": "points", **more}
    )


def counted(values, total=5000) -> Series:
    """A series with the counts of its percentages."""
    matrix = np.array(values, dtype=float)
    totals = np.where(np.isnan(matrix), np.nan, float(total))
    counts = np.round(matrix * totals / 100)
    return series_of(100 * counts / totals, "logit", counts=counts, totals=totals)


def question(**more) -> Question:
    facts = {
        "baseline": "W0",
        "visit": "W24",
        "partner": score_of(SLEDAI),
        "responders": dict(zip(SUBJECTS, [True] * 5 + [False], strict=True)),
        "draws": 999,
    }
    return Question(**{**facts, **more})
