"""Template files: what is read, and how every mistake is named with its line."""

from __future__ import annotations

import json
import math
import pickle
from typing import TYPE_CHECKING

import pytest

from cytogate.edge.yaml_document import MAX_BYTES, parse_yaml
from cytogate.errors import TemplateError
from cytogate.gating.template.describe import describe
from cytogate.gating.template.file import template_from_dict, template_schema
from cytogate.gating.template.library import list_templates, load_template

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
format: cytogate.template
version: 1
name: small
panel:
  CD19: [CD19 BUV395]
  CD3:
  IgD: IgD BV421
  CD27: []
scales:
  default: {kind: logicle, T: 262144, W: auto, M: 4.5}
gates:
  - name: B
    rectangle: {x: CD19, y: CD3, x_min: 600, y_max: 1500}
  - name: IgD x CD27
    parent: B
    quadrants:
      x: IgD
      y: CD27
      x_cut: 700
      y_cut: {left: 600, right: 700}
      parts: {upper_left: SWM, upper_right: UM, lower_right: N+T, lower_left: DN}
  - name: Bright
    parent: DN
    polygon: {x: CD19, y: CD27, vertices: [[9000, -inf], [inf, -.inf], ["inf", 100], [9000, 100]]}
  - name: Memory
    parent: B
    boolean: {or: [SWM, UM, {not: N+T}]}
adjustable: [B]
definitions:
  B/DN: {id: dn, text: IgD- CD27-, citation: OMIP-003}
