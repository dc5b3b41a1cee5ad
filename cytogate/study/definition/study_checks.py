"""How the values of a study file fit each other: names that are known, parts that need others."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from cytogate.errors import Problem, nearest
from cytogate.fcs.repairs.codes import warning_codes
from cytogate.fcs.storage.urls import is_url, shown
from cytogate.stats.clinical.rules import is_index, wrong_clauses
from cytogate.stats.clinical.sri import PROFILES
from cytogate.stats.refused import REFUSED
from cytogate.study.definition.statistics import ALL, statistic_names
from cytogate.study.definition.study_form import PartialStudyFile
from cytogate.study.definition.version_checks import version_problems
from cytogate.study.files.places import wrong_url

if TYPE_CHECKING:
    from cytogate.edge.yaml_document import YamlDocument
    from cytogate.study.definition.study_form import StudyFile


def cross_checks(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return what does not fit together; a key that stands in the file with a wrong value is not missing."""
    problems = []
    partial = isinstance(study, PartialStudyFile)
    problems += _response_problems(study, document)
    problems += _absolute_problems(study, document)
    for key, parts in (("subsets", study.subsets), ("intensities", study.intensities)):
        for name, part in parts.items():
            if part.panel is not None and not _is_panel(part.panel, document):
                where = document.locate((key, name, "panel"))
                near = nearest(part.panel, [*study.templates, *study.panel_versions])
                problems.append(Problem("panel-unknown", where, f"unknown panel {part.panel!r}.", near))
    given = not partial or {"lod_events", "lloq_events"} <= study.limits.model_fields_set
    if given and study.limits.lloq_events < study.limits.lod_events:
        what = f"lloq_events {study.limits.lloq_events} is below lod_events {study.limits.lod_events}."
        problems.append(Problem("limits-order", document.locate(("limits",)), what))
    problems += _unknown_statistics(study, document)
    for name in study.blanks:
        if ("subsets", name) not in document.lines:
            where, near = document.locate(("blanks", name)), nearest(name, list(study.subsets))
            problems.append(Problem("subset-unknown", where, f"unknown subset {name!r}.", near))
    known = list(warning_codes())
    for position, code in enumerate(study.reading.refuse):
        if code not in known:
            where = document.locate(("reading", "refuse", position))
            what = f"no warning about a file has the code {code!r}."
            problems.append(Problem("warning-unknown", where, what, nearest(code, known)))
    problems += _unknown_checks(study, document)
    problems += _twins(study, document)
    problems += _relative_problems(study, document)
    problems += _url_problems(study, document)
    problems += version_problems(study, document)
    return problems + _family_problems(study, document)


def _is_panel(name: str, document: YamlDocument) -> bool:
    return ("templates", name) in document.lines or ("panel_versions", name) in document.lines


