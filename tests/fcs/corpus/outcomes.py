"""The page of outcomes: what cytogate, flowio and fcsparser make of each case."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from fcs.corpus import CASES, ours
from fcs.corpus.judge import ACCEPTABLE, WRONG, verdict
from fcs.corpus.peers import PEERS, Peer

PAGE = Path(__file__).parents[3] / "docs" / "fcs-outcomes.md"
READERS = ("cytogate", *PEERS)
_RATINGS = (ACCEPTABLE, WRONG, "no warning", "not allowed", "crashed", "hung", "out of memory")
_MARKS = {ACCEPTABLE: "", WRONG: "**wrong** "}

_INTRODUCTION = """\
{count} small files that the tests build (`tests/fcs/corpus`), each with its truth in plain Python and the
answers that are acceptable by the standard. Reading is strict here, and other readers ({versions})
use their default options. `make outcomes` writes this page.

- **read**: the true values, with the warnings named. Of fcsparser only stored values are compared, as it
  gives no scale values. A fault of the file made good without a warning is *no warning*.
- **wrong**: values that are not those of the file, given as if they were.
- **refused**: an error; of other readers any exception counts, whatever it says. It is *not allowed* where
  the file is valid, or has one provable reading.
- Acceptable: `exact` values without a warning; `+code` values with that warning (`+`: any); `!code` an
  error (`!`: any).
"""


@dataclass(frozen=True)
class Row:
    """The verdicts on one case, by reader."""

    case: object
    verdicts: dict


def judge_all():
    """Yield one `Row` a case; other readers run in child processes."""
    with tempfile.TemporaryDirectory() as folder, Peer("flowio") as flowio, Peer("fcsparser") as fcsparser:
        for case in CASES:
            path = case.write(folder)
            found = {"cytogate": verdict(case, ours.read(path, case)[0])}
            for peer in (flowio, fcsparser):
                found[peer.name] = verdict(case, peer.read(path, case.dataset), knows_codes=False)
            path.unlink()
            yield Row(case, found)


def page(rows):
    """Return the page in Markdown."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PEERS)
    lines = [
        "# What readers make of unusual and malformed FCS files",
        "",
        _INTRODUCTION.format(count=len(CASES), versions=versions),
        *_totals(rows),
    ]
    for is_valid, title in ((True, "Valid but unusual"), (False, "Malformed")):
        lines += ["", f"## {title}", "", _line("class: case", "acceptable", *READERS), _line(*["---"] * 5)]
        lines += [
            _line(str(row.case), _escaped(row.case.allowed), *(_cell(row.verdicts[name]) for name in READERS))
            for row in rows
            if row.case.is_valid == is_valid
        ]
    return "\n".join(lines) + "\n"


def answers_on_page(text):
    """Return the answers of cytogate by case, as a page has them."""
    rows = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {
        cells[0]: cells[2]
        for cells in rows
        if len(cells) == 5 and ": " in cells[0] and cells[0] != "class: case"
    }


def _totals(rows):
    yield _line("files", "outcome", *READERS)
    yield _line(*["---"] * 5)
    for is_valid, title in ((True, "valid"), (False, "malformed")):
        some = [row for row in rows if row.case.is_valid == is_valid]
        counts = {name: Counter(row.verdicts[name].rating for row in some) for name in READERS}
        for rating in _RATINGS:
            numbers = [counts[name][rating] for name in READERS]
            if any(numbers):
                yield _line(f"{len(some)} {title}", rating, *(str(number) for number in numbers))


def _cell(found):
    if found.rating in (ACCEPTABLE, WRONG):
        return _MARKS[found.rating] + _escaped(found.answer)
    return f"*{found.rating}* {_escaped(found.answer)}"


def _escaped(text):
    return text.replace("|", "or").replace("~", "as said: ")


def _line(*cells):
    return f"| {' | '.join(cells)} |"
