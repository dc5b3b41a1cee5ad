"""What a template says of gates that are found in the data, and how mistakes in it are named."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
from typing import TYPE_CHECKING

import pytest
from stand_in_methods import Middle, MoveToMiddle, stand_ins

from cytogate.errors import TemplateError
from cytogate.gating.template.describe import describe
from cytogate.gating.template.file import template_from_dict, template_schema
from cytogate.gating.template.fitted import CutRef
from cytogate.gating.template.fitted_words import fitted_summary
from cytogate.gating.template.library import load_template
from cytogate.methods.base import cut_methods, shape_methods

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = """\
format: cytogate.template
version: 1
name: fitted
panel: {CD19: [], CD3: [], IgD: [], CD27: []}
scales:
  default: {kind: logicle, T: 262144, W: 0.5, M: 4.5}
cuts:
  b:
    marker: CD19
    method: {kind: middle, step: 0.1, times: 2}
    fallback: 600
    within: [200, 5000]
    scope: study
  igd:
    marker: IgD
    of: B
    method: middle
    fallback: 700
    anchor: subject
    min_events: 50
gates:
  - name: Big
    method:
      kind: move_to_middle
      x: FSC-A
      y: SSC-A
      fallback: {vertices: [[1000, 1000], [90000, 1000], [90000, 90000]]}
  - name: B
    parent: Big
    rectangle: {x: CD19, y: CD3, x_min: {cut: b}, y_max: {method: middle, fallback: 1500}}
  - name: IgD x CD27
    parent: B
    quadrants:
      x: IgD
      y: CD27
      x_cut: {cut: igd}
      y_cut: {left: {method: middle, fallback: 600}, right: 700}
      parts: {upper_left: SWM, upper_right: UM, lower_right: N+T, lower_left: DN}
  - name: Bright
    parent: DN
    method: {kind: middle, x: CD27, keep: above, fallback: 5000, step: 0.5}
  - name: Not T
    boolean: {not: DN}
