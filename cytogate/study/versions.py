"""The versions that figures depend on."""

from __future__ import annotations

import platform
from importlib import metadata

DISTRIBUTIONS = ("numpy", "numba", "scipy", "pyarrow")


def versions() -> dict[str, str]:
    """Return the versions of cytogate, Python and the distributions that compute."""
    found = {"cytogate": _version("cytogate"), "python": platform.python_version()}
    return found | {name: _version(name) for name in DISTRIBUTIONS}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # run from a folder that was never installed
        return "0+unknown"
