from __future__ import annotations

import pytest

from cytogate.stats.westgard import MEANINGS, levey_jennings, westgard


def broken(z: list[float]) -> list[tuple[str, int, int]]:
    return [(entry.rule, entry.first, entry.last) for entry in westgard(z)]


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        ([0, 1.9, -2.0, 2.0], []),
        ([0, 2.1, 0], [("1-2s", 1, 1)]),
        ([0, -3.1, 0], [("1-2s", 1, 1), ("1-3s", 1, 1)]),
        ([0, 2.1, 2.2, 0], [("1-2s", 1, 1), ("1-2s", 2, 2), ("2-2s", 1, 2)]),
        ([0, -2.1, -2.2, -2.5], [("1-2s", 1, 1), ("1-2s", 2, 2), ("1-2s", 3, 3), ("2-2s", 1, 3)]),
        ([0, 2.1, 0, 2.1], [("1-2s", 1, 1), ("1-2s", 3, 3)]),  # not in a row
        ([0, 2.1, -2.1, 0], [("1-2s", 1, 1), ("1-2s", 2, 2), ("R-4s", 1, 2)]),
        ([0, 2.5, -1.9, 0], [("1-2s", 1, 1)]),  # more than 4 SD apart, but not beyond 2 on either side
        ([1.1, 1.2, 1.5, 1.1], [("4-1s", 0, 3)]),
        ([1.1, 1.2, 1.0, 1.1, 1.3], []),
        ([-1.1] * 5, [("4-1s", 0, 4)]),
        ([0.1] * 10, [("10x", 0, 9)]),
        ([0.1] * 9 + [-0.1] + [0.1] * 9, []),
        ([-0.1] * 12, [("10x", 0, 11)]),
        ([0.1] * 9 + [0.0], []),  # on the centre is on neither side
    ],
)
def test_each_rule_is_broken_by_what_it_names_and_nothing_less(z, expected):
    assert broken(z) == expected


def test_every_rule_has_a_meaning():
    z = [2.1, -2.1, 2.1, 3.1, 1.1, 1.1, 1.1, *[0.5] * 10]
    assert {entry.rule for entry in westgard(z)} == set(MEANINGS)


def test_the_chart_of_a_series_has_robust_limits():
    values = [10.0, 11, 9, 10, 12, 8, 10, 11, 9, 50]
    chart = levey_jennings(values)
    assert (chart.centre, chart.sd) == (10.0, pytest.approx(1.4826))
    assert [(entry.rule, entry.first) for entry in chart.broken] == [("1-2s", 9), ("1-3s", 9)]
    assert not chart.is_fine
    assert levey_jennings([10.0, 11, 9, 10, 12.5, 8, 10, 11], centre=10.0, sd=1.2).is_fine


@pytest.mark.parametrize("values", [[], [1.0] * 5, [3.0] * 10, [1.0, float("nan"), *range(9)]])
def test_no_chart_of_too_few_values_or_of_none(values):
    assert levey_jennings(values) is None
