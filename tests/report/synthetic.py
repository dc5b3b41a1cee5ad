"""A made-up run folder for tests of the report: tables, manifest and previews, with no gating behind them."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cytogate.report.plain import plain
from cytogate.stats.comparison import Comparison, Question
from cytogate.stats.intervals import clopper_pearson, wilson
from cytogate.stats.series import Series
from cytogate.stats.trends.change_correlation import change_correlation
from cytogate.stats.trends.group_difference import group_difference
from cytogate.stats.trends.paired_change import paired_change
from cytogate.stats.trends.rm_correlation import rm_correlation
from cytogate.study.measuring.measures import subset_measures
from cytogate.study.sample.previews import trace_png
from cytogate.transforms.base import transform_from_dict

if TYPE_CHECKING:
    from pathlib import Path

LOGICLE = {"kind": "logicle", "T": 262144.0, "W": 0.8, "M": 4.5, "A": 0.0}
WEEKS = (0, 1, 4, 8, 12, 16, 20, 24)
SUBSETS = {
    # name: (population, of, baseline, week 24 in responders)
    "DN": ("B/DN", "B", 19.0, 7.5),
    "switched_memory": ("B/SWM", "B", 22.0, 13.0),
    "activated_naive": ("B/N+T/aNAV", "B", 8.0, 2.4),
    "transitional": ("B/N+T/Transitional", "B", 3.0, 11.0),
    "helios_treg": ("CD4/Treg/FoxP3+/Helios+", "CD4/Treg/FoxP3+", 72.0, 79.0),
}
SUBSET_COLUMNS = [
    "sample", "subject", "visit", "week", "panel", "batch", "subset", "definition", "population",
    "denominator", "count", "denominator_count", "percent", "ci_low", "ci_high",
    "gate_ci_low", "gate_ci_high",
    "absolute_per_ul", "flag", "adjusted", "template_count", "template_percent", "input_sha256",
    "template_sha256",
]  # fmt: skip
SAMPLE_COLUMNS = ["sample", "file", "subject", "visit", "week", "panel", "batch", "role"]
FAILURE_COLUMNS = [
    "sample", "file", "stage", "code", "field", "offset", "found", "expected", "message", "fix",
]  # fmt: skip


@dataclass(frozen=True)
class MadeRun:
    """Has what a Run has, held in memory; previews lie in `path`."""

    path: Path
    manifest: dict[str, Any]
    samples: pd.DataFrame
    subsets: pd.DataFrame
    failures: pd.DataFrame
    populations: pd.DataFrame
    intensities: pd.DataFrame
    qc: pd.DataFrame
    comparisons: pd.DataFrame
    clinical: pd.DataFrame = field(default_factory=pd.DataFrame)
    analytes: pd.DataFrame = field(default_factory=pd.DataFrame)
    triage: pd.DataFrame = field(default_factory=pd.DataFrame)
    splits: pd.DataFrame = field(default_factory=pd.DataFrame)
    matrices: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    response: pd.DataFrame = field(default_factory=pd.DataFrame)

    def previews(self, sample: str) -> list[dict[str, Any]]:
        folder = self.path / "previews" / self.manifest["samples"][sample]["slug"]
        if not (folder / "plots.json").is_file():
            return []
        plots = json.loads((folder / "plots.json").read_text(encoding="utf-8"))["plots"]
        return [plot | {"file": str(folder / plot["file"])} for plot in plots]

    def overlays(self, sample: str) -> list[dict[str, Any]]:
        return self.beside.get(sample, [])


def make_run(
    path: Path,
    *,
    n_subjects: int = 6,
    weeks: tuple[int, ...] = WEEKS,
    n_previews: int = 1000,
    name: str = "Umbilical-cord MSC in refractory SLE (synthetic)",
    subjects: list[str] | None = None,
    failing: bool = True,
    seed: int = 1,
) -> MadeRun:
    """Make a run of patients; all but the last respond; one visit is missing, one sample failed."""
    rng = np.random.default_rng(seed)
    names = subjects or [f"P{i + 1:02d}" for i in range(n_subjects)]
    samples, values, failures, slugs = [], [], [], {}
    for i, subject in enumerate(names):
        responder = i < len(names) - 1 or len(names) == 1
        shift = rng.normal(0, 0.3, len(SUBSETS))
        for week in weeks:
            if len(names) > 2 and i == 2 and week == 8:
                continue  # a visit without a tube
            sample = f"{subject}-W{week}"
            slugs[sample] = {"slug": f"sample-{len(slugs)}"}
            failed = failing and len(names) > 3 and i == 3 and week == 12
            common = {"sample": sample, "subject": subject, "visit": f"W{week}", "week": float(week)}
            common |= {"panel": "bcell", "batch": f"batch{1 + week // 9}"}
            samples.append(common | {"file": f"fcs/{sample}.fcs", "role": "sample"})
            if failed:
                failures.append(_failure(sample))
            for j, (subset, (population, of, start, end)) in enumerate(SUBSETS.items()):
                course = week / 24 if responder else 0.12 * week / 24
                odds = np.log(start / (100 - start)) * (1 - course) + np.log(end / (100 - end)) * course
                share = 1 / (1 + np.exp(-(odds + shift[j] + rng.normal(0, 0.1))))
                total = int(rng.integers(400, 4000))
                values.append(
                    common | _value(subset, population, of, rng.binomial(total, share), total, failed=failed)
                )
    slugged = [row["sample"] for row in samples]
    run = MadeRun(
        path=path,
        manifest=_manifest(name, names, slugs, samples),
        samples=pd.DataFrame(samples, columns=SAMPLE_COLUMNS),
        subsets=pd.DataFrame(values, columns=SUBSET_COLUMNS).astype(
            {"count": "Int64", "denominator_count": "Int64"}
        ),
        failures=pd.DataFrame(failures, columns=FAILURE_COLUMNS),
        populations=pd.DataFrame(),
        intensities=pd.DataFrame(),
        qc=pd.DataFrame(),
        comparisons=pd.DataFrame(),
        matrices=_matrices(slugged) if slugged else {},
        beside={sample: [_overlay(rng)] for sample in slugged[:n_previews]},
    )
    bad = {row["sample"] for row in failures}
    good = [row["sample"] for row in samples if row["sample"] not in bad]
    for sample in good[:n_previews]:
        write_previews(path / "previews" / slugs[sample]["slug"], sample, rng)
    return run


def with_clinic(run: MadeRun) -> MadeRun:
    """Return the run with SLEDAI, doses, serology, counts in blood, and an analyte (week 1 below a limit)."""
    keys = run.samples[["subject", "visit", "week"]].to_dict("records")
    clinical, analytes = [], []
    for i, key in enumerate(keys):
        week = float(key["week"])
        numbers = {"sledai_total": 12.0 - week / 4, "prednisone_mg_day": 10.0, "c3_g_l": 0.8, "upcr_g_g": 0.1}
        numbers |= {"methylprednisolone_mg_day": 4.0} if week == 0 else {}
        clinical += [key | {"variable": name, "value": value, "text": ""} for name, value in numbers.items()]
        found = {"value": None, "limit": 0.2} if week == 1 else {"value": 0.3 + 0.1 * i, "limit": None}
        analytes.append(key | {"analyte": "GARP", "unit": "ng/mL", "method": "ELISA"} | found)
    counts = run.subsets["percent"].astype(float) * 2
    subsets = run.subsets.assign(
        absolute_per_ul=counts, absolute_ci_low=counts * 0.9, absolute_ci_high=counts * 1.1
    )
    return replace(run, subsets=subsets, clinical=pd.DataFrame(clinical), analytes=pd.DataFrame(analytes))


def empty_run(path: Path) -> MadeRun:
    """Return a run without samples."""
    return make_run(path, subjects=[], n_subjects=0)


def _value(subset: str, population: str, of: str, count: int, total: int, *, failed: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "subset": subset, "definition": f"sanz2015/{subset}", "population": population, "denominator": of,
        "flag": "failed" if failed else "ok", "adjusted": False,
        "input_sha256": "ab" * 32, "template_sha256": "cd" * 32,
    }  # fmt: skip
    if failed:
        return row
    low, high = wilson(count, total)
    row |= {"count": count, "denominator_count": total, "percent": 100 * count / total}
    row |= {"ci_low": 100 * low, "ci_high": 100 * high}
    row["flag"] = "below_lod" if count < 20 else "below_lloq" if count < 50 else "ok"
    return row


def _matrices(samples: list[str]) -> dict[str, Any]:
    """Return two matrices of two detectors, the second of one sample; spreading of one stain of two."""
    names = ["V450-A", "B530-A"]
    matrices = [
        {
            "sha256": letter * 64,
            "condition_number": 1.5,
            "detectors": names,
            "fluorochromes": names,
            "spillover": [[1.0, spill], [-0.01, 1.0]],
            "samples": users,
        }
        for letter, spill, users in (("a", 0.25, samples[1:]), ("b", 0.5, samples[:1]))
        if users
    ]
    seen = {
        "channel": "V450-A",
        "detectors": names,
        "spreading": [None, 2.5],
        "n_negative": 900,
        "n_positive": 700,
    }
    common = {"panel": "bcell", "sample": "SS"}
    return {
        "format": "cytogate.matrices",
        "version": 1,
        "matrices": matrices,
        "not_compensated": [],
        "spreading": [
            common | seen | {"marker": "CD19", "why": ""},
            common | {"marker": "CD3", "why": "no events"},
        ],
    }


def _overlay(rng: np.random.Generator) -> dict[str, Any]:
    """Return CD27 of B cells, a quarter of them positive, beside a control that is negative."""
    scale = transform_from_dict(LOGICLE)

    def bins(values: np.ndarray) -> list[int]:
        counts, _ = np.histogram(scale.forward(values), bins=128, range=(-0.05, 1.0))
        return counts.tolist()

    background, bright = rng.normal(60, 80, 1500), rng.lognormal(np.log(8000), 0.3, 500)
    axis = {"channel": "V610-A", "title": "CD27 BV605-A", "low": -0.05, "high": 1.0, "transform": LOGICLE}
    return {
        "marker": "CD27", "control": "FMO-CD27", "parent": "/Lymphocytes/Live/B",
        "axis": axis,
        "cuts": [float(scale.forward(900.0))], "sample_events": 2000, "control_events": 1500,
        "sample_bins": bins(np.concatenate([background, bright])), "control_bins": bins(background),
        "gates": [{"population": "/Lymphocytes/Live/B/M", "name": "M", "sample_percent": 25.0,
                   "control_percent": 0.0}],
    }  # fmt: skip


def _failure(sample: str) -> dict[str, Any]:
    return {
        "sample": sample, "file": f"fcs/{sample}.fcs", "stage": "read", "code": "data-truncated",
        "field": "DATA", "offset": 3204, "found": "1,204,224 bytes", "expected": "3,600,000 bytes",
        "message": "the file ends before its DATA segment", "fix": "Copy the file again from the cytometer.",
    }  # fmt: skip


def _manifest(
    name: str, names: list[str], slugs: dict[str, Any], samples: list[dict[str, Any]]
) -> dict[str, Any]:
    answers = {
        subject: {"responder": i < len(names) - 1 or len(names) == 1, "reasons": []}
        for i, subject in enumerate(names)
    }
    return {
        "format": "cytogate.run",
        "version": 1,
        "name": name,
        "created": "2026-03-02T10:15:00Z",
        "cytogate": "0.1.0",
        "versions": {"python": "3.11.9", "numpy": "2.4.6", "numba": "0.68"},
        "arguments": {},
        "seed": 1,
        "inputs": {
            row["sample"]: {"file": row["file"], "sha256": "ab" * 32, "bytes": 3_600_000} for row in samples
        },
        "templates": {"bcell": {"name": "sle_bcell", "sha256": "cd" * 32}},
        "study_sha256": "ef" * 32,
        "study": {
            "baseline": "W0",
            "subsets": {key: {"population": p, "of": of} for key, (p, of, _, _) in SUBSETS.items()},
            "limits": {"lod_events": 20, "lloq_events": 50, "min_parent": 100},
        },
        "response": {"rule": "sri4", "profile": "kamen2022", "at": "W24", "subjects": answers},
        "definitions": {
            "DN": {
                "id": "sanz2015/DN",
                "text": "IgD− CD27− among CD19+ B cells",
                "citation": "Arthritis Res Ther 2015",
                "population": "B/DN",
                "of": "B",
                "panel": "bcell",
            }
        },
        "samples": slugs,
        "seconds": 12.5,
    }


# Pictures -------------------------------------------------------------------------------------------------


def write_previews(folder: Path, sample: str, rng: np.random.Generator) -> None:
    """Write four plots: scatter, one threshold, B cells, and quadrants with few events."""
    folder.mkdir(parents=True)
    n = int(rng.integers(4000, 9000))
    scatter = np.vstack([rng.normal((90e3, 40e3), (18e3, 12e3), (n, 2)), rng.uniform(0, 262e3, (n // 5, 2))])
    cd19 = _scaled(np.vstack([_cloud(rng, n, 50, 4000), _cloud(rng, n // 8, 9000, 60)]))
    live = _scaled(np.column_stack([rng.normal(40, 120, n), rng.normal(9e4, 2e4, n)]), (True, False))
    quads = _scaled(
        np.vstack([_cloud(rng, 90, 8000, 40), _cloud(rng, 60, 60, 6000), _cloud(rng, 40, 50, 60)])
    )
    oval = [[90e3 + 45e3 * np.cos(t), 42e3 + 34e3 * np.sin(t)] for t in np.linspace(0, 2 * np.pi, 24)[:-1]]
    cut = float(transform_from_dict(LOGICLE).forward(900.0))
    inf = "inf"
    plots = [
        _plot("FSC-A x SSC-A", "", scatter, ("FSC-A", "SSC-A"), (None, None), [
            _gate("/Lymphocytes", "polygon", oval, n, 84.31)]),
        _plot("viability", "/Lymphocytes", live, ("Viability eF506-A", "FSC-A"), (LOGICLE, None), [
            _gate("/Lymphocytes/Live", "range", [["-inf", cut]], n - 300, 95.2)]),
        _plot("CD19 x CD3", "/Lymphocytes/Live", cd19, ("CD19 BV421-A", "CD3 FITC-A"), (LOGICLE, LOGICLE), [
            _gate("/Lymphocytes/Live/B", "rectangle",
                  [[cut, "-inf"], [inf, "-inf"], [inf, cut], [cut, cut]], n // 8, 11.2)]),
        _plot("IgD x CD27", "/Lymphocytes/Live/B", quads, ("IgD PE-A", "CD27 BV605-A"), (LOGICLE, LOGICLE), [
            _gate(f"/Lymphocytes/Live/B/{name}", "quadrant", corners, 40, percent)
            for name, corners, percent in (
                ("SWM", [["-inf", cut], [cut, cut], [cut, inf], ["-inf", inf]], 31.5),
                ("USM", [[cut, cut], [inf, cut], [inf, inf], [cut, inf]], 0.05263),
                ("N+T", [[cut, "-inf"], [inf, "-inf"], [inf, cut], [cut, cut]], 47.4),
                ("DN", [["-inf", "-inf"], [cut, "-inf"], [cut, cut], ["-inf", cut]], 21.05))]),
    ]  # fmt: skip
    listed = []
    for i, (plot, points) in enumerate(plots):
        plot["file"] = f"{i:02d}-plot.png"
        subsets = {"DN": "B/DN"} | ({"switched_memory": "B/SWM"} if i else {})  # lies on the last three
        plot["back"] = [
            {"subset": subset, "population": path, "count": 24, "png": TRACE_PNG}
            for subset, path in subsets.items()
        ]
        limits = [(plot[axis]["low"], plot[axis]["high"]) for axis in "xy"]
        (folder / plot["file"]).write_bytes(density_png(points, limits))
        listed.append(plot)
    text = json.dumps({"format": "cytogate.previews", "version": 1, "sample": sample, "plots": listed})
    (folder / "plots.json").write_text(text, encoding="utf-8")


def _cloud(rng: np.random.Generator, n: int, x: float, y: float) -> np.ndarray:
    noise = rng.normal(0, 70, (n, 2))
    return np.column_stack([x * rng.lognormal(0, 0.35, n), y * rng.lognormal(0, 0.35, n)]) + noise


def _scaled(points: np.ndarray, which: tuple[bool, bool] = (True, True)) -> np.ndarray:
    scale = transform_from_dict(LOGICLE)
    columns = [scale.forward(points[:, i]) if on else points[:, i] for i, on in enumerate(which)]
    return np.column_stack(columns)


def _plot(
    gate: str, parent: str, points: Any, titles: Any, transforms: Any, gates: Any
) -> tuple[dict[str, Any], Any]:
    axes = {}
    for key, title, transform in zip("xy", titles, transforms, strict=True):
        low, high = (-0.05, 1.0) if transform else (0.0, 262144.0)
        axes[key] = {"channel": title, "title": title, "low": low, "high": high, "transform": transform}
    return {"gate": gate, "parent": parent, "parent_count": len(points), **axes, "gates": gates}, points


def _gate(path: str, kind: str, outline: Any, count: int, percent: float) -> dict[str, Any]:
    return {
        "population": path, "name": path.rpartition("/")[2], "kind": kind, "outline": outline,
        "count": count, "percent_of_parent": percent,
    }  # fmt: skip


TRACE_PNG = base64.b64encode(trace_png(np.eye(128))).decode("ascii")


def density_png(points: np.ndarray, limits: list[tuple[float, float]], bins: int = 128) -> bytes:
    """Return a palette PNG as run folders hold them: 0 = no events, 1 to 63 by the root of the count."""
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=bins, range=limits)
    levels = np.where(counts > 0, 1 + np.round(62 * np.sqrt(counts / counts.max())), 0).astype(np.uint8)
    return palette_png(levels.T[::-1])


def palette_png(levels: np.ndarray) -> bytes:
    """Write an 8-bit palette PNG; index 0 is transparent."""
    shades = np.linspace(0, 1, 64)[:, None]
    anchors = np.array(
        [[225, 232, 245], [70, 130, 180], [40, 160, 120], [240, 200, 60], [200, 40, 30]], float
    )
    at = shades[:, 0] * (len(anchors) - 1)
    palette = np.column_stack([np.interp(at, range(len(anchors)), anchors[:, c]) for c in range(3)])
    rows = np.hstack([np.zeros((levels.shape[0], 1), np.uint8), levels]).tobytes()
    header = struct.pack(">IIBBBBB", levels.shape[1], levels.shape[0], 8, 3, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        (b"PLTE", palette.round().astype(np.uint8).tobytes()),
        (b"tRNS", b"\0"),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


# Statistics -----------------------------------------------------------------------------------------------


def with_statistics(made: MadeRun) -> MadeRun:
    """Return the run with a SLEDAI that falls in all but the last patient, and what tests say of it."""
    subjects = list(dict.fromkeys(made.samples["subject"]))
    visits = made.samples.drop_duplicates("visit").sort_values("week")
    scores = {
        (subject, visit): 12.0 + i % 3 - (0.1 if subject == subjects[-1] else 0.3 + 0.02 * i) * week
        for i, subject in enumerate(subjects)
        for visit, week in zip(visits["visit"], visits["week"], strict=True)
    }
    weeks = dict(zip(visits["visit"], visits["week"], strict=True))
    clinical = [
        {
            "subject": subject,
            "visit": visit,
            "week": weeks[visit],
            "variable": "sledai_total",
            "value": value,
            "text": "",
        }
        for (subject, visit), value in scores.items()
    ]
    names = tuple(visits["visit"])
    sledai = Series(
        "SLEDAI", "score", "points", "linear", tuple(subjects), names, tuple(visits["week"]),
        np.array([[scores[subject, visit] for visit in names] for subject in subjects]),
    )  # fmt: skip
    answers = {name: entry["responder"] for name, entry in made.manifest["response"]["subjects"].items()}
    question = Question(names[0], names[-1], responders=answers, partner=sledai, draws=199)
    groups = {
        "all treated": subjects,
        "responders": [name for name in subjects if answers[name]],
        "non-responders": [name for name in subjects if answers[name] is False],
    }
    records = [
        {str(key): plain(value) for key, value in row.items()} for row in made.subsets.to_dict("records")
    ]
    rows = rate_rows(sum(map(bool, answers.values())), len(answers))
    for subset in SUBSETS:
        series = subset_measures(records, subset)[0].series()
        for group, members in groups.items():
            for test in (paired_change, change_correlation, rm_correlation):
                rows += [asdict(row) for row in test(series.of(members), question, group)]
        rows += [asdict(row) for row in group_difference(series, question, "between groups")]
    for row in rows:
        primary = row["test"] == "Wilcoxon signed-rank, exact" and row["group"] == "all treated"
        row |= {"q": min(1.0, 2 * row["p"]), "family": "primary"} if primary else {"q": None, "family": ""}
        if row["group"].endswith("responders"):
            row["note"] += "; post hoc: response is defined by SLEDAI"
    manifest = made.manifest | {"study": made.manifest["study"] | {"families": {"primary": list(SUBSETS)}}}
    return replace(made, manifest=manifest, clinical=pd.DataFrame(clinical), comparisons=pd.DataFrame(rows))


def rate_rows(yes: int, n: int) -> list[dict[str, Any]]:
    """Return the rate of response, where one more responds if the last observation is carried forward."""
    rows = []
    for more, note in (
        (0, "what is missing makes a non-responder"),
        (1, "the last observation is carried forward"),
    ):
        for test, interval in (("Clopper-Pearson", clopper_pearson), ("Wilson", wilson)):
            low, high = interval(yes + more, n)
            said = f"{note}; sensitivity analysis" if more else note
            share = 100 * (yes + more) / n
            row = Comparison("response", "response", "sri4 at W24", "all treated", test, share, 100 * low)
            rows.append(asdict(replace(row, ci_high=100 * high, unit="%", n=n, note=said)))
    return rows
