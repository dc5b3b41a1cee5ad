"""What the manifest keeps of a template: enough for words, and plain enough for JSON."""

from __future__ import annotations

import json

import pytest

from cytogate.gating.template.library import list_templates, load_template
from cytogate.study.writing.template_facts import template_facts


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


def test_cuts_name_the_populations_at_them_and_unions_what_they_are_made_of() -> None:
    facts = template_facts(load_template("sle_bcell_fitted"))
    b = "/Singlets/Singlets2/Lymphocytes/Live/B"
    quadrants = facts["divides"][f"{b}/IgD x CD27"]
    assert set(quadrants["populations"]) == {f"{b}/{name}" for name in ("SWM", "UM", "N+T", "DN")}
    assert set(quadrants["cuts"]["igd"]) == set(quadrants["populations"])
    assert set(quadrants["cuts"]["cd27_without_igd"]) == {f"{b}/SWM", f"{b}/DN"}
    assert set(quadrants["cuts"]["cd27_with_igd"]) == {f"{b}/UM", f"{b}/N+T"}
    assert facts["divides"][f"{b}/N+T/aNAV"]["cuts"].keys() == {"mtg", "cd24"}
    assert facts["needs"] == {f"{b}/N+T/Transitional": [f"{b}/N+T/MTG+/T3", f"{b}/N+T/MTG+/T1+T2"]}
