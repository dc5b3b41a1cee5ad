"""Families of hypotheses: q values over the primary contrast of measures that a study declares together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.stats.multiplicity import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, Any]
OUTSIDE = "in no declared family: not corrected for multiplicity"


def with_q(rows: Sequence[Row], families: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return rows with `family` and `q` of the primary ones; the mark `is_primary` goes.

    Benjamini-Hochberg within each family, over the members that have a p; a measure of several families has
    the q of the first. Rows of percentages stand for a subset, its absolute counts do not.
    """
    belongs: dict[str, str] = {}
    for family, members in families.items():
        for member in members:
            belongs.setdefault(member, family)
    marked = [row for row in rows if row["is_primary"] and row["measure"] != "absolute"]
    for family, members in families.items():
        mine = [row for row in marked if belongs.get(row["subset"]) == family]
        tested = [row for row in mine if row["p"] is not None]
        for row, q in zip(tested, benjamini_hochberg([row["p"] for row in tested]), strict=True):
            row["q"] = float(q)
        count = sum(belongs[member] == family for member in members)
        for row in mine:
            row["family"] = family
            if len(tested) < count:
                _say(row, f"q over the {len(tested)} of {count} measures of the family that have a p")
    for row in marked:
        if not row["family"]:
            _say(row, OUTSIDE)
    return [{key: value for key, value in row.items() if key != "is_primary"} for row in rows]


def _say(row: Row, remark: str) -> None:
    row["note"] = f"{row['note']}; {remark}" if row["note"] else remark
