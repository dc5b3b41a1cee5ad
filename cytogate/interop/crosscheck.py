"""Cross-check of a file: what two other readers, flowio and fcsparser, find in it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cytogate.fcs.file import FcsFile


@dataclass(frozen=True, slots=True)
class Witness:
    """What another reader found.

    Attributes
    ----------
    reader, version : str
        The other program.
    n_events, n_channels : int or None
        The size it found; None when it failed.
    largest_difference : float or None
        Between its stored values and ours, over all events; None where the sizes differ or it failed. NaN
        and infinities in the same place agree.
    problem : str
        Why it failed; empty when it did not. That it failed says nothing about the file.
    """

    reader: str
    version: str
    n_events: int | None = None
    n_channels: int | None = None
    largest_difference: float | None = None
    problem: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether it found the same values; None when it could not read the file."""
        return None if self.problem else self.largest_difference == 0.0


def cross_check(file: FcsFile) -> tuple[Witness, ...]:
    """Read a file with flowio and fcsparser, and compare their stored values with ours.

    Parameters
    ----------
    file : FcsFile
        A local file. All its events are held in memory, once for each reader. Only the first data set of a
        file can be compared.

    Returns
    -------
    tuple of Witness
        One for each reader.

    Notes
    -----
    fcsparser up to 0.2.4 calls a method that numpy 2 does not have, and so reads no big-endian file there.
    """
    return (_ask("flowio", _flowio, file), _ask("fcsparser", _fcsparser, file))


def _flowio(path: str) -> NDArray[np.float64]:
    import flowio

    data = flowio.FlowData(path)
    return np.asarray(data.as_array(preprocess=False), dtype=np.float64)


def _fcsparser(path: str) -> NDArray[np.float64]:
    import fcsparser

    _, table = fcsparser.parse(path, channel_naming="$PnN", dtype=None)
    return np.asarray(table.to_numpy(), dtype=np.float64)


def _ask(reader: str, read: Callable[[str], NDArray[np.float64]], file: FcsFile) -> Witness:
    version = metadata.version(reader)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = read(file.path)
    except Exception as error:  # noqa: BLE001 - another program's reader may fail in any way
        return Witness(reader, version, problem=f"{type(error).__name__}: {error}")
    ours = np.asarray(file.raw(), dtype=np.float64)
    difference = _largest_difference(ours, theirs) if ours.shape == theirs.shape else None
    return Witness(reader, version, theirs.shape[0], theirs.shape[1], difference)


def _largest_difference(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    if same.all():
        return 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.nanmax(np.abs(ours[~same] - theirs[~same]), initial=np.finfo(float).tiny))
