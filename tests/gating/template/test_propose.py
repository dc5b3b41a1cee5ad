"""A first template from a file's panel: whatever is missing, the proposal can be used on that file."""

from __future__ import annotations

import numpy as np
import pytest
from gating.template.tubes import events_of

from cytogate.edge.yaml_document import parse_yaml
from cytogate.errors import TemplateError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.events import Events
from cytogate.gating.engine import gate
from cytogate.gating.template.file import template_from_dict
from cytogate.gating.template.library import list_templates, load_template
from cytogate.gating.template.propose import propose_template
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.tube import TubeName, simulate_tube


@pytest.fixture(scope="module")
def tube():
    return events_of(simulate_tube(TubeName("P1", 0, "bcell"), TrialSpec(), seed=11))


def without(source: Events, *markers: str, relabel=lambda label: label, spillover: bool = True) -> Events:
    """Return the events with channels taken out, by the first word of a label or by name."""
    keep = [
        at
        for at, channel in enumerate(source.channels)
        if channel.name not in markers and (channel.label or "none").split()[0] not in markers
    ]
    channels = [source.channels[at] for at in keep]
    channels = [Channel(c.name, relabel(c.label) if c.label else None, range=262144) for c in channels]
    matrix = source.spillover if spillover else None
    if matrix is not None:
        names = [channel.name for channel in channels if channel.name in matrix.detectors]
        inside = [matrix.detectors.index(name) for name in names]
        matrix = type(matrix)(names, names, np.asarray(matrix.values)[np.ix_(inside, inside)])
    return Events(np.asarray(source.events())[:, keep], channels, matrix)


def gated(proposal, source):
    template = template_from_dict(parse_yaml(proposal.text, name="own.yaml").data)
    return template, gate(source, template.resolve(source))


@pytest.mark.filterwarnings("ignore")
def test_a_whole_panel_gets_the_whole_template_and_the_same_counts(tube):
    proposal = propose_template(tube, fixed=True)
    assert proposal.fit.template.name == "sle_bcell"
    assert not proposal.fit.lost
    template, result = gated(proposal, tube)
    builtin = load_template("sle_bcell")
    assert template.populations == builtin.populations
    plain = gate(tube, builtin.resolve(tube))
    assert [result.count(path) for path in builtin.populations] == [
        plain.count(path) for path in builtin.populations
    ]
    assert template.panel["CD27"] == ("V610-A", "CD27 BV605")


def test_without_mitotracker_the_surface_template_fits(tube):
    source = without(tube, "MTG", "CD95", "CD10")
    proposal = propose_template(source)
    assert proposal.fit.template.name == "bcell_surface"
    assert not proposal.fit.lost


@pytest.mark.parametrize(
    "marker", ["CD24", "CD27", "CXCR5", "CD21", "CD38", "CD11c", "IgD", "Viability", "CD19"]
)
def test_whichever_marker_is_missing_the_proposal_can_be_used(tube, marker):
    source = without(tube, marker)
    try:
        proposal = propose_template(source)
    except TemplateError:
        assert marker == "CD19"  # without it there are no B cells
        return
    template, result = gated(proposal, source)
    gone = [*proposal.fit.lost, *proposal.fit.skipped]
    assert len(template.populations) == len(proposal.fit.template.populations) - len(gone)
    assert marker not in template.panel
    assert (f"the file has no {marker}" in proposal.text) == bool(gone)
    assert all(result.count(path) >= 0 for path in template.populations)


def test_a_cleaning_step_that_cannot_be_taken_is_passed_over(tube):
    source = without(tube, "FSC-H", "Viability")
    proposal = propose_template(source)
    template, result = gated(proposal, source)
    assert "/Singlets2/Lymphocytes/B" in template.populations
    assert "  # Singlets is left out: the file has no FSC-H." in proposal.text
    assert result.count("B/DN") > 500


