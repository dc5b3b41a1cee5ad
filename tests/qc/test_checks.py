from __future__ import annotations

import numpy as np
import pytest
from qc_tubes import NOTHING, events_of, simulated

import cytogate as cg
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import GatingError
from cytogate.gates.dimension import Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.qc.check import Finding, checks, verdict_of, worst
from cytogate.qc.checks.compensation import taken_too_much
from cytogate.qc.checks.doublets import wide_share
from cytogate.qc.gated import Gated
from cytogate.qc.inspection import inspect_events, inspect_populations, refuse_unknown

RNG = np.random.default_rng(8)
N = 20_000


def finding_of(check: str, events: cg.Events) -> Finding:
    (found,) = inspect_events(events, GatingStrategy.build([]), names=[check], threads=1).findings
    return found


def plain_events(times: np.ndarray, n_channels: int = 3) -> cg.Events:
    signals = RNG.lognormal(8, 0.4, (len(times), n_channels))
    names = ["Time", *(f"B{at}-A" for at in range(1, n_channels + 1))]
    return cg.Events(np.column_stack([times, signals]), names)


@pytest.mark.parametrize(
    ("times", "clock", "verdict"),
    [
        (np.linspace(0, 60, N), "runs", "ok"),
        (np.linspace(0, 60, N) + RNG.uniform(0, 0.01, N), "runs", "ok"),
        (np.full(N, 7.0), "stands", "warn"),
        (np.concatenate([np.linspace(0, 60, N // 2)] * 2), "reset", "fail"),
        (np.linspace(0, 60, N) + RNG.uniform(0, 3, N), "unsorted", "warn"),
        (np.linspace(0, 60, N).round(), "coarse", "note"),
    ],
)
def test_time_says_whether_the_clock_runs(times, clock, verdict):
    (figure,) = finding_of("time", plain_events(times)).measured
    assert (figure.metric, figure.verdict) == (f"clock {clock}", verdict)


def test_a_file_without_time_is_told_of_and_its_flow_is_not_checked():
    events = cg.Events(RNG.lognormal(8, 0.4, (N, 2)), ["B1-A", "B2-A"])
    assert finding_of("time", events).measured[0].verdict == "note"
    flow = finding_of("flow_rate", events)
    assert (flow.measured[0].verdict, flow.spans, flow.percent) == ("not checked", (), None)


def test_a_clock_that_begins_anew_cuts_nothing_and_the_signal_is_told_of_all_the_same():
    times = np.concatenate([np.linspace(0, 60, N // 2)] * 2)
    events = plain_events(times)
    events = cg.Events(
        np.where(np.arange(N)[:, None] < 0.2 * N, [1, 0.4, 1, 1], 1) * events.events(), events.channels
    )
    found = finding_of("signal", events)
    assert found.spans == ()
    assert found.percent == pytest.approx(20, abs=3)


@pytest.mark.parametrize("factor", [0.25, 3.0])
def test_flow_that_breaks_down_or_surges_is_found(factor):
    rate = np.where((np.arange(1000) >= 300) & (np.arange(1000) < 400), factor, 1.0)
    share = 100 * rate[300:400].sum() / rate.sum()
    moments = np.interp(
        np.linspace(0, rate.sum(), N), np.concatenate([[0], np.cumsum(rate)]), np.arange(1001) / 10
    )
    found = finding_of("flow_rate", plain_events(moments))
    (span,) = found.spans
    assert (span.low, span.high) == (pytest.approx(30, abs=1), pytest.approx(40, abs=1))
    assert share < found.percent < share + 2.0  # with the bins beside it


def test_ticks_that_are_longer_than_a_bin_are_no_surges():
    found = finding_of("flow_rate", plain_events(np.floor(np.linspace(0, 200, N))))
    assert (found.percent, found.measured[0].verdict) == (0.0, "ok")


def test_a_clock_of_few_ticks_cuts_nothing():
    events = plain_events(np.linspace(0, 8, N).round())
    values = events.events().copy()
    values[8000:11_000, 2] *= 0.6
    told = cg.Events(values, events.channels)
    assert finding_of("flow_rate", told).measured[0].verdict == "not checked"
    found = finding_of("signal", told)
    assert found.spans == ()
    assert found.percent == pytest.approx(15, abs=3)


def test_flow_that_falls_evenly_is_fine():
    rate = np.linspace(1.35, 0.65, 1001)
    times = np.interp(np.linspace(0, 1, N), np.cumsum(rate) / rate.sum(), np.linspace(0, 60, 1001))
    assert finding_of("flow_rate", plain_events(times)).percent == 0.0


def test_too_few_events_are_not_checked():
    events = plain_events(np.linspace(0, 60, 300))
    for check in ("flow_rate", "signal", "drift", "compensation"):
        found = finding_of(check, events)
        assert [figure.verdict for figure in found.measured] == ["not checked"]
        assert found.percent is None
    for empty in (events_of_none(), plain_events(np.zeros(0))):
        for check in checks.names():
            inspect_events(empty, GatingStrategy.build([]), names=[check], threads=1)


def events_of_none() -> cg.Events:
    return cg.Events(np.zeros((0, 2)), ["Time", "B1-A"])


def test_the_signal_of_one_channel_is_enough():
    events = plain_events(np.linspace(0, 60, N), 8)
    values = events.events().copy()
    values[8000:11_000, 5] *= 0.7
    found = finding_of("signal", cg.Events(values, events.channels))
    (span,) = found.spans
    assert span.low == pytest.approx(24, abs=0.8)
    assert span.high == pytest.approx(33, abs=0.8)


def test_composition_that_scatters_alike_in_all_channels_is_no_disturbance():
    """Two kinds of cells, of which each bin holds more or fewer by chance: all medians move together."""
    kinds = RNG.random(N) < np.repeat(RNG.normal(0.5, 0.1, N // 128 + 1), 128)[:N]
    values = RNG.lognormal(8, 0.5, (N, 12)) * np.where(kinds, 1.6, 1.0)[:, None]
    names = ["Time", *(f"B{at}-A" for at in range(1, 13))]
    events = cg.Events(np.column_stack([np.linspace(0, 60, N), values]), names)
    assert finding_of("signal", events).percent == 0.0


def test_a_detector_group_that_moves_together_is_found_though_each_moves_little():
    values = RNG.lognormal(8, 0.5, (N, 12))
    values[: N // 4, :6] *= 0.88
    names = ["Time", *(f"B{at}-A" for at in range(1, 13))]
    found = finding_of("signal", cg.Events(np.column_stack([np.linspace(0, 60, N), values]), names))
    (span,) = found.spans
    assert (span.low, span.high) == (0.0, pytest.approx(15, abs=2))


def test_values_that_are_not_numbers_are_no_signal():
    values = plain_events(np.linspace(0, 60, N)).events().copy()
    values[::3, 1:] = np.nan
    found = finding_of("signal", cg.Events(values, ["Time", "B1-A", "B2-A", "B3-A"]))
    assert found.percent == 0.0


def test_drift_of_one_channel_is_named_with_its_size():
    events = plain_events(np.linspace(0, 60, N), 4)
    values = events.events().copy()
    values[:, 2] *= np.linspace(1, 1.25, N)
    largest, named = finding_of("drift", cg.Events(values, events.channels)).measured
    assert named.metric == "change_percent B2-A"
    assert largest.value == named.value == pytest.approx(22, abs=4)  # first to last tenth
    assert named.verdict == "warn"
    assert finding_of("drift", events).measured[0].value == 0.0


def test_margins_tell_of_a_channel_that_is_set_too_high():
    values = RNG.lognormal(8, 0.4, (N, 2))
    values[:600, 1] = 262_143.0
    found = finding_of("margins", cg.Events(values, ["FSC-A", "B1-A"]))
    assert [figure.metric for figure in found.measured] == ["events_percent", "channel_percent B1-A"]
    assert found.percent == pytest.approx(3.0)
    assert [(one.channel, one.high) for one in found.off_scale] == [("B1-A", 262_143.0)]


def test_too_much_compensation_is_found_and_named():
    bright, other = RNG.lognormal(10, 0.3, N), RNG.normal(0, 60, N)
    bright[N // 2 :] = RNG.normal(0, 60, N // 2)
    raw = np.column_stack([bright, other + 0.10 * bright])
    for taken, percent in ((0.10, 0.0), (0.13, 3.0)):
        matrix = CompensationMatrix(["B1-A", "B2-A"], ["B1-A", "B2-A"], [[1.0, taken], [0.0, 1.0]])
        strategy = GatingStrategy.build([], compensation="FCS")
        (found,) = inspect_events(
            cg.Events(raw, ["B1-A", "B2-A"], matrix), strategy, names=["compensation"]
        ).findings
        assert found.measured[0].value == pytest.approx(percent, rel=0.1)
    assert found.measured[1].metric == "percent B1-A in B2-A"
    assert found.measured[1].verdict == "warn"


def test_dyes_that_are_dim_say_nothing_of_compensation():
    values = np.stack([RNG.normal(100, 30, N), RNG.normal(-50, 30, N)])
    assert (taken_too_much(values, np.full(2, 4500.0)) == 0.0).all()


def test_wide_pulses_are_counted():
    area = RNG.normal(60_000, 6_000, 10_000)
    height = area / RNG.normal(1.04, 0.02, 10_000)
    area[:500] *= 1.7
    assert wide_share(area, height) == pytest.approx(5.0, abs=0.1)
    assert wide_share(area[:100], height[:100]) is None


def test_dead_cells_are_those_outside_the_live_gate():
    live = GateNode("Live", RectangleGate((Dimension("B1-A"),), (-np.inf,), (500.0,)))
    dye = np.where(np.arange(1000) < 350, 5000.0, 100.0)
    result = cg.gate(cg.Events(dye[:, None], ["B1-A"]), GatingStrategy.build([live]))
    (found,) = inspect_populations(Gated(result, ("/",)), names=["dead_cells"])
    assert found.measured[0].value == pytest.approx(35.0)
    assert found.measured[0].verdict == "warn"


def test_doublets_are_asked_of_the_wholes_of_endpoints():
    tube = simulated(3)
    result = cg.gate(events_of(tube), NOTHING, threads=1)
    (found,) = inspect_populations(Gated(result, ("/",)), names=["doublets"])
    assert found.measured[0].value == pytest.approx(100 * tube.doublet.mean(), abs=3)


def test_verdicts_rise_with_the_figure():
    assert [verdict_of(value) for value in (0.0, 5.0, 20.0, 50.0)] == ["ok", "note", "warn", "fail"]
    assert worst(("ok", "warn", "not checked")) == "warn"
    assert worst(("not checked",)) == "not checked"


def test_an_unknown_check_is_refused_with_the_nearest():
    with pytest.raises(GatingError, match="margins"):
        refuse_unknown(["margin"])
    with pytest.raises(GatingError, match="takes events out"):
        refuse_unknown(["drift"], removing=True)
