"""Names: safe ones for files, unique even where case does not count, and the order people expect."""

from __future__ import annotations

import hashlib
import re


def slug(text: str, most: int = 60) -> str:
    """Return text as a file name may hold it anywhere; different texts may give one slug.

    Examples
    --------
    >>> slug("IgD x CD27 / B")
    'IgD-x-CD27-B'
    >>> slug("../..")
    'x'
    """
    plain = re.sub(r"[^A-Za-z0-9_+]+", "-", text).strip("-")
    return plain[:most].strip("-") or "x"


def unique_slug(text: str) -> str:
    """Return a slug that no other text has: with the beginning of the text's hash.

    Examples
    --------
    >>> unique_slug("S01") == unique_slug("s01")
    False
    """
    return f"{slug(text)}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts P2 before P10.

    Examples
    --------
    >>> sorted(["P10", "P2", "a"], key=natural)
    ['P2', 'P10', 'a']
    """
    pieces = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in pieces)
