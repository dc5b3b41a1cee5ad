"""Registry: one file in a folder is one kind, found on the first look-up and never listed by hand."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import threading
from importlib import metadata
from typing import TYPE_CHECKING, Generic, TypeVar

from cytogate.errors import CytogateError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)

T = TypeVar("T")


class Registry(Generic[T]):
    """Named kinds of one family: the modules of a package, and entry points of other distributions.

    Parameters
    ----------
    family : str
        What an entry is called in messages, e.g. ``"gate"``.
    package : str
        The package whose modules register themselves when imported. Modules whose name begins with ``_``
        are passed over. Other distributions add kinds by the entry-point group ``<package>.v1``.

    Examples
    --------
    >>> kinds = Registry[type]("gate", "cytogate.gates")
    >>> @kinds.register("triangle")
    ... class Triangle: ...
    >>> kinds._entries["triangle"] is Triangle
    True
    """

    def __init__(self, family: str, package: str) -> None:
        self.family = family
        self.package = package
        self._entries: dict[str, T] = {}
        self._complete = False
        self._loading = False
        self._lock = threading.RLock()

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that enters an object under `name`; a name taken twice is an error."""

        def enter(entry: T) -> T:
            if name in self._entries and self._entries[name] is not entry:
                first = self._entries[name]
                message = f"{self.family} {name!r} is registered twice: {first!r} and {entry!r}."
                raise CytogateError(message)
            self._entries[name] = entry
            return entry

        return enter

    def get(self, name: str) -> T:
        """Return the entry called `name`; an unknown name lists the nearest known ones."""
        self._load()
        try:
            return self._entries[name]
        except KeyError:
            message = f"Unknown {self.family} {name!r}. {nearest(name, self.names())}"
            raise CytogateError(message) from None

    def names(self) -> tuple[str, ...]:
        """Return all names, sorted."""
        self._load()
        return tuple(sorted(self._entries))

    def __iter__(self) -> Iterator[T]:
        self._load()
        return iter([self._entries[name] for name in self.names()])

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._entries

    def _load(self) -> None:
        if self._complete:
            return
        with self._lock:  # other threads wait until all kinds are there
            if self._complete or self._loading:  # a module that is being loaded may ask
                return
            self._loading = True
            try:
                self._load_modules()
                self._complete = True
            finally:
                self._loading = False

    def _load_modules(self) -> None:
        folder = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(folder.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"{self.package}.{module.name}")
        for entry in metadata.entry_points(group=f"{self.package}.v1"):
            try:
                self.register(entry.name)(entry.load())
            except Exception as error:  # noqa: BLE001 - a plug-in of someone else must not stop the rest
                log.warning("plug-in %s of %s does not load: %s", entry.name, entry.dist, error)
