"""TEXT for tests: written of any words, parsed, and what is found of it."""

from __future__ import annotations

import pytest

from cytogate.errors import FcsError
from cytogate.fcs.limits import LIMITS
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.terms import Terms
from cytogate.fcs.text.parse import parse_text
from cytogate.fcs.versions import VERSIONS

NEEDED = {
    "$BYTEORD": "1,2,3,4",
    "$DATATYPE": "F",
    "$PAR": "2",
    "$TOT": "9",
    "$BEGINDATA": "1024",
    "$ENDDATA": "2047",
    **{f"$P{n}{key}": value for n in (1, 2) for key, value in {"B": "32", "E": "0,0", "N": f"F{n}"}.items()},
    **{f"$P{n}R": "9" for n in (1, 2)},
}


def written(words, delimiter="/", *, escape=True, end="/"):
    mark = delimiter.encode("latin-1")
    parts = [part if isinstance(part, bytes) else part.encode() for pair in words.items() for part in pair]
    parts = [part.replace(mark, mark * 2) if escape else part for part in parts]
    return mark + mark.join(parts) + (mark if end == "/" else end.encode("latin-1"))


def parse(raw, version="3.1", limits=LIMITS, **options):
    findings = Findings("a.fcs")
    keywords = parse_text(raw, 58, Terms(VERSIONS[version], limits), findings, **options)
    return keywords, [problem.code for problem in findings.problems]


def refused(raw, version="3.1", **options):
    with pytest.raises(FcsError) as caught:
        parse(raw, version, **options)
    assert caught.value.path == "a.fcs"
    return caught.value


def last(words, version="3.1", **options):
    """The last keyword's value and the warnings of a TEXT with these words behind the needed ones."""
    keywords, codes = parse(written(NEEDED | words, **options), version)
    assert NEEDED.items() <= keywords.items()
    return keywords[list(words)[-1]], codes
