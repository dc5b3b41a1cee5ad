from __future__ import annotations

import math
import time

import numpy as np
import pytest

from cytogate.errors import InteropError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant
from cytogate.gates.rectangle import RectangleGate
from cytogate.interop.gatingml import read_gatingml
from cytogate.transforms.asinh import Asinh
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log
from cytogate.transforms.logicle import Logicle

MATRIX = """<transforms:spectrumMatrix transforms:id="{id}"{more}>
<transforms:fluorochromes><data-type:fcs-dimension data-type:name="FITC"/><data-type:fcs-dimension
 data-type:name="PE"/></transforms:fluorochromes>
<transforms:detectors><data-type:fcs-dimension data-type:name="A"/><data-type:fcs-dimension
 data-type:name="B"/>{detector}</transforms:detectors>
<transforms:spectrum><transforms:coefficient transforms:value="{first}"/><transforms:coefficient
 transforms:value="0.1"/>{coefficient}</transforms:spectrum>
<transforms:spectrum><transforms:coefficient transforms:value="0.2"/><transforms:coefficient
 transforms:value="1"/>{coefficient}</transforms:spectrum>
</transforms:spectrumMatrix>"""
SCALE = (
    '<transforms:transformation transforms:id="{id}"{more}><transforms:{kind}/></transforms:transformation>'
)
QUADRANTS = """<gating:QuadrantGate gating:id="Q"{more}>
<gating:divider gating:id="x" gating:compensation-ref="uncompensated">
<data-type:fcs-dimension data-type:name="A"/>
<gating:value>20</gating:value><gating:value>10</gating:value></gating:divider>
<gating:divider gating:id="y" gating:compensation-ref="uncompensated">
<data-type:fcs-dimension data-type:name="B"/>
<gating:value>5</gating:value></gating:divider>
<gating:Quadrant gating:id="low"><gating:position gating:divider_ref="x" gating:location="9.9"/>
</gating:Quadrant>
<gating:Quadrant gating:id="middle"><gating:position gating:divider_ref="x" gating:location="10"/>
<gating:position gating:divider_ref="y" gating:location="{location}"/></gating:Quadrant>
</gating:QuadrantGate>"""


def _matrix(identity="M", first="1", more="", detector="", coefficient=""):
    return MATRIX.format(id=identity, first=first, more=more, detector=detector, coefficient=coefficient)


def _scale(identity, kind, more=""):
    return SCALE.format(id=identity, kind=kind, more=more)


def _polygon(dims, *points, identity="P"):
    vertices = "".join(
        "<gating:vertex>"
        + "".join(f'<gating:coordinate data-type:value="{value}"/>' for value in point)
        + "</gating:vertex>"
        for point in points
    )
    return f'<gating:PolygonGate gating:id="{identity}">{dims}{vertices}</gating:PolygonGate>'


def _ellipsoid(dims, mean, rows, distance="1", identity="E"):
    centre = "".join(f'<gating:coordinate data-type:value="{value}"/>' for value in mean)
    lines = "".join(
        "<gating:row>"
        + "".join(f'<gating:entry data-type:value="{value}"/>' for value in row)
        + "</gating:row>"
        for row in rows
    )
    return (
        f'<gating:EllipsoidGate gating:id="{identity}">{dims}<gating:mean>{centre}</gating:mean>'
        f"<gating:covarianceMatrix>{lines}</gating:covarianceMatrix>"
        f'<gating:distanceSquare data-type:value="{distance}"/></gating:EllipsoidGate>'
    )


def _boolean(identity, operation, *references, parent=""):
    above = f' gating:parent_id="{parent}"' if parent else ""
    operands = "".join(f'<gating:gateReference gating:ref="{reference}"/>' for reference in references)
    return (
        f'<gating:BooleanGate gating:id="{identity}"{above}>'
        f"<gating:{operation}>{operands}</gating:{operation}></gating:BooleanGate>"
    )


def _codes(caught):
    return [problem.code for problem in caught.value.problems]


# --- what is read ----------------------------------------------------------------------------------------


