"""What became of a file: the codes of its warnings, or the error that refuses it."""

from __future__ import annotations

import pickle

import pytest

from cytogate.errors import FcsError


def codes(file):
    """Codes of all warnings, in their order."""
    return [problem.code for problem in file.warnings]


def refusal(read, content, **options):
    """The error of a refused file, checked for what every error says."""
    with pytest.raises(FcsError) as caught:
        read(content, **options)
    error = caught.value
    assert error.path.endswith("a.fcs")
    assert error.path in str(error)
    assert error.field
    assert error.found
    assert error.expected
    assert f"[{error.code}]" in str(error)
    assert pickle.loads(pickle.dumps(error)).code == error.code
    return error
