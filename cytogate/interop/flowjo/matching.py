"""Which FCS file is which sample of a workspace: by path, file name, $FIL and keywords, never by guessing."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cytogate.errors import FcsError, Problem
from cytogate.fcs import SUFFIXES
from cytogate.fcs.file import FcsFile
from cytogate.fcs.read import read_fcs
from cytogate.interop.flowjo.names import uri_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cytogate.interop.flowjo.samples import FlowJoSample

# Keywords that say when and where a tube was measured; two that both have one must agree on it.
IDENTITY = (
    "GUID",
    "$DATE",
    "$BTIM",
    "$ETIM",
    "$CYTSN",
    "$PLATEID",
    "$WELLID",
    "TUBE NAME",
    "EXPERIMENT NAME",
)
ENOUGH = 3  # so many of them, equal, tell a tube whose file was renamed

BY_KEYWORDS, BY_FIL, BY_NAME, BY_PATH = 1, 2, 3, 4
_WORDS = {BY_KEYWORDS: "keywords", BY_FIL: "$FIL", BY_NAME: "file name", BY_PATH: "path"}


@dataclass(frozen=True, slots=True)
class Match:
    """A file that belongs to a sample.

    Attributes
    ----------
    sample : str
        Name in the workspace.
    path : str
        The file.
    by : str
        What told it: ``"path"``, ``"file name"``, ``"$FIL"`` or ``"keywords"``.
    """

    sample: str
    path: str
    by: str


@dataclass(frozen=True, slots=True)
class Matches:
    """What could be matched, and what could not.

    Attributes
    ----------
    pairs : tuple of Match
        In the order of the workspace; no sample and no file twice.
    unmatched_samples, unmatched_files : tuple of str
        Names of samples and paths of files without a partner.
    ambiguous : tuple of Problem
        Samples for which several files are equally likely, files that several samples claim, and files that
        have the name of a sample but contradict it; each says why.
    unreadable : tuple of Problem
        Files that are no FCS files.
    """

    pairs: tuple[Match, ...]
    unmatched_samples: tuple[str, ...]
    unmatched_files: tuple[str, ...]
    ambiguous: tuple[Problem, ...]
    unreadable: tuple[Problem, ...]


def match_files(
    samples: Sequence[FlowJoSample], files: Iterable[str | os.PathLike[str] | FcsFile], workspace: str
) -> Matches:
    """Return which file is which sample.

    A file that differs from a sample in number of events, channel names, or any of the keywords that say
    when and where a tube was measured is not its file, whatever its name. Of the others the strongest sign
    counts: the path in the workspace (at least folder and name), then the file name, then ``$FIL``, then
    three or more equal keywords of measurement. File and sample are paired when each is the other's only
    strongest candidate; nothing is found by elimination.

    Parameters
    ----------
    samples : sequence of FlowJoSample
    files : iterable of path or FcsFile, or one of them
        A folder stands for the .fcs and .lmd files in it.
    workspace : str
        The workspace, for messages.
    """
    opened, unreadable = _open(files)
    signs: dict[tuple[int, int], tuple[int, int]] = {}
    against: list[Problem] = []
    for s, sample in enumerate(samples):
        for f, file in enumerate(opened):
            sign = _sign(sample, file)
            if sign is None:
                continue
            reasons = contradictions(sample, file)
            if not reasons:
                signs[s, f] = sign
            elif sign[0] >= BY_FIL:
                message = f"{file.path} matches by {_WORDS[sign[0]]}, but {'; '.join(reasons)}."
                against.append(Problem("match-contradicted", _where(workspace, sample), message))
    of_sample, of_file = _strongest(signs, len(samples), len(opened))
    pairs: list[Match] = []
    ambiguous: list[Problem] = []
    used: set[int] = set()
    for s, (sample, candidates) in enumerate(zip(samples, of_sample, strict=True)):
        if not candidates:
            continue
        first = candidates[0]
        word = _WORDS[signs[s, first][0]]
        if len(candidates) == 1 and of_file[first] == [s]:
            used.add(first)
            pairs.append(Match(sample.name, opened[first].path, word))
        else:
            rivals = [samples[other].name for other in of_file[first] if other != s]
            paths = [opened[f].path for f in candidates]
            ambiguous.append(_doubt(sample, paths, rivals, word, workspace))
    paired = {pair.sample for pair in pairs}
    return Matches(
        pairs=tuple(pairs),
        unmatched_samples=tuple(one.name for one in samples if one.name not in paired),
        unmatched_files=tuple(file.path for f, file in enumerate(opened) if f not in used),
        ambiguous=(*ambiguous, *against),
        unreadable=tuple(unreadable),
    )


def contradictions(sample: FlowJoSample, file: FcsFile) -> list[str]:
    """Return what tells that a file is not that of a sample; empty where nothing does."""
    reasons = []
    counts = [count for count in (sample.tot, sample.count) if count is not None]
    if counts and file.n_events not in counts:
        reasons.append(f"the sample has {counts[0]:,} events, the file {file.n_events:,}")
    own = {_plain_channel(channel.original_name or channel.name) for channel in file.channels}
    lacking = [name for name in sample.channels if _plain_channel(name) not in own]
    if lacking:
        reasons.append(f"the file lacks the channels {', '.join(lacking[:5])}")
    for key in IDENTITY:
        one, other = _keyword(sample.keywords, key), _keyword(file.keywords, key)
        if one and other and one.casefold() != other.casefold():
            reasons.append(f"{key} is {one!r} in the workspace and {other!r} in the file")
    return reasons


def _sign(sample: FlowJoSample, file: FcsFile) -> tuple[int, int] | None:
    """Return what links a file to a sample, and how many parts of it do; None where nothing does."""
    there = [_spelled(part) for part in uri_parts(sample.uri)]
    here = [_spelled(part) for part in uri_parts(_absolute(file.path))]
    common = 0
    while common < min(len(there), len(here)) and there[-1 - common] == here[-1 - common]:
        common += 1
    if common >= 2:
        return BY_PATH, common
    if common or (here and here[-1] == _spelled(sample.node_name)):
        return BY_NAME, 0
    fil = _spelled(_keyword(file.keywords, "$FIL"))
    names = {_spelled(name) for name in (sample.fil, sample.node_name) if name}
    if fil in names or (here and here[-1] == _spelled(sample.fil)):
        return BY_FIL, 0
    texts = [(_keyword(sample.keywords, key), _keyword(file.keywords, key)) for key in IDENTITY]
    equal = sum(1 for one, other in texts if one and one.casefold() == other.casefold())
    return (BY_KEYWORDS, equal) if equal >= ENOUGH else None


def _strongest(
    signs: dict[tuple[int, int], tuple[int, int]], n_samples: int, n_files: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Return for each sample the files with the strongest sign, and for each file the samples."""
    best_of_sample, best_of_file = [(0, 0)] * n_samples, [(0, 0)] * n_files
    for (s, f), sign in signs.items():
        best_of_sample[s] = max(best_of_sample[s], sign)
        best_of_file[f] = max(best_of_file[f], sign)
    of_sample: list[list[int]] = [[] for _ in range(n_samples)]
    of_file: list[list[int]] = [[] for _ in range(n_files)]
    for (s, f), sign in signs.items():
        if sign == best_of_sample[s]:
            of_sample[s].append(f)
        if sign == best_of_file[f]:
            of_file[f].append(s)
    return of_sample, of_file


