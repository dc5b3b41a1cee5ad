"""What the manifest says of templates, instruments and files, as sections need it; older runs lack keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.study.files.names import natural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.report.section import RunLike

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acquired:
    """What the files say of how they were acquired, over all tubes.

    Attributes
    ----------
    setups : tuple of mapping
        Each set-up once; see `cytogate.study.sample.instruments`.
    first, last : str
        Earliest and latest day, ISO; empty where no file says one.
    n_dated : int
        Tubes whose file says a day.
    operators : tuple of str
        Each once, in natural order.
    """

    setups: tuple[Mapping[str, Any], ...]
    first: str
    last: str
    n_dated: int
    operators: tuple[str, ...]

    def said(self, key: str) -> tuple[str, ...]:
        """Return what set-ups say under a key, each once, in their order."""
        return unique(str(setup.get(key) or "") for setup in self.setups)

    @property
    def lasers(self) -> tuple[str, ...]:
        """Names of lasers, each once."""
        return unique(str(name) for setup in self.setups for name in setup.get("lasers") or ())


def unique(words: Iterable[str]) -> tuple[str, ...]:
    """Return words that are not empty, each once, in their order.

    Examples
    --------
    >>> unique(["b", "", "a", "b"])
    ('b', 'a')
    """
    return tuple(dict.fromkeys(word for word in words if word))


def acquired(run: RunLike) -> Acquired:
    """Return how the tubes were acquired; empty where the run does not say."""
    found: Mapping[str, Any] = run.manifest.get("instruments") or {}
    samples: Mapping[str, Any] = found.get("samples") or {}
    days = sorted(str(entry["date"]) for entry in samples.values() if entry.get("date"))
    return Acquired(
        setups=tuple(found.get("setups") or ()),
        first=days[0] if days else "",
        last=days[-1] if days else "",
        n_dated=len(days),
        operators=tuple(
            sorted(unique(str(entry.get("operator") or "") for entry in samples.values()), key=natural)
        ),
    )


def templates(run: RunLike) -> dict[str, Facts]:
    """Return what is known of the template of each panel."""
    known: Mapping[str, Any] = run.manifest.get("templates") or {}
    return {str(panel): dict(entry or {}) for panel, entry in known.items()}


def study(run: RunLike) -> Facts:
    """Return the study file as the manifest has it."""
    return dict(run.manifest.get("study") or {})


def roles(run: RunLike) -> dict[str, int]:
    """Return how many tubes of the sheet have each role."""
    if "role" not in run.samples.columns:
        return {}
    return {str(role): int(n) for role, n in run.samples["role"].value_counts(sort=False).items()}


def panels(run: RunLike) -> tuple[str, ...]:
    """Return the panels of the sheet, in natural order."""
    if "panel" not in run.samples.columns:
        return ()
    return tuple(sorted(unique(str(panel) for panel in run.samples["panel"].dropna()), key=natural))
