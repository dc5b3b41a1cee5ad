"""Window: the bytes of one data set, counted from its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cytogate.fcs.storage import Handle
    from cytogate.fcs.structure.header import Segment


@dataclass(frozen=True, slots=True)
class Window:
    """One data set of an open file.

    Attributes
    ----------
    handle : Handle
    start, available : int
        Beginning of the data set in the file, and its bytes from there on.
    """

    handle: Handle
    start: int
    available: int

    def read(self, begin: int, count: int) -> bytes:
        """Return up to `count` bytes from `begin` on, fewer where the data set ends before."""
        buffer = np.empty(max(min(count, self.available - begin), 0), np.uint8)
        if len(buffer):
            self.handle.read_into(self.start + begin, buffer)
        return buffer.tobytes()

    def segment(self, place: Segment) -> bytes:
        """Return the bytes of a segment."""
        return self.read(place.begin, place.length)
