"""FlowKit: its gating strategies become ours, and ours become FlowKit's."""

from cytogate.interop.flowkit.read import from_flowkit
from cytogate.interop.flowkit.write import to_flowkit

__all__ = ["from_flowkit", "to_flowkit"]
