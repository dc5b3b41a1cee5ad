"""Names: safe ones for files, unique even where case does not count, and the order people expect."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


_HASHED = re.compile(r"-[0-9a-f]{8}$")  # a name that ends as if it had a hash gets one, too
_DEVICE = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]", re.IGNORECASE)  # no names of files on Windows


def slug(text: str, most: int = 60) -> str:
    """Return text as a file name may hold it anywhere; different texts may give one slug.

    Examples
    --------
    >>> slug("IgD x CD27 / B")
    'IgD-x-CD27-B'
    >>> slug("../.."), slug("con.")
    ('x', 'con-x')
    """
    plain = re.sub(r"[^A-Za-z0-9_+]+", "-", text).strip("-")[:most].strip("-") or "x"
    return f"{plain}-x" if _DEVICE.fullmatch(plain) else plain


def unique_slug(text: str) -> str:
    """Return a slug that no other text has: with the beginning of the text's hash.

    Examples
    --------
    >>> unique_slug("S01") == unique_slug("s01")
    False
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))  # half characters are text, too
    return f"{slug(text)}-{digest.hexdigest()[:8]}"


def file_stems(names: Iterable[str]) -> dict[str, str]:
    """Return name -> how a file of it is called: plain where that is unique, else with a hash of the name.

    Unique even where case does not count. What a name is called depends on the other names only where two
    would share a file.

    Examples
    --------
    >>> file_stems(["P1 W0", "B/DN"])
    {'P1 W0': 'P1-W0', 'B/DN': 'B-DN'}
    >>> sorted(len(stem) for stem in file_stems(["P1", "p1", "<b>"]).values())
    [1, 11, 11]
    """
    different = list(dict.fromkeys(names))
    plain = {name: slug(name) for name in different}
    often = Counter(stem.casefold() for stem in plain.values())
    return {
        name: unique_slug(name) if often[stem.casefold()] > 1 or _HASHED.search(stem) else stem
        for name, stem in plain.items()
    }


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts P2 before P10.

    Examples
    --------
    >>> sorted(["P10", "P2", "a"], key=natural)
    ['P2', 'P10', 'a']
    """
    pieces = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in pieces)
