"""Fitting level by level: what each scope looks at, what anchoring moves, and what falls back."""

from __future__ import annotations

import gzip
import json
import math
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stand_in_methods import stand_ins

from cytogate.errors import TemplateError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.write import write_fcs
from cytogate.gating.engine import gate
from cytogate.gating.fitting import tubes
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.fitting.fits import Fits
from cytogate.gating.fitting.placement import Group
from cytogate.gating.template.file import template_from_dict

CHANNELS = [Channel("FSC-A"), Channel("SSC-A"), Channel("B1-A", "CD19"), Channel("Y1-A", "CD27")]
TOP = 262144.0


@pytest.fixture(autouse=True)
def methods():
    with stand_ins():
        yield


def template(gates: list[dict] | None = None, cuts: dict | None = None, **more: object):
    """Return a template on linear scales: a position is the data value over 262,144."""
    data = {
        "format": "cytogate.template",
        "version": 1,
        "name": "t",
        "compensation": "none",
        "panel": {"CD19": [], "CD27": []},
        "scales": {
            "default": {"kind": "linear", "T": TOP},
            "scatter": {"kind": "linear", "T": TOP},
        },
        "cuts": cuts if cuts is not None else {"b": cut()},
        "gates": gates or [{"name": "B", "threshold": {"x": "CD19", "above": {"cut": "b"}}}],
    }
    return template_from_dict({**data, **more})


def cut(marker: str = "CD19", **more: object) -> dict:
    return {"marker": marker, "method": "middle", "fallback": 30_000.0, "anchor": "none", **more}


def events(n: int = 3000, seed: int = 0, middle: float = 50_000.0, path: str = "") -> Events:
    rng = np.random.default_rng(seed)
    cd19 = rng.normal(middle, 5000, n)
    cd27 = np.where(cd19 > middle, 90_000.0, 40_000.0) + rng.normal(0, 4000, n)
    scatter = rng.normal((80_000.0, 60_000.0), 6000, (n, 2))
    return Events(np.column_stack([scatter, cd19, cd27]), CHANNELS, path=path)


def studies(**middles: float) -> list[Events]:
    return [events(seed=at, middle=value, path=name) for at, (name, value) in enumerate(middles.items())]


def test_a_cut_stands_where_its_method_puts_it_in_each_sample():
    fits = fit_template(template(), studies(a=50_000.0, b=60_000.0))
    found = {key: placed["b"] for key, placed in fits.placements.items()}
    for source in studies(a=50_000.0, b=60_000.0):
        placement = found[source.path]
        assert placement.position[0] == pytest.approx(np.median(source.column("B1-A")) / TOP, rel=1e-9)
        assert placement.position == placement.own
        assert (placement.n_events, placement.fallback, placement.weight) == (3000, "", (1.0,))


def test_the_strategy_has_the_cut_as_a_plain_border():
    source = events(path="a")
    fits = fit_template(template(), [source])
    strategy = template().resolve(source, fits)
    assert strategy.find("B").gate.minimum == fits.placements["a"]["b"].position
    assert gate(source, strategy).count("B") == 1500
    assert strategy.warnings == ()
    json.dumps(strategy.to_dict())


GATES_OF_TWO_LEVELS = [
    {"name": "B", "threshold": {"x": "CD19", "above": {"cut": "b"}}},
    {
        "name": "Mem",
        "parent": "B",
        "threshold": {"x": "CD27", "above": {"method": "middle", "fallback": 1.0}},
    },
    {"name": "Naive", "threshold": {"x": "CD19", "below": {"cut": "b"}}},
]


def test_the_next_level_looks_at_populations_of_the_levels_before():
    source = events(path="a")
    fits = fit_template(template(GATES_OF_TWO_LEVELS), [source])
    inside = source.column("B1-A") >= np.median(source.column("B1-A"))
    placed = fits.placements["a"]["Mem.above"]
    assert placed.n_events == inside.sum()
    assert placed.position[0] == pytest.approx(np.median(source.column("Y1-A")[inside]) / TOP, rel=1e-9)


