"""The list of gates to look at: planted faults come first, with their reasons."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import median

import numpy as np
import pytest

from cytogate.study.sample.looks import FittedGate, GateLook, SampleLook
from cytogate.study.writing import triage, triage_peers

GATES = ["/Live", "/Live/B", "/Live/B/Quadrants", "/Live/B/DN"]


def triage_rows(samples, *, min_parent):
    return list(triage.triage_rows(samples, min_parent=min_parent))


def trial(seed=0, n_subjects=6, n_visits=8):
    """A trial with staining drift by batch, subjects that differ, and shares that change slowly."""
    rng = np.random.default_rng(seed)
    drift = rng.normal(0, 0.02, n_visits)
    levels = rng.normal(0, 0.6, (n_subjects, len(GATES)))
    samples = []
    for subject in range(n_subjects):
        for visit in range(n_visits):
            gates = []
            for at, gate in enumerate(GATES):
                share = 1 / (1 + np.exp(1 - levels[subject, at] - 0.1 * visit - rng.normal(0, 0.15)))
                total = 5000 // (at + 1)
                place = 0.5 + drift[visit] + rng.normal(0, 0.004)
                border = float(np.exp(rng.normal(-1.5, 0.3)))
                cut = FittedGate("cut", z=float(rng.normal()), apart=0.001, deviation=0.004)
                gates.append(
                    GateLook(gate, total, (int(rng.binomial(total, share)),), border, (float(place),), (cut,))
                )
            samples.append(
                SampleLook(f"P{subject}W{visit}", f"P{subject}", f"W{visit}", "b", f"b{visit}", tuple(gates))
            )
    return samples


def changed(samples, at, gate, **changes):
    """The samples with one gate of one of them otherwise."""
    gates = list(samples[at].gates)
    gates[gate] = replace(gates[gate], **changes)
    return [*samples[:at], replace(samples[at], gates=tuple(gates)), *samples[at + 1 :]]


def test_rows_are_ranked_and_complete():
    rows = triage_rows(trial(), min_parent=100)
    assert [row["rank"] for row in rows] == list(range(1, 6 * 8 * 4 + 1))
    assert all(0 <= row["score"] <= 1 for row in rows)
    assert all(a["score"] >= b["score"] for a, b in pairwise(rows))
    assert rows == triage_rows(reversed(trial()), min_parent=100)


def test_among_equals_the_order_is_that_of_sample_and_gate():
    samples = [replace(trial()[0], sample=name) for name in "aéZ€𝛼z"]  # ordered by letters, not their bytes
    rows = triage_rows(samples, min_parent=0)
    keys = [(-row["score"], row["sample"], row["gate"]) for row in rows]
    assert keys == sorted(keys)
    assert len({score for score, *_ in keys}) < len(keys) == len(samples) * len(GATES)


def test_planted_bad_gates_come_first():
    found = []
    for seed in range(5):
        samples, planted = trial(seed), set()
        rng = np.random.default_rng(100 + seed)
        for at in rng.choice(len(samples), 6, replace=False):
            gate = int(rng.integers(len(GATES)))
            look = samples[at].gates[gate]
            count = min(look.parent_count, int(look.counts[0] * 1.8))
            samples = changed(
                samples, at, gate, place=(look.place[0] - 0.06,), border=look.border * 3, counts=(count,)
            )
            planted.add((samples[at].sample, GATES[gate]))
        rows = triage_rows(samples, min_parent=100)
        top = {(row["sample"], row["gate"]) for row in rows[: max(len(rows) * 5 // 100, 1)]}
        found += [one in top for one in planted]
    assert np.mean(found) >= 0.9


def test_a_fallback_through_a_peak_comes_before_other_fallbacks():
    samples = changed(trial(), 7, 0, fitted=(FittedGate("cut", fallback="one-peak"),))
    through = FittedGate("cut", fallback="one-peak", doubts=("through-peak",))
    samples = changed(samples, 23, 1, fitted=(through,))
    rows = triage_rows(samples, min_parent=100)
    assert [row["sample"] for row in rows[:2]] == ["P2W7", "P0W7"]
    assert rows[0]["score"] > 0.85


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"place": (0.7,)}, "deviations from where it lies in its batch"),
        ({"counts": (4990,)}, "the patient's other visits"),
        ({"border": 3.0}, "denser than in other samples"),
        (
            {"fitted": (FittedGate("cut", z=9.0, jumped=1.0),)},
            "its own cut lies 9.0 deviations from those of the other",
        ),
        ({"fitted": (FittedGate("cut", apart=0.1, deviation=0.004),)}, "this sample alone"),
        (
            {"fitted": (FittedGate("cut", fallback="few-events"),)},
            "by its own events: too few events to look at",
        ),
        ({"fitted": (FittedGate("cut", doubts=("through-peak",)),)}, "through a peak of the sample's own"),
        ({"fitted": (FittedGate("cut", doubts=("few-voices",)),)}, "too few of the samples found it"),
    ],
)
def test_each_doubt_alone_leads_the_list_and_is_told(changes, reason):
    first = triage_rows(changed(trial(), 11, 0, **changes), min_parent=100)[0]
    assert (first["sample"], first["gate"]) == ("P1W3", "/Live")
    assert reason in first["reasons"]


def test_a_small_parent_is_told():
    rows = triage_rows(changed(trial(), 11, 0, parent_count=40, counts=(15,)), min_parent=100)
    row = next(row for row in rows if (row["sample"], row["gate"]) == ("P1W3", "/Live"))
    assert "40 events in its parent" in row["reasons"]


def test_drift_of_a_whole_batch_is_nobodys_fault():
    samples = [
        replace(s, gates=tuple(replace(g, place=(g.place[0] + 0.3,)) for g in s.gates))
        if s.batch == "b3"
        else s
        for s in trial()
    ]
    rows = triage_rows(samples, min_parent=100)
    assert max(row["place_z"] for row in rows if row["batch"] == "b3") < 4


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_samples_have_no_usual(n):
    rows = triage_rows(trial()[:n], min_parent=100)
    assert len(rows) == 4 * n
    assert all(row["place_z"] == 0 for row in rows)


def test_gates_without_events_or_borders_are_listed():
    samples = changed(trial(), 0, 0, parent_count=0, counts=(0,), place=(float("nan"),), border=1.0)
    rows = triage_rows(samples, min_parent=100)
    assert any("0 events in its parent" in row["reasons"] for row in rows)


def without_control(samples, gates=(3,), code="no-control"):
    """The samples with a cut of some gates that none of them could place."""
    blind = FittedGate("GARP", fallback=code)
    return [
        replace(
            sample,
            gates=tuple(
                replace(gate, fitted=(*gate.fitted, blind)) if at in gates else gate
                for at, gate in enumerate(sample.gates)
            ),
        )
        for sample in samples
    ]


def test_a_control_that_the_study_lacks_is_one_line_and_ranks_no_sample():
    plain, rows = triage_rows(trial(), min_parent=100), triage_rows(without_control(trial()), min_parent=100)
    *ranked, last = rows
    assert [(row["rank"], row["sample"], row["gate"], row["score"], row["reasons"]) for row in ranked] == [
        (row["rank"], row["sample"], row["gate"], row["score"], row["reasons"]) for row in plain
    ]
    assert (last["rank"], last["sample"], last["gate"], last["score"]) == (len(rows), "", GATES[3], 0.0)
    assert last["reasons"] == (
        "in all 48 samples of the panel not placed by their events: there is no control tube that can be used"
    )
    assert {row["fallback"] for row in ranked if row["gate"] == GATES[3]} == {"no-control"}


def test_a_control_that_some_samples_lack_ranks_them():
    samples = trial()
    rows = triage_rows([*without_control(samples[:3]), *samples[3:]], min_parent=100)
    told = [row["sample"] for row in rows if "there is no control tube that can be used" in row["reasons"]]
    assert sorted(told) == sorted(sample.sample for sample in samples[:3])
    assert all(row["sample"] for row in rows)


def test_another_fault_of_a_gate_without_control_is_ranked():
    samples = changed(without_control(trial()), 11, 3, place=(0.7,))
    first = triage_rows(samples, min_parent=100)[0]
    assert (first["sample"], first["gate"]) == ("P1W3", GATES[3])
    assert "control" not in first["reasons"]


def test_one_sample_shares_its_reason_with_none():
    (*_, row) = sorted(triage_rows(without_control(trial()[:1]), min_parent=100), key=lambda r: r["score"])
    assert row["sample"] == "P0W0"
    assert row["reasons"] == "not placed by its own events: there is no control tube that can be used"


def test_few_events_and_a_small_parent_are_one_reason():
    few = {"parent_count": 40, "counts": (15,)}
    blind = {"fitted": (FittedGate("cut", fallback="few-events"),)}
    both = triage_rows(changed(trial(), 11, 0, **few, **blind), min_parent=100)[0]
    assert both["reasons"].count("event") == 2  # "own events" and "40 events"
    assert "not placed by its own events: 40 events in its parent are too few" in both["reasons"]
    assert "few to divide" not in both["reasons"]


def test_a_row_names_the_cut_that_is_doubted_most():
    samples = changed(
        trial(), 7, 0, fitted=(FittedGate("calm", z=0.1), FittedGate("odd", fallback="one-peak"))
    )
    samples = changed(samples, 9, 1, fitted=(FittedGate("calm", z=0.1),))
    rows = {(row["sample"], row["gate"]): row for row in triage_rows(samples, min_parent=100)}
    assert rows["P0W7", "/Live"]["cut"] == "odd"
    assert rows["P1W1", "/Live/B"]["cut"] == ""


def test_a_cut_that_no_sample_could_place_is_named_once_for_all():
    samples = [
        replace(sample, gates=(replace(sample.gates[0], fitted=(FittedGate("g", fallback="no-control"),)),))
        for sample in trial()
    ]
    *_, shared = triage_rows(samples, min_parent=100)
    assert (shared["sample"], shared["cut"]) == ("", "g")


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 9])
def test_the_median_of_others_is_that_of_the_values_without_one(n):
    rng = np.random.default_rng(n)
    for values in (rng.normal(size=n).tolist(), rng.integers(0, 3, n).astype(float).tolist()):
        members = rng.permutation(n).tolist()
        found = triage_peers.medians_of_others([*values, 7.0], members)
        assert found == {at: median(values[:at] + values[at + 1 :]) for at in members}


def test_the_work_of_a_gate_grows_with_its_samples_and_not_with_their_square():
    class Counted(float):
        compared = 0

        def __lt__(self, other):
            Counted.compared += 1
            return float(self) < float(other)

    values = [Counted(value) for value in np.random.default_rng(1).normal(size=2000)]
    zs = triage_peers._against(values, [""] * len(values), 4, lambda _: 0.1)
    assert len(zs) == 2000
    assert 2000 < Counted.compared < 2000 * 20  # sorted once: some 11 comparisons each
