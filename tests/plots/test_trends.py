"""Trend figures: what a reader can tell from line, symbol, label and hover."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd

from cytogate.plots.palette import COLOURS, subject_styles
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


def test_symbols_below_the_limit_of_quantitation_are_open() -> None:
    (line,) = traces(table(["A"], flag="below_lloq"))
    (quantified,) = traces(table(["A"]))

    assert set(line.marker.symbol) == {"circle-open"}
    assert set(quantified.marker.symbol) == {"circle"}


def test_gaps_are_not_joined() -> None:
    rows = table(["A", "B"])
    rows = rows[~((rows["subject"] == "B") & (rows["week"] == 4.0))]

    line = traces(rows)[1]

    assert line.connectgaps is False
    assert list(line.y) == [11.0, None, 35.0]


def test_hover_states_interval_counts_and_denominator() -> None:
    (line,) = traces(table(["A"]))

    assert "95 % CI (Wilson) 9.00 to 12.5" in line.text[0]
    assert "123 of 1,000 events" in line.text[0]
    assert "of B" in line.text[0]


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
    far["percent"] = [70.0, 75.0, 80.0]

    assert trend_figure(near, denominator="B").layout.yaxis.range[0] == 0
    assert 60 < trend_figure(far, denominator="B").layout.yaxis.range[0] < 70


def test_one_sample_makes_a_figure() -> None:
    figure = trend_figure(table(["A"]).iloc[:1], denominator="B", baseline_week=0.0)

    low, high = figure.layout.xaxis.range
    assert low < 0 < high
    assert [note.text for note in figure.layout.annotations] == ["baseline", "A"]
