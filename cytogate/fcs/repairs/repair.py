"""Repair: one kind of deviation of files, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Repair:
    """One kind of deviation, what is done about it, and where files that have it were seen.

    Attributes
    ----------
    code : str
        Stable; the code of the warning.
    what : str
        The deviation and what is done about it, with the section of the standard where that is the source.
    lenient : bool
        Made on request only, since it changes the number of events or leaves values uncertain.
    seen : tuple of str
        Public threads: ``"flowCore#51"`` an issue, ``"flowCore PR#25"`` a pull request, and
        ``"fireflow: squish_offsets"`` what another reader calls it, or where it treats it.
    """

    code: str
    what: str
    lenient: bool = False
    seen: tuple[str, ...] = ()
    later: bool = False  # found when events or further segments are looked at, not when the file is opened
