"""What a study asks of the checks of tubes: which report, and which take events out.

All checks report by default and none takes anything out: a count is of all events of the file unless the
study says otherwise, once and for all of its tubes, where a reader can see it.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL = "all"


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What a study asks of the checks.

    Attributes
    ----------
    report : tuple of str
        Checks that look at each tube and write to ``qc``; ``("all",)`` is every check there is.
    remove : tuple of str
        Those whose events are taken out before any gate; ``("all",)`` is every check that can.
    """

    report: tuple[str, ...] = (ALL,)
    remove: tuple[str, ...] = ()

    def reporting(self) -> tuple[str, ...]:
        """Return the names of the checks that look at tubes; those that take events out always do."""
        from cytogate.qc.check import checks

        wanted = {*self.report, *self.removing()}
        return tuple(name for name in checks.names() if ALL in self.report or name in wanted)

    def removing(self) -> tuple[str, ...]:
        """Return the names of the checks whose events are taken out."""
        if not self.remove:
            return ()
        from cytogate.qc.check import removing_checks

        return tuple(name for name in removing_checks() if ALL in self.remove or name in self.remove)
