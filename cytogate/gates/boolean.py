"""Boolean gate: events of several populations, of any of them, or outside one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from cytogate.errors import GatingError
from cytogate.gates._checks import Faults
from cytogate.gates.base import gate_kinds
from cytogate.gates.primitive import Boolean, Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.gates.dimension import Dimension


@gate_kinds.register("boolean")
@dataclass(frozen=True, slots=True)
class BooleanGate:
    """``and`` or ``or`` of two or more populations, or ``not`` of one; always within the gate's parent.

    Parameters
    ----------
    operation : str
        ``"and"``, ``"or"`` or ``"not"``.
    references : tuple of Reference
        The populations, each as it is or as its complement.

    Raises
    ------
    GatingError
        An unknown operation, or a number of references that does not fit it.

    Examples
    --------
    >>> gate = BooleanGate("not", (Reference("B/DN"),))
    >>> gate.to_dict()["references"]
    [{'population': 'B/DN', 'complement': False}]
    """

    kind: ClassVar[str] = "boolean"

    operation: str
    references: tuple[Reference, ...]

    def __post_init__(self) -> None:
        faults = Faults(self.kind, ())
        n = len(self.references)
        if self.operation not in ("and", "or", "not"):
            faults.add("operation", f"found {self.operation!r}; expected 'and', 'or' or 'not'.")
        elif self.operation == "not" and n != 1:
            faults.add("references", f"found {n}; 'not' takes exactly 1.")
        elif self.operation != "not" and n < 2:
            faults.add("references", f"found {n}; {self.operation!r} takes at least 2.")
        faults.stop()
        object.__setattr__(self, "references", tuple(self.references))

    @property
    def dims(self) -> tuple[Dimension, ...]:
        """None: populations, not channels, decide."""
        return ()

    @property
    def parts(self) -> tuple[str, ...]:
        """None: the gate is one population."""
        return ()

    def contains(self, values: NDArray[np.float64], part: str | None = None) -> NoReturn:
        """Raise: events alone do not decide, other populations do."""
        message = (
            f"A boolean gate cannot be tested on values: it refers to {self._names()}. "
            "Gate a strategy that holds these populations."
        )
        raise GatingError(message)

    def outline(self, part: str | None = None) -> NoReturn:
        """Raise: there is nothing to draw."""
        message = f"A boolean gate has no outline: it refers to {self._names()}."
        raise GatingError(message)

    def lower(self, part: str | None = None) -> tuple[Boolean, ...]:
        """Return one boolean of populations."""
        return (Boolean(self.operation, self.references),)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        return {
            "kind": self.kind,
            "operation": self.operation,
            "references": [
                {"population": ref.population, "complement": ref.complement} for ref in self.references
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BooleanGate:
        """Return the gate that `to_dict` described."""
        references = tuple(
            Reference(str(ref["population"]), bool(ref.get("complement", False)))
            for ref in data["references"]
        )
        return cls(str(data["operation"]), references)

    def _names(self) -> str:
        return ", ".join(ref.population for ref in self.references)
