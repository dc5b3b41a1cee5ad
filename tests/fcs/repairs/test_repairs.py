"""The table of repairs: each says where it was seen, or which section of the standard it breaks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cytogate.errors import CytogateError
from cytogate.fcs.repairs.advice import ADVICE
from cytogate.fcs.repairs.codes import REPAIRS, is_lenient, warning_codes
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.repairs.of_files import FILE_REPAIRS
from cytogate.fcs.repairs.of_keywords import KEYWORD_REPAIRS
from cytogate.fcs.repairs.refusals import REFUSALS

THREAD = re.compile(r"[\w.-]+(?: PR)?#\d+|[\w.-]+: \S.*")
SECTION = re.compile(r"FCS [23]\.[0-2], \d+\.\d+")


@pytest.mark.parametrize("repair", REPAIRS.values(), ids=REPAIRS)
def test_repair_names_threads_or_the_section_of_the_standard(repair):
    assert repair.seen or SECTION.search(repair.what)
    assert all(THREAD.fullmatch(thread) for thread in repair.seen)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", repair.code)


def test_codes_are_given_once():
    assert len(REPAIRS) == len(FILE_REPAIRS) + len(KEYWORD_REPAIRS)


def test_lenient_repairs_are_known():
    assert is_lenient("data-truncated")
    assert not is_lenient("text-blanks")
    assert not is_lenient("no such code")


def test_findings_take_the_codes_of_the_table_only():
    findings = Findings("a.fcs")
    findings.note("text-blanks", "$CYT", "has blanks.")
    assert [(p.code, p.location) for p in findings.problems] == [("text-blanks", "a.fcs: $CYT")]
    with pytest.raises(CytogateError, match="no repair called 'x'"):
        findings.note("x", "HEADER", "y")


def test_every_warning_says_what_to_do():
    assert set(ADVICE) == set(warning_codes())
    assert all(text.endswith((".", "?")) for text in ADVICE.values())


def test_every_refusal_says_why_and_what_to_do():
    folder = Path(__file__).parents[3] / "cytogate" / "fcs"
    raised = re.compile(r"(?:FcsError|\.error)\(\s*\"([a-z0-9-]+)\"")
    codes = {code for path in folder.rglob("*.py") for code in raised.findall(path.read_text("utf-8"))}
    assert len(codes) > 30
    assert codes - {"cannot-write", "reader-closed"} <= set(REFUSALS)
    assert all(advice.endswith(".") for _, advice in REFUSALS.values())


def test_an_error_has_the_advice_of_its_code_where_it_has_none_of_its_own():
    findings = Findings("a.fcs")
    assert findings.error("par-invalid", "$PAR", 5, "'x'", "a number").fix == REFUSALS["par-invalid"][1]
    assert findings.error("par-invalid", "$PAR", 5, "'x'", "a number", "Do this.").fix == "Do this."
