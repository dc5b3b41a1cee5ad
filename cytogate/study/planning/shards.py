"""Shards: parts of a study that are gated apart, by jobs that know nothing of each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import CytogateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytogate.study.planning.plan import Plan
    from cytogate.study.sheets.sheet import SheetRow


def only_shard(plan: Plan, shard: tuple[int, int] | None) -> Plan:
    """Return the plan of one part of a study: its tubes and all controls, without statistics over all tubes.

    Parameters
    ----------
    shard : (int, int) or None
        (i, n) is the i-th of n parts, i counted from 1; None leaves the plan as it is.

    Raises
    ------
    CytogateError
        There is no such part.
    """
    if shard is None:
        return plan
    index, count = shard
    if count < 1 or not 1 <= index <= count:
        message = f"There is no shard {index}/{count}: shards count from 1, such as 1/4 to 4/4."
        raise CytogateError(message)
    mine = set(shards_of(plan.gated, count)[index - 1])
    others = {row.sample for row in plan.gated} - mine
    rows = tuple(row for row in plan.rows if row.sample not in others)
    return replace(plan, rows=rows, study=replace(plan.study, statistics=()))


def shards_of(rows: Sequence[SheetRow], count: int) -> list[list[str]]:
    """Return the samples of each shard, in the order of the sheet.

    The tubes of one subject and panel stay together, as their visits are compared; in the order of the sheet
    each such group goes to the shard that has the fewest tubes, the first of several. So every machine that
    has the sheet shares it out alike.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        key = (row.panel, row.subject) if row.subject else ("", "", row.sample)
        groups.setdefault(key, []).append(row.sample)
    shards: list[list[str]] = [[] for _ in range(count)]
    for group in groups.values():
        min(shards, key=len).extend(group)
    place = {row.sample: number for number, row in enumerate(rows)}
    return [sorted(shard, key=place.__getitem__) for shard in shards]
