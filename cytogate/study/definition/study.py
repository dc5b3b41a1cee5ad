"""The study file: what is gated, what is reported, what is tested; checked once, then frozen."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cytogate.edge.yaml_document import MAX_BYTES, YamlDocument, parse_yaml_bytes
from cytogate.errors import Problem, StudyError, TemplateError
from cytogate.stats.limits import BlankLimits, Limits, limits_of_blanks
from cytogate.study.definition.cleaning import Cleaning
from cytogate.study.definition.study_parts import (
    AbsoluteRule,
    Composition,
    Endpoint,
    Intensity,
    RatioOf,
    ResponseRule,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.study.definition.study_form import StudyFile

FORMAT = "cytogate.study"
VERSION = 1
_FORMAT_LINE = re.compile(rb"^format:\s*[\"']?cytogate\.study[\"']?\s*(#|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Study:
    """A checked study file.

    Attributes
    ----------
    path, folder : Path
        The file, and where its relative paths begin.
    data_root : Path
        The files of the sheet lie below it.
    samples : Path
        The sample sheet.
    allow_urls : tuple of str
        What URLs of the sheet may begin with.
    panel_versions : mapping of panel to (mapping of version to batches)
        Panels whose stain changed, oldest version first; versions are keys of `templates`.
    aliases : mapping
        Marker to further names, in all panels; or panel to such a mapping.
    clinical, analytes, adjustments : Path or None
    templates : mapping of panel to template name or path
    endpoints : tuple of Endpoint
    statistics : tuple of str
        Names of tests, or ``all``.
    partners : tuple of str
        Clinical columns and analytes that changes are related to.
    percent_scale : str
        What models take percentages on: ``logit`` (odds ratios) or ``log`` (factors of the percentage).
    intensities : tuple of Intensity
    ratios : tuple of RatioOf
    compositions : tuple of Composition
    families : mapping of family to names
        Within a family p values are corrected for their number.
    log_axes : tuple of str
        Measures that figures draw on a log axis.
    limits : Limits
        By events.
    blanks : mapping of subset to BlankLimits
        Limits of subsets that blank tubes give.
    cleaning : Cleaning
        Which checks of tubes report, and which take events out.
    plain : mapping
        The file as plain values, for the manifest.
    sha256 : str
        Of the bytes of the file.
    """

    path: Path
    name: str
    data_root: Path
    samples: Path
    templates: Mapping[str, str]
    endpoints: tuple[Endpoint, ...]
    allow_urls: tuple[str, ...] = ()
    panel_versions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...] | Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    clinical: Path | None = None
    analytes: Path | None = None
    adjustments: Path | None = None
    lenient: bool = False
    dataset: int = 0
    refuse: tuple[str, ...] = ()
    baseline: str | None = None
    response: ResponseRule | None = None
    absolute: AbsoluteRule | None = None
    statistics: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    percent_scale: Literal["logit", "log"] = "logit"
    intensities: tuple[Intensity, ...] = ()
    ratios: tuple[RatioOf, ...] = ()
    compositions: tuple[Composition, ...] = ()
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log_axes: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    blanks: Mapping[str, BlankLimits] = field(default_factory=dict)
    exclude_asc_first: bool = False
    cleaning: Cleaning = field(default_factory=Cleaning)
    seed: int = 1
    plain: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""

    @property
    def folder(self) -> Path:
        """Where relative paths of the study file begin."""
        return self.path.parent


def load_study(path: str | Path) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path : str or Path
        The ``study.yaml``.

    Returns
    -------
    Study
        Paths are made absolute; that the files they name are fit for use is checked by `plan_study`.

    Raises
    ------
    StudyError
        The file cannot be read or is wrong; lists every problem with its line.
    """
    study, problems = read_study(path)
    if study is None or problems:
        title = f"{Path(path).name} is not a study that can be run:"
        raise StudyError(title, problems)
    return study


def read_study(path: str | Path) -> tuple[Study | None, list[Problem]]:
    """Return a study file as far as it can be understood, and every problem.

    With problems the study is for further checks only: what is wrong or missing has a stand-in. It is None
    where the file is of another kind or version.

    Raises
    ------
    StudyError
        The file cannot be read, or is not YAML with keys.
    """
    place = Path(path)
    title = f"{place.name} is not a study that can be run:"
    raw = _read(place)
    try:
        document = parse_yaml_bytes(raw, name=place.name)
    except TemplateError as error:  # the reader of YAML is shared with templates
        raise StudyError(title, error.problems) from error
    if not isinstance(document.data, dict):
        what = "holds no keys; it must begin with 'format: cytogate.study'."
        raise StudyError(title, [Problem("study-format", place.name, what)])
    from cytogate.study.definition.study_file import check_study_file

    checked, problems = check_study_file(document)
    if checked is None:
        return None, problems
    study, found = _study(place.absolute(), checked, document, hashlib.sha256(raw).hexdigest())
    return study, problems + found


