"""What is read of a run again and again is worked out once for its tables."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytogate.report.section import RunLike

T = TypeVar("T")


def remembered(*sources: str) -> Callable[[Callable[[RunLike], T]], Callable[[RunLike], T]]:
    """Keep the last result of a function of a run for as long as these parts of the run are the same objects.

    Parameters
    ----------
    *sources : str
        Names of all that the function reads of a run: ``"subsets"``, ``"manifest"``. Tables of a run are not
        changed in place.
    """

    def decorate(build: Callable[[RunLike], T]) -> Callable[[RunLike], T]:
        last: list[tuple[tuple[object, ...], T]] = []

        @wraps(build)
        def found(run: RunLike) -> T:
            parts = tuple(getattr(run, name) for name in sources)
            for known, result in last:
                if all(a is b for a, b in zip(known, parts, strict=True)):
                    return result
            result = build(run)
            last[:] = [(parts, result)]
            return result

        return found

    return decorate
