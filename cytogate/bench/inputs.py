"""What is benchmarked: tubes, each with the strategy that gates it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.errors import GatingError
from cytogate.fcs.read import read_fcs
from cytogate.gates.dimension import UNCOMPENSATED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytogate.fcs.file import FcsFile
    from cytogate.gates.dimension import Dimension
    from cytogate.gating.strategy import GatingStrategy


@dataclass(frozen=True, slots=True)
class Tube:
    """One file and its gates; crosses process borders."""

    path: str
    strategy: GatingStrategy

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Every axis of the gates, once."""
        return tuple(dict.fromkeys(dim for entry in self.strategy.populations for dim in entry.gate.dims))


def given_tubes(
    files: Sequence[FcsFile], strategy_of: Callable[[FcsFile], GatingStrategy]
) -> tuple[Tube, ...]:
    """Return files with the strategies that `strategy_of` gives them.

    Raises
    ------
    GatingError
        Files without events, all named: there is nothing to time.
    TemplateError, PanelError, CompensationError, InteropError
        Gates that do not fit a file.
    """
    empty = [file.path for file in files if file.n_events == 0]
    if empty:
        message = f"no events, so nothing to time, in {', '.join(empty)}. Leave them out."
        raise GatingError(message)
    return tuple(Tube(file.path, strategy_of(file)) for file in files)


def described(tubes: Sequence[Tube], *, generated: bool) -> dict[str, Any]:
    """Return what the results file says of the tubes and their gates."""
    files = []
    for tube in tubes:
        source = read_fcs(tube.path)
        compensated = {dim.channel for dim in tube.dimensions if dim.compensation != UNCOMPENSATED}
        kinds = [node.gate.kind for node, _ in tube.strategy.gates]
        files.append(
            {
                "path": tube.path,
                "events": source.n_events,
                "channels": len(source.channels),
                "megabytes": source.n_events * source.layout.row_bytes / 1e6,
                "gates_from": tube.strategy.source,
                "populations": len(tube.strategy.populations),
                "gates": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
                "axes": len(tube.dimensions),
                "compensated_axes": len(compensated),
            }
        )
    return {"generated": generated, "files": files, "size": size_of(files)}


def size_of(files: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return how much work files are together: events, megabytes, files, populations x events."""
    return {
        "events": sum(entry["events"] for entry in files),
        "megabytes": sum(entry["megabytes"] for entry in files),
        "files": len(files),
        "gate_events": sum(entry["events"] * entry["populations"] for entry in files),
    }
