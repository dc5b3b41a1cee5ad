"""The endpoints that a first study file proposes for each built-in template."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBSETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sle_bcell": (
            "  DN: {population: B/DN, of: B}",
            "  switched_memory: {population: B/SWM, of: B}",
            "  activated_naive: {population: B/N+T/aNAV, of: B}",
            "  transitional: {population: B/N+T/Transitional, of: B}",
        ),
        "treg_helios": ("  helios_treg: {population: CD4/Treg/FoxP3+/Helios+, of: CD4/Treg/FoxP3+}",),
    }
)
