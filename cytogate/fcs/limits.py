"""Limits: how large the parts of a file may be before it is refused as damaged or hostile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest sizes that are read; each is named in the error that it causes."""

    max_parameters: int = 4096
    max_text_bytes: int = 64 * 2**20
    max_keywords: int = 100_000
    max_name_length: int = 1024
    max_data_sets: int = 4096
    max_unpacked_bytes: int = 4 * 2**30  # of a compressed or remote file, which is held in memory


LIMITS = Limits()
