"""Ratios, bounds and matrices of Gating-ML 2.0, each against a few lines of NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from plain_gating import plain_gating

import cytogate as cg
from cytogate.errors import InteropError
from cytogate.fcs.channels.panel import Channel
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy
from cytogate.interop.gatingml import read_gatingml, write_gatingml
from cytogate.transforms.bounded import Bounded
from cytogate.transforms.hyperlog import Hyperlog
from cytogate.transforms.linear import Linear
from cytogate.transforms.log import Log

NAMES = ("A", "B", "C", "D")
SPILL = cg.CompensationMatrix("AB", "AB", [[1.0, 0.25], [0.5, 1.0]])


def _values(n: int = 500) -> np.ndarray:
    rng = np.random.default_rng(4)
    values = np.exp(rng.normal(3, 2, (n, 4))) - 10
    values[:4] = [[0, 0, 0, 0], [1, -1, 2, 3], [np.inf, 1, 1, 1], [np.nan, 1, 1, 1]]
    return values


VALUES = _values()
EVENTS = cg.Events(VALUES, NAMES, spillover=SPILL)
A, B, C, D = VALUES.T


def _function(identity, kind, parameters, inside="", bounds=""):
    attributes = "".join(f' transforms:{name}="{value}"' for name, value in parameters.items())
    return (
        f'<transforms:transformation transforms:id="{identity}"{bounds}>'
        f"<transforms:{kind}{attributes}>{inside}</transforms:{kind}></transforms:transformation>"
    )


def _channels(*names):
    return "".join(f'<data-type:fcs-dimension data-type:name="{name}"/>' for name in names)


def _ratio(identity, numerator="A", denominator="B", a=1, b=0, c=0, bounds=""):
    inside = _channels(numerator, denominator)
    return _function(identity, "fratio", {"A": a, "B": b, "C": c}, inside, bounds)


def _axis(tag, ratio, compensation="uncompensated", transform="", more="", inside=""):
    scale = f' gating:transformation-ref="{transform}"' if transform else ""
    return (
        f'<gating:{tag} gating:compensation-ref="{compensation}"{scale}{more}>'
        f'<data-type:new-dimension data-type:transformation-ref="{ratio}"/>{inside}</gating:{tag}>'
    )


def _on_ratio(identity, ratio, low, high, **axis):
    bounds = f' gating:min="{low}" gating:max="{high}"'
    axis = _axis("dimension", ratio, more=bounds, **axis)
    return f'<gating:RectangleGate gating:id="{identity}">{axis}</gating:RectangleGate>'


def _spectrum(identity, fluorochromes, detectors, rows, more=""):
    lines = "".join(
        "<transforms:spectrum>"
        + "".join(f'<transforms:coefficient transforms:value="{value!r}"/>' for value in row)
        + "</transforms:spectrum>"
        for row in np.asarray(rows, dtype=float).tolist()
    )
    return (
        f'<transforms:spectrumMatrix transforms:id="{identity}"{more}>'
        f"<transforms:fluorochromes>{_channels(*fluorochromes)}</transforms:fluorochromes>"
        f"<transforms:detectors>{_channels(*detectors)}</transforms:detectors>{lines}"
        "</transforms:spectrumMatrix>"
    )


INVERTED = ' transforms:matrix-inverted-already="true"'


@pytest.fixture
def masks(gml_file, tmp_path):
    """Gate EVENTS by a file, and by what is written of it: and without the engine: all
    must hold the same events.
    """

    def gate(body):
        strategy = read_gatingml(gml_file(body))
        first = cg.gate(EVENTS, strategy)
        write_gatingml(strategy, tmp_path / "again.xml")
        second = cg.gate(EVENTS, read_gatingml(tmp_path / "again.xml"))
        assert first.populations == second.populations
        plain = plain_gating(VALUES, NAMES, strategy, SPILL)
        found = {}
        for path in first.populations:
            np.testing.assert_array_equal(plain[path], first.mask(path), err_msg=path)
            found[path.rpartition("/")[2]] = first.mask(path)
            np.testing.assert_array_equal(second.mask(path), first.mask(path), err_msg=path)
        return found

    return gate


def _inside(values, low, high):
    with np.errstate(invalid="ignore"):
        return (values >= low) & (values < high)


# --- ratios ----------------------------------------------------------------------------------------------


def test_ratio_is_read_into_the_dimension(gml_file):
    body = _ratio("A per B", a=2.5, b=-3, c=7) + _on_ratio("R", "A per B", 1, 2, compensation="FCS")
    strategy = read_gatingml(gml_file(body))
    expected = Dimension("A per B", "FCS", None, Ratio("A", "B", 2.5, -3.0, 7.0))
    assert strategy.find("R").gate.dims == (expected,)
    assert dict(strategy.transforms) == {}


def test_ratio_may_be_defined_after_the_gate_that_uses_it(gml_file):
    strategy = read_gatingml(gml_file(_on_ratio("R", "r", 1, 2) + _ratio("r")))
    assert strategy.find("R").gate.dims[0].channels == ("A", "B")


def test_events_of_a_ratio_are_those_of_the_formula(masks):
    body = _ratio("r", "A", "C", 2, 1, -0.5) + _on_ratio("R", "r", 0.5, 4)
    with np.errstate(all="ignore"):
        expected = _inside(2 * (A - 1) / (C + 0.5), 0.5, 4)
    np.testing.assert_array_equal(masks(body)["R"], expected)
    assert 20 < expected.sum() < 480


def test_ratio_of_compensated_channels(masks):
    """A = a + b/2, B = a/4 + b: so a = (A - B/2) / 0.875."""
    body = _ratio("r") + _on_ratio("R", "r", 0.5, 4, compensation="FCS") + _on_ratio("U", "r", 0.5, 4)
    found = masks(body)
    with np.errstate(all="ignore"):
        a, b = (A - 0.5 * B) / 0.875, (B - 0.25 * A) / 0.875
        expected = _inside(a / b, 0.5, 4)
        raw = _inside(A / B, 0.5, 4)
    np.testing.assert_array_equal(found["R"], expected)
    np.testing.assert_array_equal(found["U"], raw)
    assert (expected != raw).any()


def test_transform_comes_after_the_division(masks):
    body = _ratio("r", "A", "C") + _function("log", "flog", {"T": 100, "M": 4})
    body += _on_ratio("R", "r", 0.25, 0.75, transform="log")
    with np.errstate(all="ignore"):
        expected = _inside(np.log10(A / C / 100) / 4 + 1, 0.25, 0.75)
    np.testing.assert_array_equal(masks(body)["R"], expected)


def test_polygon_on_a_ratio_and_a_channel(masks):
    vertices = "".join(
        f'<gating:vertex><gating:coordinate data-type:value="{x}"/><gating:coordinate data-type:value="{y}"/>'
        "</gating:vertex>"
        for x, y in [(0, 0), (3, 0), (3, 50), (0, 50)]
    )
    dims = _axis("dimension", "r") + (
        f'<gating:dimension gating:compensation-ref="uncompensated">{_channels("D")}</gating:dimension>'
    )
    body = f'<gating:PolygonGate gating:id="P">{dims}{vertices}</gating:PolygonGate>' + _ratio("r", "A", "C")
    with np.errstate(all="ignore"):
        expected = _inside(A / C, 0, 3) & _inside(D, 0, 50)
    np.testing.assert_array_equal(masks(body)["P"], expected)


def test_quadrants_on_ratios_with_several_values(masks):
    def values(*cuts):
        return "".join(f"<gating:value>{cut}</gating:value>" for cut in cuts)

    dividers = _axis("divider", "ab", more=' gating:id="x"', inside=values(2, 0.5)) + _axis(
        "divider", "cd", transform="log", more=' gating:id="y"', inside=values(0.5)
    )
    positions = {"low": (0.4, 0.4), "middle": (0.5, 0.9), "high": (99, 0.5)}
    quadrants = "".join(
        f'<gating:Quadrant gating:id="{name}">'
        f'<gating:position gating:divider_ref="x" gating:location="{x}"/>'
        f'<gating:position gating:divider_ref="y" gating:location="{y}"/></gating:Quadrant>'
        for name, (x, y) in positions.items()
    )
    body = f'<gating:QuadrantGate gating:id="Q">{dividers}{quadrants}</gating:QuadrantGate>'
    body += _ratio("ab") + _ratio("cd", "C", "D") + _function("log", "flog", {"T": 100, "M": 4})
    found = masks(body)
    with np.errstate(all="ignore"):
        x, y = A / B, np.log10(C / D / 100) / 4 + 1
        expected = {
            "low": _inside(x, -np.inf, 0.5) & _inside(y, -np.inf, 0.5),
            "middle": _inside(x, 0.5, 2) & _inside(y, 0.5, np.inf),
            "high": (x >= 2) & (y >= 0.5),
        }
    for name, events in expected.items():
        np.testing.assert_array_equal(found[name], events, err_msg=name)
        assert events.any()


def test_quadrants_in_quadrants(masks):
    def quadrants(identity, channel, cut, low, high, parent=""):
        above = f' gating:parent_id="{parent}"' if parent else ""
        parts = "".join(
            f'<gating:Quadrant gating:id="{name}"><gating:position gating:divider_ref="{identity}.d" '
            f'gating:location="{at}"/></gating:Quadrant>'
            for name, at in ((low, cut - 1), (high, cut))
        )
        return (
            f'<gating:QuadrantGate gating:id="{identity}"{above}><gating:divider gating:id="{identity}.d" '
            f'gating:compensation-ref="uncompensated">{_channels(channel)}<gating:value>{cut}</gating:value>'
            f"</gating:divider>{parts}</gating:QuadrantGate>"
        )

    body = quadrants("Q3", "C", 8, "c-", "c+", "b+") + quadrants("Q2", "B", 12, "b-", "b+", "a+")
    body += quadrants("Q1", "A", 10, "a-", "a+")
    found = masks(body)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(found["b-"], (A >= 10) & (B < 12))
        np.testing.assert_array_equal(found["c+"], (A >= 10) & (B >= 12) & (C >= 8))
        np.testing.assert_array_equal(found["c-"], (A >= 10) & (B >= 12) & (C < 8))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (_on_ratio("R", "r", 1, 2), "the ratio 'r' is unknown; this file has none"),
        (_ratio("r", a=0) + _on_ratio("R", "r", 1, 2), "ratio 'r': ratio of A to B: A is 0"),
        (_ratio("r", c="NaN"), "ratio 'r': attribute 'C': found 'NaN'"),
        (_ratio("r").replace(_channels("B"), ""), "<fratio> has 1 <fcs-dimension> elements"),
        (
            _function("t", "flog", {"T": 1, "M": 4}) + _on_ratio("R", "t", 1, 2),
            "<new-dimension> refers to 't', a transform of one channel",
        ),
        (
            _ratio("r") + _on_ratio("R", "r", 1, 2, transform="r"),
            "transformation-ref 'r' is a ratio of channels",
        ),
        (
            _ratio("r")
            + _on_ratio("R", "r", 1, 2).replace("<data-type:new", _channels("A") + "<data-type:new"),
            "a <new-dimension> stands beside an <fcs-dimension>",
        ),
        (_ratio("r") + _function("r", "flog", {"T": 1, "M": 4}), "the id is used twice"),
        (_ratio("r", bounds=' transforms:boundMin="2" transforms:boundMax="1"'), "found bounds 2 to 1"),
    ],
)
def test_malformed_ratio_is_refused(gml_file, body, text):
    with pytest.raises(InteropError) as caught:
        read_gatingml(gml_file(body))
    assert text in str(caught.value)
    assert len(caught.value.problems) == 1
    assert "gates.xml:6, " in caught.value.problems[0].location


# --- hyperlog and bounds ---------------------------------------------------------------------------------


def test_hyperlog_is_read_and_written(gml_file, tmp_path, range_gate):
    body = _function("h", "hyperlog", {"T": 1000, "W": 1, "M": 4, "A": 0.5}) + range_gate("R", transform="h")
    strategy = read_gatingml(gml_file(body))
    assert strategy.transforms["h"] == Hyperlog(T=1000, W=1, M=4, A=0.5)
    write_gatingml(strategy, tmp_path / "again.xml")
    assert read_gatingml(tmp_path / "again.xml").transforms == strategy.transforms


@pytest.mark.parametrize(
    ("bounds", "low", "high"),
    [
        (' transforms:boundMin="0.25"', 0.25, np.inf),
        (' transforms:boundMax="0.75"', -np.inf, 0.75),
        (' transforms:boundMin="0.25" transforms:boundMax="0.75"', 0.25, 0.75),
    ],
)
def test_bounds_clamp_after_the_transform(masks, range_gate, bounds, low, high):
    body = _function("t", "flin", {"T": 100, "A": 0}, bounds=bounds)
    for name, (least, most) in {"X": (-5, 0.3), "Y": (0.3, 5), "Z": (0.25, 0.75), "W": (0.75, 9)}.items():
        body += range_gate(name, low=least, high=most, transform="t")
    found = masks(body)
    clamped = np.minimum(np.maximum(A / 100, low), high)
    for name, (least, most) in {"X": (-5, 0.3), "Y": (0.3, 5), "Z": (0.25, 0.75), "W": (0.75, 9)}.items():
        np.testing.assert_array_equal(found[name], _inside(clamped, least, most), err_msg=name)


def test_bounds_are_a_transform_of_their_own(gml_file, range_gate):
    body = _function("t", "flog", {"T": 100, "M": 4}, bounds=' transforms:boundMin="0"')
    strategy = read_gatingml(gml_file(body + range_gate("R", transform="t")))
    assert strategy.transforms["t"] == Bounded(Log(T=100, M=4), 0.0, np.inf)


def test_bounds_of_a_ratio_clamp_before_its_transform(masks):
    bounds = ' transforms:boundMin="0.01" transforms:boundMax="100"'
    body = _ratio("r", "A", "C", bounds=bounds) + _function("t", "fasinh", {"T": 100, "M": 4, "A": 0})
    body += _on_ratio("Plain", "r", 0.005, 1) + _on_ratio("Scaled", "r", 0.1, 0.5, transform="t")
    body += _on_ratio("Top", "r", 100, 101)
    found = masks(body)
    with np.errstate(all="ignore"):
        ratio = np.minimum(np.maximum(A / C, 0.01), 100)
        np.testing.assert_array_equal(found["Plain"], _inside(ratio, 0.005, 1))
        scaled = np.arcsinh(ratio * np.sinh(4 * np.log(10)) / 100) / (4 * np.log(10))
        np.testing.assert_array_equal(found["Scaled"], _inside(scaled, 0.1, 0.5))
        np.testing.assert_array_equal(found["Top"], ratio == 100)
    assert found["Top"].any()


def test_bound_of_a_ratio_below_a_logarithm_is_refused(gml_file):
    body = _ratio("r", bounds=' transforms:boundMin="0.01"') + _function("log", "flog", {"T": 100, "M": 4})
    with pytest.raises(InteropError, match=r"gate 'R': the ratio 'r' has a boundMin and a logarithm follows"):
        read_gatingml(gml_file(body + _on_ratio("R", "r", 0, 1, transform="log")))


def test_bounds_of_a_ratio_keep_apart_from_transforms_of_the_same_name(gml_file):
    bounds = ' transforms:boundMin="0"'
    body = _function("x", "flog", {"T": 100, "M": 4}).replace('"x"', '"bounds_of_r"')
    body += _ratio("r", bounds=bounds) + _on_ratio("R", "r", 0, 1) + _on_ratio("S", "r", 0, 2)
    strategy = read_gatingml(gml_file(body))
    clamp = Bounded(Linear(T=1, A=0), 0.0, np.inf)
    assert strategy.transform_of(strategy.find("R").gate.dims[0]) == clamp
    assert strategy.find("R").gate.dims == strategy.find("S").gate.dims
    assert sorted(map(str, strategy.transforms.values())) == sorted(map(str, [Log(T=100, M=4), clamp]))


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        (' transforms:boundMin="1" transforms:boundMax="0"', "transform 't'"),
        (' transforms:boundMin="NaN"', "attribute 'boundMin': found 'NaN'"),
        (' transforms:boundMax="high"', "attribute 'boundMax': found 'high'"),
    ],
)
def test_bounds_that_are_none_are_refused(gml_file, bounds, text):
    with pytest.raises(InteropError) as caught:
        read_gatingml(gml_file(_function("t", "flin", {"T": 100, "A": 0}, bounds=bounds)))
    assert text in str(caught.value)
    assert "gates.xml:6" in str(caught.value)


# --- matrices --------------------------------------------------------------------------------------------

SPECTRA = [[1.0, 0.5, 0.125, 0.0], [0.25, 1.0, 0.5, 0.125]]


def _fluorochrome_gate(identity, name, matrix, low=0, high=50):
    return (
        f'<gating:RectangleGate gating:id="{identity}"><gating:dimension gating:compensation-ref="{matrix}" '
        f'gating:min="{low}" gating:max="{high}">{_channels(name)}</gating:dimension></gating:RectangleGate>'
    )


def _unmixed():
    with np.errstate(invalid="ignore"):
        return VALUES @ np.linalg.pinv(SPECTRA)


def _far_from(values, *borders):
    """Return where rounding of another order of operations cannot matter."""
    return np.all([np.abs(values - border) > 1e-9 for border in borders], axis=0)


def test_more_detectors_than_fluorochromes_are_unmixed(masks):
    body = _spectrum("M", ("FITC", "PE"), NAMES, SPECTRA)
    body += _fluorochrome_gate("R", "FITC", "M") + _fluorochrome_gate("S", "PE", "M")
    found = masks(body)
    for name, unmixed in zip("RS", _unmixed().T, strict=True):
        sure = _far_from(unmixed, 0, 50)
        np.testing.assert_array_equal(found[name][sure], _inside(unmixed, 0, 50)[sure])
        assert 50 < found[name].sum() < 450


def test_matrix_inverted_already_has_a_row_for_each_detector(masks):
    way_back = np.array([[1.0, -0.5], [-0.25, 1.0], [0.125, 0.0], [0.0, 0.5]])
    body = _spectrum("M", ("FITC", "PE"), NAMES, way_back, INVERTED)
    body += _spectrum("N", ("X", "Y"), "AB", way_back[:2], INVERTED)
    body += _fluorochrome_gate("R", "PE", "M") + _fluorochrome_gate("S", "Y", "N")
    found = masks(body)
    np.testing.assert_array_equal(found["R"], _inside(-0.5 * A + B + 0.5 * D, 0, 50))
    np.testing.assert_array_equal(found["S"], _inside(-0.5 * A + B, 0, 50))
    assert (found["R"] != found["S"]).any()


def test_several_compensations_in_one_file(masks):
    """M, N, the file's own and none, on the same detector."""
    body = _spectrum("M", ("F", "G"), "AB", [[1, 0.5], [0, 1]])
    body += _spectrum("N", ("F", "G"), "AB", [[1, 0.125], [0, 1]])
    for name, (channel, matrix) in {
        "onM": ("G", "M"), "onN": ("G", "N"), "own": ("B", "FCS"), "raw": ("B", "uncompensated")
    }.items():  # fmt: skip
        body += _fluorochrome_gate(name, channel, matrix)
    found = masks(body)
    np.testing.assert_array_equal(found["onM"], _inside(B - 0.5 * A, 0, 50))
    np.testing.assert_array_equal(found["onN"], _inside(B - 0.125 * A, 0, 50))
    np.testing.assert_array_equal(found["own"], _inside((B - 0.25 * A) / 0.875, 0, 50))
    np.testing.assert_array_equal(found["raw"], _inside(B, 0, 50))
    assert len({mask.tobytes() for mask in found.values()}) == 4