def test_missing_bound_is_open(gml_file, dimension):
    dims = dimension("A", bounds=' gating:min="1e3"') + dimension("B")
    body = f'<gating:RectangleGate gating:id="R">{dims}</gating:RectangleGate>'
    gate = read_gatingml(gml_file(body)).find("R").gate
    assert gate == RectangleGate((Dimension("A"), Dimension("B")), (1000.0, -math.inf), (math.inf, math.inf))


def test_infinite_bound_is_spelled_as_xml_does(gml_file, range_gate):
    gate = read_gatingml(gml_file(range_gate("R", low="-INF", high="INF"))).find("R").gate
    assert (gate.minimum, gate.maximum) == ((-math.inf,), (math.inf,))


def test_polygon_is_read_with_its_vertices_in_order(gml_file, dimension):
    body = _polygon(dimension("A") + dimension("B", "FCS"), (1, 2), (3.5, 2), (1, "-4e-1"))
    gate = read_gatingml(gml_file(body)).find("P").gate
    assert gate == PolygonGate((Dimension("A"), Dimension("B", "FCS")), [[1, 2], [3.5, 2], [1, -0.4]])


def test_ellipsoid_of_three_dimensions_is_read(gml_file, dimension):
    rows = [[4, 0, 1], [0, 3, 0], [1, 0, 2]]
    gate = (
        read_gatingml(gml_file(_ellipsoid("".join(map(dimension, "ABC")), [1, 2, 3], rows, "2.5")))
        .find("E")
        .gate
    )
    assert isinstance(gate, EllipsoidGate)
    np.testing.assert_array_equal(gate.mean, [1, 2, 3])
    np.testing.assert_array_equal(gate.covariance, rows)
    assert gate.distance_square == 2.5


def test_location_of_a_quadrant_names_the_interval_that_holds_it(gml_file):
    gate = read_gatingml(gml_file(QUADRANTS.format(more="", location="5"))).find("low").gate
    assert gate.cuts == ((10.0, 20.0), (5.0,))
    assert gate.quadrants == (Quadrant("low", ((0, 0),)), Quadrant("middle", ((0, 1), (1, 1))))


def test_quadrants_are_children_of_the_parent_of_their_gate(gml_file, range_gate):
    body = range_gate("Cells") + QUADRANTS.format(more=' gating:parent_id="Cells"', location="5")
    body += range_gate("Deep", parent="middle")
    strategy = read_gatingml(gml_file(body))
    assert set(strategy.paths) == {"/Cells", "/Cells/low", "/Cells/middle", "/Cells/middle/Deep"}


def test_parent_may_stand_after_its_children(gml_file, range_gate):
    body = (
        range_gate("C", parent="B")
        + _boolean("N", "not", "C", parent="B")
        + range_gate("B", parent="A")
        + range_gate("A")
    )
    assert read_gatingml(gml_file(body)).paths == ("/A", "/A/B", "/A/B/C", "/A/B/N")


def test_boolean_refers_to_any_gate_by_id(gml_file, range_gate):
    body = range_gate("A") + range_gate("B", parent="A")
    body += (
        '<gating:BooleanGate gating:id="X"><gating:or><gating:gateReference gating:ref="B" '
        'gating:use-as-complement="1"/><gating:gateReference gating:ref="A"/></gating:or>'
        "</gating:BooleanGate>"
    )
    assert read_gatingml(gml_file(body)).find("X").gate == BooleanGate(
        "or", (Reference("/A/B", complement=True), Reference("/A"))
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ('flin transforms:T="1000" transforms:A="100"', Linear(T=1000, A=100)),
        ('flog transforms:T="1e4" transforms:M="5"', Log(T=1e4, M=5)),
        ('fasinh transforms:T="1000" transforms:M="4" transforms:A="1"', Asinh(T=1000, M=4, A=1)),
        (
            'logicle transforms:T="1000" transforms:W="1" transforms:M="4" transforms:A="0.5"',
            Logicle(T=1000, W=1, M=4, A=0.5),
        ),
    ],
)
def test_transform_is_read_with_its_parameters(gml_file, range_gate, kind, expected):
    strategy = read_gatingml(gml_file(range_gate("R", transform="t") + _scale("t", kind)))
    assert strategy.transforms["t"] == expected
    assert strategy.find("R").gate.dims == (Dimension("A", "uncompensated", "t"),)


