"""Reference: a cut that another method finds in another population of the same sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from cytogate.errors import GatingError
from cytogate.methods.base import Bounds, CutMethod, Found, cut_methods

if TYPE_CHECKING:
    from cytogate.methods.summary import Summary


@cut_methods.register("reference")
@dataclass(frozen=True, slots=True)
class Reference:
    """The cut of the method `by`, shown the population that the template names with `of`.

    Cells that are known to lack a marker, or to carry it, say better where its border is than a population
    in which it is a shoulder: CD27 of naive B cells, CD38 of switched memory.

    Parameters
    ----------
    by : str or mapping
        Name of a method for cuts, or ``{"kind": name, argument: value, ...}``.

    Raises
    ------
    GatingError
        A method that is not known, is `reference` itself, or does not take these arguments.
    """

    looks_at: ClassVar[str] = "sample"

    by: str | Mapping[str, Any] = "quantile"

    def __post_init__(self) -> None:
        if self.method().looks_at != self.looks_at:
            message = (
                "Method reference cannot be used: it looks at the sample, and so must the method of `by`."
            )
            raise GatingError(message)

    def method(self) -> CutMethod:
        """Return the method that finds the cut."""
        arguments = dict(self.by) if isinstance(self.by, Mapping) else {"kind": self.by}
        kind = arguments.pop("kind", None)
        if not isinstance(kind, str) or kind == "reference":
            message = "Method reference cannot be used: `by` must name a method for a cut."
            raise GatingError(message)
        method = cut_methods.get(kind)
        known = [field.name for field in fields(method)]
        if unknown := sorted(set(arguments) - set(known)):
            message = f"Method {kind} has no argument {', '.join(unknown)}; it has {', '.join(known)}."
            raise GatingError(message)
        built: CutMethod = method(**arguments)
        return built

    def find(self, summary: Summary, bounds: Bounds) -> Found:
        """Return the cut of the events of the reference population."""
        return self.method().find(summary, bounds)
