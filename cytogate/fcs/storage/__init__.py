"""Storage: where the bytes of a file come from, and that they stay the same while they are read.

A storage knows its size and can be opened again and again, in another process too; a handle reads stretches
of bytes, all of a stretch or `FcsError`, and several threads may share one. Nothing is mapped into memory, so
a file that shrinks is an error and not a signal.

- `interface`: what a storage and a handle are. `opening`: which storage a name gives. `faults`: their errors.
- `local`: a file of this machine, compared with what it was when it was opened.
- `remote`: a file behind a URL, fetched in ranges; `filesystems` is the border to fsspec, `urls` knows what
  of a URL may be shown.
- `memory`: bytes that were fetched or unpacked; `gzipped` unpacks no more than the file has use for.
- `sniff` says what a file looks like that is no FCS file.
"""

from __future__ import annotations

from cytogate.fcs.storage.interface import Handle, Storage, storage_sha256
from cytogate.fcs.storage.opening import open_storage

__all__ = ["Handle", "Storage", "open_storage", "storage_sha256"]
