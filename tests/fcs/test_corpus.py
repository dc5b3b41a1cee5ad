"""Every file of the corpus: true values, or a refusal that says what is wrong, and nothing in between."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from fcs.corpus import CASES, ours
from fcs.corpus.judge import verdict
from fcs.corpus.outcomes import PAGE, answers_on_page

from cytogate.errors import FcsError
from cytogate.fcs.read import read_fcs
from cytogate.fcs.repairs.codes import REPAIRS

MOST_SECONDS = 2.0  # of the processor: others may be at work
_SEGMENTS = ("HEADER", "TEXT", "DATA", "ANALYSIS", "dataset")


@pytest.fixture(scope="module", autouse=True)
def _compiled(tmp_path_factory):
    """Compile kernels before anything is timed."""
    for case in (CASES[0], next(case for case in CASES if case.group == "integers")):
        ours.read(case.write(tmp_path_factory.mktemp("first")), case)


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_case_is_answered_as_the_standard_and_the_policy_say(tmp_path, case, lenient):
    path = case.write(tmp_path)
    began = time.process_time()
    seen, opened = ours.read(path, case, lenient=lenient)
    seconds = time.process_time() - began
    found = verdict(case, seen, lenient=lenient)
    assert found.is_acceptable, (
        f"{found.rating}: {found.answer} {seen.message}; allowed: {case.answers(lenient=lenient)}"
    )
    assert seconds < MOST_SECONDS
    if opened is None:
        _check_refusal(path, case, lenient)
        return
    _check_tables(opened, seen)
    if case.truth(lenient=lenient) is not None:
        _check_names(opened, case)
        _check_spillover(opened, case)
    assert ours.read(path, case, lenient=lenient)[0].codes == seen.codes


def _check_refusal(path, case, lenient):
    errors = []
    for _ in range(2):
        with pytest.raises(FcsError) as caught:
            read_fcs(path, case.dataset, lenient).events()
        errors.append(caught.value)
    error = errors[0]
    assert str(errors[1]) == str(error)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", error.code)
    assert error.path == str(path)
    assert error.field in _SEGMENTS or re.fullmatch(r"\$?[A-Z0-9]+", error.field)
    assert error.found.strip()
    assert error.expected.strip()
    for part in (error.path, error.field, error.found, error.expected, error.code):
        assert part in str(error)
    assert len(error.found) < 300, "what was found is shown, not poured out"
    if error.field == "HEADER":
        assert error.offset is not None, "a fault of HEADER has a place"
    if error.offset is not None:
        assert 0 <= error.offset <= path.stat().st_size
        assert f"byte {error.offset}" in str(error)


def _check_tables(opened, seen):
    """The whole table, single columns and a second reading agree."""
    n = (opened.n_events, len(opened.channels))
    raw, scale = opened.raw(), opened.events()
    assert raw.shape == scale.shape == n
    np.testing.assert_array_equal(scale, np.array(seen.scale, float).reshape(n))
    for i in range(n[1]):
        with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
            np.testing.assert_array_equal(raw[:, i].astype(float), opened.raw_column(i).astype(float))
    for problem in opened.warnings:
        assert problem.code in REPAIRS or problem.code.startswith("spillover-")
        assert opened.path in problem.location
        assert problem.message.strip()


def _check_names(opened, case):
    assert len(set(opened.channels.names)) == len(opened.channels)
    if case.names is not None:
        assert opened.channels.names == case.names
    elif case.is_valid and case.table.version != "2.0":
        assert opened.channels.names == tuple(column.name for column in case.table.columns)
    if case.labels is not None:
        assert opened.channels.labels == case.labels
    for key, value in (case.keywords or {}).items():
        assert opened.keywords.get(key) == value


def _check_spillover(opened, case):
    if case.spillover is None:
        assert opened.spillover is None
    elif isinstance(case.spillover, str):
        assert opened.spillover is None
        assert set(case.spillover.split(" | ")) & {problem.code for problem in opened.warnings}
    else:
        np.testing.assert_array_equal(opened.spillover.values, case.spillover)


def test_corpus_is_as_large_as_the_classes_ask():
    valid = [case for case in CASES if case.is_valid]
    assert len(valid) >= 62
    assert len(CASES) - len(valid) >= 138
    names = [case.file_name for case in CASES]
    assert len(set(names)) == len(names)


def test_cases_with_values_to_judge_have_them():
    for case in CASES:
        for lenient in (False, True):
            values = [answer for answer in case.answers(lenient=lenient) if answer[0] in "e+"]
            assert not values or case.truth(lenient=lenient) is not None, str(case)


def test_page_of_outcomes_says_what_the_reader_does(tmp_path):
    said = answers_on_page(PAGE.read_text(encoding="utf-8"))
    assert sorted(said) == sorted(map(str, CASES)), "the corpus has changed: make outcomes"
    for case in CASES:
        seen, _ = ours.read(case.write(tmp_path), case)
        assert said[str(case)] == verdict(case, seen).answer, f"{case}: make outcomes"
