"""What a benchmark found, in words and tables: for a terminal, a page or a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.bench.work import LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_FADVISE = (
    "This system cannot be asked to drop a file from memory, so only warm runs of the file are timed."
)
NOT_DROPPED = "The system kept the file in memory although it was asked to drop it: those runs are warm ones."
DROPPED = (
    "Without root the page cache cannot be emptied: the file was dropped by posix_fadvise(DONTNEED), and it "
    "was looked whether it had gone. The disk may have caches of its own."
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts; all columns but the first are numbers.

    Attributes
    ----------
    name : str
        Short and without blanks, for links.
    title, note : str
    header : tuple of str
    rows : tuple of tuples of str
    """

    name: str
    title: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def time_text(seconds: float) -> str:
    """Write a time with three figures.

    Examples
    --------
    >>> time_text(3.8049), time_text(0.0933), time_text(0.00041), time_text(75.0)
    ('3.80 s', '93.3 ms', '0.410 ms', '75.0 s')
    """
    if seconds >= 0.9995:
        return f"{three_figures(seconds)} s"
    return f"{three_figures(seconds * 1e3)} ms"


def three_figures(value: float) -> str:
    """Write a number with three significant figures, whole from 100 on.

    Examples
    --------
    >>> three_figures(40.75), three_figures(123456.0), three_figures(0.0), three_figures(9.999)
    ('40.8', '123,456', '0', '10.0')
    """
    if value == 0:
        return "0"
    for digits, below in ((0, float("inf")), (1, 99.95), (2, 9.995), (3, 0.9995)):
        if abs(value) < below:
            text = f"{value:,.{digits}f}"
    return text


def amount_text(value: float | None) -> str:
    """Write a large amount with a word for its size.

    Examples
    --------
    >>> amount_text(10_715_000.0), amount_text(51_234.0), amount_text(6.25), amount_text(None)
    ('10.7 million', '51,234', '6.25', '–')
    """
    if value is None:
        return "–"
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{three_figures(value / size)} {word}"
    return three_figures(value)


def ratio_text(found: dict[str, float] | None) -> str:
    """Write a ratio with the spread of its pairs.

    Examples
    --------
    >>> ratio_text({"of_medians": 40.75, "lowest_pair": 34.2, "highest_pair": 45.9})
    '40.8 (34.2 to 45.9)'
    """
    if found is None:
        return "–"
    low, high = three_figures(found["lowest_pair"]), three_figures(found["highest_pair"])
    return f"{three_figures(found['of_medians'])} ({low} to {high})"


def work_in_words(found: dict[str, Any]) -> str:
    """Return what was gated: files, events, channels, populations."""
    sample, first = found["sample"], found["sample"]["files"][0]
    events, megabytes = f"{sample['size']['events']:,.0f}", three_figures(sample["size"]["megabytes"])
    channels = _one_or_range([entry["channels"] for entry in sample["files"]])
    populations = _one_or_range([entry["populations"] for entry in sample["files"]])
    what = "a generated file" if sample["generated"] else _counted(len(sample["files"]), "file")
    return (
        f"{what} of {events} events x {channels} channels ({megabytes} MB), {populations} populations "
        f"({first['gates_from']})"
    )


def headline(found: dict[str, Any]) -> str:
    """Return the most important figures in one sentence."""
    best = fastest(found)
    text = (
        f"{best['name']}: {time_text(best['median'])} to read, compensate, gate and count, "
        f"{amount_text(best['events_per_second'])} events a second; {_times(best['times_the_limit'])} times "
        f"as long as {LIMIT} of the same bytes"
    )
    if found["against"] is None:
        return f"{text}."
    ratio = ratio_text(best["times_faster_than_peer"])
    counts = "counts DIFFER" if found["differing"] else "all counts equal"
    return f"{text}. {found['against']} takes {ratio} times as long; {counts}."


def fastest(found: dict[str, Any]) -> dict[str, Any]:
    """Return the row of the whole job with the number of threads that was fastest."""
    own = [row for row in found["job"] if row["program"] == "cytogate"]
    best: dict[str, Any] = min(own, key=lambda row: row["median"])
    return best


def remarks(found: dict[str, Any]) -> list[str]:
    """Return what a reader must know: other work on the machine, counts that differ."""
    said = []
    if found["disturbance"]["warning"] is not None:
        said.append(found["disturbance"]["warning"])
    if found["differing"]:
        rows = [
            f"{row['population']} ({_found(row['cytogate'])} and {_found(row['peer'])})"
            for row in found["differing"][:5]
        ]
        more = len(found["differing"]) - len(rows)
        rest = f" and {more} more" if more > 0 else ""
        peer = found["against"] or "another run"
        said.append(f"Counts differ between cytogate and {peer}: {', '.join(rows)}{rest}.")
    return said


def tables(found: dict[str, Any]) -> list[Table]:
    """Return every table of a benchmark but that of the counts."""
    return [_whole(found), _stages(found), _workers(found), _cold(found), _memory(found)]


