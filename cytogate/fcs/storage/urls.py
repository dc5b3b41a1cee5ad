"""URLs: which names are URLs, which of them are local files, and what of them may be shown."""

from __future__ import annotations

import re
from pathlib import Path

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?:://|::)")  # two letters or more: "C:" is a drive
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^\s'\"<>]+")
_LOCAL = re.compile(r"(?:file|local)://", re.I)
# Up to the last @ of the host part; beyond a slash only where a password, not a port, stands before it.
_USER = re.compile(r"(?<=://)(?:[^/?#]*@|[^/@?#]*:(?!\d+/)[^@\s]*@)")
_QUERY = re.compile(r"[?#].*", re.S)


def is_url(name: str) -> bool:
    """Say whether a name is a URL of fsspec.

    Examples
    --------
    >>> is_url("s3://trial/a.fcs"), is_url("simplecache::http://host/a.fcs"), is_url("C://a.fcs")
    (True, True, False)
    """
    return bool(_SCHEME.match(name)) and "://" in name


def protocol(url: str) -> str:
    """Return the protocol that a URL begins with."""
    return re.split("::|://", url, maxsplit=1)[0].lower()


def shown(url: str) -> str:
    """Return a URL without what may be secret: user, password, query and fragment.

    Examples
    --------
    >>> shown("https://ann:secret@host/a.fcs?X-Amz-Signature=abc")
    'https://***@host/a.fcs?...'
    """
    return "::".join(_QUERY.sub("?...", _USER.sub("***@", part)) for part in url.split("::"))


def without_secrets(text: str, url: str) -> str:
    """Return a message of a library that may hold `url`, or parts of it, with the secrets taken out."""
    text = _IN_TEXT.sub(lambda match: shown(match[0]), text.replace(url, shown(url)))
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def local_path(url: str) -> str | None:
    """Return the path of a ``file://`` URL; None for other URLs.

    The path stands as it is, as fsspec has it; where there is no such file, percent signs are resolved.
    """
    head = _LOCAL.match(url)
    if head is None:
        return None
    path = url[head.end() :]
    if path.startswith("localhost/"):
        path = path.removeprefix("localhost")
    if re.match(r"/[A-Za-z]:[/\\]", path):
        path = path[1:]  # file:///C:/a.fcs
    if "%" in path and not _is_there(path):
        from urllib.parse import unquote

        return unquote(path, errors="surrogateescape")
    return path


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def _secrets(url: str) -> set[str]:
    from urllib.parse import unquote

    found = set()
    for part in url.split("::"):
        for user in _USER.findall(part):
            found |= {user[:-1], *user[:-1].split(":", 1)[1:]}
        for query in _QUERY.findall(part):
            found.add(query[1:])
            found |= {pair.partition("=")[2] for pair in query[1:].split("&")}
    found |= {unquote(secret) for secret in found}
    return {secret for secret in found if len(secret) > 3}  # shorter ones are no secrets, and everywhere
