"""Dimension: one axis of a gate, as Gating-ML names it: channel, compensation, transform."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cytogate.errors import GatingError

if TYPE_CHECKING:
    from collections.abc import Mapping

UNCOMPENSATED = "uncompensated"
FROM_FILE = "FCS"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A channel made of two: ``A (numerator - B) / (denominator - C)``, ``fratio`` of Gating-ML 2.0.

    Attributes
    ----------
    numerator, denominator : str
        Channels, named as `Dimension.channel` names them; both are compensated as the dimension says.
    A, B, C : float
        Factor, and what is taken from numerator and denominator; in data units.

    Raises
    ------
    GatingError
        A parameter is not a finite number, or A is 0.
    """

    numerator: str
    denominator: str
    A: float = 1.0
    B: float = 0.0
    C: float = 0.0

    def __post_init__(self) -> None:
        for name in ("A", "B", "C"):
            value = getattr(self, name)
            if not math.isfinite(value) or (name == "A" and value == 0.0):
                message = (
                    f"ratio of {self.numerator} to {self.denominator}: {name} is {value:g}; "
                    f"expected a finite number{', not 0' if name == 'A' else ''}."
                )
                raise GatingError(message)
            object.__setattr__(self, name, float(value))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        return {
            "numerator": self.numerator,
            "denominator": self.denominator,
            "A": self.A,
            "B": self.B,
            "C": self.C,
        }


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis of a gate.

    Attributes
    ----------
    channel : str
        ``$PnN``, a label (``$PnS``), or a fluorochrome of the matrix that `compensation` names; the name of
        the ratio where there is one.
    compensation : str
        ``"uncompensated"``, ``"FCS"`` (the file's own spillover) or the id of a matrix of the strategy.
    transform : str or None
        Id of a transform of the strategy; None leaves values as they are.
    ratio : Ratio or None
        The two channels of a derived channel; the transform comes after the division.
    """

    channel: str
    compensation: str = UNCOMPENSATED
    transform: str | None = None
    ratio: Ratio | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are read: one, or numerator and denominator."""
        return (self.channel,) if self.ratio is None else (self.ratio.numerator, self.ratio.denominator)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON or YAML."""
        plain: dict[str, Any] = {
            "channel": self.channel,
            "compensation": self.compensation,
            "transform": self.transform,
        }
        return plain if self.ratio is None else {**plain, "ratio": self.ratio.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Dimension:
        """Return the dimension that `to_dict` described; only the channel is required."""
        transform = data.get("transform")
        ratio = data.get("ratio")
        return cls(
            str(data["channel"]),
            str(data.get("compensation", UNCOMPENSATED)),
            None if transform is None else str(transform),
            None if ratio is None else Ratio(**ratio),
        )
