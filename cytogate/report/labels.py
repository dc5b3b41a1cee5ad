"""Display names: what readers see for every subset, population, marker, cut and analyte of a run.

All sections, figures and captions take their names from here, so that one thing has one name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cytogate.errors import TemplateError
from cytogate.gating.definitions import ASC_EXCLUDED, definitions
from cytogate.gating.tree import escape, split
from cytogate.report.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytogate.gating.definitions import Subset
    from cytogate.report.section import RunLike

MARKERS = {
    "MTG": "MitoTracker Green",
    "Viability": "viability dye",
    "GARP": "surface GARP",
    "LAP": "surface LAP",
}
_SOLUBLE = ("serum", "plasma", "soluble", "urine")  # names that say already where an analyte is measured


@dataclass(frozen=True, slots=True)
class Label:
    """A name as tables and figures have it, and as readers meet it first."""

    short: str
    long: str


def inline(title: str) -> str:
    """Return a name as it stands within a sentence: a plain word at its beginning is not capitalised.

    Examples
    --------
    >>> inline("Switched memory B cells"), inline("Double-negative B cells"), inline("DN B cells")
    ('switched memory B cells', 'double-negative B cells', 'DN B cells')
    >>> inline("Helios+ Tregs"), inline("Tregs"), inline("SLEDAI")
    ('Helios+ Tregs', 'Tregs', 'SLEDAI')
    """
    first = title.partition(" ")[0].replace("-", "")
    is_plain = first.isalpha() and first[1:].islower() and first != "Tregs"
    return f"{title[:1].lower()}{title[1:]}" if is_plain else title


def subset_labels(run: RunLike, identities: Mapping[str, str]) -> dict[str, Label]:
    """Return the label of each subset of a study.

    The study file's ``label`` holds; else that of the definition in the registry of subsets; else the
    study's name without underscores. Two subsets of one label get the study's names behind it.

    Parameters
    ----------
    run : RunLike
    identities : mapping of str to str
        Name of a subset to the id of its definition, empty where it has none.
    """
    own: Mapping[str, Any] = (run.manifest.get("study") or {}).get("subsets") or {}
    found: dict[str, Label] = {}
    for name, identity in identities.items():
        given = str((own.get(name) or {}).get("label") or "")
        known = _registered().get(identity)
        plain = name.replace("_", " ")
        if given:
            found[name] = Label(given, given)
        else:
            found[name] = Label(plain, plain) if known is None else Label(known.short, known.label)
    times = Counter(label.short for label in found.values())
    return {
        name: label
        if times[label.short] == 1
        else Label(*(f"{words} ({name.replace('_', ' ')})" for words in (label.short, label.long)))
        for name, label in found.items()
    }


@remembered("manifest")
def population_labels(run: RunLike) -> dict[tuple[str, str], str]:
    """Return the name of each population that has a definition, by panel and path.

    Of several populations of one subset (rival definitions) one has the subset's name; the others have that
    of their gate behind it.
    """
    defined: Mapping[str, Mapping[str, str]] = run.manifest.get("population_definitions") or {}
    found: dict[tuple[str, str], str] = {}
    for panel, named in defined.items():
        known = {path: subset for path, name in named.items() if (subset := _registered().get(name))}
        owners = _owners(run, panel, named, known)
        for path, subset in known.items():
            own = owners.get(subset.id) == path
            found[panel, path] = subset.short if own else f"{subset.short} (gate {last_name(path)})"
    return found


def _owners(
    run: RunLike, panel: str, named: Mapping[str, str], known: Mapping[str, Subset]
) -> dict[str, str]:
    """Return the population that bears the name of each subset: reported, else by the usual definition."""
    entries: Mapping[str, Any] = run.manifest.get("definitions") or {}
    reported = {str(entry.get("population")) for entry in entries.values() if entry.get("panel") == panel}

    def rank(path: str) -> tuple[bool, bool, bool]:
        usual = known[path].definitions[0].id
        taken_out = named[path] == f"{usual}{ASC_EXCLUDED}"
        return path not in reported, not taken_out, named[path] != usual

    owners: dict[str, str] = {}
    for path in sorted(known, key=rank):  # stable: else the first of the template
        owners.setdefault(known[path].id, path)
    return owners


def population(run: RunLike, path: str, panel: str = "") -> str:
    """Return a population's name; that of its gate where no definition says what it is.

    Without a panel, that of the first panel which has the path.
    """
    if not path.strip("/"):
        return "all events"
    found = population_labels(run)
    if (panel, path) in found:
        return found[panel, path]
    others = [words for (_, own), words in found.items() if own == path and not panel]
    return others[0] if others else last_name(path)


def gate_and_name(run: RunLike, path: str, panel: str = "") -> str:
    """Return a population's name with its gate's, as plots show it, where they differ: "B cells (B)"."""
    words, gate = population(run, path, panel), last_name(path)
    return words if gate in (words, "All events") or f"gate {gate}" in words else f"{words} ({gate})"


def last_name(path: str) -> str:
    """Return the last part of a path; the root is "All events"."""
    return split(path)[0][-1] or "All events"


def parent(path: str) -> str:
    """Return the path of a population's parent; empty of one below the root."""
    return "".join(f"/{escape(part)}" for part in split(path)[0][:-1])