def test_channels_of_one_gate_may_have_different_compensations(masks):
    dims = "".join(
        f'<gating:dimension gating:compensation-ref="{matrix}" gating:min="0" gating:max="50">'
        f"{_channels(channel)}</gating:dimension>"
        for channel, matrix in (("G", "M"), ("B", "FCS"), ("C", "uncompensated"))
    )
    body = f'<gating:RectangleGate gating:id="R">{dims}</gating:RectangleGate>'
    body += _spectrum("M", ("F", "G"), "AB", [[1, 0.5], [0, 1]])
    expected = _inside(B - 0.5 * A, 0, 50) & _inside((B - 0.25 * A) / 0.875, 0, 50) & _inside(C, 0, 50)
    np.testing.assert_array_equal(masks(body)["R"], expected)


def test_ratio_of_unmixed_fluorochromes(masks):
    body = _spectrum("M", ("FITC", "PE"), NAMES, SPECTRA) + _ratio("r", "FITC", "PE")
    body += _on_ratio("R", "r", 0.5, 4, compensation="M")
    fitc, pe = _unmixed().T
    with np.errstate(all="ignore"):
        ratio = fitc / pe
        sure = _far_from(ratio, 0.5, 4) & (np.abs(pe) > 1e-9)
        np.testing.assert_array_equal(masks(body)["R"][sure], _inside(ratio, 0.5, 4)[sure])


