"""What a run tells while it goes on: frozen events, handed to one observer in the order of what happened.

A run begins (`RunStarted`), enters its stages one after the other (`StageBegan`), says which kept results
cannot serve (`GatedAgain`), ends one sample after the
other in whatever order the workers finish (`SampleDone`), and ends itself (`RunDone`). Nothing that an
observer does changes a figure. `plain` is what a machine reads: one object an event, as ``--json-lines``
prints it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

EVENTS_FORMAT = "cytogate.events"
EVENTS_VERSION = 1

# What a run does, in this order; a stage with nothing to do is left out.
STAGES = ("check", "compile", "fit", "gate", "compare", "conclude", "write")


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The study is valid and the folder is ours; samples come.

    Attributes
    ----------
    study, folder : str
        The study file and the run folder.
    executor : str
        Who gates: serial, thread, process or dask.
    workers : int or None
        Samples gated at a time; None where the executor chooses.
    n_samples : int
        Samples that will be told of, those that are reused too.
    """

    study: str
    folder: str
    executor: str
    workers: int | None
    n_samples: int


@dataclass(frozen=True, slots=True)
class StageBegan:
    """One of `STAGES` begins; the one before is over."""

    stage: str


@dataclass(frozen=True, slots=True)
class GatedAgain:
    """Tubes whose kept results cannot serve, for what these rest on is not what it was.

    Attributes
    ----------
    panel : str
    n : int
        How many of its tubes.
    why : tuple of str
        What changed since the last finished run in the folder; empty where that is not known.
    """

    panel: str
    n: int
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleFailed:
    """Why a sample gave nothing: the words of its row in ``failures.json``."""

    stage: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class SampleDone:
    """A sample is gated, taken from an earlier run, or failed.

    Attributes
    ----------
    sample, file : str
        As the sheet names them.
    done, total : int
        How many samples are done, this one too, and how many there are.
    n_events : int or None
        Events of the file; None where it could not be read.
    n_gates : int
        Populations that were counted.
    seconds : float
        Time in the worker; of a reused sample that of its check.
    reused : bool
        Whether an earlier result was taken because nothing it rests on has changed.
    failure : SampleFailed or None
        Why it failed.
    peak_memory : int or None
        Most resident memory of the process that gated it, up to then, in bytes; None where it is not known.
    stages : dict
        Seconds of the parts of the work, by name; empty where a sample was reused or failed.
    """

    sample: str
    file: str
    done: int
    total: int
    n_events: int | None
    n_gates: int
    seconds: float
    reused: bool = False
    failure: SampleFailed | None = None
    peak_memory: int | None = None
    stages: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in figures; what was reused cost nothing and is in no rate.

    Attributes
    ----------
    n_done, n_reused, n_failed : int
        Samples gated now, taken from an earlier run, and failed; their sum is all samples.
    reasons : tuple of (str, str, int, str)
        Why samples failed, the most frequent first: stage, code, how many, and the message of the first.
    n_events : int
        Events of the samples gated now.
    seconds : float
        Time of the whole run.
    gating_seconds : float
        Time from the first sample handed out to the last one back; the rates are per second of it.
    events_per_second, gate_events_per_second : float or None
        Events, and gates times events, a second; None where nothing was gated.
    peak_memory, worker_peak_memory : int or None
        Most resident memory of this process and of any other that gated, in bytes; None where it is not
        known, or there was no other.
    up_to_date : bool
        Whether the folder held this very run already, and nothing was done.
    """

    n_done: int
    n_reused: int
    n_failed: int
    reasons: tuple[tuple[str, str, int, str], ...]
    n_events: int
    seconds: float
    gating_seconds: float
    events_per_second: float | None
    gate_events_per_second: float | None
    peak_memory: int | None
    worker_peak_memory: int | None
    up_to_date: bool = False


@dataclass(frozen=True, slots=True)
class RunDone:
    """The run folder is whole."""

    summary: RunSummary


Event = RunStarted | StageBegan | GatedAgain | SampleDone | RunDone
Observer = Callable[[Event], None]

_NAMES: dict[type, str] = {
    RunStarted: "run_started",
    StageBegan: "stage_began",
    GatedAgain: "gated_again",
    SampleDone: "sample_done",
    RunDone: "run_done",
}


def plain(event: Event) -> dict[str, Any]:
    """Return an event as plain values: ``event`` is its name, the rest its attributes.

    Examples
    --------
    >>> plain(StageBegan("fit"))
    {'event': 'stage_began', 'stage': 'fit'}
    """
    named: dict[str, Any] = {"event": _NAMES[type(event)]}
    if isinstance(event, RunStarted):
        named |= {"format": EVENTS_FORMAT, "version": EVENTS_VERSION}
    if isinstance(event, RunDone):
        return named | plain_summary(event.summary)
    return named | asdict(event)


def plain_summary(summary: RunSummary) -> dict[str, Any]:
    """Return a summary as plain values; each reason an object."""
    reasons = [dict(zip(("stage", "code", "n", "first"), reason, strict=True)) for reason in summary.reasons]
    return asdict(summary) | {"reasons": reasons}
