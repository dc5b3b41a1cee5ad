"""Tables of docs/fcs.md, made from the code: ``python tests/fcs/tables_of_fcs_page.py`` writes them."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from cytogate.compensation.causes import CAUSES
from cytogate.fcs.limits import LIMITS
from cytogate.fcs.repairs.advice import ADVICE
from cytogate.fcs.repairs.codes import REPAIRS
from cytogate.fcs.repairs.refusals import REFUSALS

PAGE = Path(__file__).parents[2] / "docs" / "fcs.md"
_LIMITS = {
    "max_parameters": "parameters",
    "max_text_bytes": "bytes of TEXT, of its supplement, or of ANALYSIS",
    "max_keywords": "keywords",
    "max_name_length": "characters of a name",
    "max_data_sets": "data sets",
    "max_unpacked_bytes": "bytes of a compressed or remote file, which is held in memory",
    "max_unnamed_bytes": "bytes behind the last segment of a compressed file, which are unpacked to check it",
    "max_request_seconds": "seconds without an answer of a server",
}


def _cell(text: str) -> str:
    return re.sub(r"(\$[A-Z][A-Za-z_]*)", r"`\1`", text.replace("|", "\\|"))


def repairs() -> str:
    """One row for each repair."""
    rows = ["| code | what it is, and what is done | | what to do | seen in |", "|---|---|---|---|---|"]
    for repair in REPAIRS.values():
        mark = "**lenient**" if repair.lenient else ""
        cells = _cell(repair.what), mark, _cell(ADVICE[repair.code]), ", ".join(repair.seen)
        rows.append(f"| `{repair.code}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def spillover() -> str:
    """One row for each cause why a spillover keyword is odd."""
    rows = ["| code | what it is | matrix | what to do | seen in |", "|---|---|---|---|---|"]
    for cause in CAUSES.values():
        used = "used" if cause.used else "not used"
        cells = _cell(cause.what), used, _cell(ADVICE[cause.code]), ", ".join(cause.seen)
        rows.append(f"| `{cause.code}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def refusals() -> str:
    """One row for each code of a file that is not read."""
    rows = ["| code | why | what to do |", "|---|---|---|"]
    for code, (why, advice) in REFUSALS.items():
        rows.append(f"| `{code}` | {_cell(why)} | {_cell(advice)} |")
    return "\n".join(rows)


def limits() -> str:
    """One row for each limit."""
    rows = ["| | at most | `Limits` |", "|---|---|---|"]
    for one in fields(LIMITS):
        what = _LIMITS.get(one.name, one.name.replace("_", " "))
        rows.append(f"| {what} | {getattr(LIMITS, one.name):,} | `{one.name}` |")
    return "\n".join(rows)


TABLES = {"repairs": repairs, "spillover": spillover, "refusals": refusals, "limits": limits}


def with_tables(page: str) -> str:
    """The page with every table as the code has it."""
    for name, make in TABLES.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
        before, after = page.split(begin)[0], page.split(end)[1]
        page = f"{before}{begin}{make()}\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
