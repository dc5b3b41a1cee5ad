from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from report.synthetic import MadeRun, make_run

from cytogate.plots.time_svg import time_svg
from cytogate.report.sections import control_charts, qc

if TYPE_CHECKING:
    from pathlib import Path

TRACK = {
    "sample": "P01-W0",
    "channel": "Time",
    "time": [1.0, 2.0, 3.0],
    "rate": [1.0, 0.2, 9.0],
    "signal": "B1<A",
    "signal_time": [1.0, 2.0, 3.0],
    "signal_values": [0.0, -30.0, 1.0],
    "spans": [
        {"check": "flow_rate", "low": 1.5, "high": 2.5, "percent": 9.0, "removed": True},
        {"check": "signal", "low": 1.5, "high": 2.5, "percent": 9.0, "removed": False},
    ],
}


def figure(
    sample: str, check: str, value: float | None, verdict: str, metric: str = "events_percent"
) -> dict:
    return {
        "sample": sample, "check": check, "metric": metric, "value": value, "verdict": verdict,
        "removed_percent": value,
    }  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    made = make_run(tmp_path, n_previews=0, failing=False)
    rows = [figure(sample, "signal", 0.0, "ok") for sample in made.samples["sample"]]
    rows += [figure("P01-W0", "flow_rate", 31.0, "warn"), figure("P01-W0", "drift", None, "not checked")]
    rows += [figure("P01-W0", "cleaning", 31.0, "warn", "found_percent")]
    rows += [figure("P01-W0", "cleaning", 9.0, "note", "removed_percent")]
    document = {
        "format": "cytogate.cleaning",
        "version": 1,
        "report": ["all"],
        "remove": [],
        "tubes": [TRACK],
    }
    (tmp_path / "cleaning.json").write_text(json.dumps(document), encoding="utf-8")
    return replace(made, qc=pd.DataFrame(rows))


def test_tubes_that_deserve_a_look_are_listed_with_what_was_found(run):
    body = qc.build(run).body
    assert f"1 of {len(run.samples)} tubes deserves a look" in body
    assert "<strong>warn</strong><br><small>events 31 %</small>" in body
    assert "31 % of events found bad, 9 % taken out" in body
    assert "Nothing was taken out" in body


def test_it_says_which_checks_took_events_out(run, tmp_path):
    document = qc.stored(run) | {"remove": ["signal"]}
    (tmp_path / "cleaning.json").write_text(json.dumps(document), encoding="utf-8")
    assert "Events that signal found bad were <strong>taken out</strong>" in qc.build(run).body


def test_runs_of_earlier_versions_have_no_such_section(tmp_path):
    made = make_run(tmp_path, n_previews=0)
    assert qc.build(made) is None
    assert control_charts.build(made) is None


def test_a_plot_over_time_shades_bad_stretches_and_escapes_names():
    svg = time_svg(TRACK, label="a & b")
    assert svg.count('class="out"') == svg.count('class="bad"') == 1
    assert "B1&lt;A" in svg
    assert 'aria-label="a &amp; b"' in svg
    assert time_svg({"channel": "Time", "spans": TRACK["spans"]}, label="").count("<polyline") == 1


def test_a_plot_over_time_names_the_rate_as_what_it_is(run):
    """What is stored is divided by the median: per second and per tick are the same number."""
    assert "event rate, as a multiple of its median" in time_svg(TRACK, label="")
    body = qc.build(run).body
    assert "events per second (or per tick of the clock, where its step is not known), divided by" in body
    assert "events a time" not in body


def test_bridging_samples_and_cuts_are_charted_in_the_order_of_batches(tmp_path):
    made = make_run(tmp_path, n_previews=0, failing=False)
    subset = made.subsets.iloc[0]
    bridges = pd.DataFrame(
        [
            made.samples.iloc[0].to_dict()
            | {"sample": f"B{at}", "subject": "Donor", "batch": f"{at:02d}", "role": "bridge"}
            for at in range(9)
        ]
    )  # fmt: skip
    shares = [10, 11, 9, 10, 12, 8, 10, 11, 30]
    counts = [
        {"sample": f"B{at}", "population": path, "count": n}
        for at, share in enumerate(shares)
        for path, n in ((subset["population"], 10 * share), (subset["denominator"], 1000))
    ]
    cuts = {
        row["file"]: {
            "cd27": {"position": [float(value)], "scope": "sample"},
            "shape": {"position": [1.0, 2.0]},
        }
        for row, value in zip(
            made.samples.to_dict("records"), np.linspace(0, 1, len(made.samples)), strict=True
        )
    }
    fits = {"panels": {"bcell": {"placements": cuts}}}
    (tmp_path / "fits.json").write_text(json.dumps(fits), encoding="utf-8")
    run = replace(made, samples=pd.concat([made.samples, bridges]), populations=pd.DataFrame(counts))
    body = control_charts.build(run).body
    assert f"{subset['subset']}, % (Donor, bcell)" in body
    assert "1-2s (B8), 1-3s (B8)" in body
    assert "cd27 (bcell)" in body
    assert "shape" not in body