@pytest.mark.parametrize("gate", ["channel", "ratio"])
def test_detector_has_no_unmixed_values(gml_file, gate):
    body = _spectrum("M", ("FITC", "PE"), NAMES, SPECTRA) + "\n"
    if gate == "channel":
        body += _fluorochrome_gate("R", "C", "M")
    else:
        body += _ratio("r", "FITC", "C") + _on_ratio("R", "r", 1, 2, compensation="M")
    with pytest.raises(
        InteropError, match=r"gates\.xml:7, gate 'R': 'C' is a detector of the matrix 'M', which unmixes 4"
    ):
        read_gatingml(gml_file(body))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (_spectrum("M", "FGH", "AB", [[1, 0], [0, 1], [1, 1]]), "3 fluorochromes and 2 detectors"),
        (_spectrum("M", "FG", "ABC", SPECTRA), "coefficients for 3 detectors"),
        (_spectrum("M", "FG", NAMES, SPECTRA, INVERTED), "of a matrix that is inverted already, but 2 <spec"),
        (_spectrum("M", "FG", NAMES, SPECTRA[:1] * 2), "cannot be inverted reliably"),
        (_spectrum("M", "FG", NAMES, SPECTRA[:1]), "2 fluorochromes, but 1 <spectrum> rows"),
        (_spectrum("M", "FF", NAMES, SPECTRA), "fluorochrome named more than once: F"),
        (_spectrum("M", "FG", NAMES, SPECTRA).replace("0.125", "NaN"), "found 'NaN'"),
        (
            _spectrum("M", "FG", NAMES, SPECTRA, INVERTED.replace("true", "yes")),
            "'matrix-inverted-already': found 'yes'; expected 'true' or 'false'",
        ),
        (_spectrum("M", (f"F{i}" for i in range(600)), "AB", [[1, 2]]), "at most 512"),
    ],
)
def test_matrix_that_does_not_fit_is_refused(gml_file, body, text):
    with pytest.raises(InteropError) as caught:
        read_gatingml(gml_file(body))
    assert text in str(caught.value)
    assert "gates.xml:6, matrix 'M'" in str(caught.value)


