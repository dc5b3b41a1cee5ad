"""Markers find the channel that an analyst means, or refuse."""

from __future__ import annotations

import pytest

from cytogate.errors import PanelError
from cytogate.fcs.channels.panel import Channel, Panel
from cytogate.gating.template.markers import find_channel, match_markers

PANEL = Panel(
    [
        Channel("FSC-A"),
        Channel("V610-A", "CD27 BV605"),
        Channel("B530-A", "CD279 FITC"),
        Channel("V525-A", "CD3/CD14 BV510"),
        Channel("UV820-A", "HLA DR BUV805"),
        Channel("YG780-A", "CD95-PE-Cy7"),
        Channel("R670-A", "hla-dq"),
    ]
)


@pytest.mark.parametrize("name", ["CD27", "CD27 BV605", "BV605-A", "V610-A", "cd27", "cd-27_bv605", "BV605"])
def test_every_spelling_finds_the_one_channel(name):
    assert find_channel(PANEL, name).name == "V610-A"


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("FSC-A", "FSC-A"),
        ("CD279", "B530-A"),
        ("CD3/CD14", "V525-A"),
        ("HLA-DR", "UV820-A"),
        ("CD95", "YG780-A"),
        ("HLA-DQ", "R670-A"),
        ("HLA DQ", "R670-A"),
    ],
)
def test_marker_is_found_by_the_first_words_of_a_label(name, channel):
    assert find_channel(PANEL, name).name == channel


@pytest.mark.parametrize("name", ["CD2", "CD7", "CD3", "CD14", "CD", "HLA-D", "A"])
def test_part_of_a_marker_finds_nothing(name):
    with pytest.raises(PanelError, match=f"marker '{name}' is not in the panel"):
        find_channel(PANEL, name)


def test_missing_marker_says_what_the_panel_has():
    with pytest.raises(PanelError, match=r"marker 'CD28' is not in the panel\. Did you mean CD27.*V610-A"):
        find_channel(PANEL, "CD28")


def test_two_channels_for_one_marker_are_refused_with_both_named():
    panel = Panel([Channel("A1-A", "CD4 FITC"), Channel("B1-A", "CD4 PE")])
    with pytest.raises(PanelError, match=r"ambiguous: it may be CD4 FITC \[A1-A\] or CD4 PE \[B1-A\]"):
        find_channel(panel, "CD4")


def test_label_goes_before_the_detector_that_a_template_expects():
    panel = Panel([Channel("V610-A", "CD21 BV605"), Channel("V780-A", "CD27 BV785"), Channel("PE-A", "CD25")])
    assert find_channel(panel, "CD27", ["V610-A", "BV605-A"]).name == "V780-A"
    with pytest.raises(PanelError, match=r"ambiguous: it may be CD21 BV605 .* or CD27 BV785"):
        find_channel(panel, "Memory", ["CD21", "CD27"])


def test_detector_that_is_labelled_with_another_marker_is_not_taken():
    panel = Panel([Channel("YG586-A", "CD11c PE"), Channel("V610-A", "CD27 BV605")])
    with pytest.raises(
        PanelError, match=r"'FoxP3' is not in the panel: its detector .* CD11c PE \[YG586-A\]"
    ):
        find_channel(panel, "FoxP3", ["FoxP3 PE", "PE-A", "YG586-A"])


def test_dye_as_label_is_found_by_the_name_of_its_channel():
    assert (
        find_channel(Panel([Channel("FL7", "BV605"), Channel("FL8", "PE")]), "CD27", ["BV605-A"]).name
        == "FL7"
    )


def test_area_is_taken_among_the_pulses_of_one_detector():
    panel = Panel([Channel("V610-H", "CD27"), Channel("V610-A", "CD27"), Channel("V610-W", "CD27")])
    assert find_channel(panel, "CD27").name == "V610-A"


def test_exact_name_goes_before_a_label():
    panel = Panel([Channel("CD4", "CD8 PE"), Channel("PE-A", "CD4 FITC")])
    assert find_channel(panel, "CD4").name == "CD4"


def test_all_marker_problems_come_at_once():
    wanted = {"CD27": (), "CD99": (), "CD72": (), "Memory": ("CD27 BV605",)}
    with pytest.raises(PanelError) as caught:
        match_markers(PANEL, wanted, source="x.fcs")
    codes = sorted(problem.code for problem in caught.value.problems)
    assert codes == ["channel-claimed-twice", "marker-missing", "marker-missing"]
    assert "x.fcs does not fit the template" in str(caught.value)
    assert "claimed by two markers: CD27 and Memory" in str(caught.value)


def test_many_missing_markers_are_told_together():
    with pytest.raises(PanelError) as caught:
        match_markers(PANEL, {"CD27": (), "CD99": (), "CD72": (), "FoxP3": ("V525-A",)}, source="x.fcs")
    assert "3 of 4 markers are not in the panel: CD99, CD72, FoxP3. The file has:" in str(caught.value)
    assert str(caught.value).count("right template") == 1


def test_optional_marker_may_be_missing():
    assert set(match_markers(PANEL, {"CD27": ()}, optional={"CD99": ()})) == {"CD27"}


def test_detector_expected_for_an_optional_marker_does_not_contradict_a_label():
    assert set(match_markers(PANEL, {"CD27": ()}, optional={"CD21": ("V610-A",)})) == {"CD27"}


def test_file_of_another_panel_does_not_fit_the_template():
    panel = Panel([Channel("V610-A", "CD21 BV605"), Channel("V780-A", "CD4 BV785")])
    with pytest.raises(
        PanelError, match=r"marker 'CD27' is not in the panel: its detector .* CD21 BV605 \[V610-A\]"
    ):
        match_markers(panel, {"CD4": (), "CD27": ("V610-A",)})
