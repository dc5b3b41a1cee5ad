"""Time the fitting of a template to one large file, and see that memory does not grow with their number.

A simulated B tube is fitted level by level, scales and all, as a study does it; then as many smaller tubes,
in fresh processes, once a few and once four times as many. Exit code 1 if a promise is broken; time is that
of processors, which other work on the machine does not lengthen.

    python benchmarks/fitting.py --template sle_bcell_fitted --events 1000000 --repeat 5
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import cytogate as cg
from cytogate.bench.clock import Job, in_turns
from cytogate.bench.fitting import peak_of_fitting, simulated_tubes
from cytogate.bench.machine import Watch, in_words, machine

MOST_SECONDS = 2.0
MOST_GROWTH_MB = 4.0  # a file more: summaries that wait until all samples are seen, of one level at a time
SHARE = 10  # files of the study are so much smaller


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--template", default="sle_bcell_fitted", help="name or path (default %(default)s)")
    parser.add_argument("--events", type=int, default=1_000_000, help="of the file (default %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="rounds that count (default %(default)s)")
    parser.add_argument("--files", type=int, default=4, help="of the small study (default %(default)s)")
    options = parser.parse_args()
    if min(options.events, options.repeat, options.files) < 1:
        parser.error("--events, --repeat and --files must be 1 or more")
    template, watch = cg.load_template(options.template), Watch()
    levels = sorted({part.level for part in template.fitted.values()})
    with tempfile.TemporaryDirectory() as place:
        (large,) = simulated_tubes(Path(place) / "large", 1, options.events)

        def fit(_: object) -> float:
            before = time.process_time()
            cg.fit_template(template, [large])
            return time.process_time() - before

        times = in_turns([Job("fit", fit)], options.repeat, lambda _: None)["fit"]
        of_processor = median(times.answers)
        small = simulated_tubes(Path(place) / "small", 4 * options.files, max(1, options.events // SHARE))
        few, many = (
            peak_of_fitting(options.template, small[:count]) for count in (options.files, len(small))
        )
    growth = (many["extra_mb"] - few["extra_mb"]) / (len(small) - options.files)
    print(in_words(machine()))
    print(watch.found().get("warning") or "No other work disturbed the times.")
    print(f"{template.name}: {len(template.fitted)} cuts and gates found in {len(levels)} levels")
    print(
        f"one file of {options.events:,} events: median {times.median:.2f} s "
        f"({min(times.seconds):.2f} to {max(times.seconds):.2f}), {of_processor:.2f} s of processors, "
        f"of which at most {MOST_SECONDS:g} s are promised"
    )
    print(
        f"memory beyond the kernels: {options.files} files {few['extra_mb']:.0f} MB, "
        f"{len(small)} files {many['extra_mb']:.0f} MB: {growth:.1f} MB a file more; "
        f"at most {MOST_GROWTH_MB:g} MB are promised"
    )
    return 0 if of_processor <= MOST_SECONDS and growth <= MOST_GROWTH_MB else 1


if __name__ == "__main__":
    sys.exit(main())
