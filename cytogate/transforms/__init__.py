"""Scales: linear, log, asinh, logicle; one kind a file, formulas of Gating-ML 2.0."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.transforms.asinh import Asinh
    from cytogate.transforms.linear import Linear
    from cytogate.transforms.log import Log
    from cytogate.transforms.logicle import Logicle

__all__ = ["Asinh", "Linear", "Log", "Logicle"]


def __getattr__(name: str) -> object:
    """Load a scale on first use: each brings compiled kernels with it."""
    if name not in __all__:
        message = f"module 'cytogate.transforms' has no attribute {name!r}. It has {', '.join(__all__)}."
        raise AttributeError(message)
    value = getattr(importlib.import_module(f"{__name__}.{name.lower()}"), name)
    globals()[name] = value
    return value
