"""Rules by the names that study files use, with any of their clauses changed."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError, nearest
from cytogate.stats.clinical.bicla import BiclaRule, bicla
from cytogate.stats.clinical.doris import DorisRule, doris
from cytogate.stats.clinical.lldas import LldasRule, lldas
from cytogate.stats.clinical.sledai import INSTRUMENTS
from cytogate.stats.clinical.sri import CANONICAL, SriProfile, profile, sri

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cytogate.stats.clinical.state import ClinicalState, Response

Rule = SriProfile | BiclaRule | LldasRule | DorisRule
SRI_POINTS = range(4, 9)
RULES = (*(f"sri{points}" for points in SRI_POINTS), "bicla", "lldas", "doris")
_NOT_CLAUSES = ("name", "improvement", "instrument")  # said by the keys rule, profile and instrument


def is_index(name: str) -> bool:
    """Return whether a rule is a responder index, which has profiles."""
    return name.startswith("sri")


def rule_of(
    name: str,
    *,
    profile_name: str = CANONICAL,
    changes: Mapping[str, Any] | None = None,
    instrument: str = "SLEDAI-2K",
) -> Rule:
    """Return a rule, with some of its clauses changed.

    Parameters
    ----------
    name : str
        One of `RULES`.
    profile_name : str
        Of a responder index.
    changes : mapping of clause to value
        Checked by `wrong_clauses`; a value of None leaves a clause out.
    instrument : str
        Version of SLEDAI.

    Raises
    ------
    CytogateError
        Rule, profile or instrument is unknown, or a clause is none of the rule's.

    Examples
    --------
    >>> rule_of("sri5", profile_name="kamen2022", changes={"max_new_b": 1}).max_new_b
    1
    """
    rule = _published(name, profile_name)
    if instrument not in INSTRUMENTS:
        message = f"Unknown instrument {instrument!r}. {nearest(instrument, list(INSTRUMENTS))}"
        raise CytogateError(message)
    changes = dict(changes or {})
    for _, what, fix in wrong_clauses(name, changes):
        message = f"{what} {fix}".strip()
        raise CytogateError(message)
    return replace(rule, **changes, instrument=instrument)


def _published(name: str, profile_name: str) -> Rule:
    if name not in RULES:
        message = f"Unknown response rule {name!r}. {nearest(name, RULES)}"
        raise CytogateError(message)
    if is_index(name):
        return replace(profile(profile_name), improvement=int(name.removeprefix("sri")))
    others: dict[str, Rule] = {"bicla": BiclaRule(), "lldas": LldasRule(), "doris": DorisRule()}
    return others[name]


def clause_names(name: str) -> tuple[str, ...]:
    """Return the clauses of a rule that a study may change."""
    kinds = fields(_published(name, CANONICAL))
    return tuple(entry.name for entry in kinds if entry.name not in _NOT_CLAUSES)


def wrong_clauses(name: str, changes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (clause, what is wrong with it, what to do) of each change that the rule cannot take.

    Examples
    --------
    >>> wrong_clauses("doris", {"max_pgs": 0})
    [('max_pgs', "unknown clause 'max_pgs' of doris.", 'Did you mean max_pga or max_prednisone?')]
    """
    kinds = {entry.name: str(entry.type) for entry in fields(_published(name, CANONICAL))}
    known = clause_names(name)
    found = []
    for clause, value in changes.items():
        if clause not in known:
            found.append((clause, f"unknown clause {clause!r} of {name}.", nearest(clause, known)))
        elif (expected := _expected(kinds[clause], value)) is not None:
            found.append((clause, f"{clause} is {value!r}; expected {expected}.", ""))
    return found


def _expected(kind: str, value: Any) -> str | None:
    """Return what a field of this kind expects, or None where the value is that."""
    left_out = ", or null to leave the clause out" if kind.endswith("None") else ""
    if value is None and left_out:
        return None
    if kind == "bool":
        return None if isinstance(value, bool) else "true or false"
    whole = kind.startswith("int")
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if fits and math.isfinite(value) and value >= 0:
        return None
    return f"a {'whole ' if whole else ''}number of 0 or more{left_out}"


def is_state(rule: Rule) -> bool:
    """Return whether a rule judges a visit by itself, whatever the baseline was."""
    return isinstance(rule, (LldasRule, DorisRule))


def judge(
    rule: Rule,
    baseline: ClinicalState | None,
    endpoint: ClinicalState | None,
    *,
    history: Sequence[ClinicalState] = (),
) -> Response:
    """Judge one subject by any rule; parameters and return as `sri`."""
    if isinstance(rule, SriProfile):
        return sri(baseline, endpoint, rule, history=history)
    if isinstance(rule, BiclaRule):
        return bicla(baseline, endpoint, rule, history=history)
    if isinstance(rule, LldasRule):
        return lldas(baseline, endpoint, rule, history=history)
    return doris(baseline, endpoint, rule, history=history)
