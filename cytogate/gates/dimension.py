"""Dimension: one axis of a gate, as Gating-ML names it: channel, compensation, transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

UNCOMPENSATED = "uncompensated"
FROM_FILE = "FCS"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis of a gate.

    Attributes
    ----------
    channel : str
        ``$PnN``, a label (``$PnS``), or a fluorochrome of the matrix that `compensation` names.
    compensation : str
        ``"uncompensated"``, ``"FCS"`` (the file's own spillover) or the id of a matrix of the strategy.
    transform : str or None
        Id of a transform of the strategy; None leaves values as they are.
    """

    channel: str
    compensation: str = UNCOMPENSATED
    transform: str | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Return plain values for JSON or YAML."""
        return {"channel": self.channel, "compensation": self.compensation, "transform": self.transform}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Dimension:
        """Return the dimension that `to_dict` described; only the channel is required."""
        transform = data.get("transform")
        return cls(
            str(data["channel"]),
            str(data.get("compensation", UNCOMPENSATED)),
            None if transform is None else str(transform),
        )
