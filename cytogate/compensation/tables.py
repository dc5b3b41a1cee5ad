"""Matrix tables: a compensation matrix as a text file with detectors in its first line."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation._entries import NUMBER
from cytogate.compensation.matrix import CompensationMatrix
from cytogate.errors import CompensationError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES = 16 * 2**20
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")


def read_matrix_csv(path: str | os.PathLike[str]) -> CompensationMatrix:
    """Return the matrix of a text file: first line detectors, then one line per fluorochrome.

    Cells are separated by commas, semicolons, tabs or, where there is none of them, blanks. A first column of
    names (fluorochromes) may stand before the numbers, with or without a cell above it. Where the
    fluorochromes have the detectors' names, rows are put in the detectors' order. FlowJo's
    ``"FITC-A :: CD4"`` is read as ``"FITC-A"``.

    Raises
    ------
    CompensationError
        When the file cannot be read as a matrix; the message says file:row:column.
    """
    name = os.fspath(path)
    rows = _rows(name)
    (header_line, header), *body = rows
    first_is_name = bool(body) and not _looks_numeric(body[0][1][0])
    width = max((len(cells) for _, cells in body), default=0)
    detectors = header[1:] if first_is_name and len(header) == width else header
    if not body:
        message = f"{name}:{header_line}: only one line; expected detectors, then one line per fluorochrome."
        raise CompensationError(message)
    fluorochromes, numbers = [], []
    for line, cells in body:
        if first_is_name:
            fluorochromes.append(_channel(cells[0]))
        numbers.append(_numbers(name, line, cells[first_is_name:], detectors, offset=1 + first_is_name))
    names = [_channel(cell) for cell in detectors]
    if first_is_name and sorted(fluorochromes) == sorted(names):
        numbers = [numbers[fluorochromes.index(detector)] for detector in names]
        fluorochromes = names
    try:
        return CompensationMatrix(names, fluorochromes or names, _square(name, numbers, names))
    except CompensationError as error:
        message = f"{name}: {error}"
        raise CompensationError(message) from error


def _rows(name: str) -> list[tuple[int, list[str]]]:
    """Return (line number, cells) of all lines that are not empty."""
    try:
        if Path(name).stat().st_size > MAX_BYTES:
            message = f"{name}: larger than {MAX_BYTES} bytes; that is no compensation matrix."
            raise CompensationError(message)
        raw = Path(name).read_bytes()
    except OSError as error:
        message = f"{name}: cannot be read: {error.strerror or error}."
        raise CompensationError(message) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\0" in text:
        message = f"{name}: not a text table (NUL bytes; perhaps UTF-16). Save it as UTF-8."
        raise CompensationError(message)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = next((mark for mark in ("\t", ";", ",") if mark in first), " ")
    rows = []
    try:
        for line, cells in enumerate(
            csv.reader(lines, delimiter=separator, skipinitialspace=separator == " "), 1
        ):
            stripped = [cell.strip() for cell in cells]
            while separator == " " and stripped and not stripped[-1]:
                stripped.pop()
            if any(stripped):
                rows.append((line, stripped))
    except csv.Error as error:
        message = f"{name}: not a text table: {error}."
        raise CompensationError(message) from error
    if not rows:
        message = f"{name}: empty; expected a line of detectors and one line per fluorochrome."
        raise CompensationError(message)
    return rows


def _numbers(name: str, line: int, cells: list[str], detectors: Sequence[str], *, offset: int) -> list[float]:
    values = []
    for column, cell in enumerate(cells, start=offset):
        if NUMBER.fullmatch(cell):
            values.append(float(cell))
            continue
        if _DECIMAL_COMMA.fullmatch(cell):
            message = f"{name}:{line}:{column}: {cell!r} has a decimal comma; write decimal points."
            raise CompensationError(message)
        message = f"{name}:{line}:{column}: {cell[:40]!r} is no number; expected a spillover coefficient."
        raise CompensationError(message)
    if len(values) != len(detectors):
        hint = " Are there decimal commas?" if len(values) > len(detectors) else ""
        message = f"{name}:{line}: {len(values)} coefficients for {len(detectors)} detectors.{hint}"
        raise CompensationError(message)
    return values


def _square(name: str, numbers: list[list[float]], detectors: list[str]) -> np.ndarray:
    if len(numbers) != len(detectors):
        message = f"{len(numbers)} lines for {len(detectors)} detectors; a compensation matrix is square."
        raise CompensationError(message)
    return np.array(numbers, dtype=np.float64)


def _looks_numeric(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or _DECIMAL_COMMA.fullmatch(cell))


def _channel(cell: str) -> str:
    return cell.partition(" :: ")[0].strip()
