"""Checksum: the CRC that may stand behind the last segment of a data set (FCS 3.0, 3.5)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.errors import Problem

if TYPE_CHECKING:
    from cytogate.fcs.structure.window import Window

CRC_BYTES = 8
_BLOCK = 2**20
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a data set states of its checksum, and what its bytes give.

    Attributes
    ----------
    stated : str or None
        The 8 characters behind the last segment; None where these are no number, or zeros (none computed).
    computed : int
        CRC of all bytes from HEADER to the last segment: polynomial x**16 + x**12 + x**5 + 1, from 0 on,
        bytes taken with their bits reversed.
    offset : int
        Byte of the file behind the last segment.
    """

    stated: str | None
    computed: int
    offset: int

    @property
    def agrees(self) -> bool | None:
        """Whether the two are the same number, decimal (FCS 3.0, 2.1.2) or hexadecimal; None without one."""
        if self.stated is None:
            return None
        decimal = self.stated.isdigit() and int(self.stated) == self.computed
        return decimal or int(self.stated, 16) == self.computed

    def problem(self, path: str) -> Problem | None:
        """Return the warning of a checksum that differs."""
        if self.agrees is not False:
            return None
        message = f"{self.stated} at byte {self.offset}; its bytes give {self.computed} ({self.computed:X})."
        fix = "The file was changed or damaged: compare it with the original."
        return Problem("checksum-differs", f"{path}: CRC", message, fix)


def read_checksum(window: Window, end: int) -> Checksum:
    """Return what stands behind the last segment, and the checksum of what is before.

    Parameters
    ----------
    window : Window
    end : int
        The byte behind the last segment, counted from the beginning of the data set.

    Raises
    ------
    FcsError
        When the file changes meanwhile.
    """
    crc = 0
    for begin in range(0, end, _BLOCK):
        crc = binascii.crc_hqx(window.read(begin, min(_BLOCK, end - begin)).translate(_REVERSED), crc)
    computed = int(f"{crc:016b}"[::-1], 2)
    text = window.read(end, CRC_BYTES).decode("latin-1").strip(" \0")
    is_number = re.fullmatch(r"[0-9A-Fa-f]{1,8}", text) and text.strip("0")
    return Checksum(text if is_number else None, computed, window.start + end)
