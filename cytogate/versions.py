"""Installed versions: of cytogate, and of what its figures depend on."""

from __future__ import annotations

import platform
from importlib import metadata

DISTRIBUTIONS = ("numpy", "numba", "scipy", "pyarrow")


def installed(distribution: str) -> str:
    """Return the version of a distribution; "0+unknown" where it is on the path but not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "0+unknown"


def versions() -> dict[str, str]:
    """Return the versions of cytogate, Python and the distributions that compute."""
    found = {"cytogate": installed("cytogate"), "python": platform.python_version()}
    return found | {name: installed(name) for name in DISTRIBUTIONS}