def test_a_cut_may_be_learned_in_another_population():
    cuts = {"b": cut(), "mem": cut("CD27", of="Naive")}
    gates = [*GATES_OF_TWO_LEVELS[:1], GATES_OF_TWO_LEVELS[2]]
    gates.append({"name": "Mem", "parent": "B", "threshold": {"x": "CD27", "above": {"cut": "mem"}}})
    source = events(path="a")
    fits = fit_template(template(gates, cuts), [source])
    outside = source.column("B1-A") < np.median(source.column("B1-A"))
    assert fits.placements["a"]["mem"].n_events == outside.sum()
    assert fits.placements["a"]["mem"].position[0] == pytest.approx(40_000 / TOP, rel=0.02)


@pytest.mark.parametrize(
    ("scope", "together"),
    [
        ("subject", [["a", "b"], ["c", "d"]]),
        ("batch", [["a", "c"], ["b", "d"]]),
        ("study", [["a", "b", "c", "d"]]),
    ],
)
def test_scope_says_whose_events_are_looked_at_together(scope, together):
    sources = studies(a=40_000.0, b=50_000.0, c=60_000.0, d=70_000.0)
    groups = [Group("a", "P1", "V1", "X"), Group("b", "P1", "V2", "Y"), Group("c", "P2", "V1", "X")]
    groups.append(Group("d", "P2", "V2", "Y"))
    fits = fit_template(template(cuts={"b": {**cut(scope=scope), "anchor": "none"}}), sources, groups)
    columns = {source.path: source.column("B1-A") for source in sources}
    for names in together:
        expected = np.median(np.concatenate([columns[name] for name in names])) / TOP
        for name in names:
            placement = fits.placements[name]["b"]
            assert placement.position[0] == pytest.approx(expected, rel=1e-9)
            assert placement.n_events == 3000 * len(names)


def test_a_sample_is_anchored_to_its_batch():
    sources = [events(seed=seed, path=f"s{seed}") for seed in range(6)] + [events(40, 9, 80_000.0, "few")]
    fits = fit_template(template(cuts={"b": cut(anchor="batch", min_events=10)}), sources)
    few = fits.placements["few"]["b"]
    assert few.own[0] == pytest.approx(80_000 / TOP, rel=0.05)
    assert abs(few.position[0] - 50_000 / TOP) < abs(few.position[0] - few.own[0])
    assert few.weight[0] < 0.5
    assert fits.common["b"].position[0] == pytest.approx(50_000 / TOP, rel=0.02)


def test_an_anchored_cut_stays_within_the_bounds_of_the_template():
    spec = cut(anchor="batch", fallback=55_000.0, within=[54_000.0, 60_000.0])
    fits = fit_template(template(cuts={"b": spec}), [events(seed=seed, path=str(seed)) for seed in range(3)])
    assert {placed["b"].position[0] for placed in fits.placements.values()} == {54_000.0 / TOP}


@pytest.mark.parametrize("n", [0, 1, 10, 199])
def test_a_sample_of_few_events_stands_at_the_fallback_and_is_told(n):
    source = events(n, path="few")
    made = template()
    strategy = made.resolve(source, fit_template(made, [source]))
    assert strategy.find("B").gate.minimum == (30_000.0 / TOP,)
    (warning,) = strategy.warnings
    assert (warning.code, warning.location) == ("gate-fallback", "gate B, cut b")
    assert f"stands where the template has it: too few events to look at ({n} events)." in warning.message


def test_a_sample_of_few_events_is_placed_by_the_others_where_it_is_anchored():
    sources = [*(events(seed=seed, path=str(seed)) for seed in range(3)), events(10, 5, path="few")]
    made = template(cuts={"b": cut(anchor="batch")})
    fits = fit_template(made, sources)
    assert fits.placements["few"]["b"].position[0] == pytest.approx(50_000 / TOP, rel=0.02)
    (warning,) = made.resolve(sources[-1], fits).warnings
    assert "stands where the other samples say: too few events" in warning.message


