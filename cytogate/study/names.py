"""Safe names for files: letters, digits and a hash, unique even where case does not count."""

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
