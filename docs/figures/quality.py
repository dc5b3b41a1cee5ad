"""Draw real tubes over time: ``python docs/figures/quality.py DATA``.

DATA is the folder of reference data; the picture is docs/images/real/quality_Bcells.svg. One column a tube.
On top events per tick of the clock; below, the density of events over time on the channels that moved most;
shaded what the checks of flow (top) and signal (below) find bad.
"""

from __future__ import annotations

import base64
import sys
from html import escape
from pathlib import Path

import numpy as np

import cytogate as cg
from cytogate.gating.strategy import GatingStrategy
from cytogate.qc.inspection import inspect_events
from cytogate.study.sample.previews import density_png

FOLDER = Path(__file__).parents[1] / "images" / "real"
TUBES = ("Bcells1", "Bcells2", "Bcells3")
N_CHANNELS, BINS = 4, 128
WIDTH, HEIGHT, LEFT, TOP, DOWN = 620, 84, 60, 30, 106
STYLE = (
    "text{font:11px sans-serif;fill:#222}.f{fill:none;stroke:#888}.r{fill:none;stroke:#111}"
    ".m{fill:none;stroke:#fff;stroke-width:2}.b{fill:#e08a4a;fill-opacity:.35}.end{text-anchor:end}"
)


def tube_svg(path: Path) -> str:
    """Return one tube over time as SVG."""
    file = cg.read_fcs(path)
    inspection = inspect_events(file, GatingStrategy.build([]), threads=1)
    evidence = inspection.evidence
    flow, moved = evidence.flow, evidence.compensated
    first, last = float(flow.edges[0]), float(flow.edges[-1])
    distance = np.abs(moved.values - np.median(moved.values, axis=0))
    order = np.argsort(-np.quantile(distance, 0.6, axis=0) / np.maximum(moved.noise, 1e-3))
    names = list(dict.fromkeys(moved.names[at] for at in order))[:N_CHANNELS]
    time = file.events()[:, file.channels.index(evidence.seen.time_channel)]
    spans = {finding.check: finding.spans for finding in inspection.findings}
    lost = {finding.check: finding.percent or 0.0 for finding in inspection.findings}
    title = (
        f"{path.stem}: {file.n_events:,} events; flow {lost['flow_rate']:.1f} %, "
        f"signal {lost['signal']:.1f} %, off scale {lost['margins']:.1f} % found bad"
    )
    rate = np.diff(flow.events) / np.diff(flow.edges)
    top = float(np.quantile(rate, 0.99)) * 1.3
    line = " ".join(
        f"{(a - first) / (last - first) * WIDTH:.1f},{HEIGHT * (1 - min(b / top, 1.0)):.1f}"
        for a, b in zip((flow.edges[:-1] + flow.edges[1:]) / 2, rate, strict=True)
    )
    rows = [
        (
            f"events per unit of Time, to {top:.3g}",
            f'<polyline class="r" points="{line}"/>',
            spans["flow_rate"],
        )
    ]
    for name in names:
        at = evidence.seen.channels.index(name)
        scaled = np.arcsinh(file.events()[:, file.channels.index(name)] / evidence.seen.cofactors[at])
        low, high = np.quantile(scaled, (0.005, 0.995))
        counts, _, _ = np.histogram2d(np.clip(scaled, low, high), time, BINS, ((low, high), (first, last)))
        picture = base64.b64encode(density_png(counts.astype(np.uint32))).decode("ascii")
        image = (
            f'<image width="{WIDTH}" height="{HEIGHT}" preserveAspectRatio="none" '
            f'href="data:image/png;base64,{picture}"/>'
        )
        image += f'<polyline class="m" points="{_course(scaled, time, (low, high, first, last))}"/>'
        rows.append((f"{name} (asinh scale), with its median", image, spans["signal"]))
    height = TOP + len(rows) * DOWN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 10} {height}" '
        f'width="{LEFT + WIDTH + 10}"><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{LEFT}" y="13" font-weight="bold">{escape(title)}</text>',
    ]
    for row, (words, drawn, bad) in enumerate(rows):
        shades = "".join(
            f'<rect class="b" x="{(span.low - first) / (last - first) * WIDTH:.1f}" y="0" height="{HEIGHT}" '
            f'width="{max((min(span.high, last) - span.low) / (last - first) * WIDTH, 1):.1f}"/>'
            for span in bad
        )
        parts.append(
            f'<g transform="translate({LEFT} {TOP + row * DOWN})"><text y="-4">{escape(words)}</text>{drawn}'
            f'{shades}<rect class="f" width="{WIDTH}" height="{HEIGHT}"/></g>'
        )
    parts.append(f'<text x="{LEFT}" y="{height - 8}">Time {first:.5g}</text>')
    parts.append(f'<text class="end" x="{LEFT + WIDTH}" y="{height - 8}">{last:.5g}</text></svg>')
    return "\n".join(parts)


def _course(scaled: np.ndarray, time: np.ndarray, ends: tuple[float, float, float, float]) -> str:
    """Return the running median of a channel as points of a line."""
    low, high, first, last = ends
    parts = np.array_split(np.arange(len(scaled)), 60)
    return " ".join(
        f"{(np.median(time[part]) - first) / (last - first) * WIDTH:.1f},"
        f"{HEIGHT * (1 - (np.clip(np.median(scaled[part]), low, high) - low) / (high - low)):.1f}"
        for part in parts
    )


def sheet_svg(paths: list[Path]) -> str:
    """Return tubes over time beside each other."""
    wide = LEFT + WIDTH + 10
    height = TOP + (N_CHANNELS + 1) * DOWN
    drawn = [
        tube_svg(path).replace("<svg ", f'<svg x="{at * wide}" y="0" height="{height}" ', 1)
        for at, path in enumerate(paths)
    ]
    whole = len(paths) * wide
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {height}" width="{whole}">'
    return "\n".join([head, *drawn, "</svg>"])


def main(data: Path) -> None:
    """Write the picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    paths = [data / "bcell_lsrii_open" / f"{name}.fcs" for name in TUBES]
    (FOLDER / "quality_Bcells.svg").write_text(sheet_svg(paths) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
