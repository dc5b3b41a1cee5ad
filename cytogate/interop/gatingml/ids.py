"""Ids of a Gating-ML file: names that XML allows and that occur once, the same for the same strategy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    Key = TypeVar("Key", bound=Hashable)

# FlowKit names its tree's top "root"; the other two are values of compensation-ref.
RESERVED = frozenset({"root", "FCS", "uncompensated"})

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_STRANGE = re.compile(r"[^A-Za-z0-9_.-]")


def plain_id(name: str) -> str:
    """Return `name` with everything replaced that an XML id may not hold.

    Examples
    --------
    >>> plain_id("CD4"), plain_id("IgD+ CD27-"), plain_id("7-AAD/live")
    ('CD4', 'IgDpos_CD27-', '_7-AAD_live')
    """
    if _PLAIN.fullmatch(name):
        return name
    text = _STRANGE.sub("_", name.replace("+", "pos"))
    return text if _PLAIN.fullmatch(text) else f"_{text}"


def assign_ids(names: Mapping[Key, tuple[str, ...]]) -> dict[Key, str]:
    """Return one id for each key; no two are the same.

    Parameters
    ----------
    names : mapping of key to tuple of str
        The name, then names to put before it, one after the other, while the id is taken: the parent's, the
        grandparent's. When they are used up a number is added.

    Returns
    -------
    dict
        A name that is an id already keeps it (the first of several), whatever the others become.

    Examples
    --------
    >>> assign_ids({1: ("Live/dead",), 2: ("Live_dead",), 3: ("Live_dead", "B")})
    {2: 'Live_dead', 1: 'Live_dead_2', 3: 'B.Live_dead'}
    """
    given: dict[Key, str] = {}
    taken = set(RESERVED)
    for wanted_plain in (True, False):
        for key, (name, *before) in names.items():
            if key in given or (wanted_plain and (plain_id(name) != name or name in taken)):
                continue
            given[key] = _free_id(name, before, taken)
            taken.add(given[key])
    return given


def _free_id(name: str, before: list[str], taken: set[str]) -> str:
    candidate = plain_id(name)
    longer = name
    for prefix in before:
        if candidate not in taken:
            return candidate
        longer = f"{prefix}.{longer}"
        candidate = plain_id(longer)
    base, number = candidate, 2
    while candidate in taken:
        candidate, number = f"{base}_{number}", number + 1
    return candidate
