"""Standing: the keywords of a file against the version of the standard that it states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from cytogate.fcs.text.numbers import integer
from cytogate.fcs.versions import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.versions import VersionRules


@dataclass(frozen=True, slots=True)
class KeywordStanding:
    """The keywords of a file against its version; all empty where the file conforms.

    Attributes
    ----------
    missing : tuple of str
        Required and absent.
    deprecated : tuple of str
        Allowed, and advised against.
    forbidden : tuple of str
        Of another version of the standard.
    unknown : tuple of str
        Of no version, though only keywords of the standard may begin with ``$`` (FCS 3.0, 3.2.12).
    """

    missing: tuple[str, ...]
    deprecated: tuple[str, ...]
    forbidden: tuple[str, ...]
    unknown: tuple[str, ...]


def keyword_standing(keywords: Mapping[str, str], rules: VersionRules) -> KeywordStanding:
    """Return how the keywords of TEXT stand to the version that the file states.

    Parameters
    ----------
    keywords : mapping of str to str
        Keys in upper case.
    rules : VersionRules

    Examples
    --------
    >>> from cytogate.fcs.versions import VERSIONS
    >>> keyword_standing({"$PLATEID": "7", "$P1TAG": "FITC", "$FOO": "1"}, VERSIONS["3.1"]).forbidden
    ('$P1TAG',)
    """
    found: dict[str, list[str]] = {status: [] for status in (*get_args(Status), "unknown")}
    for key in keywords:
        if key.startswith("$"):
            found[rules.statuses.get(re.sub(r"[0-9]+", "n", key), "unknown")].append(key)
    return KeywordStanding(
        missing_keywords(keywords, rules),
        tuple(found["deprecated"]),
        tuple(found["forbidden"]),
        tuple(found["unknown"]),
    )


def missing_keywords(keywords: Mapping[str, str], rules: VersionRules) -> tuple[str, ...]:
    """Return the keywords that the version requires, of the data set and of each parameter, and that lack."""
    n_parameters = min(max(integer(keywords.get("$PAR")) or 0, 0), len(keywords))
    wanted = [*rules.required]
    for n in range(1, n_parameters + 1):
        wanted += [f"$P{n}{suffix}" for suffix in rules.required_parameter]
    return tuple(key for key in wanted if key not in keywords)
