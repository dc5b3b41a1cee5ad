"""File systems: the border to fsspec, whose every error becomes one `FcsError` without secrets."""

from __future__ import annotations

import inspect
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cytogate.errors import FcsError
from cytogate.fcs.storage.urls import protocol, shown, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_EXTRAS = {"http": "http", "https": "http", "s3": "s3", "s3a": "s3"}
_TIMES = {"lastmodified", "mtime", "modified", "created", "updated", "timemodified", "modificationtime"}
_HASHES = {"etag", "contentmd5", "digest", "md5hash", "md5", "checksum", "sha256", "hash"}
# What file systems call the marks that tell one content from the next.
_MARKS = {"versionid", "generation"} | _TIMES | _HASHES
_PIECE_BYTES = 2**20
_PARTIAL = 206  # the answer of HTTP to who asks for a range, from a server that knows ranges
_FORBIDDEN = (401, 403, 407)
_BROKEN = {"ClientConnectionError", "ClientPayloadError", "ConnectionError", "HTTPClientError"}
_ONE_AT_A_TIME = threading.Lock()  # plain file systems keep one place in a file for all threads


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file system says of a file; `size` is None where it does not know."""

    size: int | None
    marks: tuple[tuple[str, str], ...]


class RemotePlace:
    """One file of an fsspec file system."""

    def __init__(self, url: str, max_seconds: float) -> None:
        self.url = url
        self._seconds = max_seconds
        self._is_http = protocol(url) in ("http", "https")
        self._fs, self._path = self.guarded(self._find)

    def facts(self) -> Facts:
        """Ask what the file is now, past any listing that is kept."""
        found: Facts = self.guarded(self._facts)
        return found

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to below `end`; fewer where the file ends."""
        options = {"headers": {"Accept-Encoding": "identity"}} if self._is_http else {}
        found: bytes = self.guarded(
            lambda: self.call(self._fs, "cat_file", self._path, start=start, end=end, **options)
        )
        return found

    def begin(self, count: int, size: int | None) -> tuple[bytes, Stream | None]:
        """Return the first `count` bytes; or, of a server that gives whole files only, a stream of all.

        One request: a server that does not know ranges sends the whole file, which is then read on.
        """
        if size == 0:
            return b"", None
        if size is not None and not self._is_http:
            return self.read(0, min(count, size)), None
        options: dict[str, Any] = {}
        if self._is_http:
            options = {"headers": {"Accept-Encoding": "identity"}, "block_size": 0, "size": size or 1}
            # With any size the file system does not ask again; the stream goes on to its end all the same.
        if size is not None:
            options["headers"]["Range"] = f"bytes=0-{min(count, size) - 1}"
        raw = self.guarded(lambda: self._fs.open(self._path, "rb", **options))
        stream = Stream(self, raw)
        if size is None or raw.r.status != _PARTIAL:
            return b"", stream
        with stream:
            return b"".join(stream), None

    def _find(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        options: dict[str, Any] = {}
        if self._is_http:
            from aiohttp import ClientTimeout

            wait = ClientTimeout(total=None, sock_connect=self._seconds, sock_read=self._seconds)
            options = {"client_kwargs": {"timeout": wait}, "encoded": "%" in self.url}
        found: tuple[Any, str] = url_to_fs(self.url, **options)
        return found

    def _facts(self) -> Facts:
        self._fs.invalidate_cache(self._path)
        info = self.call(self._fs, "info", self._path)
        if info.get("type") == "directory":
            raise IsADirectoryError
        marks = {re.sub("[-_]", "", key).lower(): str(value) for key, value in info.items() if value}
        size = info.get("size")
        return Facts(
            None if size is None else int(size),
            tuple(sorted((k, v) for k, v in marks.items() if k in _MARKS)),
        )

    def call(self, owner: Any, name: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of fsspec, within the time of a request where it can be stopped."""
        if not getattr(self._fs, "async_impl", False):
            with _ONE_AT_A_TIME:
                return getattr(owner, name)(*arguments, **options)
        work = getattr(owner, f"_{name}", None)
        if not inspect.iscoroutinefunction(work):
            return getattr(owner, name)(*arguments, **options)
        from fsspec.asyn import sync

        # HTTP has its own clock, which runs while nothing comes; a slow line may take longer in all.
        seconds = None if self._is_http else self._seconds
        return sync(self._fs.loop, work, *arguments, timeout=seconds, **options)

    def guarded(self, work: Callable[[], Any]) -> Any:
        """Return what `work` does with fsspec; its every error is an `FcsError`."""
        try:
            return work()
        except FcsError:
            raise
        except Exception as error:  # noqa: BLE001 - every file system has its own
            fault = self._fault(error)
        # The error itself may name the URL with its secrets, or hold what cannot be pickled: out here it is
        # neither cause nor context of what is raised.
        raise fault

    def _fault(self, error: Exception) -> FcsError:
        chain: list[BaseException] = []
        link: BaseException | None = error
        while link is not None and len(chain) < 10:
            chain.append(link)
            link = link.__cause__
        code, found, expected, fix = _classified(chain, self.url, self._seconds)
        return FcsError(code, shown(self.url), "file", None, found, expected, fix=fix)


class Stream:
    """All bytes of a file from its beginning, in pieces; a context manager."""

    def __init__(self, place: RemotePlace, raw: Any) -> None:
        self._place = place
        self._raw = raw

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._place.guarded(lambda: self._place.call(self._raw, "read", _PIECE_BYTES)):
            yield piece

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._raw.close()


def _classified(chain: list[BaseException], url: str, seconds: float) -> tuple[str, str, str, str]:
    """Return code, found, expected and fix of what went wrong."""
    kind = protocol(url)
    deepest = chain[-1]
    said = without_secrets(" ".join(str(deepest).split())[:300], url)
    said = f"{type(deepest).__name__}: {said}" if said else type(deepest).__name__
    status = next((s for link in chain if isinstance(s := getattr(link, "status", None), int)), None)
    if any(isinstance(link, ImportError) for link in chain):
        extra = _EXTRAS.get(kind)
        fix = f"Install it: pip install 'cytogate[{extra}]'" if extra else "Install what fsspec asks for."
        return "package-missing", said, f"the packages that read {kind}:// URLs", fix
    if any(isinstance(link, ValueError) and "rotocol not known" in str(link) for link in chain):
        fix = "Use file, http, https, s3, memory or another protocol of fsspec."
        return "protocol-unknown", f"the protocol {kind!r}", "a protocol that fsspec knows", fix
    if any(isinstance(link, IsADirectoryError) for link in chain):
        return "file-not-regular", "a folder", "an FCS file", "Name the files in it."
    if status in _FORBIDDEN or any(
        isinstance(link, PermissionError) or "Credentials" in type(link).__name__ for link in chain
    ):
        found = f"access refused ({status})" if status else f"access refused ({said})"
        fix = "Check the credentials, or whether a signed URL has run out."
        return "file-forbidden", found, "a file that may be read", fix
    if isinstance(deepest, TimeoutError) or "Timeout" in type(deepest).__name__:
        expected = f"an answer within {seconds:g} s (limits.max_request_seconds)"
        return (
            "network-timeout",
            "no answer of the server",
            expected,
            "Try again, or copy the file here first.",
        )
    is_cut = _BROKEN & {kind.__name__ for link in chain for kind in type(link).__mro__}
    if is_cut or (isinstance(deepest, OSError) and not isinstance(deepest, FileNotFoundError)):
        return "network-failed", said, "a server that answers", "Check the address and the network."
    if status in (404, 410) or (status is None and isinstance(chain[0], FileNotFoundError)):
        return "file-missing", "nothing", "an FCS file", "Check the URL."
    return "file-unreadable", said, "a URL that can be read", ""
