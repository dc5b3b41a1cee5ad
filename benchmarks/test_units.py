"""The parts: reading, unpacking, compensation, every scale, one gate."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

import cytogate as cg
from cytogate.bench.sample import DETECTORS, TOP, sample_events, spillover
from cytogate.cli.main import run
from cytogate.gates.dimension import Dimension
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.passes import over_chunks

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its imports warn
    import flowkit
    import flowutils

if TYPE_CHECKING:
    from cytogate.bench.inputs import Tube


@pytest.mark.parametrize("threads", [1, 2])
def test_read_all_bytes(stopwatch, tube: Tube, n_events, threads):
    stopwatch(
        lambda: over_chunks(cg.read_fcs(tube.path), lambda *_: None, threads=threads),
        what=f"open, HEADER, TEXT and all events in blocks, threads: {threads}",
        peer=lambda: np.fromfile(tube.path, np.uint8),
        peer_name="numpy.fromfile",
        per={"events": n_events},
    )


def by_flowio(path: str) -> np.ndarray:
    import flowio

    return np.asarray(flowio.FlowData(path).as_array())


def by_fcsparser(path: str) -> np.ndarray:
    import fcsparser

    return fcsparser.parse(path)[1].to_numpy()


def test_open_many_files(stopwatch, folder):
    names = [f"B{n}-A" for n in range(20)]
    seen = names[:14]
    spillover = ",".join(["14", *seen, *("1" if i == j else "0.01" for i in seen for j in seen)])
    paths = [str(folder / f"one-of-many-{n}.fcs") for n in range(50)]
    for path in paths:
        cg.write_fcs(path, np.ones((10, 20), np.float32), names, keywords={"$SPILLOVER": spillover})
    stopwatch(
        lambda: [cg.read_fcs(path) for _ in range(10) for path in paths],
        what="open 500 files of 20 channels with a spillover matrix: HEADER and TEXT alone",
        per={"files": 500},
        seconds=1.0,
    )


def test_inspect_header_of_a_large_file(stopwatch, folder, n_events):
    path = str(folder / "large.fcs")
    cg.write_fcs(path, np.ones((25 * n_events // 18, 18), np.float32), [f"C{n}" for n in range(18)])
    words = ["inspect", "--header", "--json", path]
    size = 25 * n_events // 18 * 72 / 1e6

    def inspect() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            assert run(words) == 0

    stopwatch(
        inspect,
        what=f"`cytogate inspect --header` of a file of {size:,.0f} MB, beyond its start-up",
        seconds=0.010,
        rounds=21,
    )


@pytest.fixture(scope="module")
def floats(folder, n_events) -> str:
    """A file of 18 channels of float32."""
    path = str(folder / "floats.fcs")
    values = np.random.default_rng(5).normal(1e4, 3e3, (n_events, 18)).astype(np.float32)
    cg.write_fcs(path, values, [f"C{n}" for n in range(18)])
    return path


def test_look_through_all_values(stopwatch, floats, n_events):
    stopwatch(
        lambda: cg.read_fcs(floats).value_summary(),
        what="least, greatest and odd values of 18 channels, by one pass over the file",
        peer=lambda: np.fromfile(floats, np.uint8),
        peer_name="numpy.fromfile",
        per={"events": n_events},
    )


@pytest.mark.parametrize("peer", [by_flowio, by_fcsparser], ids=["flowio", "fcsparser"])
def test_read_all_events(stopwatch, floats, n_events, peer):
    np.testing.assert_array_equal(cg.read_fcs(floats).events(), peer(floats))
    stopwatch(
        lambda: cg.read_fcs(floats).events(),
        what="all events of 18 channels of float32 as scale values; values equal",
        peer=lambda: peer(floats),
        peer_name=peer.__name__.removeprefix("by_"),
        per={"events": n_events},
        at_least=1.0,
    )


def test_unpack_one_column(stopwatch, tube: Tube, n_events):
    from cytogate.kernels.unpack import unpack_column

    file = cg.read_fcs(tube.path)
    layout, c = file.layout, 4
    buffer = np.empty(file.n_events * layout.row_bytes, np.uint8)
    with file.reader() as reader:
        reader.read_into(0, file.n_events, buffer)
    table = buffer.view("<f4").reshape(file.n_events, -1)
    out = np.empty(file.n_events)
    place = (layout.offsets[c], layout.widths[c], layout.kinds[c], layout.big_endian, layout.masks[c])
    scale = (layout.scale_kinds[c], layout.scale_a[c], layout.scale_b[c])
    stopwatch(
        lambda: unpack_column(buffer, file.n_events, layout.row_bytes, *place, *scale, out),
        what="one column of float32 out of records into float64",
        peer=lambda: out.__setitem__(slice(None), table[:, c]),
        peer_name="numpy, strided copy",
        per={"values": n_events},
    )


def test_compensate(stopwatch, n_events):
    matrix = spillover()
    measured = sample_events(n_events, matrix.values)[:, 4:17].astype(np.float64)
    stopwatch(
        lambda: matrix.apply(measured, DETECTORS),
        what="13 detectors, sums in the order of detectors",
        peer=lambda: flowutils.compensate.compensate(measured, matrix.values),
        peer_name="flowutils",
        per={"values": n_events * len(DETECTORS)},
    )


def by_flowutils(name: str, *parameters: float):
    run = getattr(flowutils.transforms, name)
    return lambda x: run(x.reshape(-1, 1), [0], *parameters)


GENERAL = {"T": TOP, "W": 0.5, "M": 4.5, "A": 0.0}
FLOWKIT_BIEX = flowkit.transforms.WSPBiexTransform(negative=0, width=-100, positive=4.5, max_value=TOP)

# our scale, the same by a peer, and how many times faster ours is promised to be
SCALES = {
    "logicle": (cg.transforms.Logicle(**GENERAL), by_flowutils("logicle", TOP, 4.5, 0.5, 0.0), 8.0),
    "hyperlog": (cg.transforms.Hyperlog(**GENERAL), by_flowutils("hyperlog", TOP, 4.5, 0.5, 0.0), 8.0),
    "asinh": (cg.transforms.Asinh(T=TOP, M=4.5, A=0.0), by_flowutils("asinh", TOP, 4.5, 0.0), None),
    "log": (cg.transforms.Log(T=TOP, M=4.5), by_flowutils("log", TOP, 4.5), None),
    "linear": (cg.transforms.Linear(T=TOP, A=0.0), flowkit.transforms.LinearTransform(TOP, 0.0).apply, None),
    "biex": (cg.transforms.Biex(maximum=TOP, positive=4.5, width=-100.0), FLOWKIT_BIEX.apply, None),
}


@pytest.mark.parametrize("name", SCALES)
def test_scale(stopwatch, values, name):
    scale, peer, promise = SCALES[name]
    x = np.abs(values) + 1.0 if name == "log" else values
    stopwatch(
        lambda: scale.forward(x),
        what=f"{name}, forward, one core",
        peer=lambda: peer(x),
        peer_name="FlowKit" if name in ("linear", "biex") else "flowutils",
        per={"values": len(x)},
        at_least=promise,
    )


def two_axes(n_events: int) -> np.ndarray:
    return np.random.default_rng(12).normal(0.5, 0.15, (n_events, 2))


OCTAGON = [[0.5 + 0.2 * np.cos(a), 0.5 + 0.2 * np.sin(a)] for a in 2 * np.pi * np.arange(8) / 8]
AXES = (Dimension("x"), Dimension("y"))


def test_polygon(stopwatch, n_events):
    points, gate = two_axes(n_events), PolygonGate(AXES, OCTAGON)
    outline = np.array(OCTAGON)
    stopwatch(
        lambda: gate.contains(points),
        what="polygon of 8 corners, all events",
        peer=lambda: flowutils.gating.points_in_polygon(outline, points),
        peer_name="flowutils",
        per={"events": n_events},
    )


def test_ellipse(stopwatch, n_events):
    covariance = np.array([[0.04, 0.01], [0.01, 0.02]])
    points, gate = two_axes(n_events), EllipsoidGate(AXES, (0.5, 0.5), covariance, 1.0)
    stopwatch(
        lambda: gate.contains(points),
        what="ellipse, all events",
        peer=lambda: flowutils.gating.points_in_ellipsoid(covariance, np.array([0.5, 0.5]), 1.0, points),
        peer_name="flowutils",
        per={"events": n_events},
    )


def test_rectangle(stopwatch, n_events):
    points, gate = two_axes(n_events), RectangleGate(AXES, (0.3, 0.3), (0.7, 0.7))
    stopwatch(
        lambda: gate.contains(points),
        what="rectangle of two axes, all events",
        peer=lambda: ((points >= 0.3) & (points < 0.7)).all(axis=1),
        peer_name="numpy",
        per={"events": n_events},
    )