"""


def write(folder: Path, text: str, name: str = "small.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(TemplateError) as caught:
        load_template(write(folder, text))
    return [str(problem) for problem in caught.value.problems]


def test_template_reads_what_it_says(tmp_path):
    template = load_template(write(tmp_path, GOOD))
    assert template.name == "small"
    assert template.panel["CD3"] == ()
    assert template.panel["IgD"] == ("IgD BV421",)
    assert template.populations == ("/B", "/B/SWM", "/B/UM", "/B/N+T", "/B/DN", "/B/DN/Bright", "/B/Memory")
    assert template.markers == ("CD19", "CD3", "IgD", "CD27")
    assert template.scale("CD19").is_estimated
    assert template.scale("FSC-A", is_scatter=True) is None
    assert template.definition_of("DN").id == "dn"
    assert template.definition_of("SWM") is None
    assert template.definitions["dn"].population == "/B/DN"
    assert template.gate_of("B/UM").name == "IgD x CD27"
    assert template.gates[2].shape.vertices[2] == (math.inf, 100)


def test_comments_spacing_and_order_of_keys_do_not_change_the_hash(tmp_path):
    first = load_template(write(tmp_path, GOOD))
    changed = GOOD.replace("version: 1\nname: small\n", "# note\nname: small\nversion: 1\n\n").replace(
        "600", "600.0"
    )
    assert load_template(write(tmp_path, changed)).sha256 == first.sha256
    moved = load_template(write(tmp_path, GOOD.replace("x_min: 600", "x_min: 601")))
    assert moved.sha256 != first.sha256


def test_dict_and_pickle_bring_the_template_back(tmp_path):
    template = load_template(write(tmp_path, GOOD))
    plain = json.loads(json.dumps(template.to_dict(), allow_nan=False))
    for twin in (template_from_dict(plain), pickle.loads(pickle.dumps(template))):
        assert twin.sha256 == template.sha256
        assert twin.populations == template.populations


@pytest.mark.parametrize("later", ["B,A\n1,0.1\n0.3,1\n", "no matrix", None])
def test_a_pickled_template_keeps_its_matrix_whatever_becomes_of_the_file(tmp_path, later):
    file = tmp_path / "mine.csv"
    file.write_text("A,B\n1,0.1\n0.3,1\n")
    place = write(tmp_path, GOOD.replace("scales:\n", "compensation: mine.csv\nscales:\n", 1))
    template = load_template(place)
    pickled = pickle.dumps(template)
    file.unlink()
    if later is not None:
        file.write_text(later)
    twin = pickle.loads(pickled)
    assert (twin.sha256, twin.compensation, twin.path) == (
        template.sha256,
        template.compensation,
        str(place),
    )
    assert twin.matrix == template.matrix
    assert not twin.matrix.values.flags.writeable
    assert pickle.loads(pickle.dumps(twin)).sha256 == template.sha256


def test_description_shows_tree_axes_and_definitions(tmp_path):
    text = describe(load_template(write(tmp_path, GOOD)))
    assert "    DN        quadrants IgD x CD27" not in text
    assert [line.split() for line in text.splitlines() if " DN " in line] == [
        ["DN", "quadrants", "IgD", "x", "CD27", "dn"]
    ]


# what is replaced, by what, what the message says
MISTAKES = [
    (
        "x_min: 600",
        "x_mni: 600",
        r"line 13, gates[0].rectangle.x_mni: unknown key 'x_mni'. Did you mean x_min",
    ),
    ("name: small\n", "name: small\ntitel: x\n", "line 4, titel: unknown key 'titel'. Did you mean title?"),
    ("parent: DN", "parent: DM", "gate 'Bright': unknown parent 'DM'. Did you mean UM or DN?"),
    ("y: CD3,", "y: CD33,", "gate 'B': marker 'CD33' is not in the panel. Did you mean CD3"),
    (
        "x_cut: 700",
        "x_cut: high",
        "line 19, gates[1].quadrants.x_cut: expected a number, found 'high'",
    ),
    ("x_cut: 700", "x_cut: {low: 1, high: 2}", "only one of x_cut and y_cut may differ by side"),
    ("{left: 600, right: 700}", "{low: 600, high: 700}", "y_cut differs by left and right, not by low, high"),
    ("lower_left: DN", "lower_left: SWM", "parts needs one to four different names"),
    ("x_min: 600, y_max: 1500", "x_min: 600, x_max: 600", "the range of CD19 is empty: from 600 to 600"),
    ("[9000, 100]]", "[8000, 50]]", "gate 'Bright'"),
    ("[9000, -inf]", "[9000]", "line 24, gates[2].polygon.vertices[0]"),
    ("[9000, -inf]", "[9000, .nan]", "not a number (NaN)"),
    ("[9000, -inf]", "[9000, true]", "expected a number, found true"),
    ("M: 4.5}", "M: 4.5, W: 9}", "W: 'W' stands here a second time"),
    ("W: auto, M: 4.5", "W: 3, M: 4.5", "line 10, scales.default: "),
    ("W: auto, M: 4.5", "M: 4.5", "a logicle scale has M, T, W, A (optional); found M, T"),
    ("kind: logicle", "kind: wavelet", "'logicle', 'hyperlog' or 'biex', found 'wavelet'"),
    ("T: 262144", "T: -1", "scales.default.T: expected a number greater than 0, found -1"),
    ("default:", "CD99:", "scales.CD99: marker 'CD99' is not in the panel"),
    ("adjustable: [B]", "adjustable: [B]\nasc: C", "line 29, asc: There is no population 'C'."),
    ("adjustable: [B]", "adjustable: [B]\nasc: B/DN", "asc: B/DN does not lie beside a quadrant gate"),
    ("adjustable: [B]", "adjustable: [C]", "line 28, adjustable[0]: there is no gate 'C'"),
    ("B/DN: {id", "B/DM: {id", "line 30, definitions.B/DM: There is no population 'B/DM'"),
    ("{not: N+T}", "{not: X}", "There is no population 'X'"),
    ("or: [SWM, UM, {not: N+T}]", "or: [SWM]", "expected at least two entries, found one"),
    (
        "[9000, -inf]",
        "[22.000,5, 26000]",
        "line 24, gates[2].polygon.vertices[0]: expected two numbers, found three. "
        "Write decimals with a point and no thousands separator.",
    ),
    ("[9000, -inf]", "[9000]", "expected two numbers, found one."),
    ("[9000, -inf]", "9000", "expected a list, found 9000."),
    ("x_min: 600", "x_min: '600,5'", "expected a number, found '600,5'. Write decimals with a point"),
    ("x_min: 600", "x_min: 600,5", "unknown key '5'. Does it come from a decimal comma? Write decimals"),
    ("name: small", "name: 12", "line 3, name: expected text, found 12. Write it in quotes."),
    ("name: small", "name:", "line 3, name: expected text, found nothing."),
    ("name: small", "name: [a]", "line 3, name: expected text, found a list of 1."),
    (
        "{id: dn, text: IgD- CD27-, citation: OMIP-003}",
        "x",
        "No definition has the id 'x'.",
    ),
    ("T: 262144", "T: .inf", "expected a finite number, found inf"),
    ("adjustable: [B]", "adjustable: B", "expected a list, found 'B'. Write a list as [first, second]"),
    ("adjustable: [B]", "adjustable: {a: 1}", "expected a list, found keys (a)"),
    ("name: Memory", "name: UM", "a second population 'UM' below /B"),
    ("boolean: {or", "threshold: {x: CD19, above: 5}\n    boolean: {or", "expected exactly one of threshold"),
    (
        "    rectangle:",
        "    rectangel:",
        "line 13, gates[0].rectangel: unknown key 'rectangel'. Did you mean",
    ),
    ("version: 1", "version: 2", "line 2, version: version 2 is newer than this cytogate reads (up to 1)"),
    ("cytogate.template", "cytogate.study", "expected `format: cytogate.template`, found 'cytogate.study'"),
    ("scales:\n", "compensation: no.csv\nscales:\n", "no matrix file 'no.csv' beside the template"),
    ("scales:\n", "compensation: ../m.csv\nscales:\n", "no matrix file '../m.csv' beside the template"),
    ("scales:\n", "compensation: yes\nscales:\n", "expected file, none or a matrix CSV, found 'yes'"),
    (
        "rectangle: {x: CD19, y: CD3, x_min: 600, y_max: 1500}",
        "method: {name: mindensity}",
        "line 13, gates[0].method.kind: 'kind' is missing.",
    ),
    (
        "rectangle: {x: CD19, y: CD3, x_min: 600, y_max: 1500}",
        "ellipse: {x: CD19, y: CD3, center: [1, 1]}",
        "line 13, gates[0].ellipse.covariance: 'covariance' is missing",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[m[1][:30].strip() for m in MISTAKES])
def test_mistake_is_named_with_file_and_line(tmp_path, old, new, message):
    assert old in GOOD
    found = problems_of(tmp_path, GOOD.replace(old, new, 1))
    assert any(message in problem for problem in found), found
    assert all("small.yaml" in problem for problem in found), found


def test_mistake_in_a_parent_is_not_repeated_for_its_children(tmp_path):
    found = problems_of(tmp_path, GOOD.replace("x_min: 600", "x_min: low"))
    assert len(found) == 1
    assert "gates[0].rectangle.x_min: expected a number, found 'low'" in found[0]


def test_all_problems_come_at_once(tmp_path):
    text = (
        GOOD.replace("x_min: 600", "x_mni: 600")
        .replace("W: auto", "W: wide")
        .replace("parent: DN", "parent: Q")
    )
    found = problems_of(tmp_path, text.replace("adjustable: [B]", "colour: red"))
    assert len(found) == 4
    assert [sum(word in problem for problem in found) for word in ("x_mni", "wide", "'Q'", "colour")] == [
        1
    ] * 4


def test_ellipse_in_data_units_needs_linear_scales(tmp_path):
    ellipse = "ellipse: {x: CD19, y: CD3, center: [1, 1], covariance: [[1, 0], [0, 1]]}"
    text = GOOD.replace("rectangle: {x: CD19, y: CD3, x_min: 600, y_max: 1500}", ellipse)
    found = problems_of(tmp_path, text)
    assert "coordinates: scale" in found[0]
    load_template(write(tmp_path, text.replace(ellipse, ellipse + "\n    coordinates: scale")))
    load_template(
        write(tmp_path, text.replace("kind: logicle, T: 262144, W: auto, M: 4.5", "kind: linear, T: 262144"))
    )


def test_unknown_template_names_the_nearest():
    with pytest.raises(TemplateError, match=r"no built-in template 'sle_bcel'\. Did you mean sle_bcell"):
        load_template("sle_bcel")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(TemplateError, match=r"There is no template file .*none\.yaml"):
        load_template(tmp_path / "none.yaml")


def test_built_in_templates_are_listed():
    assert list_templates() == (
        "bcell_surface",
        "hipc_bcell",
        "hipc_treg",
        "sle_bcell",
        "sle_bcell_fitted",
        "treg_helios",
        "treg_helios_fitted",
    )


def test_schema_knows_every_key_of_a_template():
    schema = template_schema()
    json.dumps(schema)
    assert set(schema["properties"]) >= {"format", "panel", "scales", "gates", "definitions"}
    gate = schema["$defs"]["GateModel"]["properties"]
    assert set(gate) >= {"threshold", "rectangle", "polygon", "ellipse", "quadrants", "boolean", "display"}
    assert set(schema["$defs"]["BooleanModel"]["properties"]) == {"and", "or", "not"}


# ---- YAML --------------------------------------------------------------------------------------------------


def test_yaml_values_are_those_of_version_1_2():
    data = parse_yaml("[no, on, 1:30, 010, 1e3, .5, -.inf, ~, true, '5', 2020-01-01, 0x1F]").data
    assert data == ["no", "on", "1:30", 10, 1000.0, 0.5, -math.inf, None, True, "5", "2020-01-01", "0x1F"]


def test_yaml_places_have_lines():
    document = parse_yaml("a:\n  - b: 1\n    c: [1,\n      2]\n", name="f.yaml")
    assert document.locate(("a", 0, "c", 1)) == "f.yaml line 4, a[0].c[1]"
    assert document.locate(("a", 0, "missing")) == "f.yaml line 2, a[0].missing"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\nb: 2\na: 3", "yaml-duplicate-key"),
        ("a: &x [1]\nb: *x", "yaml-anchor"),
        ("a: *x", "yaml-alias"),
        ("a: !!python/object/apply:os.system [ls]", "yaml-tag"),
        ("[" * 20_000, "yaml-depth"),
        ("- " * 100 + "a", "yaml-depth"),
        ("a: 1\n---\nb: 2", "yaml-documents"),
        ("a: [1", "yaml-syntax"),
        ("\t- 1", "yaml-syntax"),
        ("a: \x00", "yaml-syntax"),
        ("? [1, 2]\n: 3", "yaml-key"),
        ("[" + "1," * 100_001 + "]", "yaml-too-large"),
    ],
    ids=lambda value: value[:20],
)
def test_yaml_that_is_not_plain_is_refused(text, code):
    with pytest.raises(TemplateError) as caught:
        parse_yaml(text)
    assert [problem.code for problem in caught.value.problems] == [code]


YAML_SLIPS = [
    (
        "a: 1\ngates:\n  - name: x\n     parent: B\n",
        4,
        "this line is indented differently from the lines above",
    ),
    ("gates:\n  - name: x\n   parent: B\n", 3, "this line is indented differently from the lines above"),
    ("a:\n    b: 1\n  c: 2\n", 3, "this line is indented differently from the lines above"),
    (
        "- a\nb: 2\n",
        2,
        "this line is indented differently from the lines above, or a `key:` stands in the column",
    ),
    ("a: 1\n- b\n", 2, "this line is indented differently from the lines above"),
    ("a:\n\tb: 1\n", 2, "indented with a tab character. Indent with spaces."),
    ("a:\n  b: 1\n\tc: 1\n", 3, "indented with a tab character. Indent with spaces."),
    ("a: 1\nb: [1, 2\nc: 3\n", 2, "the bracket [ that opens in this line is not closed (noticed in line 3)"),
    ("a: {x: 1, y: 2\n", 1, "the bracket { that opens in this line is not closed"),
    ('a: ["x" "y"]\n', 1, "or a comma is missing between entries"),
    ("a: [1, 2]]\n", 1, "a closing bracket ] stands outside of brackets"),
    ("a: 1\nb: 'x\nc: 3\n", 2, "the quote that opens in this line is not closed"),
    ('a: "C:\\Users"\n', 1, "a backslash in double quotes"),
    ("a: b: c\n", 1, "a second colon stands in one line. Put the value in quotes."),
    ("a:1\nb: 2\n", 1, "no space stands behind the colon"),
    ("a: 1\nbcd\ne: 2\n", 2, "this line has no colon: expected `key: value`"),
    ("a: @x\n", 1, "a value cannot begin with '@'"),
    ("a: 'x' y\n", 1, "text stands behind a value that ended"),
    ("a: [1,,2]\n", 1, "a value is missing before ','"),
    ("a: |x\n  b\n", 1, "text stands behind | or >"),
    ("a: 1\nb: \x01\n", 2, "control character (U+0001)"),
    ("x" * 2000 + ": 1\n", 1, "a colon stands where no key ends"),
]


@pytest.mark.parametrize(("text", "line", "words"), YAML_SLIPS, ids=[slip[2][:40] for slip in YAML_SLIPS])
def test_slip_in_yaml_is_told_in_plain_words_at_its_line(text, line, words):
    with pytest.raises(TemplateError) as caught:
        parse_yaml(text, name="f.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "yaml-syntax"
    assert str(problem).startswith(f"f.yaml line {line}: ")
    assert words in str(problem)
    for jargon in ("block", "token", "scalar", "mapping", "stream", "flow"):
        assert jargon not in str(problem)


def test_file_over_the_limit_is_refused(tmp_path):
    with pytest.raises(TemplateError, match="larger than 1000000 bytes"):
        load_template(write(tmp_path, "#" * (MAX_BYTES + 1)))


def test_file_in_another_encoding_is_refused_with_its_line(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"format: cytogate.template\nname: \xe4")
    with pytest.raises(TemplateError, match=r"latin\.yaml line 2: not UTF-8"):
        load_template(path)
