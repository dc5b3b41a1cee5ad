"""A pattern that most names of a folder follow, guessed from which parts vary, and how."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from cytogate.study.first_sheet.name_pattern import parse_pattern
from cytogate.study.sheets.visits import is_visit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FEWEST = 2  # names that show a pattern
_SHARE = 0.8  # of all names, that must follow it
_MARKS = (
    "_",
    " ",
    "-",
    "_-",
    "_ ",
    "_- ",
    "_-. ",
)  # what parts may be separated by; the first that tells wins
_SUBJECT = re.compile(r"(?:p|pt|pat|patient|sub|subj|subject|s|donor|d|hc|id)?[ -]?\d{1,6}[a-z]?", re.I)
_SPELLED = re.compile(r"(?:patient|pat|subject|subj|donor)[ -]?\d", re.I)
_BATCH = re.compile(r"(?:batch|plate|run)[ -]?[a-z0-9]{1,6}", re.I)
_DATE = re.compile(
    r"(?:19|20)\d\d[-.]?[01]\d[-.]?[0-3]\d|[0-3]?\d[A-Za-z]{3}(?:20)?\d\d|[0-3]\d[01]\d(?:20)?\d\d"
)
_WELL = re.compile(r"[A-H](?:0?[1-9]|1[0-2])")


def guess_pattern(names: Sequence[str], panels: Mapping[str, str]) -> str:
    """Return the pattern that most names follow, or "" where subject and visit cannot be told apart.

    Parameters
    ----------
    names : sequence of str
        Paths of patients' tubes below the folder, without endings.
    panels : mapping of name to panel
        What the markers of files say; "" where they tell nothing.

    Examples
    --------
    >>> guess_pattern(["P1_W0_B", "P1_W4_B", "P2_W0_B", "P2_W0_T"], {})
    '{subject}_{visit}_{}'
    >>> guess_pattern(["Patient 1 Week 0 B", "Patient 1 Week 4 B", "Patient 2 Week 0 B"], {})
    'Patient {subject} {visit} {visit} B'
    """
    for marks in _MARKS:
        found = _with_marks(names, panels, marks)
        if found and _most(parse_pattern(found).read, names, _SHARE):  # its fixed words may hold marks
            return found
    return ""


def _with_marks(names: Sequence[str], panels: Mapping[str, str], marks: str) -> str:
    splitter = re.compile(f"([/{re.escape(marks)}]+)")
    split = {name: splitter.split(name) for name in names}
    shapes = Counter(tuple(pieces[1::2]) for pieces in split.values())
    if not shapes:
        return ""
    gaps, most = max(shapes.items(), key=lambda item: (item[1], item[0]))
    if most < FEWEST or most < _SHARE * len(names):
        return ""
    alike = {name: pieces[::2] for name, pieces in split.items() if tuple(pieces[1::2]) == gaps}
    columns = list(zip(*alike.values(), strict=True))
    kinds = _kinds(columns, gaps, [panels.get(name, "") for name in alike])
    if "subject" not in kinds or "visit" not in kinds:
        return ""
    parts = [
        column[0] if kind is None and not re.search(r"[{}]", column[0]) else f"{{{kind or ''}}}"
        for kind, column in zip(kinds, columns, strict=True)
    ]
    text = parts[0] + "".join(gap + part for gap, part in zip(gaps, parts[1:], strict=True))
    return "/".join(_below(text.split("/")))


def _below(levels: list[str]) -> list[str]:
    """Return the levels of a path without the folders at the top that tell nothing."""
    while len(levels) > 1 and not re.search(r"\{[a-z]", levels[0]):
        levels = levels[1:]
    return levels


def _kinds(columns: Sequence[Sequence[str]], gaps: Sequence[str], panels: Sequence[str]) -> list[str | None]:
    """Return what each part of the names is: a field, "" for nothing, None for what is always the same."""
    kinds: list[str | None] = [_plain_kind(column) for column in columns]
    if "visit" in kinds:  # one is enough: others say it again
        first = kinds.index("visit")
        kinds = [("" if kind == "visit" and place != first else kind) for place, kind in enumerate(kinds)]
    else:
        for place in _visit_in_two(columns, gaps):
            kinds[place] = "visit"
    open_ones = [place for place, kind in enumerate(kinds) if kind == "?"]
    panel = next((place for place in open_ones if _tells(columns[place], panels)), None)
    if panel is not None:
        kinds[panel] = "panel"
        open_ones.remove(panel)
    for place in _subject(columns, open_ones):
        kinds[place] = "subject"
    return ["" if kind == "?" else kind for kind in kinds]


def _visit_in_two(columns: Sequence[Sequence[str]], gaps: Sequence[str]) -> Sequence[int]:
    """Return the first two neighbours that are a visit together, such as Week and 12; none if there are none.

    The word has two letters at least: a single one before numbers may be a tube, too.
    """
    for place, (words, gap, numbers) in enumerate(zip(columns, gaps, columns[1:], strict=False)):
        joined = [f"{word}{gap}{number}" for word, number in zip(words, numbers, strict=True)]
        if _most(is_visit, joined) and min(map(len, words)) > 1 and len(set(joined)) > 1:
            return place, place + 1
    return ()


def _plain_kind(column: Sequence[str]) -> str | None:
    """Return the kind of a part by what all of its texts look like; "?" where that does not tell."""
    if _most(is_visit, column):
        return "visit"
    if _most(_BATCH.fullmatch, column):
        return "batch"
    if len(set(column)) == 1:
        return None
    if _most(_DATE.fullmatch, column):
        return ""
    if len(set(column)) == len(column) and len(column) > FEWEST and _most(str.isdigit, column):
        return ""  # the counter of the instrument
    if _most(_WELL.fullmatch, column) and len({text[0] for text in column}) > 1:
        return ""
    return "?"


def _most(test: Callable[[str], object], texts: Sequence[str], share: float = 0.9) -> bool:
    return sum(bool(test(text)) for text in texts) >= share * len(texts)


def _tells(column: Sequence[str], panels: Sequence[str]) -> bool:
    """Return whether a part of the names goes with what the markers say of the panel, one to one."""
    pairs = {(text.casefold(), panel) for text, panel in zip(column, panels, strict=True) if panel}
    texts, known = {text for text, _ in pairs}, {panel for _, panel in pairs}
    return len(known) > 1 and len(pairs) == len(texts) == len(known)


def _subject(columns: Sequence[Sequence[str]], places: Sequence[int]) -> list[int]:
    """Return the parts that make the id of a patient: those that look so; else the one that varies most.

    Neighbours that look so belong together, such as a site and a number there.
    """
    if not places:
        return []
    alike = [place for place in places if _most(_SUBJECT.fullmatch, columns[place])]
    if alike:
        run = [alike[0]]
        for before, place in pairwise(alike):
            if place != before + 1:
                break
            run.append(place)
        return run
    varied = max(places, key=lambda place: (len(set(columns[place])), -place))
    if _most(_SPELLED.search, columns[varied]):  # an id, and more: other marks part them
        return []
    return [varied] if len(set(columns[varied])) < len(columns[varied]) else []
