"""`exclude_asc_first`: antibody-secreting cells leave the quadrants, paths stay, and the truth agrees."""

from __future__ import annotations

import numpy as np
import pytest
from gating.template.tubes import events_of

from cytogate.errors import TemplateError
from cytogate.gating.engine import gate
from cytogate.gating.fitting.fit import fit_template
from cytogate.gating.template.library import list_templates, load_template
from cytogate.gating.template.without_asc import exclude_asc_first
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.tube import TubeName, simulate_tube

WITH_SWITCH = [name for name in list_templates() if load_template(name).asc]
PARTS = ("N+T", "UM", "SWM", "DN")


@pytest.fixture(scope="module")
def tube():
    return simulate_tube(TubeName("P1", 0, "bcell"), TrialSpec(), seed=11)


@pytest.fixture(scope="module", params=WITH_SWITCH)
def both(request, tube):
    """The results of one template as it is and with the switch on."""
    source = events_of(tube)
    results = []
    for template in (load_template(request.param), exclude_asc_first(load_template(request.param))):
        results.append(gate(source, template.resolve(source, fit_template(template, [source]))))
    return results


def test_all_b_cell_templates_have_the_switch():
    assert {"sle_bcell", "bcell_surface", "hipc_bcell"} <= set(WITH_SWITCH)


@pytest.mark.parametrize("name", WITH_SWITCH)
def test_no_path_changes_and_the_quadrants_as_drawn_stay(name):
    template = load_template(name)
    switched = exclude_asc_first(template)
    assert set(template.populations) < set(switched.populations)
    more = {path.rsplit("/", 1)[1] for path in set(switched.populations) - set(template.populations)}
    assert more == {f"{part} with ASC" for part in PARTS}
    assert switched.sha256 != template.sha256
    assert switched.asc is None


def test_parts_lose_exactly_the_antibody_secreting_cells(both):
    plain, switched = both
    asc = plain.mask("B/PB")
    np.testing.assert_array_equal(switched.mask("B/PB"), asc)
    for part in PARTS:
        np.testing.assert_array_equal(switched.mask(f"B/{part}"), plain.mask(f"B/{part}") & ~asc)
        np.testing.assert_array_equal(switched.mask(f"B/{part} with ASC"), plain.mask(f"B/{part}"))
    assert plain.count("B/SWM") - switched.count("B/SWM") > 100


def test_switched_memory_without_asc_is_the_truth_without_blasts(tube, both):
    _, switched = both
    of = [tube.populations.index(name) for name in ("SWM resting", "SWM activated")]
    truth = np.count_nonzero(tube.kept & np.isin(tube.labels, of))
    blasts = np.isin(tube.labels, [tube.populations.index(name) for name in ("plasmablast", "plasma cell")])
    inside = switched.mask("B/SWM")
    assert abs(np.count_nonzero(inside) - truth) / truth < 0.05
    assert np.count_nonzero(inside & blasts) < 0.05 * np.count_nonzero(blasts & tube.kept)


def test_definitions_of_quadrants_and_what_lies_below_say_so():
    switched = exclude_asc_first(load_template("sle_bcell"))
    assert switched.definition_of("B/DN").id == "double_negative.igd_cd27.asc_excluded"
    assert switched.definition_of("DN/DN2").id == "dn2.cxcr5_cd11c.asc_excluded"
    assert switched.definition_of("B/DN with ASC").id == "double_negative.igd_cd27"
    assert switched.definition_of("B/PB").id == "antibody_secreting.cd27_cd38"


def test_a_template_without_asc_is_refused():
    with pytest.raises(TemplateError, match=r"treg_helios names no antibody-secreting cells"):
        exclude_asc_first(load_template("treg_helios"))