def test_detectors_of_an_unknown_instrument_name_no_marker(tube):
    with pytest.raises(TemplateError, match=r"No subset that cytogate knows can be gated .*Nearest is"):
        propose_template(without(tube, relabel=lambda label: f"Ag{label.split()[0]}x"))


def test_a_file_without_spillover_is_not_compensated(tube):
    proposal = propose_template(without(tube, spillover=False))
    assert "\ncompensation: none\n" in proposal.text
    assert any("no spillover matrix" in note for note in proposal.notes)


def test_another_full_scale_is_warned_of(tube):
    channels = [Channel(c.name, c.label, range=4194304) for c in tube.channels]
    proposal = propose_template(Events(np.asarray(tube.events()), channels, tube.spillover))
    assert any("go up to 4,194,304" in note for note in proposal.notes)


@pytest.mark.parametrize("name", list_templates())
def test_every_built_in_template_is_proposed_for_a_panel_of_its_own_markers(name):
    template = load_template(name)
    markers = [marker for marker in template.markers if not marker.startswith(("FSC", "SSC"))]
    scatter = [marker for marker in template.markers if marker.startswith(("FSC", "SSC"))]
    channels = [Channel(n) for n in scatter]
    channels += [Channel(f"D{i}-A", marker, range=262144) for i, marker in enumerate(markers)]
    source = Events(np.ones((3, len(channels))), channels)
    proposal = propose_template(source)
    assert not proposal.fit.lost
    twin = f"{name.removesuffix('_fitted')}_fitted"
    assert proposal.fit.template.name == (twin if twin in list_templates() else name)
    plain = propose_template(source, fixed=True)
    assert plain.fit.template.name == name.removesuffix("_fitted")  # of twins the fixed one
    assert "method:" in proposal.text
    assert "method:" not in plain.text


@pytest.mark.filterwarnings("ignore")
def test_a_whole_panel_gets_the_cuts_of_the_fitted_twin(tube):
    proposal = propose_template(tube)
    template, result = gated(proposal, tube)
    builtin = load_template("sle_bcell_fitted")
    plain = gate(tube, builtin.resolve(tube))
    assert proposal.fit.template.name == "sle_bcell_fitted"
    assert list(template.fitted) == list(builtin.fitted)
    assert [result.count(path) for path in builtin.populations] == [
        plain.count(path) for path in builtin.populations
    ]


def test_without_a_twin_known_cuts_are_found_and_the_others_stay(tube):
    proposal = propose_template(without(tube, "MTG", "CD95", "CD10"))
    template, _ = gated(proposal, without(tube, "MTG", "CD95", "CD10"))
    fixed = load_template("bcell_surface")
    assert {"live", "cd19", "igd", "cxcr5", "Singlets", "Singlets2"} <= set(template.fitted)
    assert template.populations == fixed.populations
    assert template.cuts["igd"].of.endswith("/B")
    for gate_, was in zip(template.gates, fixed.gates, strict=True):
        if not gate_.shape.fitted:
            assert (gate_.name, gate_.parent, gate_.shape) == (was.name, was.parent, was.shape)
    assert any(note.endswith("the others stay as they are drawn.") for note in proposal.notes)


def test_a_cut_looks_above_a_cleaning_step_that_is_passed_over(tube):
    for gone in (("Viability",), ("Viability", "MTG", "CD95", "CD10")):
        source = without(tube, *gone)
        template, result = gated(propose_template(source), source)
        assert template.cuts["cd19"].of.endswith("/Lymphocytes")
        assert "live" not in template.cuts
        assert result.count("B/DN") > 500


def test_a_file_that_is_compensated_already_is_not_compensated(tube):
    done = Channel("Comp-V610-A", "CD27 BV605", range=262144)
    channels = [done if c.name == "V610-A" else Channel(c.name, c.label, range=262144) for c in tube.channels]
    source = Events(np.asarray(tube.events()), channels, tube.spillover)
    proposal = propose_template(source)
    assert "\ncompensation: none\n" in proposal.text
    assert any("compensated already" in note for note in proposal.notes)
