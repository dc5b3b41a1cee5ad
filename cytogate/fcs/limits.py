"""Limits: how large the parts of a file may be before it is refused as damaged or hostile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest sizes that are read; each is named in the error that it causes.

    Attributes
    ----------
    max_parameters : int
        ``$PAR``.
    max_text_bytes : int
        Of TEXT, of supplemental TEXT, of ANALYSIS, and of the values of one of them as text in memory.
    max_keywords : int
        Of one TEXT segment.
    max_name_length : int
        Characters of a keyword, and of ``$PnN``.
    max_data_sets : int
        Of one file.
    max_unpacked_bytes : int
        Of a file that is held in memory: unpacked, or fetched from a server that gives whole files only.
    max_unnamed_bytes : int
        Behind the last segment that a compressed file names; they are unpacked to check the file, not kept.
    max_request_seconds : float
        Without an answer of a server.
    """

    max_parameters: int = 4096
    max_text_bytes: int = 15 * 2**20
    max_keywords: int = 100_000
    max_name_length: int = 1024
    max_data_sets: int = 4096
    max_unpacked_bytes: int = 4 * 2**30
    max_unnamed_bytes: int = 64 * 2**20
    max_request_seconds: float = 60.0


LIMITS = Limits()
