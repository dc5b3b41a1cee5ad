"""Built-in templates: defined in full, and right on simulated tubes of which the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from gating.template.tubes import events_of

from cytogate.gating.engine import gate
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.template.library import list_templates, load_template
from cytogate.gating.tree import split
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.tube import TubeName, simulate_tube

# subset: template, panel, population, denominator
SUBSETS = {
    "DN": ("sle_bcell", "bcell", "B/DN", "B"),
    "switched_memory": ("sle_bcell", "bcell", "B/SWM", "B"),
    "activated_naive": ("sle_bcell", "bcell", "B/N+T/aNAV", "B"),
    "transitional": ("sle_bcell", "bcell", "B/N+T/Transitional", "B"),
    "helios_treg": ("treg_helios", "treg", "CD4/Treg/FoxP3+/Helios+", "CD4/Treg/FoxP3+"),
}
TEMPLATE_OF = {"bcell": "sle_bcell", "treg": "treg_helios"}
SUBJECTS = ("P1", "P2", "P3", "P4", "P5", "P6")
SEED = 11


@pytest.mark.parametrize("name", list_templates())
def test_every_population_has_a_definition_with_a_citation(name):
    template = load_template(name)
    defined = {entry.population: entry for entry in template.definitions.values()}
    assert set(defined) == set(template.populations)
    assert all(entry.text and entry.citation for entry in defined.values())


@pytest.mark.parametrize("name", list_templates())
def test_name_of_the_file_is_the_name_of_the_template(name):
    assert load_template(name).name == name


@pytest.mark.parametrize("name", TEMPLATE_OF.values())
def test_a_fitted_template_falls_back_on_the_fixed_one(name):
    fixed, fitted = load_template(name), load_template(f"{name}_fitted")
    cuts = {key: cut["fallback"] for key, cut in fitted.to_dict()["cuts"].items()}
    found = {entry["name"]: _at_fallback(entry, cuts) for entry in fitted.to_dict()["gates"]}
    for entry in fixed.to_dict()["gates"]:
        assert found[entry["name"]] == _finite(entry), entry["name"]
    assert set(fixed.populations) <= set(fitted.populations)
    assert fixed.adjustable == fitted.adjustable
    assert fixed.asc == fitted.asc
    for path in fixed.populations:
        assert fixed.definition_of(path) == fitted.definition_of(path)


def _at_fallback(gate, cuts):
    """Return a gate with cuts and methods at their fallbacks."""
    gate = dict(gate)
    if isinstance(method := gate.pop("method", None), dict):
        gate["polygon"] = {"x": method["x"], "y": method["y"], **method["fallback"]}

    def number(entry):
        if not isinstance(entry, dict):
            return entry
        if "cut" in entry:
            return cuts[entry["cut"]]
        if "method" in entry:
            return entry["fallback"]
        return {key: number(value) for key, value in entry.items()}

    return number(gate)


def _finite(gate):
    """Return a gate with an outline to which methods can be put: open sides end at the axis."""
    if "polygon" not in gate:
        return gate
    ends = {"inf": 262144.0, "-inf": -1000.0}
    vertices = [[ends.get(value, value) for value in pair] for pair in gate["polygon"]["vertices"]]
    return gate | {"polygon": gate["polygon"] | {"vertices": vertices}}


@pytest.mark.parametrize("subset", SUBSETS)
def test_reported_populations_are_unique_endings(subset):
    name, _, population, whole = SUBSETS[subset]
    template = load_template(name)
    assert template.definition_of(population).population.endswith(split(population)[0][-1])
    assert template.gate_of(whole).name


@pytest.fixture(scope="module", params=["", "_fitted"])
def tubes(request):
    """Both tubes of all six patients before treatment and 24 weeks after, gated by the built-in templates."""
    found = {}
    for panel, name in TEMPLATE_OF.items():
        template = load_template(f"{name}{request.param}")
        simulated = {
            (subject, week): simulate_tube(TubeName(subject, week, panel), TrialSpec(), seed=SEED)
            for subject in SUBJECTS
            for week in (0, 24)
        }
        sources = {key: events_of(tube) for key, tube in simulated.items()}
        fits = fit_template(template, sources.values())
        for key, source in sources.items():
            found[(panel, *key)] = (simulated[key], gate(source, template.resolve(source, fits)))
    return found


def percentages(tubes, subset):
    """Return (n_tubes, 2): realised and gated percent, tubes as (subject, week)."""
    _, panel, population, whole = SUBSETS[subset]
    table = []
    for subject in SUBJECTS:
        for week in (0, 24):
            tube, result = tubes[(panel, subject, week)]
            table.append((tube.endpoints()[subset][1], 100 * result.count(population) / result.count(whole)))
    return np.array(table)


@pytest.mark.parametrize(
    ("subset", "most"),
    [
        ("DN", 10.0),
        ("switched_memory", 5.0),
        ("activated_naive", 10.0),
        ("transitional", 10.0),
        ("helios_treg", 3.0),
    ],
)
def test_median_relative_error_of_a_subset_is_small(tubes, subset, most):
    truth, found = percentages(tubes, subset).T
    assert np.median(np.abs(found - truth) / truth) * 100 <= most


@pytest.mark.parametrize("subset", ["DN", "switched_memory", "activated_naive", "transitional"])
def test_every_clear_change_keeps_its_direction(tubes, subset):
    truth, found = (column.reshape(-1, 2) for column in percentages(tubes, subset).T)
    change = np.log(truth[:, 1] / truth[:, 0])
    clear = np.abs(change) > 0.2
    assert clear.sum() >= 3
    assert np.all(np.sign(found[clear, 1] - found[clear, 0]) == np.sign(change[clear]))


def test_nearly_all_b_cells_are_found_and_little_else(tubes):
    for (panel, *_), (tube, result) in tubes.items():
        if panel == "bcell":
            b_cells = tube.kept & np.isin(tube.labels, range(tube.populations.index("plasma cell") + 1))
            inside = result.mask("B")
            least = 0.97 if result.strategy.source.endswith("_fitted") else 0.98  # its singlets are a band
            assert np.mean(inside[b_cells]) > least
            assert np.mean(b_cells[inside]) > 0.99


def test_quadrants_share_out_all_b_cells(tubes):
    for (panel, *_), (_, result) in tubes.items():
        if panel == "bcell":
            assert sum(result.count(f"B/{part}") for part in ("N+T", "UM", "SWM", "DN")) == result.count("B")


def test_t1_t2_and_t3_do_not_overlap_and_make_up_transitional(tubes):
    for (panel, *_), (_, result) in tubes.items():
        if panel == "bcell":
            t3, t12 = result.mask("MTG+/T3"), result.mask("MTG+/T1+T2")
            assert not np.any(t3 & t12)
            np.testing.assert_array_equal(t3 | t12, result.mask("N+T/Transitional"))


def test_helios_splits_foxp3_tregs_in_two(tubes):
    for (panel, *_), (_, result) in tubes.items():
        if panel == "treg":
            assert result.count("Helios+") + result.count("Helios-") == result.count("FoxP3+")
            assert result.count("FoxP3+") > 0.9 * result.count("Treg")


@pytest.mark.parametrize("name", [name for name in list_templates() if name.endswith("_fitted")])
def test_helpers_of_a_fitted_template_are_drawn_apart_from_the_gates_of_its_twin(name):
    fixed, fitted = load_template(name.removesuffix("_fitted")), load_template(name)
    known = {gate.name for gate in fixed.gates}
    helpers = [gate for gate in fitted.gates if gate.name not in known]
    drawn = {(gate.parent, frozenset(gate.shape.markers)) for gate in fixed.gates}
    panels = {(gate.parent, frozenset((*gate.shape.markers, gate.display))) for gate in helpers}
    assert not drawn & panels
