"""What a benchmark finds, small: measured once for all tests of words, page and command."""

from __future__ import annotations

from typing import Any


def spread(median: float) -> dict[str, Any]:
    return {
        "seconds": [0.9 * median, median, 1.2 * median],
        "median": median,
        "fastest": 0.9 * median,
        "slowest": 1.2 * median,
    }


def row(median: float, **more: Any) -> dict[str, Any]:
    rates = {
        "events_per_second": 1e6 / median,
        "megabytes_per_second": 72 / median,
        "files_per_second": 1 / median,
        "gate_events_per_second": 13e6 / median,
    }
    return {**more, **spread(median), **rates}


def times(value: float) -> dict[str, float]:
    return {"of_medians": value, "lowest_pair": 0.9 * value, "highest_pair": 1.1 * value}


def benchmark(
    *, against: str | None = "FlowKit 1.3.2", differing: Any = (), warning: str | None = None
) -> Any:
    """Return a result as `run_benchmark` gives it, with round figures."""
    limit = row(0.015, name="numpy.fromfile", program="numpy", threads=1)
    del limit["events_per_second"], limit["gate_events_per_second"]
    job = [limit]
    for threads, median in ((1, 0.1), (2, 0.06)):
        name = f"cytogate, {threads} thread{'s' if threads > 1 else ''}"
        own = row(median, name=name, program="cytogate", threads=threads) | {"times_the_limit": times(4.0)}
        job.append(own if against is None else own | {"times_faster_than_peer": times(3.0 / median)})
    if against is not None:
        job.append(row(3.0, name=against, program="flowkit", threads=1) | {"times_the_limit": times(200.0)})
    memory = [{"name": "cytogate, 2 threads", "before_mb": 180.0, "peak_mb": 190.0, "extra_mb": 10.0}]
    if against is not None:
        memory.append({"name": against, "before_mb": 280.0, "peak_mb": 980.0, "extra_mb": 700.0})
    return {
        "format": "cytogate.benchmark",
        "version": 1,
        "created": "2026-03-02T10:15:42+00:00",
        "command": "cytogate benchmark --out 'a <b>'",
        "machine": {
            "processor": "A processor",
            "cores": 2,
            "memory_gb": 16.0,
            "system": "Linux x86_64",
            "versions": {"cytogate": "0.1.0", "python": "3.11.7", "numpy": "2.4.6", "numba": "0.68.1"},
        },
        "disturbance": {
            "load_average_before": 0.1,
            "load_average_after": 1.4,
            "share_of_others": 0.01,
            "warning": warning,
        },
        "sample": {
            "generated": True,
            "files": [
                {
                    "path": "generated.fcs",
                    "events": 1_000_000,
                    "channels": 18,
                    "megabytes": 72.0,
                    "gates_from": "the <b>benchmark's</b> tree",
                    "populations": 13,
                    "gates": {"polygon": 4},
                    "axes": 15,
                    "compensated_axes": 12,
                }
            ],
            "size": {"events": 1_000_000, "megabytes": 72.0, "files": 1, "gate_events": 13_000_000},
        },
        "repeat": 3,
        "against": against,
        "job": job,
        "stages": [
            row(0.01 * n, stage=stage, what="does it", how="cumulative", threads=threads)
            for n, stage in enumerate(("read", "compensate", "transform", "gate", "statistics"), start=2)
            for threads in (1, 2)
        ],
        "workers": [row(0.4 / n, workers=n, files=8) for n in (1, 2)],
        "cold": {
            "dropped": True,
            "runs": [
                {"state": state, "what": "how it is", "threads": 2, **spread(median)}
                for state, median in (("warm", 0.06), ("file dropped", 0.09), ("fresh process", 0.9))
            ],
            "in_fresh_process": spread(0.1),
        },
        "memory": memory,
        "counts": {"generated.fcs": {"/Live": 900_000, "/Live/B <1>": 100_000}},
        "differing": list(differing),
    }
