"""Gating-ML files made of a few elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<gating:Gating-ML
    xmlns:gating="http://www.isac-net.org/std/Gating-ML/v2.0/gating"
    xmlns:transforms="http://www.isac-net.org/std/Gating-ML/v2.0/transformations"
    xmlns:data-type="http://www.isac-net.org/std/Gating-ML/v2.0/datatypes">
"""  # five lines: the body begins on line 6
TAIL = "</gating:Gating-ML>\n"


@pytest.fixture
def gml_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a Gating-ML file around `body`, whose first line is line 6."""

    def write(body: str) -> Path:
        path = tmp_path / "gates.xml"
        path.write_text(f"{HEAD}{body}\n{TAIL}", encoding="utf-8")
        return path

    return write


def _dimension(
    channel: str = "A", compensation: str = "uncompensated", transform: str = "", bounds: str = ""
) -> str:
    scale = f' gating:transformation-ref="{transform}"' if transform else ""
    return (
        f'<gating:dimension gating:compensation-ref="{compensation}"{scale}{bounds}>'
        f'<data-type:fcs-dimension data-type:name="{channel}"/></gating:dimension>'
    )


def _range(
    identity: str, low: object = 1, high: object = 5, parent: str = "", channel: str = "A", **dimension: str
) -> str:
    above = f' gating:parent_id="{parent}"' if parent else ""
    bounds = f' gating:min="{low}" gating:max="{high}"'
    inside = _dimension(channel, bounds=bounds, **dimension)
    return f'<gating:RectangleGate gating:id="{identity}"{above}>{inside}</gating:RectangleGate>'


@pytest.fixture
def dimension() -> Callable[..., str]:
    """Spell a <dimension>."""
    return _dimension


@pytest.fixture
def range_gate() -> Callable[..., str]:
    """Spell a <RectangleGate> on one channel, in one line."""
    return _range
