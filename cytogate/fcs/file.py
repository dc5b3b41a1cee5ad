"""FcsFile: one data set of an FCS file, opened but not read; values are decoded when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import Problem
from cytogate.fcs.data import FileReader, has_mask, lost_bits, stored_column, stored_table
from cytogate.fcs.repairs import is_lenient
from cytogate.fcs.storage import storage_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from cytogate.compensation.matrix import CompensationMatrix
    from cytogate.fcs.layout import RecordLayout
    from cytogate.fcs.panel import Panel
    from cytogate.fcs.storage import Storage

BLOCK_BYTES = 2**18  # records and their float64 values stay in the cache


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
    n_events, n_datasets : int
    spillover : CompensationMatrix or None
        The matrix of the keywords; None when there is none, or when it cannot be used (see `warnings`).
    layout : RecordLayout
        How one event lies in the file.
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
    _storage: Storage = field(repr=False)
    _begin: int = field(repr=False)
    _permutation: NDArray[np.intp] | None = field(repr=False)
    _opening: tuple[Problem, ...] = field(repr=False)
    _later: dict[str, tuple[Problem, ...]] = field(repr=False, default_factory=dict)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All that is odd about the file and how it was read nevertheless.

        Integer data are looked through once, for events that lose bits to the mask of ``$PnR``.
        """
        if "bits" not in self._later:
            self._later["bits"] = tuple(self._lost_bits())
        return self._opening + self._later["bits"]

    @property
    def losses(self) -> tuple[Problem, ...]:
        """Those of `warnings` that lenient reading alone allows: events that are not there, say."""
        return tuple(problem for problem in self._opening if is_lenient(problem.code))

    def raw(self) -> NDArray[Any]:
        """Return (n_events, n_channels) stored values after the bit mask of integers.

        Unsigned of the widest width when all are integers, the file's float when all are of one, else float64
        (`raw_column` is always exact).

        Raises
        ------
        FcsError
            When the file changed since it was opened.
        """
        records = np.empty((self.n_events, self.layout.row_bytes), np.uint8)
        with self.reader() as reader:
            reader.read_into(0, self.n_events, records.reshape(-1))
        return stored_table(records, self.layout)

    def raw_column(self, channel: str | int) -> NDArray[Any]:
        """Return (n_events,) stored values of one channel (name, label or position), exact."""
        place = self.channels.index(channel) if isinstance(channel, str) else channel
        parts = [stored_column(records, self.layout, place) for _, records in self._blocks()]
        return np.concatenate(parts) if parts else stored_column(self._no_records(), self.layout, place)

    def events(self) -> NDArray[np.float64]:
        """Return (n_events, n_channels) float64 scale values.

        Log scales of integers are made linear (``$PnE``), gains divided out (``$PnG``, never on time), and
        time is in seconds where ``$TIMESTEP`` is given.
        """
        from cytogate.kernels.unpack import unpack_column

        layout, n_channels = self.layout, len(self.channels)
        out = np.empty((self.n_events, n_channels))
        scratch = np.empty((n_channels, self._block_events()))
        for start, records in self._blocks():
            n, buffer = len(records), records.reshape(-1)
            for c in range(n_channels):
                unpack_column(
                    buffer,
                    n,
                    layout.row_bytes,
                    layout.offsets[c],
                    layout.widths[c],
                    layout.kinds[c],
                    layout.big_endian,
                    layout.masks[c],
                    layout.scale_kinds[c],
                    layout.scale_a[c],
                    layout.scale_b[c],
                    scratch[c],
                )
            out[start : start + n] = scratch[:, :n].T
        return out

    def reader(self) -> FileReader:
        """Return a reader of the records, to be used in a with statement."""
        return FileReader(
            self._storage, self.path, self._begin, self.n_events, self.layout.row_bytes, self._permutation
        )

    def sha256(self) -> str:
        """Return the SHA-256 of the whole file as it lies on disk; refused when it changed since opening."""
        return storage_sha256(self._storage)

    def _block_events(self) -> int:
        return max(1, BLOCK_BYTES // self.layout.row_bytes)

    def _no_records(self) -> NDArray[np.uint8]:
        return np.empty((0, self.layout.row_bytes), np.uint8)

    def _blocks(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield (first event, records) of one block after the other, in one buffer."""
        step = min(self._block_events(), self.n_events)
        buffer = np.empty(step * self.layout.row_bytes, np.uint8)
        with self.reader() as reader:
            for start in range(0, self.n_events, max(step, 1)):
                n = min(step, self.n_events - start)
                chunk = buffer[: n * self.layout.row_bytes]
                reader.read_into(start, n, chunk)
                yield start, chunk.reshape(n, self.layout.row_bytes)

    def _lost_bits(self) -> Iterator[Problem]:
        masked = [c for c in range(len(self.channels)) if has_mask(self.layout, c)]
        if not masked or self.n_events == 0:
            return
        counts = dict.fromkeys(masked, 0)
        for _, records in self._blocks():
            for c in masked:
                counts[c] += lost_bits(records, self.layout, c)
        for c, count in counts.items():
            if count:
                name = self.channels[c].name
                message = (
                    f"{count} of {self.n_events} events of {name} have bits above its range; they are masked."
                )
                yield Problem("bits-beyond-range", f"{self.path}: $P{c + 1}R", message)