adjustable: [B]
"""


@pytest.fixture(autouse=True)
def methods() -> Iterator[None]:
    with stand_ins():
        yield


def write(folder: Path, text: str) -> Path:
    path = folder / "fitted.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_cuts_and_gates_that_are_found_in_the_data_are_read(tmp_path):
    template = load_template(write(tmp_path, GOOD))
    assert list(template.cuts) == ["b", "igd", "B.y_max", "IgD x CD27.y_cut.left", "Bright.above"]
    assert list(template.fitted) == [*template.cuts, "Big"]
    b, igd = template.cuts["b"], template.cuts["igd"]
    assert (b.method, b.within, b.scope, b.of) == (Middle(0.1, 2), (200.0, 5000.0), "study", "/Big")
    assert (igd.method, igd.within, igd.anchor, igd.of) == (
        Middle(),
        (-math.inf, math.inf),
        "subject",
        "/Big/B",
    )
    assert igd.min_events == 50
    assert template.cuts["Bright.above"].method == Middle(step=0.5)
    assert template.cuts["Bright.above"].of == "/Big/B/DN"
    assert template.fitted["Big"].method == MoveToMiddle()
    assert template.gates[3].shape.minimum == (CutRef("Bright.above"),)
    assert template.markers == ("FSC-A", "SSC-A", "CD19", "CD3", "IgD", "CD27")


def test_a_level_is_how_many_rounds_of_fitting_go_before(tmp_path):
    template = load_template(write(tmp_path, GOOD))
    assert {name: part.level for name, part in template.fitted.items()} == {
        "b": 1,
        "igd": 2,
        "B.y_max": 1,
        "IgD x CD27.y_cut.left": 2,
        "Bright.above": 3,
        "Big": 0,
    }
    assert [gate.level for gate in template.gates] == [1, 2, 3, 4, 3]


def test_dict_and_pickle_bring_it_back(tmp_path):
    template = load_template(write(tmp_path, GOOD))
    plain = json.loads(json.dumps(template.to_dict(), allow_nan=False))
    for twin in (template_from_dict(plain), pickle.loads(pickle.dumps(template))):
        assert twin.sha256 == template.sha256
        assert twin.fitted == template.fitted
        assert twin.gates == template.gates
    moved = load_template(write(tmp_path, GOOD.replace("step: 0.5", "step: 0.6")))
    assert moved.sha256 != template.sha256


def test_schema_knows_cuts_and_methods():
    schema = template_schema()
    json.dumps(schema)
    assert set(schema["$defs"]["CutModel"]["properties"]) >= {"marker", "of", "method", "fallback", "within"}
    assert "method" in schema["$defs"]["GateModel"]["properties"]


def test_schema_lists_the_methods_and_their_arguments():
    parts = template_schema()["$defs"]
    cuts, gates = parts["MethodModel"], parts["GateMethodModel"]
    assert "mindensity" in cuts["properties"]["kind"]["enum"]
    assert set(gates["properties"]["kind"]["enum"]) == {*cut_methods.names(), *shape_methods.names()}
    bare, _ = parts["CutModel"]["properties"]["method"]["oneOf"]
    assert bare["enum"] == list(cut_methods.names())
    (valley,) = [entry for entry in cuts["allOf"] if _kind(entry) == "mindensity"]
    assert valley["then"]["properties"]["bandwidth"] == {
        "type": "string",
        "enum": ["nrd0", "plug-in"],
        "default": "nrd0",
    }
    assert set(valley["then"]["propertyNames"]["enum"]) == {"kind", *valley["then"]["properties"]}


def test_schema_tells_a_cut_and_a_gate_of_one_kind_apart():
    entries = [
        entry for entry in template_schema()["$defs"]["GateMethodModel"]["allOf"] if _kind(entry) == "shift"
    ]
    arguments = {"y" in entry["if"]["required"]: set(entry["then"]["properties"]) for entry in entries}
    assert arguments == {
        True: {field.name for field in dataclasses.fields(shape_methods.get("shift"))},
        False: {field.name for field in dataclasses.fields(cut_methods.get("shift"))},
    }


def _kind(entry: dict) -> str | None:
    return entry["if"].get("properties", {}).get("kind", {}).get("const")


def test_a_cut_may_be_in_scale_units(tmp_path):
    text = GOOD.replace("    fallback: 700\n", "    fallback: 0.4\n    coordinates: scale\n")
    assert load_template(write(tmp_path, text)).cuts["igd"].in_scale_units


def test_gates_of_one_name_are_told_apart_by_their_parents(tmp_path):
    more = "  - {name: Bright, parent: UM, method: {kind: middle, x: CD27, keep: below, fallback: 10}}\n"
    template = load_template(write(tmp_path, GOOD.replace("adjustable", f"{more}adjustable")))
    assert [name for name in template.cuts if "Bright" in name] == ["DN/Bright.above", "UM/Bright.below"]


# what is replaced, by what, what the message says
MISTAKES = [
    ("{cut: b}", "{cut: bb}", "line 30, gates[1].rectangle.x_min.cut: gate 'B': there is no cut 'bb'."),
    ("{cut: igd}", "500", "line 15, cuts.igd: no gate uses the cut 'igd'."),
    ("{cut: igd}", "{cut: b}", "x_cut.cut: gate 'IgD x CD27': cut 'b' lies on CD19, the axis is IgD."),
    ("kind: middle, step: 0.1", "kind: midle, step: 0.1", "line 10, cuts.b.method.kind: unknown method for"),
    ("step: 0.1", "stepp: 0.1", "line 10, cuts.b.method.stepp: method middle has no argument 'stepp'."),
    ("step: 0.1", "step: high", "cuts.b.method.step: method middle, step: expected a number, found 'high'."),
    ("times: 2", "times: 2.5", "method middle, times: expected a whole number"),
    ("times: 2", "times: 0", "cuts.b.method: method middle: times is 1 or more"),
    ("fallback: 5000, step", "fallback: 5000, setp", "gates[3].method.setp: method middle has no argument"),
    ("kind: middle, x: CD27", "kind: move_to_middle, x: CD27", "'move_to_middle' is a method for a gate on"),
    ("within: [200, 5000]", "within: [700, 5000]", "the fallback 600 is not within 700 to 5000"),
    ("within: [200, 5000]", "within: [5000, 200]", "within is empty: from 5000 to 200"),
    ("of: B", "of: DN", "line 16, cuts.igd.of: 'igd' looks at /Big/B/DN, which lies below a gate that needs"),
    ("of: B", "of: Bs", "line 16, cuts.igd.of: There is no population 'Bs'"),
    ("scope: study", "scope: trial", "line 13, cuts.b.scope: expected 'sample', 'subject', 'batch' or 'st"),
    ("anchor: subject", "anchor: patient", "cuts.igd.anchor: expected 'none', 'subject', 'batch' or 'study'"),
    ("scope: study", "scope: study\n    anchor: batch", "anchor: batch is for scope: sample"),
    ("    fallback: 600\n", "", "cuts.b.fallback: 'fallback' is missing. It says where the gate stands"),
    ("    fallback: 600\n", "    falback: 600\n", "unknown key 'falback'. Did you mean fallback"),
    ("marker: CD19", "marker: CD20", "cut 'b': marker 'CD20' is not in the panel"),
    (
        "{method: middle, fallback: 1500}",
        "{method: middle}",
        "gates[1].rectangle.y_max.fallback: 'fallback' is",
    ),
    (
        "{method: middle, fallback: 1500}",
        "{method: middle, fallback: 1, x: 2}",
        "gates[1].rectangle.y_max.x: unknown key 'x'.",
    ),
    ("keep: above, ", "", "a method on one axis needs `keep: above` or `below` and a number as fallback"),
    ("x: FSC-A\n", "x: FSC-A\n      keep: above\n", "a method on x and y needs `fallback: {vertices"),
    ("  igd:\n", "  Big:\n", "a second cut or gate 'Big' is to be found in the data."),
    ("min_events: 50", "min_events: few", "cuts.igd.min_events: expected a whole number, found 'few'"),
    ("min_events: 50", "min_events: -1", "cuts.igd.min_events: expected 0 or more"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[m[1][:30].strip() for m in MISTAKES])
def test_mistake_is_named_with_file_and_line(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(TemplateError) as caught:
        load_template(write(tmp_path, GOOD.replace(old, new, 1)))
    found = [str(problem) for problem in caught.value.problems]
    assert any(message in problem for problem in found), found


def test_a_fallback_without_a_place_on_the_scale_is_a_problem(tmp_path):
    text = GOOD.replace("kind: logicle, T: 262144, W: 0.5, M: 4.5", "kind: log, T: 262144, M: 4.5")
    with pytest.raises(
        TemplateError, match=r"cuts.igd.fallback: cut 'igd': -3 has no place on the log scale"
    ):
        load_template(write(tmp_path, text.replace("fallback: 700", "fallback: -3")))


def faults(folder: Path, *changes: tuple[str, str]) -> list[str]:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(TemplateError) as caught:
        load_template(write(folder, text))
    return [str(problem) for problem in caught.value.problems]


def only(found: list[str], *parts: str) -> bool:
    """Return whether there is one message for each part, and no other."""
    return len(found) == len(parts) and all(sum(part in one for one in found) == 1 for part in parts)


def test_a_misspelt_cut_is_said_once(tmp_path):
    found = faults(tmp_path, ("{cut: igd}", "{cut: igdd}"))
    assert only(found, "there is no cut 'igdd'. Did you mean igd?")


def test_a_cut_that_no_slip_can_mean_is_unused_all_the_same(tmp_path):
    found = faults(tmp_path, ("{cut: igd}", "{cut: zz}"))
    assert only(found, "there is no cut 'zz'.", "no gate uses the cut 'igd'.")


def test_a_misspelt_key_that_is_needed_is_said_once(tmp_path):
    found = faults(tmp_path, ("    fallback: 600\n", "    falback: 600\n"))
    assert only(found, "unknown key 'falback'. Did you mean fallback?")
    found = faults(tmp_path, ("keep: above, fallback: 5000", "keep: above, falback: 5000"))
    assert only(found, "method middle has no argument 'falback'. Did you mean fallback?")


@pytest.mark.parametrize(
    ("slip", "other"),
    [
        (("step: 0.1", "stepp: 0.1"), ("within: [200, 5000]", "within: [700, 5000]")),
        (("step: 0.5", "stepp: 0.5"), ("fallback: 5000", "fallback: high")),
        (
            ("{method: middle, fallback: 1500}", "{method: {kind: middle, stepp: 1}}"),
            ("x: CD19", "x: [CD19]"),
        ),
        (("step: 0.1", "stepp: 0.1"), ("times: 2", "times: 0")),
    ],
    ids=["cut", "gate", "border", "method"],
)
def test_a_misspelt_argument_is_not_hidden_by_another_fault(tmp_path, slip, other):
    alone, both = faults(tmp_path, slip), faults(tmp_path, slip, other)
    (said,) = [one for one in alone if "has no argument 'stepp'" in one]
    assert both.count(said) == 1
    assert len(both) == len(alone) + 1


def test_a_misspelt_cut_is_not_hidden_by_another_fault_of_its_gate(tmp_path):
    found = faults(tmp_path, ("{cut: b}", "{cut: bb}"), ("x: CD19", "x: [CD19]"))
    assert only(found, "gate 'B': there is no cut 'bb'.", "rectangle.x: expected")


def test_a_cut_that_is_wrong_is_not_called_unknown(tmp_path):
    with pytest.raises(TemplateError) as caught:
        load_template(write(tmp_path, GOOD.replace("fallback: 600", "fallback: high", 1)))
    assert [problem.code for problem in caught.value.problems] == ["wrong-value"]


def test_description_says_what_is_found_and_how(tmp_path):
    template = load_template(write(tmp_path, GOOD))
    text = describe(template)
    tree = [line.split(maxsplit=1) for line in text.splitlines()]
    assert ["B", "rectangle CD19 x CD3 (found)"] in tree
    assert ["Big", "move_to_middle FSC-A x SSC-A (found)"] in tree
    lines = [line.strip() for line in text.splitlines()[text.splitlines().index("found in the data:") + 1 :]]
    assert lines[0].split(maxsplit=1) == [
        "Big",
        "move_to_middle on FSC-A x SSC-A of all events, of each sample, anchored to the batch; "
        "below 200 events its own outline of 3 vertices",
    ]
    assert lines[1].split(maxsplit=1) == [
        "b",
        "middle (step 0.1, times 2) on CD19 of Big, of all samples of the study together; "
        "below 200 events 600, within 200 to 5000",
    ]
    assert fitted_summary(template) == "5 cuts and 1 gate found in the data (middle, move_to_middle)"
