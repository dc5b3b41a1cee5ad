"""Spillover keyword: the matrix that an FCS file carries in ``$SPILLOVER`` and its relatives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CompensationError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The standard's keyword first, then those that instruments use for the same content.
SPILLOVER_KEYWORDS = ("$SPILLOVER", "SPILL", "$SPILL", "SPILLOVER", "COMP")
_MAX_DETECTORS = 1024
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_FIX = "Compensate with a matrix of your own (compensation: in the template), or correct the keyword."


def spillover_from_keywords(
    keywords: Mapping[str, str], channel_names: Sequence[str], *, location: str = ""
) -> tuple[CompensationMatrix | None, tuple[Problem, ...]]:
    """Return the matrix of the first spillover keyword that a file has, and what is wrong with it.

    A broken matrix is no matrix and a problem that says why; another keyword is not tried in its place.
    """
    present = [key for key in SPILLOVER_KEYWORDS if keywords.get(key, "").strip()]
    if not present:
        old = [key for key in keywords if key == "$COMP" or re.fullmatch(r"\$DFC[0-9]+TO[0-9]+", key)]
        if not old:
            return None, ()
        message = "holds a matrix in the percent convention of FCS 2.0 or 3.0, which is not applied."
        return None, (Problem("spillover-percent", _place(location, old[0]), message, _FIX),)
    matrix, problems = parse_spillover(
        keywords[present[0]], channel_names, keyword=present[0], location=location
    )
    for other in present[1:]:
        second, _ = parse_spillover(keywords[other], channel_names, keyword=other)
        if matrix is None and second is not None:
            message = f"holds a matrix, but {present[0]} goes before it and cannot be used."
            problems += (Problem("spillover-conflict", _place(location, other), message, _FIX),)
        elif second != matrix:
            message = f"differs from {present[0]}, which is used."
            problems += (Problem("spillover-conflict", _place(location, other), message),)
    return matrix, problems


def spillover_refusal(
    keywords: Mapping[str, str], channel_names: Sequence[str], *, location: str = ""
) -> Problem | None:
    """Return why the spillover keyword of a file cannot be used; None when it can, or there is none."""
    matrix, problems = spillover_from_keywords(keywords, channel_names, location=location)
    return problems[0] if matrix is None and problems else None


def parse_spillover(
    text: str, channel_names: Sequence[str], *, keyword: str = "$SPILLOVER", location: str = ""
) -> tuple[CompensationMatrix | None, tuple[Problem, ...]]:
    """Return the matrix written as ``n,name1,...,namen,c11,c12,...`` (row = fluorochrome, column = detector).

    Parameters
    ----------
    text : str
        Value of the keyword.
    channel_names : sequence of str
        ``$PnN`` of the file; names of the matrix must be among them, in any order.
    keyword, location : str
        Named in the problems.

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

    def refused(code: str, message: str) -> tuple[None, tuple[Problem, ...]]:
        return None, (Problem(code, place, message + " The matrix is not used.", _FIX),)

    cells = [cell.strip() for cell in text.strip().strip(",").split(",")]
    if not re.fullmatch(r"[0-9]{1,4}", cells[0]) or not 1 <= int(cells[0]) <= _MAX_DETECTORS:
        return refused("spillover-count", f"begins with {cells[0][:40]!r}; expected the number of detectors.")
    n = int(cells[0])
    names, numbers = cells[1 : n + 1], cells[n + 1 :]
    if len(numbers) != n * n:
        hint = ""
        if len(numbers) > n * n:
            hint = " Are there decimal commas, or commas in names?"
        message = f"{n} detectors need {n * n} coefficients; {max(len(numbers), 0)} are there.{hint}"
        return refused("spillover-length", message)
    bad = next((i for i, cell in enumerate(numbers) if not _NUMBER.fullmatch(cell)), None)
    if bad is not None:
        row, column = divmod(bad, n)
        message = (
            f"the coefficient of {names[row]} in {names[column]} is {numbers[bad][:40]!r}; expected a number."
        )
        return refused("spillover-coefficient", message)
    unknown = [name for name in names if name not in channel_names]
    if unknown and all(re.fullmatch(r"[0-9]+", name) for name in unknown):
        return refused(
            "spillover-numbered", f"names detectors by number ({', '.join(unknown[:5])}) instead of name."
        )
    if unknown:
        message = f"names detectors that no channel is called: {', '.join(unknown[:5])}."
        return refused("spillover-unknown-detector", message)
    values = np.array([float(cell) for cell in numbers]).reshape(n, n)
    if not values.any():
        return refused(
            "spillover-zero", "all coefficients are 0: the file was acquired without compensation."
        )
    try:
        matrix = CompensationMatrix(names, names, values)
    except CompensationError as error:
        return refused("spillover-unusable", f"{error}")
    return matrix, tuple(Problem(p.code, place, p.message, p.fix) for p in matrix.warnings)


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
    why = broken.message.removesuffix(" The matrix is not used.").removesuffix(".")
    return f"{broken.location} is there but cannot be used ({why})"