def test_a_sample_of_few_events_goes_with_its_visit_also_where_the_fits_do_not_know_it():
    made = template(cuts={"b": cut(anchor="study")})
    middles = {"a": 50_000.0, "b": 50_100.0, "c": 49_900.0, "d": 70_000.0, "e": 70_100.0, "f": 69_900.0}
    visits = {name: "W0" if name in "abc" else "W4" for name in middles}
    groups = [Group(name, visit=visits.get(name, "W4")) for name in [*middles, "few", "late"]]
    few, late = (events(3, middle=10_000.0, path=name) for name in ("few", "late"))
    fits = fit_template(made, [*studies(**middles), few], groups)
    assert fits.placements["few"]["b"].position[0] == pytest.approx(70_000 / TOP, abs=2000 / TOP)
    alone = made.resolve(late, fits).find("B").gate.minimum[0]
    assert alone == pytest.approx(70_000 / TOP, abs=2000 / TOP)


def test_a_missing_population_and_a_dead_marker_abort_nothing():
    spoiled = events(path="a").values.copy()
    spoiled[:, 2] = 0.0
    source = Events(spoiled, CHANNELS, path="a")
    cuts = {"b": cut(within=[20_000.0, 60_000.0])}
    fits = fit_template(template(GATES_OF_TWO_LEVELS, cuts), [source])
    assert fits.placements["a"]["b"].position == (20_000.0 / TOP,)
    assert fits.placements["a"]["Mem.above"].fallback == "few-events"
    assert gate(source, template(GATES_OF_TWO_LEVELS, cuts).resolve(source, fits)).count("Mem") == 0


def test_order_of_files_does_not_matter():
    sources = studies(a=40_000.0, b=50_000.0, c=61_000.0, d=70_000.0)
    for spec in (cut(anchor="batch"), cut(scope="study")):
        made = template(GATES_OF_TWO_LEVELS, {"b": spec})
        assert fit_template(made, sources[::-1]).to_dict() == fit_template(made, sources).to_dict()


def test_a_file_that_cannot_be_used_is_skipped_and_named(tmp_path):
    bad = tmp_path / "bad.fcs"
    bad.write_bytes(b"this is not FCS")
    other = Events(np.ones((3, 1)), ["X"], path="other")
    fits = fit_template(template(), [bad, other, events(path="a")])
    assert list(fits.placements) == ["a"]
    assert sorted(problem.location for problem in fits.skipped) == sorted([str(bad), "other"])


def test_a_file_is_opened_once_and_what_holds_events_in_memory_for_each_level(tmp_path):
    opened: list[str] = []
    for name in ("a", "b"):
        write_fcs(tmp_path / f"{name}.fcs", events(path=name).values, CHANNELS)
    (tmp_path / "b.fcs.gz").write_bytes(gzip.compress((tmp_path / "b.fcs").read_bytes()))
    files = [tmp_path / "a.fcs", tmp_path / "b.fcs.gz"]

    def read(path: str) -> Any:
        opened.append(Path(path).name)
        return read_fcs(path)

    fits = fit_template(template(GATES_OF_TWO_LEVELS), files, read=read)
    assert Counter(opened) == {"a.fcs": 1, "b.fcs.gz": 3}  # for the scales, and for each level
    assert len(fits.placements) == 2


def test_a_fault_of_the_program_is_a_fault_of_the_whole_fit():
    opened: list[str] = []

    def read(path: str) -> Events:
        opened.append(path)
        if opened.count(path) > 1 and path == "b":
            raise RuntimeError("a fault of the program")
        return events(path=path)

    with pytest.raises(RuntimeError, match="a fault of the program"):
        fit_template(template(), ["a", "b", "c"], read=read)


