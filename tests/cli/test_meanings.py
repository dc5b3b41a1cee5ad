"""Every code that the package can emit has its explanation, and no explanation is of a code that is gone."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

import cytogate
from cytogate.cli import run
from cytogate.cli.meanings import meanings
from cytogate.compensation.causes import CAUSES
from cytogate.fcs.repairs.codes import warning_codes
from cytogate.fcs.repairs.refusals import REFUSALS
from cytogate.gates.base import gate_kinds
from cytogate.gating.definitions import KEYS
from cytogate.gating.fitting.placement import REASONS
from cytogate.gating.template.models import TemplateModel
from cytogate.interop.crosscheck.rules import RULES
from cytogate.simulate.spec import TrialSpec
from cytogate.study.definition.study_form import StudyFile
from cytogate.study.sheets.sheet import OPTIONAL, REQUIRED

PACKAGE = Path(cytogate.__file__).parent
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")

# Words with a hyphen that are no codes: encodings, names of threads, markup, values and names of elements.
NO_CODES = {
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"),
    *("cytogate-sample", "cytogate-sync", "cytogate-worker", "cytogate-hash", "cytogate-parent"),
    *("1-2s", "1-3s", "2-2s", "4-1s", "carry-over", "end-point"),
    "scikit-learn",
    *("triangle-up", "triangle-down", "subsets-csv", "non-responder", "plug-in", "0-1"),
    *("fcs-dimension", "new-dimension", "compensation-ref", "transformation-ref"),
    *("chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "cytogate-figures"),
    *("non-responders", "rank-biserial", "comparisons-csv", "forest-fold", "forest-points"),
    *("circle-open", "diamond-open", "back-gating"),
    *("table-cell", "table-row", "covered-table-cell"),
    *("data-type", "use-as-complement", "matrix-inverted-already"),
}


def explained() -> set[str]:
    return {*warning_codes(), *REFUSALS, *meanings(), *RULES}


def trees() -> list[ast.Module]:
    places = [
        place for place in sorted(PACKAGE.rglob("*.py")) if place.relative_to(PACKAGE).parts[0] != "bench"
    ]
    kept = [place for place in places if place.parent.name != "meanings"]
    return [ast.parse(place.read_text(encoding="utf-8")) for place in kept]


@pytest.fixture(scope="module")
def words() -> set[str]:
    """All texts of the sources but those of the explanations."""
    nodes = (node for tree in trees() for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def made_codes() -> set[str]:
    """Return the codes that are put together when they are emitted."""
    return {*(f"{kind}-gate" for kind in gate_kinds.names()), "parent-unknown", "reference-unknown"}


def first_codes() -> set[str]:
    """Return the codes that stand where a `Problem` has its code, whatever they look like."""
    calls = (node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call))
    problems = [call for call in calls if getattr(call.func, "id", "") == "Problem" and call.args]
    return {call.args[0].value for call in problems if isinstance(call.args[0], ast.Constant)}


def test_every_code_of_the_sources_is_explained(words):
    codes = {word for word in words if CODE.fullmatch(word)} - NO_CODES
    assert len(codes) > 300
    assert sorted((codes | first_codes() | made_codes()) - explained()) == []


def test_every_code_of_the_registries_is_explained():
    assert {*CAUSES, *REASONS, *RULES} <= explained()


def test_no_explanation_is_of_a_code_that_is_gone(words):
    kinds = {"cytogate", "gating", "interop", "store", "study", "template", "transform"}
    assert sorted(set(meanings()) - words - made_codes() - kinds) == []
    assert sorted(NO_CODES - words) == []


def test_a_code_has_one_meaning(words):
    assert sorted(set(meanings()) & {*warning_codes(), *REFUSALS}) == []
    assert sorted(set(meanings()) & set(RULES)) == []


@pytest.mark.parametrize("code", sorted(meanings()))
def test_an_explanation_says_what_it_is_and_what_to_do(call, code, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = call("explain", code).out
    what, advice = meanings()[code]
    said = " ".join(out.split())
    assert what
    assert advice.endswith(".")
    assert f"says {what} what to do {advice}" in said
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("code", ["gate-fallback", "gate-fitted-alone", "scales-from-one-file"])
def test_notes_about_gates_that_are_found_are_explained(call, code):
    outcome = call("explain", f"[{code}]")
    assert outcome.code == 0
    assert outcome.out.startswith(f"{code}\n  says ")


def test_a_rule_that_another_reader_breaks_is_explained(call):
    out = " ".join(call("explain", "long-mask").out.split())
    assert "rule All bits below $PnR count" in out
    assert "fcsparser may err" in out


def names_in(schema: object) -> set[str]:
    """Return the keys that a JSON Schema knows, however deep."""
    if isinstance(schema, list):
        return set().union(*map(names_in, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", ())) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*map(names_in, schema.values()))


def known_keys() -> set[str]:
    """Return the keys of templates, study files, definitions, specifications, and columns of the sheet."""
    spec = {entry.name for entry in fields(TrialSpec)} | {"patients"}
    schemas = (TemplateModel.model_json_schema(by_alias=True), StudyFile.model_json_schema())
    return {*spec, *KEYS, *REQUIRED, *OPTIONAL}.union(*map(names_in, schemas)) | {"format"}


NO_KEYS = {"skip_unsupported", "<0.1"}  # an argument in Python, a value in a cell


def test_keys_that_advice_names_exist():
    options = {name for option in run.command.params for name in option.opts}
    keys, commands = known_keys(), {place.stem for place in (PACKAGE / "cli").glob("[a-z]*.py")}
    for code, texts in meanings().items():
        for text in texts:
            for said in re.findall(r"`([^`]*)`", text):
                if said.startswith("cytogate "):
                    assert said.split()[1] in commands, (code, said)
                elif said.startswith("--"):
                    assert said in options, (code, said)
                else:
                    assert said.partition(":")[0] in keys | NO_KEYS, (code, said)
            for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text):
                assert word in keys | NO_KEYS, (code, word)


def test_a_fallback_and_its_reasons_refer_to_each_other():
    known = meanings()
    for code in REASONS:
        assert code in known["gate-fallback"][1], code
        assert "gate-fallback" in known[code][1], code
    assert "`within`" in known["out-of-bounds"][1]
