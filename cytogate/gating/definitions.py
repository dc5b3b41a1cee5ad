"""Subset registry: what each subset is called, and every definition that the field has of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cytogate.edge.yaml_document import YamlDocument, read_yaml
from cytogate.errors import Problem, TemplateError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = "cytogate.definitions"
VERSION = 1
Role = Literal["cleaning", "lineage", "subset"]
ROLES = ("cleaning", "lineage", "subset")
KEYS = {"name", "label", "short", "synonyms", "role", "definitions"}
ASC_EXCLUDED = (
    ".asc_excluded"  # ends the id of a definition for which antibody-secreting cells were taken out
)
ASC_SENTENCE = "Antibody-secreting cells are taken out first."
# Words of phenotypes that laboratories write in different ways; all are compared in one.
_SIGNS = str.maketrans({"⁺": "+", "⁻": "-", "−": "-", "–": "-", "‐": "-", "‑": "-"})


@dataclass(frozen=True, slots=True)
class SubsetDefinition:
    """One definition of a subset: an id that tables repeat, a sentence, and who says so."""

    id: str
    subset: str
    text: str
    citation: str


@dataclass(frozen=True, slots=True)
class Subset:
    """A subset of cells, by whatever definition.

    Attributes
    ----------
    id, name : str
        ``"double_negative"``, ``"Double negative B cells"``.
    label, short : str
        As readers meet it first, ``"Double-negative (CD27-IgD-) B cells"``, and as tables and figures have
        it, ``"DN B cells"``; both are the name where a file gives none.
    synonyms : tuple of str
        What laboratories call it.
    role : str
        ``"subset"``, ``"lineage"`` (B, T, CD4) or ``"cleaning"`` (singlets, live cells).
    definitions : tuple of SubsetDefinition
        The usual one first, then its rivals.
    """

    id: str
    name: str
    synonyms: tuple[str, ...]
    role: Role
    definitions: tuple[SubsetDefinition, ...]
    label: str = ""
    short: str = ""


@dataclass(frozen=True)
class Definitions:
    """All subsets that cytogate knows, in the order of their files."""

    subsets: tuple[Subset, ...]

    def find(self, name: str) -> Subset:
        """Return the subset of a name: its id, name, a synonym, or the id of one of its definitions.

        Case, spaces, underscores and the order of markers do not matter: ``"CD27- IgD-"`` is ``"IgD-CD27-"``.

        Raises
        ------
        TemplateError
            No subset has that name; the nearest are named.
        """
        wanted = _plain(name)
        for subset in self.subsets:
            if wanted in {_plain(known) for known in _names(subset)}:
                return subset
        hint = nearest(
            name, list(dict.fromkeys(known for subset in self.subsets for known in _names(subset)))
        )
        message = f"No subset is called {name!r}. {hint}"
        raise TemplateError(message, [Problem("subset-unknown", name, message)])

    def definition(self, identity: str) -> SubsetDefinition:
        """Return one definition by its id.

        The id of a usual definition followed by ``.asc_excluded`` is that definition with antibody-secreting
        cells taken out first.

        Raises
        ------
        TemplateError
            There is no such id; the nearest are named.
        """
        if identity.endswith(ASC_EXCLUDED):
            return without_asc(self.definition(identity.removesuffix(ASC_EXCLUDED)))
        for subset in self.subsets:
            for entry in subset.definitions:
                if entry.id == identity:
                    return entry
        known = [entry.id for subset in self.subsets for entry in subset.definitions]
        message = f"No definition has the id {identity!r}. {nearest(identity, known)}"
        raise TemplateError(message, [Problem("definition-unknown", identity, message)])

    def rivals(self, identity: str) -> tuple[SubsetDefinition, ...]:
        """Return the other definitions of the same subset; none where the id is not known here."""
        plain = identity.removesuffix(ASC_EXCLUDED)
        for subset in self.subsets:
            if any(entry.id == plain for entry in subset.definitions):
                return tuple(entry for entry in subset.definitions if entry.id != plain)
        return ()


def definitions() -> Definitions:
    """Return the subset registry: names, synonyms and every definition of each subset.

    Examples
    --------
    >>> import cytogate as cg
    >>> subset = cg.definitions().find("CD27-IgD-")
    >>> subset.name, subset.definitions[0].id
    ('Double negative B cells', 'double_negative.igd_cd27')
    >>> [entry.id for entry in cg.definitions().rivals("dn2.cxcr5_cd11c")]
    ['dn2.cxcr5_cd21', 'dn2.cd11c_tbet']
    """
    return _read_all()


def without_asc(definition: SubsetDefinition) -> SubsetDefinition:
    """Return a definition with antibody-secreting cells taken out first: another id, a further sentence."""
    return replace(definition, id=definition.id + ASC_EXCLUDED, text=f"{definition.text} {ASC_SENTENCE}")


@cache
def _read_all() -> Definitions:
    package = Path(__file__).parents[1]
    for folder in (package / "_templates", package.parent / "gating_templates"):
        files = sorted((folder / "definitions").glob("*.yaml"))
        if files:
            return Definitions(tuple(subset for file in files for subset in read_definitions(file)))
    return Definitions(())


def read_definitions(path: str | Path) -> tuple[Subset, ...]:
    """Return the subsets of one file.

    Raises
    ------
    TemplateError
        Lists every problem with its line: another format, a key that is missing or unknown, an id twice.
    """
    document = read_yaml(path)
    problems = list(_problems(document))
    if problems:
        title = f"{document.name} holds no definitions that can be used:"
        raise TemplateError(title, problems)
    found = []
    for identity, entry in document.data["subsets"].items():
        meant = tuple(
            SubsetDefinition(
                key, identity, " ".join(said["text"].split()), " ".join(said["citation"].split())
            )
            for key, said in entry["definitions"].items()
        )
        names = tuple(entry.get("synonyms", ()))
        label = entry.get("label", entry["name"])
        short = entry.get("short", label)
        found.append(Subset(identity, entry["name"], names, entry.get("role", "subset"), meant, label, short))
    return tuple(found)


def _problems(document: YamlDocument) -> Iterator[Problem]:
    data = document.data
    if not isinstance(data, dict) or (data.get("format"), data.get("version")) != (FORMAT, VERSION):
        text = f"expected `format: {FORMAT}` and `version: {VERSION}`."
        yield Problem("definitions-format", document.locate(("format",)), text)
        return
    subsets = data.get("subsets")
    if not isinstance(subsets, dict) or not subsets:
        yield Problem("definitions-empty", document.locate(("subsets",)), "expected subsets, found none.")
        return
    seen: dict[str, str] = {}
    for identity, entry in subsets.items():
        place = ("subsets", identity)
        if not isinstance(entry, dict) or not set(entry) <= KEYS:
            text = "expected name, definitions and perhaps synonyms, label, short and role."
            yield Problem("wrong-value", document.locate(place), text)
            continue
        synonyms = entry.get("synonyms", [])
        if (
            not _is_text(entry.get("name"))
            or not isinstance(synonyms, list)
            or not all(map(_is_text, synonyms))
        ):
            yield Problem("wrong-value", document.locate(place), "expected a name, and synonyms in a list.")
        for key in ("label", "short"):
            if key in entry and not _is_text(entry[key]):
                yield Problem("wrong-value", document.locate((*place, key)), "expected text.")
        if entry.get("role", "subset") not in ROLES:
            text = f"found {entry['role']!r}. {nearest(str(entry['role']), ROLES)}"
            yield Problem("wrong-value", document.locate((*place, "role")), text)
        meant = entry.get("definitions")
        for key, said in meant.items() if isinstance(meant, dict) and meant else [("", None)]:
            where = document.locate((*place, "definitions", key))
            if (
                not isinstance(said, dict)
                or set(said) != {"text", "citation"}
                or not all(map(_is_text, said.values()))
            ):
                yield Problem("wrong-value", where, "expected a definition id with text and citation.")
            if seen.setdefault(key, identity) != identity:
                yield Problem("definition-id-twice", where, f"{key!r} is used by subset {seen[key]!r} too.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _names(subset: Subset) -> Iterator[str]:
    yield from (subset.id, subset.name, *subset.synonyms)
    yield from (entry.id for entry in subset.definitions)


def _plain(name: str) -> tuple[str, ...]:
    """Return a name for comparison: lower case, one kind of sign, markers of a phenotype in one order."""
    text = unicodedata.normalize("NFKC", name).translate(_SIGNS).casefold()
    text = re.sub(r"[\s_]+", "", text)
    markers = re.findall(r"[a-z][a-z0-9]*?(?:\+\+|\+|-|hi|lo)", text)
    return tuple(sorted(markers)) if markers and "".join(markers) == text else (text,)