def marker(name: str) -> str:
    """Return a marker in words.

    Examples
    --------
    >>> marker("MTG"), marker("CD27")
    ('MitoTracker Green', 'CD27')
    """
    return MARKERS.get(name, name)


def cut(run: RunLike, panel: str, name: str) -> str:
    """Return a cut or a gate that is found in the data: which marker, and among which cells.

    A name that the run's template does not have is returned as it is.
    """
    facts: Mapping[str, Any] = (run.manifest.get("templates") or {}).get(panel) or {}
    part = next((part for part in facts.get("found") or () if part.get("name") == name), None)
    if part is None:
        return name.replace("_", " ")
    axes = " × ".join(marker(str(axis)) for axis in part.get("markers") or ())
    among = inline(population(run, str(part.get("of") or ""), panel))
    kind = "cut" if len(part.get("markers") or ()) == 1 else f"gate {name},"
    words = f"{axes} {kind}" if kind == "cut" else f"{kind} {axes}"
    return f"{words[:1].upper()}{words[1:]} of {among}"


def analyte(run: RunLike, name: str) -> str:
    """Return an analyte so that nobody takes it for a marker on cells: with its method.

    One that shares its name with a marker of a template, such as GARP, is called soluble, too.
    """
    method = methods_of(run).get(name, "")
    on_cells = {
        str(known).casefold()
        for facts in (run.manifest.get("templates") or {}).values()
        for known in (facts or {}).get("markers") or ()
    }
    says = name.casefold().startswith(_SOLUBLE)
    words = f"Soluble {name}" if name.casefold() in on_cells and not says else name
    return f"{words} ({method})" if method and method.casefold() not in name.casefold() else words


def without_method(title: str) -> str:
    """Return the name of an analyte without its method, for axes.

    Examples
    --------
    >>> without_method("Soluble GARP (sandwich ELISA)")
    'Soluble GARP'
    """
    return title.partition(" (")[0] if title.endswith(")") else title


@remembered("analytes")
def methods_of(run: RunLike) -> dict[str, str]:
    """Return how each analyte was measured, where its table says so."""
    table = run.analytes
    if not len(table) or "method" not in table.columns:
        return {}
    known = table[["analyte", "method"]].dropna().drop_duplicates()
    found: dict[str, list[str]] = {}
    for name, method in known.itertuples(index=False):
        if str(method).strip():
            found.setdefault(str(name), []).append(str(method).strip())
    return {name: ", ".join(methods) for name, methods in found.items()}


def intensity(run: RunLike, name: str) -> str:
    """Return a median intensity that the study tests: the marker, and on which cells."""
    own: Mapping[str, Any] = (run.manifest.get("study") or {}).get("intensities") or {}
    entry: Mapping[str, Any] = own.get(name) or {}
    if not entry.get("marker"):
        return f"{name.replace('_', ' ')}, median intensity"
    wanted = split(str(entry.get("population") or ""))[0]
    paths: Iterable[tuple[str, str]] = population_labels(run)
    of = next((key for key in paths if split(key[1])[0][-len(wanted) :] == wanted), None)
    cells = last_name(str(entry.get("population") or "")) if of is None else population(run, of[1], of[0])
    words = marker(str(entry["marker"]))
    return f"{words[:1].upper()}{words[1:]} on {cells}, median intensity"


def definition_text(identity: str) -> str:
    """Return the sentence of a definition; empty where the registry does not have it."""
    try:
        return definitions().definition(identity).text
    except TemplateError:
        return ""


@cache
def _registered() -> dict[str, Subset]:
    """Return the subset of each definition's id."""
    found = {entry.id: subset for subset in definitions().subsets for entry in subset.definitions}
    return found | {f"{identity}{ASC_EXCLUDED}": subset for identity, subset in found.items()}
