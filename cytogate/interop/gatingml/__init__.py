"""Gating-ML 2.0: read a file into a gating strategy, write a strategy as a file.

- `read` makes a strategy of what `read_scales`, `read_dimensions`, `read_gates` and `read_tree` find.
- `write` makes a file of it by `write_scales` and `write_gates`, with `ids` that XML allows.
- `cleaning` notes which gates stand in front of the tree, and puts them back there.
- `schema` has the names of the standard, for both.
"""

from cytogate.interop.gatingml.read import read_gatingml
from cytogate.interop.gatingml.write import write_gatingml

__all__ = ["read_gatingml", "write_gatingml"]
