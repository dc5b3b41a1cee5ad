"""Try faults of the reader's source, and print which no test finds."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter

from mutation.killers import MODULES
from mutation.survey import all_faults, sample, survey


def main():
    """Print survivors and a table; return 1 when fewer than asked for are found."""
    options = _options()
    faults = all_faults(tuple(options.module or MODULES))
    if not options.all:
        faults = sample(faults, options.sample, options.seed)
    tried, found = Counter(), Counter()
    for fault, killer in survey(faults, options.processes):
        tried[fault.module] += 1
        found[fault.module] += bool(killer)
        if options.verbose or not killer:
            sys.stdout.write(f"{killer or 'SURVIVES'}: {fault}\n")
            sys.stdout.flush()
    for module in sorted(tried):
        sys.stdout.write(f"{module:28} {found[module]:5} of {tried[module]:5} found\n")
    n, total = found.total(), tried.total()
    sys.stdout.write(f"{'all':28} {n:5} of {total:5} found, {100 * n / max(total, 1):.1f} %\n")
    return int(n < options.least / 100 * total)


def _options():
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("--all", action="store_true", help="try every fault, not a sample")
    parser.add_argument("--sample", type=int, default=300, help="how many are tried (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (default: %(default)s)")
    parser.add_argument("--module", action="append", choices=MODULES, help="of these modules alone")
    parser.add_argument(
        "--least", type=float, default=90.0, help="percent to be found (default: %(default)s)"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="say of each what found it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
