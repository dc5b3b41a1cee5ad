"""What a simulated trial is like: sizes, nuisance and batch effects; read from trial.yaml."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.edge.yaml_document import read_yaml
from cytogate.errors import Problem, StudyError, TemplateError, nearest
from cytogate.simulate.patients import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TrialSpec:
    """Choices of a simulated trial; the defaults make the small enriched trial of ``sample_fcs``.

    Attributes
    ----------
    name : str
        Name of the study.
    subjects : tuple of str
        Which of the six patients take part.
    enriched : bool
        Tubes hold mostly B cells, or CD4 T cells; otherwise blood mononuclear cells.
    bcell_events, treg_events : int
        Events of a file on average.
    events_cv : float
        Spread of the number of events between files.
    debris, dead, doublets, margin : float
        Share of events; of cells that are dead; of events with two cells or more; of saturated events.
    rate : float
        Events a second.
    drift_probability : float
        Share of files in which one laser drifts.
    clogged : tuple of str
        Samples with a partial clog.
    instrument_sd, lot_sd, glow_sd, sample_sd : float
        SD of ln factor: detector gain and antibody lot and autofluorescence between batches, staining
        between samples.
    missing : tuple of str
        Samples that were never acquired.
    """

    name: str = "Umbilical-cord MSC in refractory SLE (synthetic)"
    subjects: tuple[str, ...] = SUBJECTS
    enriched: bool = True
    bcell_events: int = 9_000
    treg_events: int = 10_600
    events_cv: float = 0.05
    debris: float = 0.04
    dead: float = 0.045
    doublets: float = 0.03
    margin: float = 0.003
    rate: float = 320.0
    drift_probability: float = 0.2
    clogged: tuple[str, ...] = ()
    instrument_sd: float = 0.05
    lot_sd: float = 0.09
    glow_sd: float = 0.08
    sample_sd: float = 0.05
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [*_wrong_numbers(self), *_wrong_names(self)]
        if problems:
            title = "The specification of the trial is wrong:"
            raise StudyError(title, problems)

    def events_of(self, panel: str) -> int:
        """Return the mean number of events of a tube."""
        return self.bcell_events if panel == "bcell" else self.treg_events

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, source: str = "trial") -> TrialSpec:
        """Return the specification that plain values describe.

        Raises
        ------
        StudyError
            Lists every unknown key and every value of the wrong kind or size.

        Examples
        --------
        >>> TrialSpec.from_dict({"subjects": ["P1", "P4"], "dead": 0.1}).dead
        0.1
        """
        known = {field.name: str(field.type) for field in fields(cls)}
        problems = []
        values: dict[str, Any] = {}
        for key, value in data.items():
            if key not in known:
                problems.append(
                    Problem("unknown-key", f"{source}, {key}", "unknown key.", nearest(str(key), list(known)))
                )
            elif not _fits(known[key], value):
                problems.append(
                    Problem(
                        "wrong-kind", f"{source}, {key}", f"found {value!r}, expected {_KINDS[known[key]]}."
                    )
                )
            else:
                values[key] = tuple(map(str, value)) if known[key].startswith("tuple") else value
        if problems:
            title = f"{source}: the specification of the trial is wrong:"
            raise StudyError(title, problems)
        return cls(**values)


_KINDS = {
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "tuple[str, ...]": "a list of names",
}


def _fits(kind: str, value: object) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "str":
        return isinstance(value, str)
    return isinstance(value, list | tuple)


_SHARES = ("debris", "dead", "doublets", "margin", "drift_probability")
_SPREADS = ("events_cv", "instrument_sd", "lot_sd", "glow_sd", "sample_sd")


def _wrong_numbers(spec: TrialSpec) -> list[Problem]:
    problems = []
    for name in _SHARES:
        value, most = getattr(spec, name), 1.0 if name == "drift_probability" else 0.5
        if not 0.0 <= value <= most:
            problems.append(Problem("out-of-range", name, f"found {value}, expected 0 to {most}."))
    problems += [
        Problem("out-of-range", name, f"found {getattr(spec, name)}, expected 0 to 1.")
        for name in _SPREADS
        if not 0.0 <= getattr(spec, name) <= 1.0
    ]
    for name, least in (("bcell_events", 100), ("treg_events", 100), ("rate", 1)):
        if not (value := getattr(spec, name)) >= least:
            problems.append(Problem("out-of-range", name, f"found {value}, expected at least {least}."))
    return problems


def _wrong_names(spec: TrialSpec) -> list[Problem]:
    known = list(SUBJECTS)
    problems = [
        Problem("unknown-subject", "subjects", f"no patient {name!r} is described.", nearest(name, known))
        for name in spec.subjects
        if name not in known
    ]
    if not spec.subjects or len(set(spec.subjects)) != len(spec.subjects):
        found = ", ".join(spec.subjects) or "none"
        problems.append(Problem("subjects", "subjects", f"found {found}, expected each patient once."))
    return problems


def read_spec(path: str | Path) -> TrialSpec:
    """Read a specification from YAML: a mapping of the attributes of `TrialSpec`.

    Raises
    ------
    StudyError
        When the file is missing, is not YAML, or says something wrong; lists every problem.
    """
    place = Path(path)
    try:
        data = read_yaml(place).data
    except OSError as exc:
        title = f"{place}: the specification of the trial cannot be read: {exc}"
        raise StudyError(title) from exc
    except TemplateError as exc:  # the reader of YAML is shared with templates
        title = f"{place}: the specification of the trial cannot be read:"
        raise StudyError(title, exc.problems) from exc
    if data is None:
        data = {}
    if not isinstance(data, dict):
        title = f"{place}: found a {type(data).__name__}, expected keys and values such as `dead: 0.1`."
        raise StudyError(title)
    return TrialSpec.from_dict(data, source=str(place))
