"""Entries of a spillover keyword: the detectors and coefficients in its text, or why there are none."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import listed, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_DETECTORS = 1024
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?)|-?1\.#\w+", re.I)  # 1.#QNAN: the C library of Windows
_WHOLE = re.compile(r"[+-]?[0-9]+")
_FRACTION = re.compile(r"[0-9]+(?:[eE][+-]?[0-9]{1,4})?")
_ORDINAL = re.compile(r"[0-9]{1,5}")
_LONGEST = 60  # characters of a name that are compared or shown
_EXCERPT = 100


class Refusal(Exception):
    """Why a text is no spillover matrix: a code of `cytogate.compensation.causes`, and a message.

    It becomes a `Problem` before it leaves the package.
    """

    def __init__(self, *, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


def spillover_entries(text: str, channel_names: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    """Return the n names of ``n,name1,...,namen,c11,c12,...`` as written, and the (n, n) coefficients.

    Raises
    ------
    Refusal
        The text has another form. Where one other reading is likely, the message says what it would be.
    """
    body = text.strip().strip(",")
    n = _count(body, len(channel_names))
    found = body.count(",") - n
    if found > 2 * n * n + 4 * n:  # more than decimal commas and commas in names explain: not even divided
        raise Refusal(code="spillover-length", message=_length(n, found))
    cells = [cell.strip() for cell in body.split(",")]
    names, numbers = cells[1 : n + 1], cells[n + 1 :]
    if len(numbers) != n * n:
        raise _of_another_length(n, cells, channel_names)
    if all(map(NUMBER.fullmatch, numbers)):
        values = np.array(list(map(float, numbers)), dtype=np.float64)
        if np.isfinite(values).all():
            return names, values.reshape(n, n)
    raise _of_a_bad_number(names, numbers)


def _of_a_bad_number(names: list[str], numbers: list[str]) -> Refusal:
    def is_number(cell: str) -> bool:
        return NUMBER.fullmatch(cell) is not None

    bad = next(i for i, cell in enumerate(numbers) if not (is_number(cell) and math.isfinite(float(cell))))
    code, wanted = "spillover-coefficient", "a number"
    if is_number(numbers[bad]) or _NOT_FINITE.fullmatch(numbers[bad]):
        code, wanted = "spillover-not-finite", "a finite number"
    row, column = divmod(bad, len(names))
    where = f"{_short(names[row])} in {_short(names[column])}"
    message = f"the coefficient of {where} is {numbers[bad][:40]!r}; expected {wanted}."
    return Refusal(code=code, message=message)


def _count(body: str, n_channels: int) -> int:
    head = body[: body.find(",")] if "," in body else body
    head = head.strip()
    if not _ORDINAL.fullmatch(head) or not 1 <= int(head) <= MAX_DETECTORS:
        other = next((mark for mark in (";", "\t", "|") if mark in head), None)
        hint = "" if other is None else f" Entries are divided by commas, not by {other!r}."
        raise Refusal(
            code="spillover-count",
            message=f"begins with {head[:40]!r}; expected the number of detectors.{hint}",
        )
    if int(head) > n_channels:
        message = f"begins with {head!r}, the number of detectors; the file has {n_channels} channels."
        raise Refusal(code="spillover-count", message=message)
    return int(head)


def _length(n: int, found: int) -> str:
    return f"{n} detectors need {n * n} coefficients; {max(found, 0)} are there."


def _of_another_length(n: int, cells: list[str], channel_names: Sequence[str]) -> Refusal:
    names, numbers = cells[1 : n + 1], cells[n + 1 :]
    message = _length(n, len(numbers))
    if len(numbers) > n * n:
        if len(numbers) == 2 * n * n and _are_halves(numbers):
            pairs = (".".join(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))
            with_points = _excerpt([str(n), *names, *pairs])
            message += f" They look like decimal commas; with points it would be {with_points}."
            return Refusal(code="spillover-decimal-commas", message=message)
        joined = _names_with_commas(cells[1 : -n * n], channel_names)
        if len(joined) == n:
            message = f"names hold commas, which divide entries: {_listed(joined)}."
            return Refusal(code="spillover-name-commas", message=message)
        message += " Are there decimal commas, or commas in names?"
    return Refusal(code="spillover-length", message=message)


def _are_halves(numbers: list[str]) -> bool:
    """Whether cells are whole numbers and fractions in turn: 0,95 cut at its comma."""
    return all(map(_WHOLE.fullmatch, numbers[::2])) and all(map(_FRACTION.fullmatch, numbers[1::2]))


def _names_with_commas(cells: list[str], channel_names: Sequence[str]) -> list[str]:
    """Return the channels whose names, with their commas, follow each other in `cells`; none if others do."""
    known = {tuple(part.strip() for part in name.split(",")): name for name in channel_names}
    longest = max(map(len, known))
    found, i = [], 0
    while i < len(cells):
        span = next((k for k in range(min(longest, 8), 0, -1) if tuple(cells[i : i + k]) in known), 0)
        if not span:
            return []
        found.append(known[tuple(cells[i : i + span])])
        i += span
    return found


def detectors(names: Sequence[str], channel_names: Sequence[str], labels: Sequence[str] = ()) -> list[str]:
    """Return the channels that a matrix names, in its order; case and blanks may differ.

    Raises
    ------
    Refusal
        A name fits no channel, or a channel is named twice.
    """
    known = set(channel_names)
    spelled = _unique(channel_names, list(map(_folded, channel_names)))
    found = [name if name in known else spelled.get(_folded(name), "") for name in names]
    if "" not in found:
        doubled = sorted({name for name in found if found.count(name) > 1})
        if doubled:
            message = f"names detectors more than once: {_listed(doubled)}."
            raise Refusal(code="spillover-duplicate-detector", message=message)
        return found
    unknown = [name for name, place in zip(names, found, strict=True) if not place]
    if all(_ORDINAL.fullmatch(name) for name in unknown):
        message = f"names detectors by number ({_listed(unknown)}) instead of name."
        if all(1 <= int(name) <= len(channel_names) for name in unknown):
            meant = [channel_names[int(name) - 1] for name in unknown]
            message += f" Counted from 1, they would be {_listed(meant)}."
        raise Refusal(code="spillover-numbered", message=message)
    labelled = _unique(channel_names, labels)
    if all(name in labelled for name in unknown):
        meant = [labelled[name] for name in unknown]
        message = f"names detectors by label ($PnS: {_listed(unknown)}) instead of name ($PnN)."
        raise Refusal(code="spillover-labels", message=f"{message} They would be {_listed(meant)}.")
    doubt = nearest(unknown[0][:_LONGEST], [name[:_LONGEST] for name in channel_names])
    message = f"names detectors that no channel is called: {_listed(unknown)}. {doubt}"
    raise Refusal(code="spillover-unknown-detector", message=message)


def _unique(channel_names: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    """Return channels by key, where one channel alone has the key."""
    table: dict[str, str] = {}
    shared = set()
    for name, key in zip(channel_names, keys, strict=False):
        if key in table:
            shared.add(key)
        table[key] = name
    return {key: name for key, name in table.items() if key and key not in shared}


def _folded(name: str) -> str:
    return "".join(name.casefold().split())


def _short(name: str) -> str:
    return name[:_LONGEST] or "''"


def _listed(names: Sequence[str]) -> str:
    return listed([_short(name) for name in names])


def _excerpt(entries: Sequence[str]) -> str:
    text = ",".join(entries[:_EXCERPT])
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}..."
