from __future__ import annotations

import pickle

import pytest

from cytogate.errors import PanelError
from cytogate.fcs.channels.panel import Channel, Panel, unique_names

PANEL = Panel(
    [
        Channel("FSC-A"),
        Channel("BV605-A", "CD27"),
        Channel("FITC-A", "IgD"),
        Channel("BV605-H", "CD38 h"),
        Channel("Time"),
    ]
)


@pytest.mark.parametrize("key", ["BV605-A", "CD27", "cd27", "bv605-a", "C D27"])
def test_channel_is_found_by_name_then_label_then_loosely(key):
    assert PANEL[key].name == "BV605-A"
    assert PANEL.index(key) == 1
    assert key in PANEL


def test_name_wins_over_a_label_of_another_channel():
    panel = Panel([Channel("A", "B"), Channel("B", "A")])
    assert panel["A"].name == "A"


def test_unknown_channel_names_the_nearest():
    with pytest.raises(PanelError, match=r"no channel or label 'CD72'.*Did you mean CD27"):
        PANEL["CD72"]
    assert "CD72" not in PANEL
    assert 7 not in PANEL


def test_label_of_two_channels_is_ambiguous_and_lists_them():
    panel = Panel([Channel("BV605-A", "CD27"), Channel("BV605-H", "CD27")])
    with pytest.raises(PanelError, match="'CD27' is ambiguous: it fits CD27 BV605-A, CD27 BV605-H"):
        panel["CD27"]
    assert "CD27" not in panel


def test_doubled_names_are_made_unique_and_the_original_is_ambiguous():
    panel = Panel(unique_names([Channel("FL1"), Channel("FSC"), Channel("FL1"), Channel("FL1 (P1)")]))
    assert panel.names == ("FL1 (P1)'", "FSC", "FL1 (P3)", "FL1 (P1)")
    with pytest.raises(PanelError, match=r"'FL1' is ambiguous"):
        panel["FL1"]
    assert panel["FL1 (P3)"].original_name == "FL1"


def test_panel_refuses_doubled_and_empty_names():
    with pytest.raises(PanelError, match="named more than once: A"):
        Panel(["A", "B", "A"])
    with pytest.raises(PanelError, match="channel 2 has no name"):
        Panel(["A", ""])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("FSC-A", "scatter"),
        ("SSC-B-H", "scatter"),
        ("FS INT", "scatter"),
        ("VSSC-A", "scatter"),
        ("FSC LogH", "scatter"),
        ("SSC 488/10-A", "scatter"),
        ("B-SSC-A", "scatter"),
        ("Time", "time"),
        ("TIME", "time"),
        ("FITC-A", "fluorescence"),
        ("FL1-H", "fluorescence"),
        ("Event_length", "other"),
        ("Width", "other"),
        ("(Ir191)Di", "fluorescence"),
        ("Alexa Fluor 700-A", "fluorescence"),
        ("Fsomething", "fluorescence"),
        ("DOUBLET", "fluorescence"),
    ],
)
def test_kind_of_channel_follows_its_name(name, kind):
    assert Channel(name).kind == kind


def test_generic_name_takes_the_kind_of_its_label():
    assert Channel("P1", "FSC-H").kind == "scatter"


def test_title_joins_label_and_name():
    assert Channel("BV605-A", "CD27").title == "CD27 BV605-A"
    assert Channel("FSC-A").title == Channel("FSC-A", "FSC-A").title == "FSC-A"


def test_panel_is_a_sequence_that_pickles_and_compares():
    assert len(PANEL) == 5
    assert PANEL[-1].name == "Time"
    assert [channel.name for channel in PANEL[:2]] == ["FSC-A", "BV605-A"]
    assert pickle.loads(pickle.dumps(PANEL)) == PANEL
    assert hash(PANEL) == hash(Panel(list(PANEL)))
    assert PANEL.select(["IgD", 0]).names == ("FITC-A", "FSC-A")
    assert PANEL.index(PANEL[2]) == 2
    assert "CD27 BV605-A" in repr(PANEL)
    assert PANEL != ["x"]


def test_marker_finds_the_label_that_begins_with_it():
    panel = Panel(
        [Channel("V610-A", "CD27 BV605"), Channel("B530-A", "CD279 FITC"), Channel("R1-A", "HLA DR APC")]
    )
    assert panel["CD27"].name == "V610-A"
    assert panel["HLA-DR"].name == "R1-A"
    assert "CD2" not in panel


def test_marker_on_two_labels_is_ambiguous():
    panel = Panel([Channel("V610-A", "CD4 BV605"), Channel("B530-A", "CD4 FITC")])
    with pytest.raises(PanelError, match=r"'CD4' is ambiguous: it fits CD4 BV605 V610-A, CD4 FITC B530-A"):
        panel["CD4"]


def test_marker_on_the_pulses_of_one_detector_means_its_area():
    panel = Panel([Channel("V610-H", "CD4 BV605"), Channel("V610-A", "CD4 BV605")])
    assert panel["CD4"].name == "V610-A"


def test_one_text_is_not_a_list_of_channels():
    with pytest.raises(PanelError, match=r"found the one text 'FSC-A'; a list of channels is expected"):
        Panel("FSC-A")


def test_exchanged_digits_are_guessed_from_the_first_words_of_labels():
    panel = Panel([Channel("B1-A", "CD19 BUV395"), Channel("G1-A", "CD11c PE")])
    with pytest.raises(PanelError, match="Did you mean CD19"):
        panel["CD91"]