def _open(files: Iterable[str | os.PathLike[str] | FcsFile]) -> tuple[list[FcsFile], list[Problem]]:
    opened: list[FcsFile] = []
    unreadable = []
    seen: set[tuple[Path, int]] = set()
    for file in _listed(files):
        try:
            found = file if isinstance(file, FcsFile) else read_fcs(file, lenient=True)
        except FcsError as error:
            unreadable.append(Problem("file-unreadable", str(file), str(error)))
            continue
        place = Path(found.path).resolve(), found.dataset
        if place not in seen:  # given twice, it would be in doubt with itself
            seen.add(place)
            opened.append(found)
    return opened, unreadable


def _listed(files: Iterable[str | os.PathLike[str] | FcsFile]) -> Iterator[str | os.PathLike[str] | FcsFile]:
    for file in [files] if isinstance(files, (str, os.PathLike, FcsFile)) else files:
        if not isinstance(file, FcsFile) and Path(file).is_dir():
            yield from sorted(path for path in Path(file).iterdir() if path.suffix.lower() in SUFFIXES)
        else:
            yield file


def _doubt(sample: FlowJoSample, files: list[str], rivals: list[str], word: str, workspace: str) -> Problem:
    if len(files) > 1:
        message = f"{len(files)} files match by {word} alike: {', '.join(files)}."
        fix = "Give one of them."
    else:
        others = ", ".join(rivals)
        message = f"{files[0]} matches by {word}, but it matches {others} as well or better."
        fix = "Give the file of each sample."
    return Problem("match-ambiguous", _where(workspace, sample), message, fix)


def _where(workspace: str, sample: FlowJoSample) -> str:
    return f"{workspace}, sample {sample.name!r}"


def _keyword(keywords: Mapping[str, str], key: str) -> str:
    return keywords.get(key, "").strip()


def _spelled(name: str) -> str:
    """Return a name as it is compared: macOS takes accents apart, and what was fetched may be escaped."""
    return unicodedata.normalize("NFC", unquote(name)).casefold().strip()


def _plain_channel(name: str) -> str:
    """Return a channel's name as FlowJo shows it, without what exports of compensated events put round it."""
    plain = name.strip().replace("/", "_")
    if plain.startswith("<") and plain.endswith(">"):
        return plain[1:-1]
    return plain.removeprefix("Comp-")


def _absolute(path: str) -> str:
    return path if "://" in path else str(Path(path).absolute())
