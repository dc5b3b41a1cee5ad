"""FlowJo 10 workspaces: samples, gates and stored counts; which FCS file is which sample.

- As the file has it: `workspace` (``read_flowjo``) reads its `outline`, then `samples` with their `tree` of
  populations, `gates`, `scales` and `matrices`, all by the spelling in `names`.
- As a strategy has it: `axes` finds the `axis` of each parameter, in our `units`; `build` places the geometry
  on it, with the `grid` in which FlowJo evaluates it.
- `matching` says which FCS file is which sample.
"""

from cytogate.interop.flowjo.matching import Match, Matches
from cytogate.interop.flowjo.samples import FlowJoSample
from cytogate.interop.flowjo.workspace import FlowJoWorkspace, read_flowjo

__all__ = ["FlowJoSample", "FlowJoWorkspace", "Match", "Matches", "read_flowjo"]
