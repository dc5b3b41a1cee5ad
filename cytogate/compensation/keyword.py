"""Spillover keyword: the matrix that an FCS file carries in ``$SPILLOVER`` and its relatives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation._entries import Refusal, detectors, spillover_entries
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CompensationError, Problem, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The standard's keyword first, then those that instruments use for the same content.
SPILLOVER_KEYWORDS = ("$SPILLOVER", "SPILL", "$SPILL", "SPILLOVER", "COMP")
APPLIED_KEYWORD = "CYTOGATE_COMPENSATION"  # the matrix that went into the values; no reader applies it
_PERCENT = re.compile(r"\$COMP|\$DFC[0-9]+TO[0-9]+")  # FCS 3.0, FCS 2.0
_FIX = "Compensate with a matrix of your own (compensation: in the template), or correct the keyword."
_NOT_USED = " The matrix is not used."


def spillover_from_keywords(
    keywords: Mapping[str, str], channel_names: Sequence[str], *, location: str = ""
) -> tuple[CompensationMatrix | None, tuple[Problem, ...]]:
    """Return the matrix of the first spillover keyword that a file has, and what is wrong with it.

    A broken matrix is no matrix and a problem that says why (`cytogate.compensation.causes` lists the codes);
    another keyword is not tried in its place.
    """
    present = [key for key in SPILLOVER_KEYWORDS if keywords.get(key, "").strip()]
    if not present:
        return None, _percentages(keywords, location)
    labels = [keywords.get(f"$P{n}S", "") for n in range(1, len(channel_names) + 1)]
    first = present[0]
    matrix, problems = parse_spillover(
        keywords[first], channel_names, keyword=first, location=location, labels=labels
    )
    for other in present[1:]:
        if keywords[other] == keywords[first]:
            continue
        second, _ = parse_spillover(keywords[other], channel_names, keyword=other)
        if matrix is None and second is not None:
            message = f"holds a matrix, but {first} goes before it and cannot be used."
            problems += (Problem("spillover-conflict", _place(location, other), message, _FIX),)
        elif matrix is not None and not (second is not None and _same(matrix, second)):
            message = f"differs from {first}, which is used."
            problems += (Problem("spillover-conflict", _place(location, other), message),)
    return matrix, problems


def _percentages(keywords: Mapping[str, str], location: str) -> tuple[Problem, ...]:
    """Name the matrix of an older version: FCS 2.0 ``$DFCmTOn``, FCS 3.0 ``$COMP``."""
    old = [key for key in keywords if _PERCENT.fullmatch(key)]
    if not old:
        return ()
    more = f"with {len(old) - 1} other{'s' if len(old) > 2 else ''}, " if len(old) > 1 else ""
    message = f"{more}gives compensation in percent, as FCS 2.0 and 3.0 had it; it is not applied."
    return (Problem("spillover-percent", _place(location, old[0]), message, _FIX),)


def is_spillover(key: str) -> bool:
    """Say whether a keyword, in upper case, holds a matrix that readers may apply to the values."""
    return key in SPILLOVER_KEYWORDS or _PERCENT.fullmatch(key) is not None


def without_spillover(keywords: Mapping[str, str], applied: str = "before") -> dict[str, str]:
    """Return the keywords that go with compensated values: no spillover, but what was `applied`.

    Examples
    --------
    >>> without_spillover({"$CYT": "LSRII", "SPILL": "1,FL1,1"})
    {'$CYT': 'LSRII', 'CYTOGATE_COMPENSATION': 'before'}
    """
    kept = {key: text for key, text in keywords.items() if not is_spillover(key.upper())}
    kept.setdefault(APPLIED_KEYWORD, applied)
    return kept


def _same(one: CompensationMatrix, other: CompensationMatrix) -> bool:
    """Whether two matrices hold the same coefficients, in whatever order of detectors."""
    if set(one.detectors) != set(other.detectors):
        return False
    order = [other.detectors.index(name) for name in one.detectors]
    return bool(np.array_equal(one.values, other.values[np.ix_(order, order)]))


def spillover_refusal(
    keywords: Mapping[str, str], channel_names: Sequence[str], *, location: str = ""
) -> Problem | None:
    """Return why the spillover keyword of a file cannot be used; None when it can, or there is none."""
    matrix, problems = spillover_from_keywords(keywords, channel_names, location=location)
    return problems[0] if matrix is None and problems else None


def parse_spillover(
    text: str,
    channel_names: Sequence[str],
    *,
    keyword: str = "$SPILLOVER",
    location: str = "",
    labels: Sequence[str] = (),
) -> tuple[CompensationMatrix | None, tuple[Problem, ...]]:
    """Return the matrix written as ``n,name1,...,namen,c11,c12,...`` (row = fluorochrome, column = detector).

    Parameters
    ----------
    text : str
        Value of the keyword.
    channel_names : sequence of str
        ``$PnN`` of the file; names of the matrix must be among them, in any order. One that differs in case
        or blanks alone counts, with a warning, where it fits exactly one channel.
    keyword, location : str
        Named in the problems.
    labels : sequence of str
        ``$PnS`` of the file, in the order of `channel_names`; a matrix that names these is refused, and the
        refusal says what it would be.

    Returns
    -------
    (CompensationMatrix or None, tuple of Problem)
        No matrix when the text cannot be used; then a problem says why.

    Examples
    --------
    >>> matrix, problems = parse_spillover("2,FL1,FL2,1,0.1,0,1", ["FSC", "FL1", "FL2"])
    >>> matrix.values.tolist(), problems
    ([[1.0, 0.1], [0.0, 1.0]], ())
    """
    place = _place(location, keyword)
    try:
        written, values = spillover_entries(text, channel_names)
        names = detectors(written, channel_names, labels)
        if not values.any():
            code, message = (
                "spillover-zero",
                "all coefficients are 0: the file was acquired without compensation.",
            )
            raise Refusal(code=code, message=message)
        dark = [name for name, own in zip(names, values.diagonal(), strict=True) if own == 0]
        if dark:
            message = f"the coefficient of {dark[0][:60]} in itself is 0; expected 1, of its own dye."
            raise Refusal(code="spillover-diagonal-zero", message=message)
        try:
            matrix = CompensationMatrix(names, names, values)
        except CompensationError as error:
            raise Refusal(code="spillover-unusable", message=f"{error}") from error
    except Refusal as refusal:
        return None, (Problem(refusal.code, place, refusal.message + _NOT_USED, _FIX),)
    problems = [Problem(p.code, place, p.message, p.fix) for p in matrix.warnings]
    respelled = [f"{old!r} is {new!r}" for old, new in zip(written, names, strict=True) if old != new]
    if respelled:
        message = f"names of detectors differ from those of channels in case or blanks: {listed(respelled)}."
        problems.append(Problem("spillover-name-spelling", place, message))
    return matrix, tuple(problems)


def format_spillover(matrix: CompensationMatrix) -> str:
    """Return the value of ``$SPILLOVER`` that holds a matrix; fluorochromes go by their detectors' names.

    Raises
    ------
    CompensationError
        The matrix has more detectors than fluorochromes; the keyword holds square ones only.
    """
    if not matrix.square:
        message = (
            f"$SPILLOVER holds square matrices; this one has {len(matrix.fluorochromes)} fluorochromes, "
            f"{len(matrix.detectors)} detectors. Keep it in the strategy or in a Gating-ML file."
        )
        raise CompensationError(message)
    rows = [matrix.targets.index(detector) for detector in matrix.detectors]
    numbers = (repr(value) for value in matrix.values[rows].reshape(-1).tolist())
    return ",".join([str(len(rows)), *matrix.detectors, *numbers])


def _place(location: str, keyword: str) -> str:
    return f"{location}: {keyword}" if location else keyword


def unusable(broken: Problem) -> str:
    """Return the clause that says that a file has a spillover matrix which cannot be used, and why."""
    why = broken.message.removesuffix(_NOT_USED).removesuffix(".")
    return f"{broken.location} is there but cannot be used ({why})"
