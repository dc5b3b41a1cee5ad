"""The parts of a study: what is reported, which response is judged, how cells are counted in blood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cytogate.stats.absolute import CBC_CV, PIPETTING_CV
from cytogate.stats.clinical.rules import rule_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.stats.absolute import Method
    from cytogate.stats.clinical.response import Missing
    from cytogate.stats.clinical.rules import Rule


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A subset that is reported: events of `population` as a share of those of `of`.

    `panel` is empty where the templates tell it: the one panel whose template has both populations.
    """

    name: str
    population: str
    of: str
    panel: str = ""


@dataclass(frozen=True, slots=True)
class Intensity:
    """The median of a marker in a population, tested as subsets are; `panel` as of `Endpoint`."""

    name: str
    population: str
    marker: str
    panel: str = ""


@dataclass(frozen=True, slots=True)
class RatioOf:
    """The ratio of two subsets of one panel, by their names."""

    name: str
    numerator: str
    denominator: str

    @property
    def subsets(self) -> tuple[str, str]:
        """Both names."""
        return self.numerator, self.denominator


@dataclass(frozen=True, slots=True)
class Composition:
    """Subsets of one denominator that are looked at together, by their names."""

    name: str
    parts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What each part is called among the measures: ``B cells: DN``."""
        return tuple(f"{self.name}: {part}" for part in self.parts)


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """Which response index is judged, by which clauses, at which visit.

    Attributes
    ----------
    rule : str
        One of `RULES`.
    profile : str
        Published clauses of a responder index.
    at : str
        The visit.
    missing : str
        nri (non-responder) or locf (last observation carried forward).
    instrument : str
        Version of SLEDAI.
    pga_scale : int
        Top of the scale of ``pga`` in the clinical table.
    clauses : mapping of clause to value
        Those that differ from the published ones; None leaves one out.
    """

    rule: str
    profile: str
    at: str
    missing: Missing = "nri"
    instrument: str = "SLEDAI-2K"
    pga_scale: int = 3
    clauses: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asked(self) -> Rule:
        """The rule with its clauses as this study asks for them."""
        return rule_of(self.rule, profile_name=self.profile, changes=self.clauses, instrument=self.instrument)


@dataclass(frozen=True, slots=True)
class AbsoluteRule:
    """How cells are counted in blood.

    Attributes
    ----------
    method : str
        beads, volume or dual (with the clinic's lymphocyte count).
    of : str or None
        dual: the population that the clinic counts as lymphocytes.
    beads : str or None
        beads: the population that holds them, where the sheet does not count them.
    beads_per_tube, blood_ul, acquired_ul, dilution : float or None
        Of tubes whose row of the sheet names none.
    vol : str or None
        volume: the unit, ``nl`` or ``ul``, that ``$VOL`` of the files is in, where it is to be taken.
    pipetting_cv, cbc_cv : float
        Coefficients of variation, fractions.
    panels : tuple of str
        The panels whose tubes are counted so; all without any.
    """

    method: Method
    of: str | None = None
    beads: str | None = None
    beads_per_tube: float | None = None
    blood_ul: float | None = None
    acquired_ul: float | None = None
    dilution: float | None = None
    vol: str | None = None
    pipetting_cv: float = PIPETTING_CV
    cbc_cv: float = CBC_CV
    panels: tuple[str, ...] = ()