def _read(path: Path) -> bytes:
    title = f"{path.name} is not a study that can be run:"
    if path.is_dir():
        raise StudyError(title, [Problem("study-missing", str(path), "is a folder.", _instead_of(path))])
    if path.exists() and not path.is_file():  # opening a pipe would wait for who writes into it
        raise StudyError(title, [Problem("study-missing", str(path), "is not a regular file.")])
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        what = f"cannot be opened: {error.strerror or error}."
        raise StudyError(title, [Problem("study-missing", str(path), what)]) from error


def _instead_of(folder: Path) -> str:
    """Return what to name instead of a folder, by what is in it."""
    studies = [str(file) for file in sorted(folder.glob("*.y*ml")) if file.is_file() and _says_study(file)]
    if studies:
        return f"Name the study file in it: {' or '.join(studies)}."
    return f"'cytogate study init {folder}' proposes a study file and a sheet for FCS files in it."


def _says_study(file: Path) -> bool:
    with suppress(OSError), file.open("rb") as opened:
        return _FORMAT_LINE.search(opened.read(MAX_BYTES)) is not None
    return False


def _study(
    path: Path, checked: StudyFile, document: YamlDocument, sha256: str
) -> tuple[Study, list[Problem]]:
    folder = path.parent
    problems: list[Problem] = []

    def file(field_name: str, named: str | None) -> Path | None:
        if not named:
            return None
        where = document.locate((field_name,))
        if "\x00" in named or "://" in named:
            problems.append(Problem("path-refused", where, f"{named!r} is not a path of this machine."))
            return None
        found = folder / named
        if not found.is_file():
            problems.append(Problem("file-missing", where, f"there is no file {found}."))
        return found

    data_root = folder / checked.data_root
    if "\x00" in checked.data_root or not data_root.is_dir():
        where = document.locate(("data_root",))
        is_url = "://" in checked.data_root
        what = f"{checked.data_root} is a URL." if is_url else f"there is no folder {data_root}."
        fix = "Name the URLs in the sheet, and what they begin with as allow_urls." if is_url else ""
        problems.append(Problem("folder-missing", where, what, fix))
    samples = file("samples", checked.samples)
    study = Study(
        path=path,
        name=checked.name,
        data_root=data_root,
        samples=samples if samples is not None else folder,
        allow_urls=tuple(checked.allow_urls),
        panel_versions={
            panel: {name: tuple(batches) for name, batches in versions.items()}
            for panel, versions in checked.panel_versions.items()
        },
        aliases={
            key: tuple(names) if isinstance(names, list) else {m: tuple(n) for m, n in names.items()}
            for key, names in checked.aliases.items()
        },
        templates=dict(checked.templates),
        endpoints=tuple(
            Endpoint(name, subset.population, subset.of, subset.panel or "")
            for name, subset in checked.subsets.items()
        ),
        clinical=file("clinical", checked.clinical),
        analytes=file("analytes", checked.analytes),
        adjustments=file("adjustments", checked.adjustments),
        lenient=checked.reading.lenient,
        dataset=checked.reading.dataset,
        refuse=tuple(checked.reading.refuse),
        baseline=checked.baseline,
        response=None if checked.response is None else ResponseRule(**dict(checked.response)),
        statistics=tuple(checked.statistics),
        partners=tuple(checked.partners),
        percent_scale=checked.percent_scale,
        intensities=tuple(
            Intensity(name, part.population, part.marker, part.panel or "")
            for name, part in checked.intensities.items()
        ),
        ratios=tuple(
            RatioOf(name, part.numerator, part.denominator) for name, part in checked.ratios.items()
        ),
        compositions=tuple(Composition(name, tuple(parts)) for name, parts in checked.compositions.items()),
        families={name: tuple(members) for name, members in checked.families.items()},
        log_axes=tuple(checked.figures.log),
        absolute=None if checked.absolute is None else AbsoluteRule(**dict(checked.absolute)),
        limits=Limits(**dict(checked.limits)),
        blanks={name: limits_of_blanks(part.blank, part.low or ()) for name, part in checked.blanks.items()},
        exclude_asc_first=checked.exclude_asc_first,
        cleaning=Cleaning(**dict(checked.cleaning)),
        seed=checked.seed,
        plain=document.data,
        sha256=sha256,
    )
    return study, problems
