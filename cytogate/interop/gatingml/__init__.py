"""Gating-ML 2.0: read a file into a gating strategy, write a strategy as a file."""

from cytogate.interop.gatingml.read import read_gatingml
from cytogate.interop.gatingml.write import write_gatingml

__all__ = ["read_gatingml", "write_gatingml"]