def _url_problems(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return beginnings of URLs that are none, or allow too much."""
    problems = []
    for position, url in enumerate(study.allow_urls):
        trouble = wrong_url(url) if is_url(url) else "is no URL"
        if trouble:
            where = document.locate(("allow_urls", position))
            fix = "Such as s3://bucket/trial/ or https://host/folder/."
            problems.append(Problem("url-wrong", where, f"{shown(url)!r} {trouble}.", fix))
    return problems


def _unknown_statistics(study: StudyFile, document: YamlDocument) -> list[Problem]:
    if ("statistics",) not in document.lines:
        return []
    known = (*statistic_names(), ALL)
    problems = []
    for position, name in enumerate(study.statistics):
        if name in known:
            continue
        where = document.locate(("statistics", position))
        if name in REFUSED:
            problems.append(Problem("statistic-refused", where, f"{name!r} is not offered.", REFUSED[name]))
        else:
            what = f"unknown statistic {name!r}."
            problems.append(Problem("statistic-unknown", where, what, nearest(name, known)))
    return problems


def _unknown_checks(study: StudyFile, document: YamlDocument) -> list[Problem]:
    asked = study.cleaning
    if ("cleaning",) not in document.lines:
        return []  # and nothing of the checks is loaded
    from cytogate.qc.check import checks, removing_checks

    problems = []
    for key, names, known in (
        ("report", asked.report, checks.names()),
        ("remove", asked.remove, removing_checks()),
    ):
        for position, name in enumerate(names):
            if name not in (*known, ALL):
                does = "takes events out" if key == "remove" else "reports"
                what = f"no check that {does} is called {name!r}."
                where = document.locate(("cleaning", key, position))
                problems.append(Problem("check-unknown", where, what, nearest(name, [*known, ALL])))
    return problems


def _response_problems(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return clauses that the rule does not have or take, and what the study lacks for it."""
    wanted = study.response
    if wanted is None:
        return []
    problems = []
    if wanted.profile not in PROFILES:
        what = f"unknown profile {wanted.profile!r}."
        near = nearest(wanted.profile, list(PROFILES))
        problems.append(Problem("profile-unknown", document.locate(("response", "profile")), what, near))
    elif "profile" in wanted.model_fields_set and not is_index(wanted.rule):
        what = f"{wanted.rule} has no profiles."
        where = document.locate(("response", "profile"))
        problems.append(Problem("profile-unknown", where, what, "Leave the key out."))
    for clause, what, fix in wrong_clauses(wanted.rule, wanted.clauses):
        where = document.locate(("response", "clauses", clause))
        problems.append(Problem("clause-wrong", where, what, fix))
    partial = isinstance(study, PartialStudyFile)
    for needed, value in (("clinical", study.clinical), ("baseline", study.baseline)):
        if value is None and not (partial and (needed,) in document.lines):
            what = f"a response needs the key {needed!r}, which is missing."
            problems.append(Problem("key-missing", document.locate(("response",)), what))
    return problems


def _absolute_problems(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return what the method of counting lacks, and panels that are none."""
    wanted = study.absolute
    if wanted is None:
        return []
    problems = []
    for position, panel in enumerate(wanted.panels):
        if ("templates", panel) not in document.lines:
            where = document.locate(("absolute", "panels", position))
            near = nearest(panel, list(study.templates))
            problems.append(Problem("panel-unknown", where, f"unknown panel {panel!r}.", near))
    if wanted.vol is not None and wanted.method != "volume":
        where, what = document.locate(("absolute", "vol")), f"method {wanted.method} takes no volume."
        problems.append(Problem("key-idle", where, what, "Leave it out, or write method: volume."))
    if wanted.method != "dual":
        return problems
    where = document.locate(("absolute",))
    if wanted.of is None and ("absolute", "of") not in document.lines:
        what = "method dual needs the key 'of': the lymphocytes that the clinic counts."
        problems.append(Problem("key-missing", where, what, "Such as of: Lymphocytes."))
    if study.clinical is None and ("clinical",) not in document.lines:
        what = "method dual needs the key 'clinical': a table with the column lymphocytes_1e9_l."
        problems.append(Problem("key-missing", where, what))
    return problems


def _twins(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Subsets that differ by case alone would share a file name or a column somewhere."""
    problems = []
    seen: dict[str, tuple[str, str]] = {}
    named = [("subsets", list(study.subsets)), ("intensities", list(study.intensities))]
    named += [("ratios", list(study.ratios))]
    for key, name in ((key, name) for key, names in named for name in names):
        first_key, first = seen.setdefault(name.casefold(), (key, name))
        if first != name:
            what = f"{name!r} differs from {first!r} by case alone."
        elif first_key != key:
            what = f"{name!r} is one of the {first_key} already."
        else:
            continue
        problems.append(Problem("subset-twice", document.locate((key, name)), what, "Rename one."))
    return problems


def _relative_problems(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return members of ratios and compositions that are no subset, or stand there twice."""
    problems = []
    places: list[tuple[tuple[str | int, ...], str, list[str]]] = []
    for name, part in study.ratios.items():
        pair = [part.numerator, part.denominator]
        places += [(("ratios", name, key), getattr(part, key), pair) for key in ("numerator", "denominator")]
    for name, parts in study.compositions.items():
        places += [(("compositions", name, at), part, parts) for at, part in enumerate(parts)]
    told = set()
    for place, member, members in places:
        if ("subsets", member) not in document.lines:
            what, fix = f"unknown subset {member!r}.", nearest(member, list(study.subsets))
            problems.append(Problem("subset-unknown", document.locate(place), what, fix))
        elif members.count(member) > 1 and (place[:2], member) not in told:
            told.add((place[:2], member))
            what = f"{member!r} stands there twice."
            problems.append(Problem("subset-twice", document.locate(place), what, "Name it once."))
    return problems


def _family_problems(study: StudyFile, document: YamlDocument) -> list[Problem]:
    """Return members that are no subset: an analyte or clinical column may be one, a near miss is a slip."""
    problems = []
    open_names = study.clinical is not None or study.analytes is not None
    parts = {f"{name}: {part}" for name, parts in study.compositions.items() for part in parts}
    for family, members in study.families.items():
        for position, member in enumerate(members):
            if any((key, member) in document.lines for key in ("subsets", "intensities", "ratios")):
                continue
            if member in parts:
                continue
            close = get_close_matches(member, list(study.subsets), n=1, cutoff=0.75)
            if open_names and not close:
                continue
            where = document.locate(("families", family, position))
            near = nearest(member, list(study.subsets))
            problems.append(Problem("subset-unknown", where, f"unknown subset {member!r}.", near))
    return problems
