from __future__ import annotations

import json

import pytest

from cytogate.gating.template.library import list_templates


def test_list_names_every_built_in_template(call):
    outcome = call("template", "list")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()[1:]] == list(list_templates())


def test_list_as_json_gives_the_hashes(call):
    report = json.loads(call("template", "list", "--json").out)
    assert [entry["name"] for entry in report["templates"]] == list(list_templates())
    assert all(len(entry["sha256"]) == 64 for entry in report["templates"])


@pytest.mark.parametrize("name", list_templates())
def test_what_show_prints_is_a_template_that_passes_the_check(name, call, tmp_path):
    copy = tmp_path / "mine.yaml"
    copy.write_text(call("template", "show", name).out, encoding="utf-8")
    outcome = call("template", "check", copy)
    assert outcome.code == 0
    assert "fine" in outcome.out


def test_show_says_what_definitions_mean_and_which_rivals_there_are(call):
    text = call("template", "show", "sle_bcell").out
    notes = text[text.index("# What the definitions say") :].splitlines()
    said = "#   double_negative.igd_cd27 (B/DN): Double negative, IgD- CD27- of B cells. [Wei"
    assert any(line.startswith(said) for line in notes)
    rivals = [line for line in notes if line.startswith("#   dn2.")]
    assert rivals[0].startswith("#   dn2.cxcr5_cd11c (DN/DN2): CXCR5- CD11c+")
    assert rivals[1].startswith("#   dn2.cxcr5_cd21 (DN/DN2 CXCR5-CD21-)")
    assert rivals[2].startswith("#   dn2.cd11c_tbet (not gated here)")
    assert all(line.startswith("#") for line in notes)


def test_schema_is_a_json_schema(call):
    assert "properties" in json.loads(call("template", "show", "--schema").out)


@pytest.mark.parametrize("words", [(), ("sle_bcell", "--schema")])
def test_show_wants_a_name_or_the_schema(words, call):
    outcome = call("template", "show", *words)
    assert outcome.code == 2
    assert "either the name of a template or --schema" in outcome.err


def test_an_unknown_name_is_invalid_and_names_the_nearest(call):
    outcome = call("template", "show", "sle_bcel")
    assert outcome.code == 3
    assert "Did you mean sle_bcell or sle_bcell_fitted or hipc_bcell?" in outcome.err


def test_check_lists_the_problems_of_every_file(call, tmp_path):
    text = call("template", "show", "sle_bcell").out
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(text.replace("version: 1", "version: 999"), encoding="utf-8")
    second.write_text("format: something.else\n", encoding="utf-8")
    outcome = call("template", "check", first, second, "sle_bcell")
    assert outcome.code == 3
    assert "first.yaml" in outcome.err
    assert "second.yaml" in outcome.err
    assert "sle_bcell: fine" in outcome.out


def test_check_as_json_gives_code_and_location(call, tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text("format: something.else\n", encoding="utf-8")
    outcome = call("template", "check", path, "--json")
    assert outcome.code == 3
    (file,) = json.loads(outcome.out)["files"]
    assert file["problems"][0]["code"] == "template-format"
    assert file["problems"][0]["location"].startswith("t.yaml")


def test_init_proposes_a_template_that_gates_the_file(call, trial, tmp_path):
    tube = trial / "fcs" / "P1_W0_B.fcs"
    place = tmp_path / "own.yaml"
    outcome = call("template", "init", tube, "--out", place)
    assert outcome.code == 0
    assert "Template sle_bcell_fitted fits best" in outcome.err
    assert "  Double negative B cells" in outcome.err
    assert "9 cuts and 2 gates found in the data" in call("template", "check", place).out
    builtin = call("gate", tube, "--template", "sle_bcell_fitted")
    assert call("gate", tube, "--template", place).out == builtin.out
    assert call("template", "init", tube).out == place.read_text(encoding="utf-8")


def test_init_fixed_leaves_gates_where_they_are(call, trial, tmp_path):
    tube, place = trial / "fcs" / "P1_W0_B.fcs", tmp_path / "own.yaml"
    assert "Template sle_bcell fits" in call("template", "init", tube, "--fixed", "--out", place).err
    assert "found in the data" not in call("template", "check", place).out
    assert call("gate", tube, "--template", place).out == call("gate", tube, "--template", "sle_bcell").out


def test_init_never_replaces_a_file(call, trial, tmp_path):
    place = tmp_path / "own.yaml"
    place.write_text("mine", encoding="utf-8")
    outcome = call("template", "init", trial / "fcs" / "P1_W0_B.fcs", "--out", place)
    assert outcome.code == 2
    assert "is there already" in outcome.err
    assert place.read_text(encoding="utf-8") == "mine"


def test_init_says_what_a_file_lacks(call, tmp_path):
    import numpy as np

    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.writing.write import write_fcs

    file = write_fcs(tmp_path / "odd.fcs", np.ones((5, 2)), [Channel("FSC-A"), Channel("FL1-H", "Nothing")])
    outcome = call("template", "init", file)
    assert outcome.code == 3
    assert "No subset that cytogate knows can be gated" in outcome.err
    assert outcome.out == ""
