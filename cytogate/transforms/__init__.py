"""Scales of Gating-ML 2.0 and of FlowJo, one kind a file."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytogate.transforms.asinh import Asinh
    from cytogate.transforms.biex import Biex
    from cytogate.transforms.bounded import Bounded
    from cytogate.transforms.flowjo_asinh import FlowJoAsinh
    from cytogate.transforms.flowjo_log import FlowJoLog
    from cytogate.transforms.hyperlog import Hyperlog
    from cytogate.transforms.linear import Linear
    from cytogate.transforms.log import Log
    from cytogate.transforms.logicle import Logicle
    from cytogate.transforms.ratio import Ratio

__all__ = [
    "Asinh",
    "Biex",
    "Bounded",
    "FlowJoAsinh",
    "FlowJoLog",
    "Hyperlog",
    "Linear",
    "Log",
    "Logicle",
    "Ratio",
]


def __getattr__(name: str) -> object:
    """Load a scale on first use: each brings compiled kernels with it."""
    if name not in __all__:
        message = f"module 'cytogate.transforms' has no attribute {name!r}. It has {', '.join(__all__)}."
        raise AttributeError(message)
    home = name.lower().replace("flowjo", "flowjo_")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