def test_a_control_tube_stands_for_the_sample():
    controls = {"fmo": events(seed=7, middle=20_000.0, path="fmo")}
    spec = cut(method="of_control")
    groups = [Group("a", controls={"CD19": "fmo"}), Group("b"), Group("c", controls={"CD19": "missing"})]
    sources = studies(a=50_000.0, b=50_000.0, c=50_000.0)

    def read(path: str) -> Events:
        if path not in controls:
            raise FileNotFoundError(path)
        return controls[path]

    fits = fit_template(template(cuts={"b": spec}), sources, groups, read=read)
    control = np.median(controls["fmo"].column("B1-A")) / TOP
    assert fits.placements["a"]["b"].position[0] == pytest.approx(control, rel=1e-9)
    assert [fits.placements[key]["b"].fallback for key in "abc"] == ["", "no-control", "no-control"]
    assert fits.placements["c"]["b"].position == (30_000.0 / TOP,)


CONTROL = cut(method="of_control")


@pytest.mark.parametrize(
    ("gates", "cuts", "looks"),
    [
        (None, {"b": CONTROL}, 1),  # in all events: the same for every sample
        (GATES_OF_TWO_LEVELS[:2], {"b": cut(), "mem": CONTROL | {"marker": "CD27", "of": "B"}}, 3),
    ],
)
def test_a_control_is_opened_once_and_looked_at_once_where_no_gate_above_is_found(
    gates, cuts, looks, monkeypatch, tmp_path
):
    control = write_fcs(tmp_path / "fmo.fcs", events(seed=7, middle=50_000.0).values, CHANNELS)
    sources = {source.path: source for source in studies(a=49_000.0, b=50_000.0, c=51_000.0)}
    name = list(cuts)[-1]
    groups = [Group(path, controls={cuts[name]["marker"]: str(control)}) for path in sources]
    seen: list[str] = []
    opened: list[str] = []

    def look(source: Any, *more: Any, **how: Any) -> Any:
        seen.append(source.path)
        return tubes_look(source, *more, **how)

    def read(path: str) -> Any:
        opened.append(path)
        return read_fcs(path)

    tubes_look = tubes.look
    monkeypatch.setattr(tubes, "look", look)
    if len(cuts) > 1:
        gates = [*gates, {"name": "High", "parent": "B", "threshold": {"x": "CD27", "above": {"cut": "mem"}}}]
    fits = fit_template(template(gates, cuts), list(sources.values()), groups, read=read)
    assert opened == [str(control)]
    assert seen.count(str(control)) == looks
    for path, source in sources.items():
        values = read_fcs(control)
        inside = np.ones(values.n_events, bool)
        if len(cuts) > 1:
            inside = values.events()[:, 2] >= np.median(source.column("B1-A"))
        column = values.events()[inside, 2 if len(cuts) == 1 else 3]
        assert fits.placements[path][name].position[0] == pytest.approx(np.median(column) / TOP, rel=1e-6)


SHAPE = {
    "name": "Cells",
    "method": {
        "kind": "move_to_middle",
        "x": "FSC-A",
        "y": "SSC-A",
        "anchor": "none",
        "fallback": {"vertices": [[0.0, 0.0], [40_000.0, 0.0], [40_000.0, 40_000.0], [0.0, 40_000.0]]},
    },
}


def test_a_gate_on_two_axes_is_placed_by_its_method():
    sources = [events(seed=seed, path=str(seed)) for seed in (1, 2)]
    made = template([SHAPE], {})
    fits = fit_template(made, sources)
    placed = fits.placements["1"]["Cells"]
    assert placed.note == "reference 6000"
    assert np.array(placed.position) * TOP == pytest.approx([60_000, 40_000], rel=0.02)
    corner = made.resolve(sources[0], fits).find("Cells").gate.vertices[0] * TOP
    assert corner == pytest.approx([60_000, 40_000], rel=0.02)
    assert fits.common["Cells"].reference.n == 6000


