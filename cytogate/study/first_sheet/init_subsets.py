"""The endpoints that a first study file proposes for each built-in template."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUADRANTS = ("  DN: {population: B/DN, of: B}", "  switched_memory: {population: B/SWM, of: B}")
_LUPUS = (
    *_QUADRANTS,
    "  activated_naive: {population: B/N+T/aNAV, of: B}",
    "  transitional: {population: B/N+T/Transitional, of: B}",
)

SUBSETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sle_bcell": _LUPUS,
        "bcell_surface": _LUPUS,
        "hipc_bcell": (
            *_QUADRANTS,
            "  transitional: {population: B/Transitional, of: B}",
            "  plasmablast: {population: B/PB, of: B}",
        ),
        "hipc_treg": ("  treg: {population: CD4/Treg, of: CD4}",),
        "treg_helios": ("  helios_treg: {population: CD4/Treg/FoxP3+/Helios+, of: CD4/Treg/FoxP3+}",),
    }
)
