"""What a section of the report is, the run it reads, and the registry that finds the sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from markupsafe import Markup

from cytogate.plots import pages
from cytogate.plots.numbers import count_text, p_text, percent_text, points_text, signed_text, week_text
from cytogate.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd
    from jinja2 import Environment


class RunLike(Protocol):
    """A run folder, opened: what sections read."""

    @property
    def path(self) -> Path:
        """Return the folder."""
        ...

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Return what ``manifest.json`` holds."""
        ...

    @property
    def samples(self) -> pd.DataFrame:
        """Return the sample sheet as run."""
        ...

    @property
    def subsets(self) -> pd.DataFrame:
        """Return one row per sample and subset."""
        ...

    @property
    def populations(self) -> pd.DataFrame:
        """Return one row per sample and population."""
        ...

    @property
    def intensities(self) -> pd.DataFrame:
        """Return one row per sample, population and fluorescence channel."""
        ...

    @property
    def triage(self) -> pd.DataFrame:
        """Return one row per sample and gate, those first that most need to be looked at."""
        ...

    @property
    def splits(self) -> pd.DataFrame:
        """Return one row per subject, subset and pair of visits."""
        ...

    @property
    def qc(self) -> pd.DataFrame:
        """Return the quality checks."""
        ...

    @property
    def comparisons(self) -> pd.DataFrame:
        """Return the statistics."""
        ...

    @property
    def response(self) -> pd.DataFrame:
        """Return who responded, a row for each way with missing values, visit and subject."""
        ...

    @property
    def clinical(self) -> pd.DataFrame:
        """Return one row per subject, visit and column of the clinical table."""
        ...

    @property
    def analytes(self) -> pd.DataFrame:
        """Return the measurements of soluble analytes."""
        ...

    @property
    def failures(self) -> pd.DataFrame:
        """Return what failed, one row each."""
        ...

    @property
    def matrices(self) -> Mapping[str, Any]:
        """Return the distinct spillover matrices with their samples; empty where the run has none."""
        ...

    def previews(self, sample: str) -> list[dict[str, Any]]:
        """Return the plots of one sample, ``file`` absolute."""
        ...

    def overlays(self, sample: str) -> list[dict[str, Any]]:
        """Return the histograms of one sample beside its control tubes."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page.

    Attributes
    ----------
    title : str
        Heading, and entry of the table of contents.
    body : Markup
        HTML in which all data are escaped.
    figures : mapping of str to plotly JSON
        Drawn into the elements with ``data-figure`` of that name; names are unique in the page.
    packed : mapping of str to bytes
        Texts that the page unpacks when asked: each goes in as gzip.
    """

    title: str
    body: Markup
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    packed: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SectionKind:
    """A section's place in the page, and the pure function that builds it (None: nothing to show)."""

    order: int
    build: Callable[[RunLike], Section | None]


# The story that the table of contents tells: from which order on a chapter goes.
CHAPTERS = (
    (0, "What was found"),
    (14, "What changed"),
    (24, "In whom"),
    (30, "With what"),
    (40, "How it was gated"),
    (50, "Can it be trusted"),
    (60, "How it was done"),
)


def chapter(order: int) -> str:
    """Return the chapter of a section by its order.

    Examples
    --------
    >>> chapter(10), chapter(26), chapter(90)
    ('What was found', 'In whom', 'How it was done')
    """
    return [title for start, title in CHAPTERS if start <= order][-1]


section_kinds: Registry[SectionKind] = Registry("report section", "cytogate.report.sections")


@cache
def environment() -> Environment:
    """Return the templates of the report, with the filters that write numbers as the field does."""
    made = pages.page_templates("cytogate.report")
    made.filters |= {"percent": percent_text, "signed": signed_text, "count": count_text, "week": week_text}
    made.filters |= {"moment": moment, "points": points_text, "p": p_text, "key": sort_key}
    return made


def sort_key(value: float | None) -> str:
    """Write what a table sorts by, and what is saved of it: eight digits, and nothing for what is missing.

    Examples
    --------
    >>> sort_key(12.345678901), sort_key(1 / 3), sort_key(None), sort_key(1234567890)
    ('12.345679', '0.33333333', '', '1234567890')
    """
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.8g}"


def moment(text: str) -> str:
    """Write an ISO moment for readers; other text stays as it is.

    Examples
    --------
    >>> moment("2026-03-02T10:15:42+00:00"), moment("yesterday")
    ('2026-03-02 10:15 UTC', 'yesterday')
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return text
    zone = " UTC" if parsed.tzinfo is not None else ""
    return (parsed.astimezone(UTC) if zone else parsed).strftime("%Y-%m-%d %H:%M") + zone


def render(template: str, **values: Any) -> Markup:
    """Fill a template of the report; values are escaped unless they are Markup."""
    return Markup(environment().get_template(template).render(**values))


def asset(name: str) -> str:
    """Return the text of a style sheet or script that stands beside the templates."""
    return pages.asset("cytogate.report", name)


def asset_rules(name: str, selector: str) -> str:
    """Return the rules of a style sheet, one a line, whose selector begins so: for a picture of its own."""
    lines = asset(name).splitlines()
    return "\n".join(line for line in lines if line.startswith((f"{selector} ", f"{selector}{{")))
