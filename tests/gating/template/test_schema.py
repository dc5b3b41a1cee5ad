"""The JSON Schema of templates, held against templates by a validator that others wrote."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from cytogate.gating.template.file import template_schema
from cytogate.gating.template.library import list_templates, load_template

jsonschema = pytest.importorskip("jsonschema")
TEMPLATES = Path(__file__).parents[3] / "gating_templates"
FITTED = load_template("sle_bcell_fitted").to_dict()


@pytest.fixture(scope="module")
def validator():
    schema = template_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def faults(validator: Any, template: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(template)]


@pytest.mark.parametrize("name", list_templates())
def test_templates_of_the_house_keep_the_schema(validator, name):
    from ruamel.yaml import YAML

    written = YAML(typ="safe").load((TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8"))
    assert faults(validator, written) == []
    assert faults(validator, load_template(name).to_dict()) == []


def test_what_no_template_may_say_breaks_the_schema(validator):
    assert faults(validator, FITTED) == []
    name = next(iter(FITTED["cuts"]))
    for change in (
        lambda data: data.update(gaets=[]),
        lambda data: data.update(version="one"),
        lambda data: data["cuts"][name].update(method="guess"),
        lambda data: data["cuts"][name].update(method={"kind": "mindensity", "no_such_argument": 1}),
        lambda data: data["gates"][0].pop("name"),
    ):
        spoiled = copy.deepcopy(FITTED)
        change(spoiled)
        assert faults(validator, spoiled) != []
