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
    assert "Did you mean sle_bcell?" in outcome.err


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
