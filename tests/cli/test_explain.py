"""`cytogate explain`: what a code means, and what to do."""

from __future__ import annotations

import pytest

from cytogate.cli.meanings import meanings
from cytogate.fcs.repairs.codes import warning_codes
from cytogate.fcs.repairs.refusals import REFUSALS
from cytogate.interop.crosscheck.rules import RULES


def test_a_code_is_explained_with_advice_and_threads(call):
    outcome = call("explain", "text-padded")
    assert outcome.code == 0
    assert "warning     TEXT has blanks behind its last delimiter (the file is read)" in outcome.out
    assert "what to do  Nothing to do" in outcome.out
    assert "seen in     FlowCal PR#206" in outcome.out


def test_a_code_may_stand_in_its_brackets_and_be_of_both_kinds(call):
    out = call("explain", "[data-truncated]", "spillover-zero").out
    assert out.startswith("data-truncated\n")
    assert "(with --lenient only)" in " ".join(out.split())
    assert "  refused     the file ends before its last event" in out
    assert "but the matrix is not used" in " ".join(out.split())


def test_all_codes_are_listed(call):
    out = call("explain", "--all").out
    assert {line.split()[0] for line in out.splitlines() if line} >= {
        *warning_codes(),
        *REFUSALS,
        *meanings(),
        *RULES,
    }


def test_an_unknown_code_names_the_nearest(call):
    outcome = call("explain", "text-paded")
    assert outcome.code == 2
    assert "no note, warning or error has the code 'text-paded'. Did you mean text-padded" in outcome.err


@pytest.mark.parametrize("code", [*warning_codes(), *REFUSALS])
def test_explanations_fit_80_columns(call, code, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, call("explain", code).out.splitlines())) <= 80
