"""Opening: which storage a name gives."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cytogate.errors import FcsError
from cytogate.fcs.limits import LIMITS, Limits
from cytogate.fcs.storage.gzipped import GZIP_MAGIC, unpack
from cytogate.fcs.storage.local import open_local
from cytogate.fcs.storage.urls import is_url, local_path

if TYPE_CHECKING:
    from cytogate.fcs.storage.interface import Storage


def open_storage(path: str | os.PathLike[str], limits: Limits = LIMITS) -> Storage:
    """Return the storage of a local file, a gzip-compressed one, or an fsspec URL.

    Raises
    ------
    FcsError
        When there is no such file, it is not a regular file, or it cannot be read or unpacked.
    """
    name = os.fspath(path)
    if not isinstance(name, str):
        raise FcsError("path-not-text", repr(name), "file", None, type(name).__name__, "a path as text")
    if "\0" in name:
        raise FcsError(
            "file-missing", repr(name), "file", None, "a name with a NUL byte", "the name of a file"
        )
    storage = _open(name, limits)
    return unpack(storage, limits) if storage.first == GZIP_MAGIC else storage


def _open(name: str, limits: Limits) -> Storage:
    if not is_url(name):
        return open_local(name)
    local = local_path(name)
    if local is not None:
        return open_local(local)
    from cytogate.fcs.storage.remote import open_remote

    return open_remote(name, limits)