def test_spectrum_matrix_has_a_row_for_each_fluorochrome(gml_file, range_gate):
    strategy = read_gatingml(gml_file(range_gate("R", channel="PE", compensation="M") + _matrix()))
    matrix = strategy.compensations["M"]
    assert (matrix.fluorochromes, matrix.detectors) == (("FITC", "PE"), ("A", "B"))
    np.testing.assert_array_equal(matrix.values, [[1, 0.1], [0.2, 1]])
    assert strategy.find("R").gate.dims == (Dimension("PE", "M"),)


def test_source_is_the_file(gml_file, range_gate):
    path = gml_file(range_gate("R"))
    assert read_gatingml(path).source == str(path)


def test_comments_instructions_and_notes_are_passed_over(gml_file, range_gate):
    body = f"<!-- a --><?b c?><data-type:custom_info>text</data-type:custom_info>{range_gate('R')}"
    strategy = read_gatingml(gml_file(body))
    assert (strategy.paths, strategy.warnings) == (("/R",), ())


def test_foreign_element_is_passed_over_with_a_warning(gml_file, range_gate):
    strategy = read_gatingml(gml_file(f"<sample>{range_gate('Hidden')}</sample>{range_gate('R')}"))
    assert strategy.paths == ("/R",)
    assert [(problem.code, "<sample>" in problem.message) for problem in strategy.warnings] == [
        ("element-unknown", True)
    ]


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["NaN", "nan", "1,5", "", "five", "0x10", "1_000", "1e999", "١", "infinity"]
)
def test_bad_number_is_refused_with_the_line_and_the_gate(gml_file, range_gate, value):
    path = gml_file(range_gate("Good") + "\n" + range_gate("Bad", low=value))
    with pytest.raises(InteropError, match=r"gates\.xml:7, gate 'Bad': ") as caught:
        read_gatingml(path)
    assert _codes(caught) == ["number"]


