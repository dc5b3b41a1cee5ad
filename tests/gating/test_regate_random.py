"""A loaded sample after any sequence of edits of its strategy: as if the last strategy were gated anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from gating_cases import events

import cytogate as cg
from cytogate.errors import CytogateError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.dimension import Dimension, Ratio
from cytogate.gates.ellipsoid import EllipsoidGate
from cytogate.gates.grid import Grid, GridAxis
from cytogate.gates.polygon import PolygonGate
from cytogate.gates.primitive import Reference
from cytogate.gates.quadrant import Quadrant, QuadrantGate
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating import loaded, passes
from cytogate.gating.loaded import LoadedSample
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

PLOT = Grid(GridAxis(0.0, 1.0, 64, 0.5), GridAxis(0.0, 1.0, 64))


@dataclass(frozen=True)
class Ring:
    """A foreign kind of gate, which lowers to nothing."""

    kind: ClassVar[str] = "ring"
    dims: tuple[Dimension, ...]
    middle: float
    parts: tuple[str, ...] = ()

    def contains(self, values, part=None):
        radius = np.hypot(values[:, 0] - self.middle, values[:, 1] - 0.5)
        return (radius > 0.1) & (radius < 0.4)

    def lower(self, part=None):
        return None


class Editor:
    """A tree that is changed step by step, at random: gates by number, each with a name and a parent."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.nodes = {}
        self.widths = {"u": 0.5, "v": 1.0}
        self.spill = 0.1
        self.last = 0
        while len(self.nodes) < 6:
            self.try_to(self.add)

    def strategy(self):
        matrix = cg.CompensationMatrix("ABC", "ABC", [[1, self.spill, 0], [0.1, 1, 0.3], [0.02, 0, 1]])
        return GatingStrategy.build(
            self.nodes.values(),
            compensations={"m": matrix},
            transforms={name: cg.transforms.Logicle(262144, w, 4.5) for name, w in self.widths.items()},
        )

    def edited(self):
        """Do one to three edits; return the strategy."""
        edits = [self.add, self.move, self.nudge, self.nudge, self.rename, self.remove, self.hang]
        edits += [self.rescale, self.compensate]
        for k in self.rng.integers(0, len(edits), self.rng.integers(1, 4)):
            self.try_to(edits[k])
        return self.strategy()

    def try_to(self, edit):
        before = dict(self.nodes)
        try:
            edit()
            self.strategy()
        except CytogateError:  # a parent is gone, or a circle was made
            self.nodes = before

    def pick(self):
        return int(self.rng.choice(list(self.nodes)))

    def place(self):
        """A path, or the root; the path of one part or another of a gate with several."""
        paths = [None, *self.strategy().paths]
        return paths[self.rng.integers(len(paths))]

    def add(self):
        self.last += 1
        self.nodes[self.last] = GateNode(f"g{self.last}", self.gate(), self.place())

    def move(self):
        k = self.pick()
        self.nodes[k] = replace(self.nodes[k], gate=self.gate())

    def nudge(self):
        k, step = self.pick(), self.rng.normal(0, 0.02)
        gate = self.nodes[k].gate
        match gate:
            case PolygonGate():
                vertices = gate.vertices.copy()
                vertices[0] += step
                gate = PolygonGate(gate.dims, vertices, gate.grid)
            case RectangleGate():
                gate = RectangleGate(gate.dims, tuple(low - abs(step) for low in gate.minimum), gate.maximum)
            case EllipsoidGate():
                gate = replace_ellipse(gate, step)
            case Ring():
                gate = replace(gate, middle=gate.middle + step)
        self.nodes[k] = replace(self.nodes[k], gate=gate)

    def rename(self):
        """Another name, or that of a gate elsewhere; what is below goes along, or is dropped with it."""
        k = self.pick()
        self.last += 1
        name = f"g{self.rng.integers(1, self.last + 1)}"
        old = self.nodes[k]
        start, end = f"{old.parent or ''}/{old.name}", f"{old.parent or ''}/{name}"
        self.nodes[k] = replace(old, name=name)
        for j, node in self.nodes.items():
            if node.parent == start or (node.parent or "").startswith(start + "/"):
                self.nodes[j] = replace(node, parent=end + node.parent[len(start) :])

    def remove(self):
        del self.nodes[self.pick()]

    def hang(self):
        k = self.pick()
        self.nodes[k] = replace(self.nodes[k], parent=self.place())

    def rescale(self):
        self.widths[str(self.rng.choice(["u", "v"]))] = float(self.rng.choice([0.3, 0.5, 1.0]))

    def compensate(self):
        self.spill = float(self.rng.choice([0.1, 0.2, 0.3]))

    def dim(self):
        name = str(self.rng.choice(list("ABC")))
        compensation = str(self.rng.choice(["FCS", "uncompensated", "m"]))
        transform = str(self.rng.choice(["u", "v"]))
        ratio = Ratio(name, "A", 1e4, 5.0, 1.0) if self.rng.random() < 0.15 else None
        return Dimension("R" if ratio else name, compensation, transform, ratio)

    def gate(self):
        rng = self.rng
        x, y, z = self.dim(), self.dim(), self.dim()
        low = rng.uniform(0.0, 0.5, 2)
        match rng.integers(7 if len(self.nodes) > 2 else 4):
            case 0:
                return RectangleGate((x,), (low[0],), (np.inf if rng.random() < 0.5 else 0.8,))
            case 1:
                return RectangleGate((x, y), tuple(low), tuple(low + 0.4))
            case 2:
                angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 9)))
                return PolygonGate((x, y), 0.5 + 0.4 * np.column_stack([np.cos(angle), np.sin(angle)]), PLOT)
            case 3:
                return EllipsoidGate((x, y), low + 0.2, [[0.04, 0.01], [0.01, 0.06]], 1.5, PLOT)
            case 4:
                parts = tuple(Quadrant(f"Q{a}{b}", ((0, a), (1, b))) for a in (0, 1) for b in (0, 1))
                return QuadrantGate((x, z), ((low[0],), (low[1],)), parts)
            case 5:
                return Ring((x, y), float(low[0]))
            case _:
                names = [path.split("/", 1)[1] for path in self.strategy().paths]
                terms = tuple(
                    Reference(str(name), bool(rng.integers(2))) for name in rng.choice(names, 2, replace=True)
                )
                return BooleanGate(str(rng.choice(["and", "or"])), terms)


def replace_ellipse(gate, step):
    return EllipsoidGate(gate.dims, gate.mean + step, gate.covariance, gate.distance_square, gate.grid)


@pytest.mark.parametrize("seed", range(24))
def test_any_edits_equal_gating_anew(seed, monkeypatch):
    monkeypatch.setattr(loaded, "RANGE", 512)
    monkeypatch.setattr(passes, "BLOCK", 256)
    source = events(1203, seed=seed)
    kept = None if seed % 3 else np.random.default_rng(seed).random(source.n_events) < 0.7
    options = {"grid": "flowjo" if seed % 4 == 1 else None, "keep": kept, "threads": 1 + seed % 2}
    editor = Editor(seed)
    sample = LoadedSample(source, editor.strategy(), **options)
    differing = 0
    for _ in range(12):
        before = sample.result
        strategy = editor.edited()
        result = sample.regate(strategy)
        expected = cg.gate(source, strategy, **options)
        np.testing.assert_array_equal(result.counts, expected.counts)
        np.testing.assert_array_equal(result.bits, expected.bits)
        differing += before.counts.tolist() != result.counts.tolist()
    assert differing > 5
