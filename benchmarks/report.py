"""Measure the report of a study of usual size and of a large one, and say whether promises are kept.

Simulates a trial with small tubes, so that gating is quick, runs it, and then measures what readers wait for:
seconds from the finished run to the page (a new process; wall clock and processor), bytes of the page,
seconds until it can be used in headless Chromium, and of work until a filter has been applied. A run that is
there already is taken as it is, so that only the report is made again. Exit code 1 if a promise is missed.

    python benchmarks/report.py runs/report_speed
    python benchmarks/report.py runs/report_speed --only usual
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.bench.machine import Watch
from cytogate.plots.rendering import browser_path
from cytogate.simulate import TrialSpec, simulate_trial

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession

WEEKS = (0, 1, 4, 8, 12, 16, 20, 24)
MADE = "from time import perf_counter as wall, process_time as cpu; import sys; start = wall(), cpu(); "
MADE += "import cytogate as cg; from cytogate.report import write_report; "
MADE += "write_report(cg.open_run(sys.argv[1]), sys.argv[2]); print(wall() - start[0], cpu() - start[1])"
READY = "() => !document.querySelector('#filter').hidden && document.readyState === 'complete'"
# From the choice to the next frame, with the layout that it needs.
FILTERED = """(value) => new Promise((done) => {
  const list = document.querySelector("#filter [name=subject]");
  list.value = value;
  list.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => done()));
})"""
# Page by page through the whole report: the longest wait between two frames.
SCROLLED = """() => new Promise((done) => {
  let last = performance.now(), longest = 0;
  const step = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (scrollY + innerHeight >= document.documentElement.scrollHeight - 2) return done(longest);
    window.scrollBy(0, innerHeight);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


@dataclass(frozen=True)
class Study:
    """A trial to make, and what is promised of its report; None: nothing."""

    name: str
    patients: int
    events: int
    seconds: float | None
    megabytes: float
    load: float | None
    filtered: float


STUDIES = (
    Study("usual", 6, 6000, seconds=20, megabytes=4, load=2, filtered=0.2),
    Study("large", 19, 3000, seconds=None, megabytes=12, load=None, filtered=0.2),
)


def finished_run(study: Study, folder: Path) -> Path:
    """Simulate and run the trial unless its run is there already, and return the run folder."""
    out = folder / f"run_{study.name}"
    if not (out / "manifest.json").is_file():
        trial = folder / f"trial_{study.name}"
        described = {"patients": study.patients, "weeks": list(WEEKS), "bcell_events": study.events}
        spec = TrialSpec.from_dict(described | {"treg_events": study.events})
        simulate_trial(trial, seed=7, spec=spec)
        command = [sys.executable, "-m", "cytogate", "run", str(trial / "study.yaml"), "--out", str(out)]
        subprocess.run([*command, "--force", "--quiet"], check=True)
    return out


def measured(run: Path, page: Path) -> dict[str, Any]:
    """Write the report of a run in a new process, load it, and return what was measured."""
    done = subprocess.run(
        [sys.executable, "-c", MADE, str(run), str(page)], check=True, capture_output=True, text=True
    )
    wall, cpu = (float(word) for word in done.stdout.split())
    text = page.read_text(encoding="utf-8")
    found = {
        "tubes": len(json.loads((run / "manifest.json").read_text(encoding="utf-8"))["samples"]),
        "seconds": wall,
        "processor_seconds": cpu,
        "megabytes": page.stat().st_size / 1e6,
        "interactive_plots": text.count('class="plot"'),
        "small_courses": text.count('<svg class="course"') + text.count('<svg class="timeline"'),
    }
    return found | in_browser(page)


def in_browser(page: Path) -> dict[str, Any]:
    """Load a page three times in headless Chromium and return medians in seconds."""
    from playwright.sync_api import sync_playwright

    loads, filters, scrolls = [], [], []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        for _ in range(3):
            context = chromium.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
            opened = context.new_page()
            start = time.perf_counter()
            opened.goto(page.resolve().as_uri())
            opened.wait_for_function(READY)
            loads.append(time.perf_counter() - start)
            choices = opened.eval_on_selector_all(
                "#filter [name=subject] option", "found => found.map(option => option.value)"
            )
            session = context.new_cdp_session(opened)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            for value in (*choices[1:4], ""):
                before = _busy(session)
                opened.evaluate(FILTERED, value)
                filters.append(_busy(session) - before)
            scrolls.append(opened.evaluate(SCROLLED) / 1000)
            context.close()
        chromium.close()
    return {"load": _middle(loads), "filtered": _middle(filters), "longest_frame": _middle(scrolls)}


def _busy(session: CDPSession) -> float:
    """Return for how many seconds the page's main thread has worked; other programs do not count."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def verdicts(study: Study, found: dict[str, Any]) -> list[tuple[str, bool]]:
    """Return each promise in words with whether it holds."""
    promises = [
        ("seconds from the finished run to the page", "seconds", study.seconds),
        ("megabytes", "megabytes", study.megabytes),
        ("seconds until the page can be used", "load", study.load),
        ("seconds of work until a filter is applied", "filtered", study.filtered),
    ]
    return [
        (f"{words}: {found[key]:.3g}, promised below {most:g}", found[key] < most)
        for words, key, most in promises
        if most is not None
    ]


def main() -> int:
    """Measure and say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="for trials, runs, pages and report.json")
    parser.add_argument("--only", choices=[study.name for study in STUDIES])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    kept, everything = True, {}
    watch = Watch()
    for study in STUDIES:
        if options.only not in (None, study.name):
            continue
        run = finished_run(study, options.folder)
        found = measured(run, options.folder / f"{study.name}.html")
        everything[study.name] = found
        print(f"{study.name}: {found['tubes']} tubes, {found['interactive_plots']} interactive plots")
        print(f"  processor {found['processor_seconds']:.3g} s, longest frame {found['longest_frame']:.3g} s")
        for words, holds in verdicts(study, found):
            print(f"  {'kept  ' if holds else 'MISSED'} {words}")
            kept = kept and holds
    disturbed = watch.found()
    if disturbed["warning"]:
        print(disturbed["warning"])
    everything["disturbance"] = disturbed
    (options.folder / "report.json").write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
