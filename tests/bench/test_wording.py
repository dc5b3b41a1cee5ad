from __future__ import annotations

import pytest
from bench.found import benchmark

from cytogate.bench.wording import (
    NO_FADVISE,
    NOT_DROPPED,
    amount_text,
    counts_table,
    headline,
    ratio_text,
    remarks,
    tables,
    three_figures,
    time_text,
    work_in_words,
)

UNLIKE = {"file": "generated.fcs", "population": "/Live", "cytogate": [900_000], "peer": [899_999]}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.0012345, "0.001"), (0.1234, "0.123"), (1.2345, "1.23"), (12.345, "12.3"), (123.45, "123"),
     (9.996, "10.0"), (99.96, "100"), (1234567.0, "1,234,567"), (-2.5, "-2.50")],
)  # fmt: skip
def test_numbers_have_three_figures(value, text):
    assert three_figures(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.8049, "3.80 s"), (0.9996, "1.00 s"), (0.0933, "93.3 ms"), (0.00041, "0.410 ms")]
)
def test_times_are_in_seconds_or_milliseconds(seconds, text):
    assert time_text(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(2.5e9, "2.50 billion"), (1e6, "1.00 million"), (999_000.0, "999,000"), (None, "–")]
)
def test_amounts_are_in_words(value, text):
    assert amount_text(value) == text


def test_a_missing_ratio_is_a_dash():
    assert ratio_text(None) == "–"


def test_the_headline_is_of_the_fastest_number_of_threads():
    said = headline(benchmark())
    assert said.startswith(
        "cytogate, 2 threads: 60.0 ms to read, compensate, gate and count, 16.7 million events"
    )
    assert said.endswith("FlowKit 1.3.2 takes 50.0 (45.0 to 55.0) times as long; all counts equal.")


def test_without_a_peer_none_is_named():
    assert "FlowKit" not in headline(benchmark(against=None))
    assert all("peer" not in table.header for table in tables(benchmark(against=None)))


def test_counts_that_differ_are_said_in_headline_and_remarks():
    found = benchmark(differing=[UNLIKE])
    assert "counts DIFFER" in headline(found)
    assert remarks(found) == [
        "Counts differ between cytogate and FlowKit 1.3.2: /Live (900,000 and 899,999)."
    ]


def test_many_differing_counts_are_counted():
    assert remarks(benchmark(differing=[UNLIKE] * 9))[0].endswith("and 4 more.")


def test_a_disturbed_run_is_remarked():
    assert remarks(benchmark(warning="Other work used 40% of the processors.")) == [
        "Other work used 40% of the processors."
    ]


def test_the_work_is_said():
    assert work_in_words(benchmark()).startswith(
        "a generated file of 1,000,000 events x 18 channels (72.0 MB), 13 populations"
    )


@pytest.mark.parametrize("against", ["FlowKit 1.3.2", None])
def test_rows_are_as_wide_as_their_header(against):
    for table in [*tables(benchmark(against=against)), counts_table(benchmark(against=against))]:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.header)}


def test_what_dropping_the_file_means_is_told_as_it_was():
    found = benchmark()
    cold = next(table for table in tables(found) if table.name == "cold")
    assert "posix_fadvise" in cold.note
    found["cold"]["dropped"] = False
    assert NOT_DROPPED in next(table for table in tables(found) if table.name == "cold").note
    found["cold"]["runs"] = [run for run in found["cold"]["runs"] if "dropped" not in run["state"]]
    assert NO_FADVISE in next(table for table in tables(found) if table.name == "cold").note