def test_all_problems_are_listed_at_once(gml_file, range_gate, dimension):
    body = "\n".join(
        [
            range_gate("A", low="x"),
            _polygon(dimension("A") + dimension("B"), (1, 2), (3, 4), identity="B"),
            range_gate("C", parent="nobody"),
            _scale("t", 'flog transforms:T="-1" transforms:M="4"'),
            range_gate("D", compensation="nowhere"),
        ]
    )
    with pytest.raises(InteropError) as caught:
        read_gatingml(gml_file(body))
    assert sorted(_codes(caught)) == sorted(
        ["number", "vertex-count", "parent-unknown", "transform-parameters", "compensation-unknown"]
    )
    assert "gates.xml:9, transform 't'" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (
            lambda d: _polygon(d("A"), (1, 2), (3, 4), (5, 6)),
            "dimension-count",
            "has 1 dimensions; expected 2",
        ),
        (
            lambda d: _polygon(d("A") + d("B") + d("C"), (1, 2), (3, 4), (5, 6)),
            "dimension-count",
            "has 3 dimensions",
        ),
        (
            lambda d: _polygon(d("A") + d("B"), (1, 2), (3, 4)),
            "vertex-count",
            "2 vertices; expected three or more",
        ),
        (
            lambda d: _polygon(d("A") + d("B"), (1, 2), (3, 4), (5,)),
            "value-count",
            "has 1 <coordinate> values; expected 2",
        ),
        (
            lambda d: _polygon(d("A") + d("B"), (1, 2), (3, "NaN"), (5, 6)),
            "number",
            "'NaN'; expected a number",
        ),
        (
            lambda d: _polygon(d("A") + d("B"), (1, 2), (3, "INF"), (5, 6)),
            "gate",
            "reaches infinity in no one direction",
        ),
        (lambda d: _ellipsoid(d("A"), [1], [[1]]), "dimension-count", "1 dimensions; expected two or more"),
        (
            lambda d: _ellipsoid(d("A") + d("B"), [1, 2], [[1, 0]]),
            "covariance-shape",
            "1 rows for 2 dimensions",
        ),
        (lambda d: _ellipsoid(d("A") + d("B"), [1, 2], [[1, 0], [0]]), "value-count", "has 1 <entry> values"),
        (
            lambda d: _ellipsoid(d("A") + d("B"), [1, "INF"], [[1, 0], [0, 1]]),
            "number",
            "expected a finite number",
        ),
        (lambda d: _ellipsoid(d("A") + d("B"), [1, 2], [[1, 1], [1, 1]]), "gate", "covariance"),
        (lambda d: _ellipsoid(d("A") + d("B"), [1, 2], [[1, 0], [0, 1]], "-1"), "gate", "distance"),
        (lambda _: '<gating:RectangleGate gating:id="R"/>', "dimension-count", "has no <dimension>"),
        (
            lambda _: "<gating:RectangleGate/>",
            "attribute-missing",
            "attribute 'id' of the namespace 'gating' is missing",
        ),
        (lambda _: '<gating:RectangleGate gating:id=""/>', "attribute-missing", "is empty"),
        (lambda _: '<gating:RectangleGate id="R"/>', "attribute-missing", "attribute 'id'"),
        (
            lambda d: f'<gating:RectangleGate gating:id="R">{d("")}</gating:RectangleGate>',
            "attribute-missing",
            "'name'",
        ),
        (
            lambda _: (
                '<gating:RectangleGate gating:id="R"><gating:dimension><data-type:fcs-dimension '
                'data-type:name="A"/></gating:dimension></gating:RectangleGate>'
            ),
            "attribute-missing",
            "compensation-ref",
        ),
        (
            lambda _: (
                '<gating:RectangleGate gating:id="R"><gating:dimension gating:compensation-ref="FCS"/>'
                "</gating:RectangleGate>"
            ),
            "element-missing",
            "0 <fcs-dimension> elements",
        ),
        (lambda _: '<gating:BooleanGate gating:id="R"/>', "operation-count", "0 operations"),
        (
            lambda _: _boolean("R", "and", "x"),
            "reference-count",
            "<and> has 1 references; expected two or more",
        ),
        (lambda _: _boolean("R", "not", "x", "y"), "reference-count", "<not> has 2 references; expected one"),
        (lambda _: QUADRANTS.format(more="", location="NaN"), "number", "location"),
        (
            lambda _: QUADRANTS.format(more="", location="5").replace('divider_ref="y"', 'divider_ref="z"'),
            "divider-unknown",
            "'z'",
        ),
        (
            lambda _: QUADRANTS.format(more="", location="5").replace('divider_ref="y"', 'divider_ref="x"'),
            "position-twice",
            "'x'",
        ),
        (
            lambda _: QUADRANTS.format(more="", location="5").replace('"middle"', '"low"'),
            "id-twice",
            "'low' is used twice",
        ),
        (
            lambda _: QUADRANTS.format(more="", location="5").replace('gating:id="y"', 'gating:id="x"'),
            "id-twice",
            "two dividers",
        ),
        (
            lambda _: QUADRANTS.format(more="", location="5").replace("<gating:value>5</gating:value>", ""),
            "divider-value",
            "'y'",
        ),
    ],
)
def test_malformed_gate_is_refused(gml_file, dimension, body, code, text):
    with pytest.raises(InteropError, match=r"gates\.xml:\d+") as caught:
        read_gatingml(gml_file(body(dimension)))
    assert _codes(caught) == [code]
    assert text in str(caught.value)


def test_rectangle_without_room_is_refused(gml_file, range_gate):
    with pytest.raises(InteropError, match=r"gate 'R': A: found 5 to 1; expected minimum < maximum"):
        read_gatingml(gml_file(range_gate("R", low=5, high=1)))


def test_id_used_twice_names_both_lines(gml_file, range_gate):
    with pytest.raises(
        InteropError, match=r"gates\.xml:7, gate 'R': the id 'R' is used twice; it stands on line 6 too"
    ):
        read_gatingml(gml_file(f"{range_gate('R')}\n{range_gate('R')}"))


