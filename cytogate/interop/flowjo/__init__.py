"""FlowJo 10 workspaces: samples, gates and stored counts; which FCS file is which sample."""

from cytogate.interop.flowjo.matching import Match, Matches
from cytogate.interop.flowjo.samples import FlowJoSample
from cytogate.interop.flowjo.workspace import FlowJoWorkspace, read_flowjo

__all__ = ["FlowJoSample", "FlowJoWorkspace", "Match", "Matches", "read_flowjo"]
