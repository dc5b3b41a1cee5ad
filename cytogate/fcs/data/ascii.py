"""ASCII data (``$DATATYPE/A/``): values written as characters, decoded exactly into records in memory.

FCS, keyword ``$DATATYPE``: ``$PnB`` is the number of characters of a value, and values follow
each other without delimiters; or it is ``*`` for all, and spaces, tabs, commas, carriage returns and line
feeds part the values, several in a row as one. FCS 3.1 and 3.2 advise against ASCII data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cytogate.fcs.data.byte_order import ByteOrder
from cytogate.fcs.data.layout import FLOAT64, UNSIGNED
from cytogate.fcs.data.records import EXACT
from cytogate.fcs.text.numbers import integer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from cytogate.errors import FcsError
    from cytogate.fcs.data.layout import RecordLayout
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.storage import Handle

MAX_CHARACTERS = 64  # of one value
BLOCK_BYTES = 2**18
DELIMITERS = np.frombuffer(b" \t,\r\n", np.uint8)
NATIVE = ByteOrder(big_endian=not np.little_endian)


@dataclass(frozen=True, slots=True)
class AsciiForm:
    """How the values of an event are written.

    Attributes
    ----------
    n_channels : int
    characters : tuple of int
        Of each value; empty where delimiters part the values.
    """

    n_channels: int
    characters: tuple[int, ...] = ()

    @property
    def row_bytes(self) -> int:
        """Bytes of one event; 0 where delimiters part the values."""
        return sum(self.characters)


def ascii_form(keywords: Mapping[str, str], n_channels: int, findings: Findings) -> AsciiForm | None:
    """Return how ASCII data are written; None where the data are not ASCII.

    Raises
    ------
    FcsError
        When a ``$PnB`` is no number of characters, or ``*`` for some parameters only.
    """
    if keywords.get("$DATATYPE", "").upper() != "A":
        return None
    texts = [keywords.get(f"$P{n}B") for n in range(1, n_channels + 1)]
    if all(text is not None and text.strip() == "*" for text in texts):
        return AsciiForm(n_channels)
    characters = []
    for n, text in enumerate(texts, start=1):
        count = integer(text)
        if count is None or not 1 <= count <= MAX_CHARACTERS:
            code, found = (
                ("keyword-missing", "no keyword") if text is None else ("bits-invalid", repr(text[:40]))
            )
            expected = f"1 to {MAX_CHARACTERS} characters, or '*' for all parameters"
            raise findings.error(code, f"$P{n}B", None, found, expected)
        characters.append(count)
    return AsciiForm(n_channels, tuple(characters))


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Values of a block of text: number of the first, and what each is."""

    first: int
    whole: NDArray[np.uint64]
    decimal: NDArray[np.float64]
    is_whole: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AsciiText:
    """A stretch of a file that holds ASCII values; `begin` counts from the beginning of the file."""

    handle: Handle
    begin: int
    length: int
    form: AsciiForm
    findings: Findings

    def scan(self) -> tuple[int, NDArray[np.int64]]:
        """Return how many values there are, and how many of each channel are no unsigned integers.

        Raises
        ------
        FcsError
            At the first value that is no number, or too large.
        """
        count, decimals = 0, np.zeros(self.form.n_channels, np.int64)
        for block in self._blocks():
            columns = (block.first + np.flatnonzero(~block.is_whole)) % self.form.n_channels
            decimals += np.bincount(columns, minlength=self.form.n_channels)
            count += len(block.whole)
        return count, decimals

    def decode(self, n_events: int, is_decimal: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return (n_events, 8 * n_channels) records: uint64, or float64 in the channels of `is_decimal`."""
        c = self.form.n_channels
        out = np.empty(n_events * c, np.uint64)
        for block in self._blocks():
            part = out[block.first : block.first + len(block.whole)]
            n = len(part)  # of a block of delimiters none, and fewer than it holds at the end
            as_float = is_decimal[(block.first + np.arange(n)) % c]
            whole = block.whole[:n]
            if (as_float & block.is_whole[:n] & (whole > EXACT)).any():
                raise self._too_large(self.begin, "an integer above 2**53 beside decimal numbers")
            part[:] = np.where(as_float, block.decimal[:n].view(np.uint64), whole)
        return out.view(np.uint8).reshape(n_events, 8 * c)

    def _blocks(self) -> Iterator[_Block]:
        rows = self.form.row_bytes
        step = max(1, BLOCK_BYTES // rows) * rows if rows else BLOCK_BYTES
        buffer = np.empty(min(step, self.length), np.uint8)
        at, first = 0, 0
        while at < self.length:
            text = buffer[: min(step, self.length - at)]
            self.handle.read_into(self.begin + at, text)
            if not rows and at + len(text) < self.length:
                text = text[: self._last_delimiter(text, at) + 1]  # the next block begins with a whole value
            block = self._read(text, at, first)
            yield block
            at, first = at + len(text), first + len(block.whole)

    def _last_delimiter(self, text: NDArray[np.uint8], at: int) -> int:
        tail = max(0, len(text) - MAX_CHARACTERS - 1)
        places = np.flatnonzero(np.isin(text[tail:], DELIMITERS))
        if not places.size:
            raise self._not_a_number(self.begin + at + tail, text[tail:])
        return tail + int(places[-1])

    def _read(self, text: NDArray[np.uint8], at: int, first: int) -> _Block:
        from cytogate.kernels.ascii_numbers import HARD, INVALID, TOO_LARGE, WHOLE, read_numbers

        begins, ends = self._places(text)
        whole, decimal = np.zeros(len(begins), np.uint64), np.zeros(len(begins))
        form = np.empty(len(begins), np.uint8)
        read_numbers(text, begins, ends, whole, decimal, form)
        form[ends - begins > MAX_CHARACTERS] = INVALID
        for i in np.flatnonzero((form == INVALID) | (form == TOO_LARGE))[:1]:
            place, value = self.begin + at + int(begins[i]), text[begins[i] : ends[i]]
            if form[i] == TOO_LARGE:
                raise self._too_large(place, repr(value.tobytes().decode("latin-1")))
            raise self._not_a_number(place, value)
        for i in np.flatnonzero(form == HARD):
            written = text[begins[i] : ends[i]].tobytes().decode("ascii")
            decimal[i] = float(written)
            if np.isinf(decimal[i]):
                raise self._too_large(self.begin + at + int(begins[i]), repr(written))
        return _Block(first, whole, decimal, form == WHOLE)

    def _places(self, text: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        from cytogate.kernels.ascii_numbers import split_values

        if self.form.characters:
            widths = np.tile(np.array(self.form.characters, np.int64), len(text) // self.form.row_bytes)
            ends = np.cumsum(widths)
            return ends - widths, ends
        begins = np.empty(len(text) // 2 + 1, np.int64)
        ends = np.empty_like(begins)
        n = split_values(text, len(text), begins, ends)
        return begins[:n], ends[:n]

    def _not_a_number(self, offset: int, value: NDArray[np.uint8]) -> FcsError:
        found = repr(value[:40].tobytes().decode("latin-1"))
        return self.findings.error("ascii-invalid", "DATA", offset, found, "an unsigned integer in ASCII")

    def _too_large(self, offset: int, found: str) -> FcsError:
        return self.findings.error("ascii-too-large", "DATA", offset, found, "an integer below 2**64")


def decoded_layout(
    layout: RecordLayout, decimals: NDArray[np.int64], n_events: int, findings: Findings
) -> RecordLayout:
    """Return the layout of decoded records, and say which channels hold other numbers than the standard's."""
    for c in np.flatnonzero(decimals):
        message = (
            f"{decimals[c]} of {n_events} values are no unsigned integers; they are read as decimal numbers."
        )
        findings.note("ascii-decimal", f"$P{c + 1}", message)
    return replace(layout, kinds=np.where(decimals > 0, FLOAT64, UNSIGNED))
