"""What another program or format cannot express: raised where it is met, listed for the whole strategy."""

from __future__ import annotations

FAR = 1e100  # stands for infinity in outlines: other programs lose the events of an outline with INF in it


class NoCounterpart(Exception):
    """The other side has nothing that means the same: what it is, and what to do."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.fix = fix
