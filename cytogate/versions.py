"""What computes: versions of cytogate and of what its figures depend on, its source, the kind of machine."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DISTRIBUTIONS = ("numpy", "numba", "scipy", "pyarrow")
LIBRARIES = ("scikit-learn", "statsmodels", "pandas", "llvmlite", "pydantic", "ruamel.yaml")


def installed(distribution: str) -> str:
    """Return the version of a distribution; "0+unknown" where it is on the path but not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "0+unknown"


def versions() -> dict[str, str]:
    """Return the versions of cytogate, Python and the distributions that compute, plug-ins among them."""
    found = {"cytogate": installed("cytogate"), "python": platform.python_version()}
    return found | {name: installed(name) for name in DISTRIBUTIONS} | plug_ins()


@cache
def plug_ins() -> dict[str, str]:
    """Return the versions of other distributions that add kinds: checks, gates, methods, scales."""
    found = {
        distribution.name: distribution.version
        for distribution in metadata.distributions()
        if any(entry.group.startswith("cytogate.") for entry in distribution.entry_points)
    }
    return {name: found[name] for name in sorted(found) if name != "cytogate"}


def other_versions(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what computed in other versions then, in words; a plug-in may have come or gone since.

    Examples
    --------
    >>> other_versions({"numpy": "1.0", "checks": "2"}, {"numpy": "2.0"})
    ['numpy 1.0 then, 2.0 now', 'checks 2 then, not there now']
    """
    return [
        f"{name} {then.get(name, 'not there')} then, {now.get(name, 'not there')} now"
        for name in dict.fromkeys((*now, *then))
        if then.get(name) != now.get(name)
    ]


def libraries() -> dict[str, str]:
    """Return the versions of further distributions that a run uses: told, and no reason to gate again."""
    return {name: installed(name) for name in LIBRARIES}


@cache
def source_sha256() -> str:
    """Return one hash of all source files of the installed package: two versions may bear one number.

    Names and bytes of every file count, but for what Python and numba keep of them, and for the templates,
    which a wheel brings along and a checkout has elsewhere: a run names those by their own hashes.
    """
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for place in sorted(folder.rglob("*")):
        if place.is_file() and not {"__pycache__", "_templates"} & set(place.parts):
            content = hashlib.sha256(place.read_bytes()).hexdigest()
            digest.update(f"{place.relative_to(folder).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()


def machine() -> dict[str, str]:
    """Return the kind of this machine: on one kind the same code gives the same bits."""
    from llvmlite import binding

    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": str(binding.get_host_cpu_name()),
    }
