"""FlowJo workspaces made of a few elements, spelled as FlowJo 10 spells them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cytogate.fcs.events import Events

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

BASE = "http://www.isac-net.org/std/Gating-ML/v2.0/"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Workspace version="20.0" flowJoVersion="10.8.1" '
    f'xmlns:gating="{BASE}gating" xmlns:transforms="{BASE}transformations" xmlns:data-type="{BASE}datatypes">'
)
CHANNELS = ("FSC-A", "SSC-A", "FITC-A", "PE-A", "Time")
LINEAR = '<transforms:linear transforms:minRange="{low}" transforms:maxRange="{high}" gain="{gain}">'
BIEX = (
    '<transforms:biex transforms:length="{length}" transforms:maxRange="262144" transforms:neg="0" '
    'transforms:width="-100" transforms:pos="4.418539922">'
)


def attribute(text: object) -> str:
    return escape(str(text), quote=True)


class Wsp:
    """Spells the parts of a workspace."""

    channels = CHANNELS

    def linear(self, name: str, low: float = 0, high: float = 262144, gain: float = 1) -> str:
        return self.scale(name, LINEAR.format(low=low, high=high, gain=gain), "linear")

    def biex(self, name: str, length: int = 256) -> str:
        return self.scale(name, BIEX.format(length=length), "biex")

    def scale(self, name: str, opening: str, kind: str) -> str:
        parameter = f'<data-type:parameter data-type:name="{attribute(name)}" />'
        return f"{opening}{parameter}</transforms:{kind}>"

    def matrix(
        self,
        values: Sequence[Sequence[float]] = ((1, 0.25), (0.5, 1)),
        names: Sequence[str] = ("FITC-A", "PE-A"),
        more: str = 'prefix="Comp-" suffix="" name="Acquisition-defined" editable="0"',
        tag: str = "spilloverMatrix",
    ) -> str:
        listed = "".join(f'<data-type:parameter data-type:name="{attribute(name)}" />' for name in names)
        rows = ""
        for row, numbers in zip(names, values, strict=True):
            opening = f'<transforms:spillover data-type:parameter="{attribute(row)}">'
            entries = "".join(
                f'<transforms:coefficient data-type:parameter="{attribute(name)}" '
                f'transforms:value="{number}" />'
                for name, number in zip(names, numbers, strict=True)
            )
            rows += f"{opening}{entries}</transforms:spillover>"
        return (
            f"<transforms:{tag} {more}><data-type:parameters>{listed}</data-type:parameters>{rows}"
            f"</transforms:{tag}>"
        )

    def dimension(self, name: str, low: object = None, high: object = None) -> str:
        bounds = "" if low is None else f' gating:min="{low}"'
        bounds += "" if high is None else f' gating:max="{high}"'
        named = f'<data-type:fcs-dimension data-type:name="{attribute(name)}" />'
        return f"<gating:dimension{bounds}>{named}</gating:dimension>"

    def box(self, inside: str = "1", **bounds: tuple[object, object]) -> str:
        """A RectangleGate; keywords spell the minus of a channel as two underscores: FSC__A=(1, 2)."""
        inner = "".join(self.dimension(name.replace("__", "-"), *pair) for name, pair in bounds.items())
        return f'<gating:RectangleGate eventsInside="{inside}">{inner}</gating:RectangleGate>'

    def points(self, points: Sequence[Sequence[object]]) -> str:
        return "".join(
            "<gating:vertex>"
            + "".join(f'<gating:coordinate data-type:value="{value}" />' for value in point)
            + "</gating:vertex>"
            for point in points
        )

    def polygon(
        self, x: str, y: str, points: Sequence[Sequence[object]], more: str = 'gateResolution="256"'
    ) -> str:
        inner = self.dimension(x) + self.dimension(y) + self.points(points)
        return f'<gating:PolygonGate eventsInside="1" quadId="-1" {more}>{inner}</gating:PolygonGate>'

    def ellipse(self, x: str, y: str, foci: Any, edge: Any) -> str:
        inner = self.dimension(x) + self.dimension(y)
        inner += (
            f"<gating:foci>{self.points(foci)}</gating:foci><gating:edge>{self.points(edge)}</gating:edge>"
        )
        return f'<gating:EllipsoidGate eventsInside="1" gating:distance="9">{inner}</gating:EllipsoidGate>'

    def population(self, name: str, gate: str, below: str = "", count: object = -1) -> str:
        inner = f"<Subpopulations>{below}</Subpopulations>" if below else ""
        return (
            f'<Population name="{attribute(name)}" annotation="" owningGroup="" count="{count}">'
            f'<Gate gating:id="ID1">{gate}</Gate>{inner}</Population>'
        )

    def boolean(self, tag: str, name: str, *needs: str, count: object = -1) -> str:
        inner = "".join(f'<Dependent name="{attribute(need)}" />' for need in needs)
        return f'<{tag} name="{attribute(name)}" count="{count}"><Dependents>{inner}</Dependents></{tag}>'

    def sample(
        self,
        populations: str = "",
        *,
        identity: str = "1",
        name: str = "a.fcs",
        uri: str = "",
        scales: str | None = None,
        matrix: str | None = None,
        keywords: Mapping[str, object] | None = None,
        channels: Sequence[str] = CHANNELS,
        count: object = 0,
    ) -> str:
        if scales is None:
            scales = "".join(
                [
                    *(self.linear(channel) for channel in ("FSC-A", "SSC-A", "Time")),
                    *(self.biex(f"{prefix}{dye}") for dye in ("FITC-A", "PE-A") for prefix in ("", "Comp-")),
                ]
            )
        known: dict[str, object] = {"$PAR": len(channels)}
        known |= {f"$P{at}N": channel for at, channel in enumerate(channels, 1)}
        known |= keywords or {}
        entries = "".join(
            f'<Keyword name="{key}" value="{attribute(value)}" />\n' for key, value in known.items()
        )
        place = attribute(uri or f"file:/D:/study/{name}")
        return (
            f'<Sample>\n<DataSet uri="{place}" sampleID="{identity}" />\n'
            f"{self.matrix() if matrix is None else matrix}\n<Transformations>{scales}</Transformations>\n"
            f"<Keywords>{entries}</Keywords>\n"
            f'<SampleNode name="{attribute(name)}" count="{count}" sampleID="{identity}">'
            f"<Subpopulations>{populations}</Subpopulations></SampleNode>\n</Sample>\n"
        )

    def group(self, name: str, *identities: str) -> str:
        references = "".join(f'<SampleRef sampleID="{identity}" />' for identity in identities)
        return (
            f'<GroupNode name="{name}"><Group name="{name}"><SampleRefs>{references}</SampleRefs></Group>'
            "</GroupNode>"
        )

    def workspace(self, *samples: str, groups: str = "", head: str = HEAD) -> str:
        listed = "".join(samples)
        return f"{head}\n<Groups>{groups}</Groups>\n<SampleList>\n{listed}</SampleList>\n</Workspace>\n"


@pytest.fixture
def wsp() -> Wsp:
    """Spells the parts of a workspace."""
    return Wsp()


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str], Path]:
    """Save the text of a workspace."""

    def save(text: str, name: str = "study.wsp") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return save


@pytest.fixture
def events() -> Events:
    """Ten thousand events on the channels of the samples, with values of every sign and beyond every axis."""
    rng = np.random.default_rng(7)
    n = 10_000
    scatter = rng.uniform(-1000, 300_000, (n, 2))
    dyes = rng.normal(0, 300, (n, 2)) + 10 ** rng.uniform(0, 5.7, (n, 2)) * rng.choice([-0.05, 1], (n, 2))
    time = np.linspace(0, 72, n)[:, None]
    return Events(np.hstack([scatter, dyes, time]), CHANNELS)
