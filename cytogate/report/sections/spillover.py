"""Section: the spillover matrices that were applied, and the spreading that single stains show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cytogate.plots.heat_maps import Cell, heat_map_svg, on_log
from cytogate.report.plain import text
from cytogate.report.section import RunLike, Section, SectionKind, render, section_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_MAPS = 8  # matrices drawn, those of most samples first; all are listed
LARGE_CONDITION = 10.0  # errors of measurement may grow by so much when light is unmixed
NEGATIVE = -0.005  # spillover below it is no noise of the estimate

Matrix = dict[str, Any]


def build(run: RunLike) -> Section | None:
    """Draw every distinct matrix once and say which samples it compensated; None where the run knows none."""
    stored = run.matrices
    matrices: list[Matrix] = sorted(stored.get("matrices") or (), key=lambda entry: -len(entry["samples"]))
    without = [str(sample) for sample in stored.get("not_compensated") or ()]
    spreading = list(stored.get("spreading") or ())
    if not matrices and not spreading and not without:
        return None
    places = {
        text(row["sample"]): (text(row.get("subject")), text(row.get("visit")))
        for row in run.samples.to_dict("records")
    }
    panels = {text(row["sample"]): text(row.get("panel")) for row in run.samples.to_dict("records")}
    markers = _markers(run)
    listed, maps = [], []
    for number, matrix in enumerate(matrices, start=1):
        samples = [str(sample) for sample in matrix["samples"]]
        own = sorted({panels.get(sample, "") for sample in samples})
        whose = [places[sample] for sample in samples if sample in places]
        listed.append(
            _facts(matrix, number, samples, own)
            | {"subjects": _lines(who for who, _ in whose), "visits": _lines(when for _, when in whose)}
        )
        heading = Markup("<h4>Matrix {}: {}</h4>").format(number, listed[-1]["panels"])
        maps.append(heading + Markup(_spillover_svg(matrix, markers.get(samples[0], {}), number)))
    body = render(
        "spillover.html",
        matrices=listed,
        maps=maps[:MOST_MAPS],
        n_all=len(matrices),
        without=without,
        large=LARGE_CONDITION,
        spreading=[
            (panel, Markup(_spreading_svg(rows, panel)), [row for row in rows if row["why"]])
            for panel, rows in _by_panel(spreading).items()
        ],
    )
    packed = {f"matrix-{i}": str(svg).encode("utf-8") for i, svg in enumerate(maps[:MOST_MAPS]) if i}
    return Section("Spillover", body, packed=packed)


def _lines(names: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(filter(None, names)))


def _markers(run: RunLike) -> dict[str, dict[str, str]]:
    """Return what each sample stained on each channel."""
    table = run.intensities
    found: dict[str, dict[str, str]] = {}
    if len(table):
        pairs = table[["sample", "channel", "marker"]].drop_duplicates()
        for sample, channel, marker in pairs.itertuples(index=False):
            found.setdefault(text(sample), {})[text(channel)] = text(marker)
    return found


def _facts(matrix: Matrix, number: int, samples: Sequence[str], panels: Sequence[str]) -> dict[str, Any]:
    off = [
        value
        for i, row in enumerate(matrix["spillover"])
        for j, value in enumerate(row)
        if not _own(matrix, i, j)
    ]
    return {
        "number": number,
        "sha256": str(matrix["sha256"]),
        "panels": ", ".join(filter(None, panels)),
        "samples": ", ".join(samples),
        "n_samples": len(samples),
        "size": f"{len(matrix['fluorochromes'])} × {len(matrix['detectors'])}",
        "condition": f"{matrix['condition_number']:.3g}",
        "is_large": matrix["condition_number"] > LARGE_CONDITION,
        "most": 100 * max(off, default=0.0),
        "n_negative": sum(value < NEGATIVE for value in off),
    }


def _own(matrix: Matrix, i: int, j: int) -> bool:
    """Tell whether a cell is a fluorochrome's own detector: the diagonal of a square matrix."""
    return len(matrix["fluorochromes"]) == len(matrix["detectors"]) and i == j


def _spillover_svg(matrix: Matrix, markers: Mapping[str, str], number: int) -> str:
    rows, columns = (_titles(matrix[key], markers) for key in ("fluorochromes", "detectors"))

    def cell(i: int, j: int) -> Cell:
        percent = 100 * float(matrix["spillover"][i][j])
        words = f"{rows[i]} into {columns[j]}: {percent:.2f} %"
        if _own(matrix, i, j):
            return Cell("", None, "")
        written = "" if abs(percent) < 0.05 else f"{percent:.1f}"
        return Cell(written, on_log(percent, 0.1, 100.0), words)

    return heat_map_svg(
        rows,
        columns,
        cell,
        label=f"Spillover matrix {number}",
        rows_title="light of",
        columns_title="percent of it, in detector",
    )


def _spreading_svg(rows: Sequence[Matrix], panel: str) -> str:
    seen = [row for row in rows if not row["why"]]
    if not seen:
        return ""
    detectors = list(dict.fromkeys(name for row in seen for name in row["detectors"]))
    stained = {row["channel"]: str(row["marker"]) for row in rows if row.get("channel")}
    names = [f"{row['marker']} {row['channel']}" for row in seen]
    columns = _titles(detectors, stained)

    def cell(i: int, j: int) -> Cell:
        values = dict(zip(seen[i]["detectors"], seen[i]["spreading"], strict=True))
        value = values.get(detectors[j])
        if value is None:
            return Cell("", None, "")
        words = f"{names[i]} into {columns[j]}: {value:.3g} ({seen[i]['n_positive']} positive events)"
        return Cell(f"{value:.2g}" if value >= 0.05 else "", on_log(value, 0.1, 30.0), words)

    return heat_map_svg(
        names,
        columns,
        cell,
        label=f"Spillover spreading, {panel}",
        rows_title="single stain",
        columns_title="spreading into",
    )


def _titles(channels: Iterable[str], markers: Mapping[str, str]) -> list[str]:
    return [f"{markers[name]} {name}" if markers.get(name, name) != name else str(name) for name in channels]


def _by_panel(rows: Iterable[Matrix]) -> dict[str, list[Matrix]]:
    found: dict[str, list[Matrix]] = {}
    for row in rows:
        found.setdefault(str(row["panel"]), []).append(row)
    return found


section_kinds.register("spillover")(SectionKind(order=44, build=build))
