"""Population paths, and how a reference finds the one population it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.errors import GatingError, Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


ROOT = "/"  # all events that took part, among the names of populations


def escape(name: str) -> str:
    r"""Return `name` as it is written in a path: ``/`` as ``\/`` and ``\`` as ``\\``.

    Examples
    --------
    >>> print(escape("CD4/CD8"))
    CD4\/CD8
    """
    return name.replace("\\", "\\\\").replace("/", "\\/")


def join(parts: Iterable[str]) -> str:
    """Return the path of population names, root outwards.

    Examples
    --------
    >>> join(["Singlets", "Live", "B"])
    '/Singlets/Live/B'
    """
    return "".join(f"/{escape(part)}" for part in parts)


def split(reference: str) -> tuple[tuple[str, ...], bool]:
    r"""Return the names of a reference and whether it is a full path (begins with ``/``).

    Examples
    --------
    >>> split("B/DN")
    (('B', 'DN'), False)
    >>> split(r"/Live/CD4\/CD8")
    (('Live', 'CD4/CD8'), True)
    """
    absolute = reference.startswith("/")
    if "\\" not in reference:  # nearly always, and this is asked many times for every sample
        return tuple(reference[1:].split("/") if absolute else reference.split("/")), absolute
    parts: list[str] = []
    current: list[str] = []
    letters = iter(reference[1:] if absolute else reference)
    for letter in letters:
        if letter == "\\":
            current.append(next(letters, "\\"))
        elif letter == "/":
            parts.append("".join(current))
            current.clear()
        else:
            current.append(letter)
    parts.append("".join(current))
    return tuple(parts), absolute


def matches(path: tuple[str, ...], reference: tuple[str, ...], *, absolute: bool) -> bool:
    """Return whether `reference` is the whole of `path`, or an ending of it."""
    return path == reference if absolute else path[len(path) - len(reference) :] == reference


def find(reference: str, paths: Sequence[str]) -> str:
    """Return the one path of `paths` that `reference` means: a full path or any unique ending.

    Raises
    ------
    GatingError
        The reference is unknown (names the nearest), or ambiguous (lists all candidates).
    """
    wanted, absolute = split(reference)
    found = [path for path in paths if matches(split(path)[0], wanted, absolute=absolute)]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"{reference!r} is ambiguous: it is the ending of {', '.join(found)}."
        raise GatingError(
            message, [Problem("population-ambiguous", reference, message, "Write more of the path.")]
        )
    names = [join(split(path)[0][-len(wanted) :])[1:] for path in paths]
    hint = nearest(reference, list(dict.fromkeys([*names, *paths])))
    message = f"There is no population {reference!r}. {hint}"
    raise GatingError(message, [Problem("population-unknown", reference, message)])


def shortest(path: str, paths: Sequence[str]) -> str:
    """Return the shortest ending of a full path that means it alone among `paths`.

    Examples
    --------
    >>> shortest("/Live/B/DN", ["/Live/B", "/Live/B/DN", "/Live/T/DN", "/Live/T"])
    'B/DN'
    """
    names = split(path)[0]
    others = [split(other)[0] for other in paths if other != path]
    for depth in range(1, len(names)):
        if not any(matches(other, names[-depth:], absolute=False) for other in others):
            return join(names[-depth:])[1:]
    return path