def counts_table(found: dict[str, Any]) -> Table:
    """Return the counts, of the first file only where there are several."""
    file, counts = next(iter(found["counts"].items()))
    of = "" if len(found["counts"]) == 1 else f", {file} ({_counted(len(found['counts']), 'file')} in all)"
    peer = found["against"]
    agreed = "" if peer is None or found["differing"] else f" {peer} counts the same."
    rows = tuple((population, f"{count:,}") for population, count in counts.items())
    note = f"Every run of every number of threads counts the same.{agreed}" if not found["differing"] else ""
    return Table("counts", f"Counts{of}", note, ("population", "events"), rows)


def _whole(found: dict[str, Any]) -> Table:
    peer = found["against"]
    header: tuple[str, ...] = (
        "program",
        "median",
        "fastest",
        "slowest",
        "events/s",
        "MB/s",
        "files/s",
        "gates x events/s",
    )
    header += ("times the limit",) if peer is None else ("times the limit", "times faster than the peer")
    rows = []
    for row in found["job"]:
        cells = (row["name"], *(time_text(row[key]) for key in ("median", "fastest", "slowest")))
        keys = ("events", "megabytes", "files", "gate_events")
        cells += tuple(amount_text(row.get(f"{key}_per_second")) for key in keys)
        cells += (ratio_text(row.get("times_the_limit")),)
        rows.append(cells if peer is None else (*cells, ratio_text(row.get("times_faster_than_peer"))))
    note = (
        f"Open, read, compensate, gate and count; medians of {found['repeat']} rounds in turns after one to "
        f"warm up, the file in memory. The limit is {LIMIT} of the same bytes. In brackets: the rounds pair "
        "by pair."
    )
    return Table("job", "The whole job", note, header, tuple(rows))


def _stages(found: dict[str, Any]) -> Table:
    rows = tuple(
        (
            f"{row['stage']}, {_counted(row['threads'], 'thread')}",
            time_text(row["median"]),
            time_text(row["fastest"]),
            time_text(row["slowest"]),
            amount_text(row["events_per_second"]),
            amount_text(row["megabytes_per_second"]),
        )
        for row in found["stages"]
    )
    said = {row["stage"]: f"{row['stage']} ({row['how']}): {row['what']}" for row in found["stages"]}
    note = (
        f"Each is really run over all events. {'; '.join(said.values())}. So gating may take less than "
        "transforming everything."
    )
    return Table(
        "stages", "Stages", note, ("stage", "median", "fastest", "slowest", "events/s", "MB/s"), rows
    )


def _workers(found: dict[str, Any]) -> Table:
    rows = tuple(
        (
            _counted(row["workers"], "worker"),
            str(row["files"]),
            time_text(row["median"]),
            amount_text(row["files_per_second"]),
            amount_text(row["events_per_second"]),
            amount_text(row["megabytes_per_second"]),
        )
        for row in found["workers"]
    )
    note = (
        "Processes that each gate one file after the other on one thread; their start is not counted. Fewer "
        "files than four a worker are gated again and again."
    )
    header = ("workers", "files", "median", "files/s", "events/s", "MB/s")
    return Table("workers", "Several files at once", note, header, rows)


def _cold(found: dict[str, Any]) -> Table:
    cold = found["cold"]
    rows = tuple(
        (f"{row['state']}, {_counted(row['threads'], 'thread')}", *_three(row)) for row in cold["runs"]
    )
    inside = cold["in_fresh_process"]
    rows += (("the job alone, first in a fresh process", *_three(inside)),)
    dropped = {row["state"] for row in cold["runs"]} & {"file dropped"}
    said = "; ".join(f"{row['state']}: {row['what']}" for row in cold["runs"])
    how = NO_FADVISE if not dropped else NOT_DROPPED if cold["dropped"] is False else DROPPED
    return Table("cold", "Warm and cold", f"{said}. {how}", ("state", "median", "fastest", "slowest"), rows)


def _memory(found: dict[str, Any]) -> Table:
    rows = tuple(
        (row["name"], *(f"{row[key]:.0f} MB" for key in ("extra_mb", "before_mb", "peak_mb")))
        for row in found["memory"]
    )
    note = (
        "Peak resident memory of a fresh process that does the job once, beyond what it held after imports "
        "and a warm-up on a thousand events (other programs: after imports and reading the gates)."
    )
    return Table("memory", "Memory", note, ("program", "extra", "before", "peak"), rows)


def _three(row: dict[str, Any]) -> tuple[str, str, str]:
    return time_text(row["median"]), time_text(row["fastest"]), time_text(row["slowest"])


def _times(found: dict[str, float]) -> str:
    return three_figures(found["of_medians"])


def _found(counts: Sequence[int | None]) -> str:
    return "/".join("none" if count is None else f"{count:,}" for count in counts) or "none"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"


def _one_or_range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"