def test_quadrant_and_gate_may_not_share_an_id(gml_file, range_gate):
    with pytest.raises(InteropError, match=r"the id 'low' is used twice"):
        read_gatingml(gml_file(QUADRANTS.format(more="", location="5") + range_gate("low")))


def test_unknown_parent_names_the_nearest_gate(gml_file, range_gate):
    with pytest.raises(
        InteropError, match=r"gate 'R': parent 'Singlet' is not in this file\. Did you mean Singlets\?"
    ):
        read_gatingml(gml_file(range_gate("Singlets") + range_gate("R", parent="Singlet")))


def test_unknown_reference_is_refused(gml_file, range_gate):
    with pytest.raises(InteropError, match=r"gate 'N': reference 'B' is not in this file") as caught:
        read_gatingml(gml_file(range_gate("A") + _boolean("N", "not", "B")))
    assert _codes(caught) == ["reference-unknown"]


def test_quadrant_gate_itself_is_no_population(gml_file, range_gate):
    body = QUADRANTS.format(more="", location="5") + range_gate("R", parent="Q")
    with pytest.raises(InteropError, match=r"parent 'Q' is a quadrant gate.*its quadrants are: low, middle"):
        read_gatingml(gml_file(body))


def test_child_of_a_broken_gate_is_no_second_problem(gml_file, range_gate):
    with pytest.raises(InteropError) as caught:
        read_gatingml(gml_file(range_gate("A", low="x") + range_gate("B", parent="A")))
    assert _codes(caught) == ["number"]


@pytest.mark.parametrize(
    "body",
    [
        lambda r: r("A", parent="B") + r("B", parent="C") + r("C", parent="A"),
        lambda r: r("A", parent="A"),
        lambda r: _boolean("A", "not", "A"),
        lambda r: _boolean("A", "not", "B") + r("B", parent="A"),
        lambda r: r("X") + _boolean("A", "and", "X", "B") + _boolean("B", "or", "X", "A"),
    ],
)
def test_circle_of_parents_and_references_is_refused(gml_file, range_gate, body):
    with pytest.raises(
        InteropError, match=r"gates\.xml:6, gate 'A': gates need each other in a circle: 'A' ->"
    ) as caught:
        read_gatingml(gml_file(body(range_gate)))
    assert _codes(caught) == ["gate-cycle"]


def test_tree_deeper_than_any_real_one_is_refused_quickly(gml_file, range_gate):
    body = range_gate("G0") + "".join(range_gate(f"G{i}", parent=f"G{i - 1}") for i in range(1, 9_000))
    start = time.perf_counter()
    with pytest.raises(InteropError, match="more than 200 gates above it"):
        read_gatingml(gml_file(body))
    assert time.perf_counter() - start < 5


def test_long_chain_of_boolean_gates_is_read_in_seconds(gml_file, range_gate):
    body = range_gate("N0") + "".join(_boolean(f"N{i}", "not", f"N{i - 1}") for i in range(1, 5_000))
    start = time.perf_counter()
    assert len(read_gatingml(gml_file(body)).paths) == 5_000
    assert time.perf_counter() - start < 10


def test_thousands_of_gates_of_two_names_are_read_in_seconds(gml_file, range_gate):
    """Every gate has two below it, X and Y: names say little, full paths all."""
    kept = '<c:name xmlns:c="urn:cytogate:gating-ml:1" c:value="{}"/>'
    names = f"<data-type:custom_info>{kept}</data-type:custom_info>"
    body = "".join(
        range_gate(f"g{i}", parent=f"g{i // 2}" if i > 1 else "").replace(
            "<gating:dimension", names.format("XY"[i % 2]) + "<gating:dimension", 1
        )
        for i in range(1, 4000)
    )
    start = time.process_time()
    paths = read_gatingml(gml_file(body)).paths
    assert time.process_time() - start < 5
    assert len(paths) == 3999
    assert max(path.count("/") for path in paths) == 12


def test_more_gates_than_any_real_file_has_are_refused(gml_file, range_gate):
    with pytest.raises(
        InteropError, match=r"gates\.xml:6: the file has 10,001 gates; at most 10,000 are read"
    ):
        read_gatingml(gml_file("".join(range_gate(f"G{i}") for i in range(10_001))))


