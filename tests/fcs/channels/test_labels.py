"""Labels: the words of ``$PnS``, marker first and dye last."""

from __future__ import annotations

import pytest

from cytogate.fcs.channels.labels import leading, names_a_marker, normal, trailing, without_pulse
from cytogate.fcs.channels.panel import Channel, Panel


@pytest.mark.parametrize(
    ("text", "plain"),
    [("CD27", "cd27"), ("Cd 2_7", "cd27"), ("CD3+", "cd3+"), ("HLA-DR", "hladr"), ("-", ""), ("", "")],
)
def test_normal_keeps_letters_digits_and_plus(text, plain):
    assert normal(text) == plain


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("BV605-A", "bv605"),
        ("BV605-h", "bv605"),
        ("BV605-W", "bv605"),
        ("BV605-B", "bv605b"),
        ("PE-Cy7-A", "pecy7"),
        ("A", "a"),
        ("-A", ""),
    ],
)
def test_pulse_behind_the_last_dash_is_left_out(name, stem):
    assert without_pulse(name) == stem


@pytest.mark.parametrize(
    ("label", "first"),
    [
        ("HLA DR BV605", {"hla", "hladr"}),
        ("CD27 BV605", {"cd27"}),
        ("CD27", set()),
        ("CD27-BV605", {"cd27"}),
        ("CD95-PE-Cy7", {"cd95", "cd95pe"}),
        ("HLA-DR", set()),
        ("HLA-DR-PE", {"hladr"}),
        ("", set()),
        (" _ ", set()),
    ],
)
def test_first_words_of_a_label(label, first):
    assert leading(label) == first


@pytest.mark.parametrize(
    ("label", "last"),
    [
        ("CD95 PE Cy7", {"cy7", "pecy7", "cd95pecy7"}),
        ("CD27 BV605-A", {"bv605", "cd27bv605"}),
        ("", set()),
    ],
)
def test_last_words_of_a_label(label, last):
    assert trailing(label) == last


@pytest.mark.parametrize(
    ("label", "is_marker"),
    [
        ("CD27 BV605", True),
        ("BV605", False),
        ("PE-Cy7", False),
        ("Perforin", True),
        ("", False),
        (None, False),
    ],
)
def test_label_that_begins_with_a_dye_names_no_marker(label, is_marker):
    assert names_a_marker(label) is is_marker


def test_marker_glued_to_its_dye_is_found_and_a_channel_itself_too():
    panel = Panel([Channel("V610-A", "CD27-BV605"), Channel("FSC-A")])
    assert panel["CD27"].name == "V610-A"
    assert panel[0] in panel
    assert Channel("SSC-A") not in panel
