"""FcsFile: one data set of an FCS file, opened but not read; values are decoded when they are asked for."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import FcsError, Problem
from cytogate.fcs.acquisition import Acquisition, read_acquisition
from cytogate.fcs.data.readers import ArrayReader, FileReader
from cytogate.fcs.data.records import (
    column_dtype,
    is_plain,
    stored_column,
    stored_dtype,
    stored_table,
)
from cytogate.fcs.data.values import ValueSummary, over_blocks, scale_table, summarise
from cytogate.fcs.repairs.codes import is_lenient
from cytogate.fcs.storage import storage_sha256
from cytogate.fcs.storage.interface import chunks
from cytogate.fcs.storage.memory import MemoryFile
from cytogate.fcs.structure.analysis import read_analysis
from cytogate.fcs.structure.checksum import read_checksum
from cytogate.fcs.structure.header import HEADER_BYTES
from cytogate.fcs.structure.window import Window
from cytogate.fcs.text.keywords import Keywords

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.channels.panel import Panel
    from cytogate.fcs.data.layout import RecordLayout
    from cytogate.fcs.data.readers import BlockReader
    from cytogate.fcs.storage import Storage
    from cytogate.fcs.structure.checksum import Checksum
    from cytogate.fcs.structure.segments import Segments
    from cytogate.fcs.terms import Terms


@dataclass(frozen=True, slots=True, eq=False)
class FcsFile:
    """One data set of an FCS file; see `read_fcs`.

    Attributes
    ----------
    path : str
        The file, as it was named.
    dataset : int
        Which data set of the file, from 0.
    version : str
        ``"3.1"``.
    keywords : Mapping[str, str]
        Keys in upper case, with ``$`` where the file has it.
    channels : Panel
        In the order of the file; found by name or label.
    n_events, n_datasets : int
        Events of this data set; data sets of the file.
    spillover : CompensationMatrix or None
        The matrix of the keywords; None when there is none, or when it cannot be used (see `warnings`).
    layout : RecordLayout
        How one event lies in the file.
    segments : Segments
        Where TEXT, DATA and the others lie in the data set.
    """

    path: str
    dataset: int
    version: str
    keywords: Mapping[str, str] = field(repr=False)
    channels: Panel
    n_events: int
    n_datasets: int
    spillover: CompensationMatrix | None = field(repr=False)
    layout: RecordLayout = field(repr=False)
    segments: Segments = field(repr=False)
    _storage: Storage = field(repr=False)
    _span: tuple[int, int] = field(repr=False)  # first byte of the data set in the file, and number of bytes
    _begin: int = field(repr=False)
    _permutation: NDArray[np.intp] | None = field(repr=False)
    _terms: Terms = field(repr=False)
    _opening: tuple[Problem, ...] = field(repr=False)
    _records: NDArray[np.uint8] | None = field(repr=False, default=None)  # of data decoded when opened
    _later: dict[str, Any] = field(repr=False, default_factory=dict)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All that is odd about the file and how it was read nevertheless.

        The events are looked through once, for values that are not finite or lose bits to ``$PnR``. The
        checksum is among them once `checksum` was asked for.
        """
        if "values" not in self._later:
            self._later["values"] = tuple(self._odd_values())
        if "analysis" not in self._later:
            self._later["analysis"] = self._read_analysis()[1]
        later = (self._later.get(name, ()) for name in ("values", "analysis", "checksum"))
        return (*self._opening, *chain.from_iterable(later))

    @property
    def opening(self) -> tuple[Problem, ...]:
        """Those of `warnings` that opening the file has shown: no event is looked at for them."""
        return self._opening

    @property
    def n_bytes(self) -> int:
        """Bytes of the whole file, all data sets; of a compressed one, unpacked."""
        return self._storage.size

    @property
    def is_in_memory(self) -> bool:
        """Whether the events lie in memory, such as those of a packed file."""
        return self._records is not None or isinstance(self._storage, MemoryFile)

    @property
    def losses(self) -> tuple[Problem, ...]:
        """Those of `warnings` that lenient reading alone allows: events that are not there, say."""
        return tuple(problem for problem in self._opening if is_lenient(problem.code))

    @property
    def acquisition(self) -> Acquisition:
        """When, for how long and on which instrument the events were acquired, as the keywords say."""
        return read_acquisition(self.keywords, self.path)

    def raw(self) -> NDArray[Any]:
        """Return (n_events, n_channels) stored values after the bit mask of integers.

        Unsigned of the widest width when all are integers, the file's float when all are of one, else float64
        (`raw_column` is always exact).

        Raises
        ------
        FcsError
            When the file changed since it was opened.
        """
        out = np.empty((self.n_events, self.layout.n_channels), stored_dtype(self.layout))

        def decode(records: NDArray[np.uint8], first: int) -> None:
            out[first : first + len(records)] = stored_table(records, self.layout)

        over_blocks(self, decode)
        return out

    def raw_column(self, channel: str | int) -> NDArray[Any]:
        """Return (n_events,) stored values of one channel (name, label or position), exact."""
        place = self.channels.index(channel) if isinstance(channel, str) else channel
        kind, width = int(self.layout.kinds[place]), int(self.layout.widths[place])
        out = np.empty(self.n_events, column_dtype(kind, width))

        def decode(records: NDArray[np.uint8], first: int) -> None:
            out[first : first + len(records)] = stored_column(records, self.layout, place)

        over_blocks(self, decode)
        return out

    def events(self) -> NDArray[np.float64]:
        """Return (n_events, n_channels) float64 scale values.

        Log scales of integers are made linear (``$PnE``), gains divided out (``$PnG``, never on time), and
        time is in seconds where ``$TIMESTEP`` is given. Integers above 2**53 are rounded, and `warnings` say
        so; `raw` is exact.
        """
        return scale_table(self)

    def value_summary(self) -> ValueSummary:
        """Return, per channel, the range of finite scale values, and how many events have odd ones."""
        if "summary" not in self._later:
            self._later["summary"] = summarise(self)
        summary: ValueSummary = self._later["summary"]
        return summary

    def reader(self) -> BlockReader:
        """Return a reader of the records, to be used in a with statement."""
        if self._records is not None:
            return ArrayReader(self._records, self.path)
        return FileReader(
            self._storage, self.path, self._begin, self.n_events, self.layout.row_bytes, self._permutation
        )

    @property
    def analysis(self) -> Keywords:
        """Keywords of ANALYSIS, read now; none where there is none or it cannot be read (see `warnings`)."""
        return self._read_analysis()[0]

    def other(self, index: int) -> bytes:
        """Return the bytes of one of the OTHER segments, ``segments.others[index]``.

        Raises
        ------
        FcsError
            When there is no such segment, or it does not lie in the data set.
        """
        others, (start, available) = self.segments.others, self._span
        if not 0 <= index < len(others) or not others[index].lies_in(available):
            found = f"segment {index}" + (f" at {others[index]}" if 0 <= index < len(others) else "")
            expected = f"one of {len(others)} OTHER segments inside {available} bytes"
            raise FcsError("other-missing", self.path, "OTHER", start + HEADER_BYTES, found, expected)
        with self._window() as window:
            return window.segment(others[index])

    def checksum(self) -> Checksum:
        """Return what the data set states of its checksum, and what its bytes give; all are read.

        One that differs is among `warnings` from now on.
        """
        with self._window() as window:
            found = read_checksum(window, self.segments.end(window.available))
        problem = found.problem(self.path)
        self._later["checksum"] = () if problem is None else (problem,)
        return found

    def sha256(self) -> str:
        """Return the SHA-256 of the whole file as it lies on disk; refused when it changed since opening."""
        return storage_sha256(self._storage)

    def chunks(self) -> Iterator[memoryview]:
        """Yield the bytes of the whole file in order, unpacked, in one buffer that is used again."""
        return chunks(self._storage)

    @contextmanager
    def _window(self) -> Iterator[Window]:
        with self._storage.open() as handle:
            yield Window(handle, *self._span)

    def _read_analysis(self) -> tuple[Keywords, tuple[Problem, ...]]:
        place = self.segments.analysis
        if place is None:
            return Keywords({}), ()
        with self._window() as window:
            return read_analysis(window, place, self.segments.delimiter, self._terms, self.path)

    def _odd_values(self) -> Iterator[Problem]:
        if all(over_blocks(self, lambda records, _: is_plain(records, self.layout))):
            return
        summary = self.value_summary()
        for c, channel in enumerate(self.channels):
            of = f"of {self.n_events} events of {channel.name}"
            if lost := summary.n_lost_bits[c]:
                message = f"{lost} {of} have bits above its range; they are masked."
                yield Problem("bits-beyond-range", f"{self.path}: $P{c + 1}R", message)
            if (nan := summary.n_nan[c]) + (infinite := summary.n_infinite[c]):
                message = f"{nan} {of} are not a number, {infinite} are infinite; they are kept, in no gate."
                yield Problem("values-not-finite", f"{self.path}: $P{c + 1}", message)
            if rounded := summary.n_rounded[c]:
                message = f"{rounded} {of} are above 2**53 and rounded as scale values; raw values are exact."
                yield Problem("values-rounded", f"{self.path}: $P{c + 1}", message)
