"""What the manifest keeps of a template: enough for words, and plain enough for JSON."""

from __future__ import annotations

import json

import pytest

from cytogate.gating.template.library import list_templates, load_template
from cytogate.study.template_facts import template_facts


def test_cuts_keep_method_anchor_and_bounds() -> None:
    found = {part["name"]: part for part in template_facts(load_template("sle_bcell_fitted"))["found"]}

    assert found["live"] == {
        "name": "live",
        "markers": ["Viability"],
        "method": "mindensity",
        "of": "/Singlets/Singlets2/Lymphocytes",
        "scope": "sample",
        "anchor": "batch",
        "min_events": 200,
        "fallback": 1200.0,
        "units": "data",
        "within": [400.0, 5000.0],
    }
    assert found["Singlets"]["markers"] == ["FSC-A", "FSC-H"]
    assert "fallback" not in found["Singlets"]


def test_fixed_template_has_nothing_found() -> None:
    facts = template_facts(load_template("sle_bcell"))

    assert facts["found"] == []
    assert facts["compensation"] == "file"
    assert facts["scales"]["scatter"] == {"kind": "linear", "T": 262144.0, "A": 0.0}
    assert "OMIP-003" in facts["source"]


@pytest.mark.parametrize("name", list_templates())
def test_facts_of_every_template_are_json(name: str) -> None:
    facts = template_facts(load_template(name))

    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
