"""What is said of TEXT: which keywords are named, how many, and where there is no more to say."""

from __future__ import annotations

import pytest
from fcs.texts import NEEDED, last, parse, written

from cytogate.fcs.limits import LIMITS
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.terms import Terms
from cytogate.fcs.text.parse import parse_text
from cytogate.fcs.versions import VERSIONS


def notes(raw):
    """Codes and messages of a TEXT."""
    findings = Findings("a.fcs")
    parse_text(raw, 58, Terms(VERSIONS["3.1"], LIMITS), findings)
    return [(problem.code, problem.message) for problem in findings.problems]


@pytest.mark.parametrize("n", [1, 4, 5, 6, 7, 12])
def test_of_many_values_with_a_doubtful_delimiter_five_are_named(n):
    found = notes(written(NEEDED | {f"K{k}": f"a/$B{k}" for k in range(n)}))
    assert {code for code, _ in found} == {"text-delimiter-in-value"}
    named = [message for _, message in found if "value of K" in message]
    assert len(named) == min(n, 5)
    more = [message for _, message in found if message not in named]
    assert more == ([] if n <= 5 else [f"the values of {n - 5} more hold '/' before a '$'."])


@pytest.mark.parametrize(("n", "shown"), [(1, "byte 00"), (8, "bytes" + " 00" * 8), (9, "bytes" + " 00" * 8)])
def test_of_what_is_before_the_first_delimiter_eight_bytes_are_shown(n, shown):
    ((code, message),) = notes(bytes(n) + written(NEEDED))
    assert code == "text-begins-early"
    assert message == f"{n} bytes before the first delimiter '/': {shown}."


def test_delimiters_before_a_dollar_alone_are_doubtful():
    assert notes(written(NEEDED | {"K": "a/b", "L": "a$b"})) == []


def test_a_dollar_alone_makes_no_doubt_where_it_is_a_byte_of_marks():
    uncommon = b"\xff\xfe\xc0\xc1"
    assert last({"$SRC": uncommon, "K": b"a/\xff", "L": b"a/b"})[1] == ["text-latin1"]


@pytest.mark.parametrize(("n", "others"), [(1, ""), (5, ""), (6, " and 1 other"), (8, " and 3 others")])
def test_of_many_keywords_that_may_be_two_five_are_named(n, others):
    ((code, message),) = notes(written(NEEDED | {f"K{k}/L": "v" for k in range(n)} | {"PLAIN": "v"}))
    assert code == "text-ambiguous"
    names = ", ".join(f"'K{k}/L'" for k in range(min(n, 5)))
    assert message.endswith(f"one without value: {names}{others}.")


def test_words_that_are_left_out_are_named_where_there_are_some():
    mended = notes(written(NEEDED)[:-1] + b"/$OP/a/b/$SRC/c/")
    assert mended == [("text-delimiter-unescaped", "single delimiters '/' are part of the values of '$OP'.")]
    ((_, message),) = notes(written(NEEDED)[:-1] + b"/$OP/a/b/c/d/$SRC/e/")
    assert message.startswith("what these words belong to is open, and they are left out: '$OP', 'a'")


def test_the_name_of_a_needed_keyword_counts_with_few_blanks_around_it():
    words = {(f"{' ' * 1200}$TOT" if key == "$TOT" else key): value for key, value in NEEDED.items()}
    assert parse(written({"NOTE": "x"} | NEEDED))[1] == []
    assert parse(written(words))[0]["$TOT"] == "9"
    words = {key: value for key, value in NEEDED.items() if key != "$TOT"}
    doubled = written(words | {"$A": ""}, escape=False)
    keywords, codes = parse(doubled[:-1] + b"/" + b" " * 1200 + b"$TOT/9/")
    assert (keywords["$TOT"], keywords["$A"]) == ("9", "")
    assert "text-empty-values" in codes
