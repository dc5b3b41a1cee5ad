"""Codes of reaching and writing files; those of what stands in them are with the reader."""

from __future__ import annotations

REACHING: dict[str, tuple[str, str]] = {
    "file-forbidden": ("the store or the system does not let the file be read", "Ask for the permission."),
    "network-timeout": ("a server gave no answer in time", "Try again; look at the connection."),
    "package-missing": ("a store needs a package that is not installed", "Install the one that is named."),
    "protocol-unknown": ("files of such a URL cannot be reached", "Copy the file first."),
    "reader-closed": ("a reader was used after it was closed", "Use it within its with statement."),
    "cannot-write": ("something cannot be written as FCS", "See the message."),
}