def test_a_gate_of_an_empty_sample_is_the_outline_of_the_template():
    source = events(0, path="none")
    made = template([SHAPE], {})
    gate_there = made.resolve(source, fit_template(made, [source])).find("Cells").gate
    assert gate_there.vertices * TOP == pytest.approx(np.array(SHAPE["method"]["fallback"]["vertices"]))


# ---- fits --------------------------------------------------------------------------------------------------


def test_fits_survive_json_and_pickle():
    sources = [events(seed=seed, path=str(seed)) for seed in (1, 2)] + [events(5, path="few")]
    made = template([SHAPE, *GATES_OF_TWO_LEVELS], {"b": cut(anchor="batch")})
    fits = fit_template(made, sources)
    for twin in (
        Fits.from_dict(json.loads(json.dumps(fits.to_dict(), allow_nan=False))),
        pickle.loads(pickle.dumps(fits)),
    ):
        assert twin.to_dict() == fits.to_dict()
        assert math.isinf(twin.placements["few"]["b"].own_variance[0])
        assert twin.common["Cells"].reference.n == fits.common["Cells"].reference.n
        assert (twin.common["Cells"].reference.plane == fits.common["Cells"].reference.plane).all()


def test_fits_of_version_1_are_read():
    data = fit_template(template(), [events(path="a")]).to_dict()
    old = {key: value for key, value in data.items() if key not in ("placements", "common")} | {"version": 1}
    fits = Fits.from_dict(old)
    assert (dict(fits.placements), fits.scales["CD19"]["T"]) == ({}, TOP)


def test_fits_are_shown_in_one_line():
    shown = repr(fit_template(template(), studies(a=50_000.0, b=60_000.0)))
    assert shown.endswith(": 2 files, 1 cuts and gates, 0 skipped)")
    assert "\n" not in shown
    assert len(shown) < 100


def test_a_position_can_be_moved_for_one_sample():
    sources = studies(a=50_000.0, b=60_000.0)
    made = template()
    fits = fit_template(made, sources)
    moved = fits.moved("a", {"b": 0.25})
    assert made.resolve(sources[0], moved).find("B").gate.minimum == (0.25,)
    assert moved.placements["b"]["b"] == fits.placements["b"]["b"]
    assert fits.placements["a"]["b"].position != (0.25,)
    for key, positions, message in [
        ("x", {"b": 0.1}, "No cut was found in 'x'"),
        ("a", {"c": 0.1}, "no cut or gate 'c'"),
        ("a", {"b": (0.1, 0.2)}, "expected 1 finite numbers"),
        ("a", {"b": math.nan}, "expected 1 finite numbers"),
    ]:
        with pytest.raises(TemplateError, match=message):
            fits.moved(key, positions)


def test_a_study_that_was_moved_finds_its_files():
    source = events(path="/new/place/day1/a.fcs")
    made = template()
    fits = fit_template(made, [events(path="day1/a.fcs"), events(seed=1, path="day2/a.fcs")])
    assert fits.placements_of(source.path) is fits.placements["day1/a.fcs"]


# ---- alone -------------------------------------------------------------------------------------------------


def test_without_fits_a_file_is_fitted_alone_with_a_warning():
    source = events()
    strategy = template().resolve(source)
    assert strategy.find("B").gate.minimum[0] == pytest.approx(np.median(source.column("B1-A")) / TOP)
    assert [problem.code for problem in strategy.warnings] == ["gate-fitted-alone"]


def test_a_file_that_the_fits_do_not_know_is_anchored_to_the_study():
    made = template(cuts={"b": cut(anchor="batch", min_events=10)})
    fits = fit_template(made, [events(seed=seed, path=str(seed)) for seed in range(5)])
    few = events(30, 11, 80_000.0, "new")
    position = made.resolve(few, fits).find("B").gate.minimum[0]
    assert abs(position - 50_000 / TOP) < 0.5 * abs(80_000 / TOP - position)
    many = events(30_000, 12, 50_300.0, "new")
    assert made.resolve(many, fits).find("B").gate.minimum[0] == pytest.approx(50_300 / TOP, rel=0.01)


