"""The machine that was measured, and whether other work disturbed."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

from cytogate.platform import usable_cpus
from cytogate.versions import installed, versions

QUIET = 0.05  # share of the processors that others may use unnoticed
_INFORMATION = Path("/proc/cpuinfo")
_STATISTICS = Path("/proc/stat")


def machine() -> dict[str, Any]:
    """Return processor, cores, memory, system and versions; nothing that names the computer."""
    return {
        "processor": _processor(),
        "cores": usable_cpus(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions() | {name: installed(name) for name in ("flowkit", "flowutils")},
    }


def in_words(machine: dict[str, Any]) -> str:
    """Return a machine in one line."""
    held = machine["versions"]
    listed = ", ".join(f"{name} {held[name]}" for name in ("numpy", "numba") if name in held)
    memory = "" if machine["memory_gb"] is None else f", {machine['memory_gb']:.0f} GB"
    cores = machine["cores"]
    return (
        f"{machine['processor']}, {cores} core{'s' if cores != 1 else ''}{memory}, {machine['system']}, "
        f"Python {held['python']}, {listed}"
    )


def _processor() -> str:
    if _INFORMATION.is_file():
        for line in _INFORMATION.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or "unknown processor"


def _memory_gb() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, OSError, ValueError):
        return None


class Watch:
    """Looks from its making on at what the processors do for others."""

    def __init__(self) -> None:
        self._load = _load()
        self._began = time.perf_counter()
        self._busy = _busy_seconds()
        self._own = _own_seconds()

    def found(self) -> dict[str, Any]:
        """Return load averages, the share of the processors that others used, and a warning or None."""
        share = None
        busy = _busy_seconds()
        cores = os.cpu_count() or 1
        if busy is not None and self._busy is not None:
            others = (busy - self._busy) - (_own_seconds() - self._own)
            passed = max(time.perf_counter() - self._began, 1e-9) * cores
            share = min(1.0, max(0.0, others / passed))
        return {
            "load_average_before": self._load,
            "load_average_after": _load(),
            "share_of_others": share,
            "warning": _warning(share, self._load, cores),
        }


def _warning(share: float | None, load: float | None, cores: int) -> str | None:
    again = "Times are too long and ratios uncertain: repeat on a quiet machine."
    if share is not None:
        if share > QUIET:
            return f"Other work used {share:.0%} of the processors meanwhile. {again}"
        return None
    if load is not None and load > QUIET * cores:
        return f"The load average was {load:.2f} on {cores} processors when it began. {again}"
    return None


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def _own_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _busy_seconds() -> float | None:
    """Return processor seconds that all processes, and other machines on the same host, have used."""
    if not _STATISTICS.is_file():
        return None
    words = _STATISTICS.read_text(encoding="ascii").split("\n", 1)[0].split()
    if len(words) < 9 or words[0] != "cpu":
        return None
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = (int(word) for word in words[1:9])
    ticks = user + nice + system + interrupts + soft + stolen
    return ticks / float(os.sysconf("SC_CLK_TCK"))
