"""Shared fixtures of the reader's tests."""

from __future__ import annotations

import pytest

from cytogate.fcs.read import read_fcs


@pytest.fixture
def read(tmp_path):
    """Write bytes to a file, and read it."""

    def write_and_read(content, *arguments, **options):
        path = tmp_path / "a.fcs"
        path.write_bytes(content)
        return read_fcs(path, *arguments, **options)

    return write_and_read
