"""Trend figures: what a reader can tell from line, symbol, label and hover."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest

from cytogate.plots.course_axes import side_by_side
from cytogate.plots.palette import COLOURS, subject_styles
from cytogate.plots.series import Course, Point
from cytogate.plots.trends import trend_figure


def table(subjects: list[str], flag: str = "ok") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "subject": subject, "visit": f"W{week}", "week": float(week), "percent": 10.0 + i + week,
                "ci_low": 9.0, "ci_high": 12.5, "count": 123, "denominator_count": 1000, "flag": flag,
                "sample": f"{subject}-{week}",
            }
            for i, subject in enumerate(subjects)
            for week in (0, 4, 24)
        ]
    )  # fmt: skip


def traces(rows: pd.DataFrame, **options: Any) -> list[Any]:
    return list(trend_figure(rows, denominator="B", **options).data)


def test_responders_are_solid_non_responders_dashed_unknown_dotted() -> None:
    styles = subject_styles(["A", "B", "C"], {"A": True, "B": False, "C": None})

    assert [line.line.dash for line in traces(table(["A", "B", "C"]), styles=styles)] == [
        "solid",
        "dash",
        "dot",
    ]


@pytest.mark.parametrize("flag", ["below_lod", "below_lloq", "few_parent"])
def test_symbols_of_every_flag_but_ok_are_open(flag: str) -> None:
    (line,) = traces(table(["A"], flag=flag))
    (quantified,) = traces(table(["A"]))

    assert set(line.marker.symbol) == {"circle-open"}
    assert set(quantified.marker.symbol) == {"circle"}


def test_hover_of_an_open_symbol_says_which_limit() -> None:
    (line,) = traces(table(["A"], flag="few_parent"))
    (own,) = traces(table(["A"], flag="few_parent"), flag_words={"few_parent": "fewer than 70 <B>"})

    assert "open symbol: few events in the denominator" in line.text[0]
    assert "open symbol: fewer than 70 &lt;B&gt;" in own.text[0]
    assert "open symbol" not in traces(table(["A"]))[0].text[0]


def test_gaps_are_not_joined() -> None:
    rows = table(["A", "B"])
    rows = rows[~((rows["subject"] == "B") & (rows["week"] == 4.0))]

    line = traces(rows)[1]

    assert line.connectgaps is False
    assert list(line.y) == [11.0, None, 35.0]


def test_hover_states_interval_counts_and_denominator() -> None:
    (line,) = traces(table(["A"]))

    assert "95 % CI (Wilson, counting only) 9.00 to 12.5" in line.text[0]
    assert "gates" not in line.text[0]
    assert "123 of 1,000 events" in line.text[0]
    assert "of B" in line.text[0]


def test_hover_and_whisker_hold_the_uncertainty_of_fitted_gates() -> None:
    rows = table(["A"]).assign(gate_ci_low=8.0, gate_ci_high=14.0)
    (line,) = traces(rows)

    assert "95 % CI (counting and fitted gates) 8.00 to 14.0" in line.text[0]
    assert "95 % CI (Wilson, counting only) 9.00 to 12.5" in line.text[0]
    assert (line.error_y.arrayminus[0], line.error_y.array[0]) == (2.0, 4.0)


def test_whisker_is_of_counting_where_gates_are_fixed() -> None:
    (line,) = traces(table(["A"]).assign(gate_ci_low=9.0, gate_ci_high=12.5))

    assert "fitted gates" not in line.text[0]
    assert (line.error_y.arrayminus[0], line.error_y.array[0]) == (1.0, 2.5)


def test_many_patients_have_no_whiskers() -> None:
    assert all(line.error_y.visible is False for line in traces(table([f"P{i}" for i in range(40)])))


def test_names_are_text_in_hover_labels_and_titles() -> None:
    name = '<a href="javascript:alert(1)">x</a>'
    figure = trend_figure(table([name]), denominator="<b>B</b>")
    texts = [figure.layout.yaxis.title.text, figure.data[0].name, *figure.data[0].text]
    texts += [note.text for note in figure.layout.annotations]

    assert not any("<a" in text or "<b>B" in text for text in texts)


def test_first_patients_have_different_colours() -> None:
    styles = subject_styles([f"P{i}" for i in range(7)])

    assert {style.colour for style in styles.values()} == set(COLOURS)


def test_patients_beyond_the_palette_differ_by_symbol() -> None:
    styles = subject_styles([f"P{i}" for i in range(42)])

    assert len({(style.colour, style.symbol) for style in styles.values()}) == 42


def test_labels_at_line_ends_do_not_cover_each_other() -> None:
    rows = table([f"P{i}" for i in range(10)])
    rows["percent"] = 20.0
    figure = trend_figure(rows, denominator="B")
    low, high = figure.layout.yaxis.range
    places = sorted(note.y for note in figure.layout.annotations)
    pixels = [(b - a) / (high - low) * 310 for a, b in itertools.pairwise(places)]

    assert len(pixels) == 9
    assert min(pixels) >= 13


def test_many_patients_have_no_end_labels() -> None:
    figure = trend_figure(table([f"P{i}" for i in range(40)]), denominator="B")

    assert len(figure.data) == 40
    assert len(figure.layout.annotations) == 0


def test_axis_begins_at_zero_unless_all_values_are_far_from_it() -> None:
    near, far = table(["A"]), table(["A"])
    far["percent"], far["ci_low"], far["ci_high"] = [70.0, 75.0, 80.0], 69.0, 81.0

    assert trend_figure(near, denominator="B").layout.yaxis.range[0] == 0
    assert 60 < trend_figure(far, denominator="B").layout.yaxis.range[0] < 70


@pytest.mark.parametrize("percents", [[23.0, 25.5, 24.0], [1.0, 1.1, 1.0], [38.0, 39.0, 40.0]])
def test_noise_of_small_percents_is_not_magnified(percents: list[float]) -> None:
    assert trend_figure(table(["A"]).assign(percent=percents), denominator="B").layout.yaxis.range[0] == 0


@pytest.mark.parametrize("percents", [[70.0, 70.5, 71.0], [98.0, 99.0, 100.0], [55.0, 60.0, 80.0]])
def test_axis_off_zero_spans_twenty_points_and_holds_every_value(percents: list[float]) -> None:
    low, high = trend_figure(table(["A"]).assign(percent=percents), denominator="B").layout.yaxis.range

    assert high - low >= 20
    assert low < min(percents)
    assert max(percents) < high <= 102


def test_name_at_a_line_end_carries_its_patient_so_that_it_fades_with_the_line() -> None:
    figure = trend_figure(table(["A", "B"]), denominator="B", baseline_week=0.0)

    assert [note.name for note in figure.layout.annotations] == [None, "A", "B"]


def test_one_sample_makes_a_figure() -> None:
    figure = trend_figure(table(["A"]).iloc[:1], denominator="B", baseline_week=0.0)

    low, high = figure.layout.xaxis.range
    assert low < 0 < high
    assert [note.text for note in figure.layout.annotations] == ["baseline", "A"]


def test_patients_stand_side_by_side_where_whiskers_are_and_near_their_week():
    def course(subject: str, *, whiskers: bool) -> Course:
        low, high = (0.5, 1.5) if whiskers else (None, None)
        points = tuple(Point(week, f"W{week:g}", 1.0, ci_low=low, ci_high=high) for week in (0.0, 1.0, 24.0))
        return Course(subject, points)

    offsets = side_by_side([course(name, whiskers=True) for name in "ABC"])
    assert offsets == [pytest.approx(-0.12), 0.0, pytest.approx(0.12)]
    many = side_by_side([course(name, whiskers=True) for name in "ABCDEFGHIJKLMN"])
    assert max(many) - min(many) <= 0.5  # half of the week between the first visits
    assert side_by_side([course(name, whiskers=False) for name in "ABC"]) == [0.0] * 3
    assert side_by_side([course("A", whiskers=True)]) == [0.0]
