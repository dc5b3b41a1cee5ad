"""A FlowJo workspace with a coarse grid, its file, and counts of every kind: what parity must say of each."""

from __future__ import annotations

import naive
import numpy as np

from cytogate.fcs.writing.write import write_fcs

BASE = "http://www.isac-net.org/std/Gating-ML/v2.0/"
TRIANGLE = [(30_000, 21_000), (200_000, 60_000), (90_000, 231_000)]
CELLS = 32
TOP = 262_144
N = 4_000

EXPECTED = {  # population: verdict, and how far FlowJo's count is from exact geometry
    "/Drawn <b>": "grid",
    "/Drawn <b>/Half": "inherited",
    "/Drawn <b>/Alike": "equal",
    "/Drawn <b>/Moved": "unexplained",
    "/Drawn <b>/Moved/Below": "inherited",
    "/Drawn <b>/Uncounted": "no_count",
    "/Drawn <b>/Curved": "left_out",
    "/Rest": "inherited",
    "/Outside": "grid",
}


def events():
    return np.random.default_rng(7).uniform(0, TOP - 1, (N, 2)).astype(np.float32)


def memberships():
    """Return the events in each drawn shape: exact, and as the cells have it."""
    x, y = events().astype(float).T
    corners = np.array(TRIANGLE, dtype=float)
    exact = np.array([naive.point_in_polygon(a, b, *corners.T) for a, b in zip(x, y, strict=True)])
    lattice = naive.inside_lattice(np.floor(corners / TOP * CELLS + 0.5), CELLS, CELLS)
    cells = np.minimum(np.floor(np.stack([x, y]) / TOP * CELLS + 0.5), CELLS - 1).astype(int)
    return exact, lattice[tuple(cells)]


def make(folder):
    """Write ``case.wsp`` and ``tube.fcs`` into a folder and return their paths."""
    tube, workspace = folder / "tube.fcs", folder / "case.wsp"
    write_fcs(tube, events(), ["X", "Y"])
    exact, on_cells = memberships()
    x, y = events().astype(float).T
    half, middle = x < 100_000, (abs(x - 1e5) < 2e4) & (abs(y - 9e4) < 2e4)
    assert (exact & middle).sum() == (on_cells & middle).sum()
    assert exact.sum() != on_cells.sum()
    assert (exact & half).sum() != (on_cells & half).sum()
    moved = int((exact & middle).sum()) + 70
    below = "".join(
        [
            population("Half", box("-1", 100_000), (on_cells & half).sum()),
            population("Alike", box(80_000, 120_000, 70_000, 110_000), (exact & middle).sum()),
            population(
                "Moved",
                box(80_000, 120_000, 70_000, 110_000),
                moved,
                population("Below", box(0, TOP), moved),
            ),
            population("Uncounted", box(0, 50_000), -1),
            population("Curved", '<gating:CurlyQuad eventsInside="1" />', 5),
        ]
    )
    rest = (
        f'<NotNode name="Rest" count="{(~on_cells).sum()}"><Dependents><Dependent name="Drawn &lt;b&gt;" />'
        "</Dependents></NotNode>"
    )
    populations = (
        population("Drawn &lt;b&gt;", triangle(), on_cells.sum(), below)
        + rest
        + population("Outside", triangle(inside=0), (~on_cells).sum())
    )
    workspace.write_text(
        f'<Workspace version="20.0" flowJoVersion="10.8.1" xmlns:gating="{BASE}gating" '
        f'xmlns:transforms="{BASE}transformations" xmlns:data-type="{BASE}datatypes"><SampleList>'
        f"{sample('1', 'tube.fcs', populations, N)}{sample('2', 'other.fcs', '', 17)}"
        "</SampleList></Workspace>",
        encoding="utf-8",
    )
    return workspace, tube


def sample(identity, name, populations, count):
    scales = "".join(
        f'<transforms:linear transforms:minRange="0" transforms:maxRange="{TOP}" gain="1">'
        f'<data-type:parameter data-type:name="{channel}" /></transforms:linear>'
        for channel in "XY"
    )
    return (
        f'<Sample><DataSet uri="file:/D:/trial/{name}" sampleID="{identity}" />'
        f"<Transformations>{scales}</Transformations><Keywords />"
        f'<SampleNode name="{name}" sampleID="{identity}" count="{count}">'
        f"<Subpopulations>{populations}</Subpopulations></SampleNode></Sample>"
    )


def population(name, gate, count, below=""):
    return (
        f'<Population name="{name}" count="{count}"><Gate>{gate}</Gate>'
        f"<Subpopulations>{below}</Subpopulations></Population>"
    )


def dimension(channel, bounds=""):
    return (
        f'<gating:dimension{bounds}><data-type:fcs-dimension data-type:name="{channel}" /></gating:dimension>'
    )


def box(x_low, x_high, y_low=None, y_high=None):
    inner = dimension("X", f' gating:min="{x_low}" gating:max="{x_high}"')
    if y_low is not None:
        inner += dimension("Y", f' gating:min="{y_low}" gating:max="{y_high}"')
    return f'<gating:RectangleGate eventsInside="1">{inner}</gating:RectangleGate>'


def triangle(inside=1):
    points = "".join(
        "<gating:vertex>"
        + "".join(f'<gating:coordinate data-type:value="{value}" />' for value in corner)
        + "</gating:vertex>"
        for corner in TRIANGLE
    )
    return (
        f'<gating:PolygonGate eventsInside="{inside}" quadId="-1" gateResolution="{CELLS}">'
        f"{dimension('X')}{dimension('Y')}{points}</gating:PolygonGate>"
    )
