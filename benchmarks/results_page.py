"""Write docs/benchmarks.md out of benchmarks/results/*.json; no figure of that page is typed.

python benchmarks/results_page.py
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from cytogate.bench.machine import in_words
from cytogate.bench.wording import (
    Table,
    amount_text,
    headline,
    ratio_text,
    remarks,
    tables,
    three_figures,
    time_text,
    work_in_words,
)

HOUSE = Path(__file__).parents[1]
RESULTS = HOUSE / "benchmarks" / "results"
PAGE = HOUSE / "docs" / "benchmarks.md"

INTRODUCTION = """\
# How fast

This page is made by `make bench` (`python benchmarks/suite.py`) from the measurements in
[benchmarks/results](../benchmarks/results); no figure on it is typed. To repeat all of it, or a part:

```sh
make bench                                              # everything below, and this page; some ten minutes
cytogate benchmark --against flowkit --out runs/speed   # the whole job on a generated file, as JSON and HTML
cytogate benchmark tubes/ --template sle_bcell --against flowkit --out runs/speed     # on your own files
python -m pytest benchmarks -k "whole_tree or deep"     # some of the suite
```

Whatever is compared runs in one process and in turns, round by round; ratios are of the medians, in brackets
the lowest and the highest of the rounds, pair by pair. What FlowKit counts is compared with what cytogate
counts before anything is timed.

Gates that are found in the data have benchmarks of their own, which print what is promised, what was measured
and a verdict, and are no part of this page:

- `python benchmarks/accuracy.py`: simulated trials whose truth is known. Relative error and F1 of each
  subset, scatter of replicates, coverage of intervals, and trends over visits, with and without staining
  drift, beside fixed gates and gates of each sample alone; whether changes are told gate from biology, gates
  planted where they do not belong come first in triage, and tubes of hardly any events stop nothing.
- `python benchmarks/fitting.py`: processor time of fitting a template to one large file, level by level, and
  how little memory grows with the number of files.
- `python benchmarks/report.py FOLDER`: the report of 96 tubes and of 304: seconds from the finished run,
  bytes, seconds until a browser can use it, and until a filter is applied.
"""


def render(suite: dict[str, Any], benchmark: dict[str, Any]) -> str:
    """Return the page from what the suite and `cytogate benchmark` found."""
    parts = [INTRODUCTION, *_surroundings(suite, benchmark), *_promises(suite), *_whole_job(benchmark)]
    parts += _measured(suite)
    return "\n".join(parts).rstrip() + "\n"


def _surroundings(suite: dict[str, Any], benchmark: dict[str, Any]) -> list[str]:
    lines = [f"Machine: {in_words(suite['machine'])}.", ""]
    lines.append(f"Measured {suite['created']}, with {suite['events']:,} events where nothing else is said.")
    disturbed = [found["disturbance"] for found in (suite, benchmark) if found["disturbance"]["warning"]]
    if disturbed:
        worst = max(disturbed, key=lambda one: one["share_of_others"] or 0.0)
        lines.append(f"\n**{worst['warning']}**")
    lines += [f"\n**This part of the suite failed: `{name}`.**" for name in suite["failed"]]
    return [*lines, ""]


def _promises(suite: dict[str, Any]) -> list[str]:
    rows = [row for test in suite["tests"] for row in verdicts(test)]
    if not rows:
        return []
    header = ("what", "promised", "measured", "")
    cells = [
        (what, promised, measured, "kept" if kept else "**missed**")
        for what, promised, measured, kept in rows
    ]
    return ["## What is promised, and what is measured", "", *_markdown(header, cells), ""]  # fmt: skip


def verdicts(test: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return (what, promised, measured, whether it holds) for everything a part of the suite promises."""
    rows = []
    promise, what = test["promise"], test["what"]
    faster = test.get("times_faster")
    if promise["at_least"] is not None and faster is not None:
        peer, least = test["peer"]["name"], promise["at_least"]
        kept = faster["of_medians"] >= least
        rows.append((what, f"{least:g} times faster than {peer}", f"{ratio_text(faster)} times", kept))
    if promise["at_most"] is not None and faster is not None:
        peer, most = test["peer"]["name"], promise["at_most"]
        longer = {
            "of_medians": 1 / faster["of_medians"],
            "lowest_pair": 1 / faster["highest_pair"],
            "highest_pair": 1 / faster["lowest_pair"],
        }
        kept = longer["of_medians"] <= most
        rows.append((what, f"at most {most:g} times as long as {peer}", f"{ratio_text(longer)} times", kept))
    if promise["seconds"] is not None:
        kept = test["median"] < promise["seconds"]
        rows.append((what, f"under {time_text(promise['seconds'])}", time_text(test["median"]), kept))
    if "most_extra_mb" in test:
        most, extra = test["most_extra_mb"], test["extra_mb"]
        rows.append((f"{what}: peak extra memory", f"at most {most:g} MB", f"{extra:.0f} MB", extra <= most))
    return rows


def _whole_job(benchmark: dict[str, Any]) -> list[str]:
    work = work_in_words(benchmark)
    lines = ["## One file, in every way", "", f"{work[:1].upper()}{work[1:]}.", "", headline(benchmark), ""]
    lines += [f"**{remark}**\n" for remark in remarks(benchmark)[:1] if benchmark["differing"]]
    for one in tables(benchmark):
        lines += _section(one)
    return lines


def _section(one: Table) -> list[str]:
    return [f"### {one.title}", "", *_markdown(one.header, one.rows), "", one.note, ""]


def _measured(suite: dict[str, Any]) -> list[str]:
    header = ("what", "median", "amount a second", "beside", "takes", "times as long")
    rows = []
    for test in suite["tests"]:
        peer = test.get("peer")
        rates = [f"{amount_text(amount / test['median'])} {what}" for what, amount in test["per"].items()]
        rows.append(
            (
                test["what"],
                time_text(test["median"]),
                ", ".join(rates) or "–",
                "–" if peer is None else peer["name"],
                "–" if peer is None else time_text(peer["median"]),
                ratio_text(test.get("times_faster")),
            )
        )
    sizes = [test for test in suite["tests"] if "extra_mb" in test]
    lines = ["## All of the suite", "", *_markdown(header, rows), ""]
    if sizes:
        lines += ["## Time grows with the file, memory does not", "", *_sizes(sizes), ""]
    return lines


def _sizes(tests: list[dict[str, Any]]) -> list[str]:
    rows = [
        (
            f"{test['per']['events']:,}",
            time_text(test["median"]),
            f"{three_figures(test['median'] / test['per']['events'] * 1e9)} ns",
            f"{test['extra_mb']:.0f} MB",
        )
        for test in tests
    ]
    return _markdown(("events", "median", "an event", "peak extra memory"), rows)


def _markdown(header: tuple[str, ...], rows: Any) -> list[str]:
    lines = [" | ".join(header), "|".join(["---", *["---:"] * (len(header) - 1)])]
    lines += [" | ".join(re.sub(r"\|", r"\\|", cell) for cell in row) for row in rows]
    return [f"| {line} |" if "---" not in line else f"|{line}|" for line in lines]


def load(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Return a results file.

    Raises
    ------
    SystemExit
        It is not there: says how it is made.
    """
    path = folder / name
    if not path.is_file():
        message = f"{path} is not there: python benchmarks/suite.py makes it."
        raise SystemExit(message)
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> int:
    """Write the page."""
    PAGE.write_text(render(load("suite.json"), load("benchmark.json")), encoding="utf-8")
    print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