def test_the_control_of_a_file_that_the_fits_do_not_know_is_opened_as_the_caller_says():
    made = template(cuts={"b": cut(method="of_control")})
    fits = fit_template(made, studies(a=50_000.0), [Group("a"), Group("late", controls={"CD19": "fmo"})])
    control = events(seed=7, middle=20_000.0, path="fmo")
    strategy = made.resolve(events(path="late"), fits, read={"fmo": control}.__getitem__)
    middle = np.median(control.column("B1-A")) / TOP
    assert strategy.find("B").gate.minimum == (pytest.approx(middle, rel=1e-9),)
    assert any("control" in str(problem) for problem in made.resolve(events(path="late"), fits).warnings)


def test_a_file_that_the_fits_do_not_know_has_the_cut_of_the_study_where_scope_says_so():
    made = template(cuts={"b": {**cut(scope="study"), "anchor": "none"}})
    fits = fit_template(made, studies(a=50_000.0, b=60_000.0))
    position = made.resolve(events(middle=90_000.0, path="new"), fits).find("B").gate.minimum
    assert position == fits.placements["a"]["b"].position


def test_cuts_that_cross_are_put_back_and_told():
    rectangle = {"x": "CD19", "x_min": {"cut": "b"}, "x_max": {"method": "middle", "fallback": 90_000.0}}
    made = template([{"name": "B", "rectangle": rectangle}])
    source = events(path="a")
    strategy = made.resolve(source, fit_template(made, [source]))
    assert strategy.find("B").gate.minimum == (30_000.0 / TOP,)
    assert strategy.find("B").gate.maximum == (90_000.0 / TOP,)
    assert [problem.code for problem in strategy.warnings] == ["gate-fallback"]


GATES_OF_COMPANIONS = [
    {"name": "B", "threshold": {"x": "CD19", "above": {"cut": "b"}}},
    {"name": "Mem", "parent": "B", "threshold": {"x": "CD27", "above": {"cut": "low"}}},
    {"name": "Rare", "parent": "Mem", "threshold": {"x": "SSC-A", "above": 60_000}},
    {"name": "Bright", "parent": "Rare", "threshold": {"x": "CD27", "above": {"cut": "high"}}},
]


def stained(shift: float, seed: int, path: str, *, is_quiet: bool = False) -> Events:
    """Return a sample whose CD27 is brighter by `shift`; a quiet one has nearly no rare cells."""
    source = events(seed=seed, path=path)
    values = np.array(source.values)
    values[:, 3] += shift
    values[:, 1] -= 20_000.0 * is_quiet
    return Events(values, CHANNELS, path=path)


def test_a_silent_sample_goes_with_the_cut_of_the_same_marker_that_was_found_before():
    cuts = {
        "b": cut(),
        "low": cut("CD27", of="B"),
        "high": cut("CD27", of="Rare", fallback=100_000.0, anchor="study"),
    }
    shifts = np.linspace(-9_000, 9_000, 10)
    files = [stained(shift, at, f"f{at}", is_quiet=at in (0, 9)) for at, shift in enumerate(shifts.tolist())]
    made = template(GATES_OF_COMPANIONS, cuts)
    fits = fit_template(made, files)
    middle = fits.common["high"].position[0]
    assert fits.common["high"].common.slope.mean == pytest.approx(1.0, abs=0.1)
    for at in (0, 9):
        placed = fits.placements[f"f{at}"]["high"]
        assert placed.fallback == "few-events"
        assert placed.position[0] - middle == pytest.approx(shifts[at] / TOP, rel=0.15)
    later = stained(6_000, 77, "later", is_quiet=True)
    found = made.resolve(later, fits).find("Bright").gate.minimum[0]
    assert found - middle == pytest.approx(6_000 / TOP, rel=0.15)
