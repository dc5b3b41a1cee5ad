"""The form of a study file, for pydantic: which keys there are, and which kinds of value they take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from cytogate.stats.absolute import CBC_CV, PIPETTING_CV
from cytogate.stats.clinical.sri import CANONICAL
from cytogate.stats.limits import Limits
from cytogate.study.definition.cleaning import Cleaning
from cytogate.study.definition.statistics import ALL, DEFAULT

Name = Annotated[StrictStr, Field(min_length=1, max_length=255)]
Count = Annotated[StrictInt, Field(ge=0, le=10**9)]


def _listed(value: object) -> object:
    """Take ``statistics: all`` for ``statistics: [all]``."""
    return [value] if value == ALL else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(_Part):
    """How files are read."""

    lenient: StrictBool = False
    dataset: Count = 0
    refuse: tuple[StrictStr, ...] = ()


class Subset(_Part):
    """One endpoint; `label` is what reports call it."""

    population: Name
    of: Name
    panel: Name | None = None
    label: Name | None = None


class IntensityPart(_Part):
    """The median of a marker in a population, tested as subsets are."""

    population: Name
    marker: Name
    panel: Name | None = None


class RatioPart(_Part):
    """The ratio of two subsets, tested as these are."""

    numerator: Name
    denominator: Name


class ResponsePart(_Part):
    """The response index."""

    rule: Literal["sri4", "sri5", "sri6", "sri7", "sri8", "bicla", "lldas", "doris"]
    profile: Name = CANONICAL
    at: Name
    missing: Literal["nri", "locf"] = "nri"
    instrument: Literal["SLEDAI-2K", "SELENA", "SLEDAI"] = "SLEDAI-2K"
    pga_scale: Literal[3, 10, 100] = 3
    clauses: dict[Name, Any] = {}  # `wrong_clauses` knows what each may be


Amount = Annotated[StrictFloat | StrictInt, Field(gt=0, allow_inf_nan=False)]
Variation = Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)]


class AbsolutePart(_Part):
    """How cells are counted in blood; amounts hold for every tube whose row of the sheet names none."""

    method: Literal["beads", "volume", "dual"]
    of: Name | None = None
    beads: Name | None = None
    beads_per_tube: Amount | None = None
    blood_ul: Amount | None = None
    acquired_ul: Amount | None = None
    vol: Literal["nl", "ul"] | None = None
    dilution: Amount | None = None
    pipetting_cv: Variation = PIPETTING_CV
    cbc_cv: Variation = CBC_CV
    panels: tuple[Name, ...] = ()


class LimitsPart(_Part):
    """Fewest events for a figure to count."""

    lod_events: Count = Limits().lod_events
    lloq_events: Count = Limits().lloq_events
    min_parent: Count = Limits().min_parent
    mfi_events: Count = Limits().mfi_events


Percent = Annotated[StrictFloat | StrictInt, Field(ge=0, le=100)]


class BlankPart(_Part):
    """Percentages of a subset in tubes that hold none of it, and in tubes that hold little."""

    blank: Annotated[list[Percent], Field(min_length=2)]
    low: Annotated[list[Percent], Field(min_length=2)] | None = None


class CleaningPart(_Part):
    """Which checks of a tube report, and which take events out before any gate."""

    report: Annotated[tuple[Name, ...], BeforeValidator(_listed)] = Cleaning().report
    remove: Annotated[tuple[Name, ...], BeforeValidator(_listed)] = Cleaning().remove


class FiguresPart(_Part):
    """How figures are drawn: measures on a log axis, and upright lines at weeks (``infusion: 0``)."""

    log: list[Name] = []
    marks: dict[Name, Annotated[float, Field(allow_inf_nan=False)]] = {}


class StudyFile(_Part):
    """Everything a study file may hold."""

    format: Literal["cytogate.study"]
    version: Literal[1]
    name: Name
    data_root: Name = "."
    samples: Name
    allow_urls: list[Name] = []
    reading: Reading = Reading()
    templates: Annotated[dict[Name, Name], Field(min_length=1)]
    panel_versions: dict[Name, dict[Name, list[Name]]] = {}
    aliases: dict[Name, list[Name] | dict[Name, list[Name]]] = {}
    clinical: Name | None = None
    analytes: Name | None = None
    subsets: Annotated[dict[Name, Subset], Field(min_length=1)]
    baseline: Name | None = None
    response: ResponsePart | None = None
    absolute: AbsolutePart | None = None
    intensities: dict[Name, IntensityPart] = {}
    ratios: dict[Name, RatioPart] = {}
    compositions: dict[Name, Annotated[list[Name], Field(min_length=2)]] = {}
    statistics: Annotated[list[Name], BeforeValidator(_listed)] = list(DEFAULT)
    partners: list[Name] = ["sledai_total"]
    percent_scale: Literal["logit", "log"] = "logit"
    families: dict[Name, list[Name]] = {}
    figures: FiguresPart = FiguresPart()
    limits: LimitsPart = LimitsPart()
    blanks: dict[Name, BlankPart] = {}
    exclude_asc_first: StrictBool = False
    cleaning: CleaningPart = CleaningPart()
    seed: Count = 1
    adjustments: Name | None = None


class PartialStudyFile(StudyFile):
    """A study file as far as it goes: what is missing or wrong has a stand-in, so the rest can be checked."""

    format: Literal["cytogate.study"] = "cytogate.study"
    version: Literal[1] = 1
    name: Name = "?"
    samples: Name = ""
    templates: dict[Name, Name] = {}
    subsets: dict[Name, Subset] = {}