def test_engine_refuses_a_detector_of_a_matrix_that_unmixes():
    matrix = cg.CompensationMatrix(NAMES, ("FITC", "PE"), SPECTRA)
    gate = RectangleGate((Dimension("C", "M"),), (0.0,), (1.0,))
    strategy = GatingStrategy.build([GateNode("R", gate)], compensations={"M": matrix})
    with pytest.raises(cg.CompensationError, match=r"C is a detector of the matrix 'M'.*FITC, PE"):
        cg.gate(EVENTS, strategy)


def test_label_of_a_detector_is_no_fluorochrome_of_a_matrix_that_unmixes():
    """The label FITC stands on detector C; under the matrix FITC is the fluorochrome, not the detector."""
    matrix = cg.CompensationMatrix(NAMES, ("FITC", "PE"), SPECTRA)
    gate = RectangleGate((Dimension("FITC", "M"),), (0.0,), (50.0,))
    labels = dict(zip(NAMES, (None, None, "FITC", None), strict=True))
    labelled = cg.Events(VALUES, [Channel(name, label) for name, label in labels.items()])
    strategy = GatingStrategy.build([GateNode("R", gate)], compensations={"M": matrix})
    unmixed = _unmixed()[:, 0]
    sure = _far_from(unmixed, 0, 50)
    np.testing.assert_array_equal(cg.gate(labelled, strategy).mask("R")[sure], _inside(unmixed, 0, 50)[sure])