@pytest.mark.parametrize("reserved", ["FCS", "uncompensated"])
def test_matrix_may_not_take_a_word_of_compensation_ref(gml_file, reserved):
    with pytest.raises(InteropError, match=f"matrix '{reserved}': the id has a meaning of its own"):
        read_gatingml(gml_file(_matrix(reserved)))


def _circle(dimension, n):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    points = zip(np.cos(angle).tolist(), np.sin(angle).tolist(), strict=True)
    return _polygon(dimension("A") + dimension("B"), *points)


def test_ten_thousand_vertices_are_read(gml_file, dimension):
    body = _circle(dimension, 10_000)
    assert len(read_gatingml(gml_file(body)).find("P").gate.vertices) == 10_000


def test_more_vertices_are_refused(gml_file, dimension):
    with pytest.raises(
        InteropError,
        match=r"gates\.xml:6, gate 'P': <PolygonGate> has 10,001 <vertex> elements; at most 10,000",
    ):
        read_gatingml(gml_file(_circle(dimension, 10_001)))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (lambda: _matrix(first="x"), "matrix 'M': attribute 'value'"),
        (lambda: _matrix(first="0.02"), "matrix 'M'"),
        (
            lambda: _matrix(coefficient='<transforms:coefficient transforms:value="0"/>'),
            "has 3 coefficients for 2 detectors",
        ),
        (lambda: _matrix() + "\n" + _matrix(), "the id is used twice"),
        (lambda: _scale("t", "flog"), "attribute 'T' of the namespace 'transformations' is missing"),
        (
            lambda: _scale(
                "t", 'logicle transforms:T="1" transforms:W="3" transforms:M="4" transforms:A="0"'
            ),
            "transform 't'",
        ),
        (lambda: _scale("t", "fbiex"), "<fbiex> is no function of Gating-ML 2.0"),
        (lambda: '<transforms:transformation transforms:id="t"/>', "0 functions; expected one"),
    ],
)
def test_malformed_matrix_or_transform_is_refused_even_when_no_gate_uses_it(gml_file, body, text):
    with pytest.raises(InteropError) as caught:
        read_gatingml(gml_file(body()))
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("root", "text"),
    [
        ('<Workspace version="20.0" flowJoVersion="10.8.1"/>', "this is a FlowJo workspace"),
        ('<Gating-ML xmlns="http://www.isac-net.org/std/Gating-ML/v1.5/gating"/>', "an older Gating-ML"),
        (
            '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "the root element is <Workbook>",
        ),
        ("<Gating-ML/>", "no namespace"),
    ],
)
def test_other_formats_are_named(tmp_path, root, text):
    path = tmp_path / "other.xml"
    path.write_text(root)
    with pytest.raises(InteropError, match=text):
        read_gatingml(path)


@pytest.mark.parametrize("kind", ["PolytopeGate", "DecisionTreeGate", "rectangleGate"])
def test_gate_that_the_standard_has_not_is_refused(gml_file, range_gate, kind):
    body = range_gate("A") + f'\n<gating:{kind} gating:id="U"/>' + range_gate("B", parent="U")
    with pytest.raises(InteropError, match=rf"gates\.xml:7, gate 'U': <{kind}> is no gate of") as caught:
        read_gatingml(gml_file(body))
    assert _codes(caught) == ["gate-unknown"]


@pytest.mark.parametrize("parent", ["", "P"])
def test_two_populations_of_one_name_and_parent_are_refused(gml_file, range_gate, parent):
    """Ids differ; the names that cytogate noted do not."""
    name = '<c:name xmlns:c="urn:cytogate:gating-ml:1" c:value="B"/>'
    note = f"<data-type:custom_info>{name}</data-type:custom_info>"
    named = range_gate("B2", parent=parent).replace("<gating:dimension", note + "<gating:dimension", 1)
    body = range_gate("P") + "\n" + range_gate("B", parent=parent) + "\n" + named
    with pytest.raises(InteropError, match=r"gates\.xml:8, gate 'B2': a second population 'B' below.*line 7"):
        read_gatingml(gml_file(body))
