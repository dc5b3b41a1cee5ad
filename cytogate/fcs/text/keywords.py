"""Keywords: the text of a file as a read-only mapping whose keys do not care about case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

Other = TypeVar("Other")


class Keywords(Mapping[str, str]):
    """Keywords and values; keys are upper-case, with ``$`` where the file has it.

    `delimiter` is the byte that parts them in the file; empty where they come from elsewhere.

    Examples
    --------
    >>> Keywords({"$Cyt": "LSRII"})["$CYT"]
    'LSRII'
    """

    __slots__ = ("_entries", "delimiter")

    def __init__(self, entries: Mapping[str, str], delimiter: bytes = b"") -> None:
        self.delimiter = delimiter
        self._entries = {key.upper(): value for key, value in entries.items()}

    @classmethod
    def of_upper(cls, entries: dict[str, str], delimiter: bytes) -> Keywords:
        """Return keywords of a dict whose keys are upper-case, which is kept as it is."""
        keywords = cls({}, delimiter)
        keywords._entries = entries
        return keywords

    def with_more(self, more: Keywords) -> Keywords:
        """Return these, and of `more` those that are not among them."""
        return Keywords.of_upper({**more._entries, **self._entries}, self.delimiter)

    def __getitem__(self, key: str) -> str:
        return self._entries[key.upper()]

    @overload
    def get(self, key: str, /) -> str | None: ...
    @overload
    def get(self, key: str, /, default: str | Other) -> str | Other: ...
    def get(self, key: str, /, default: object = None) -> object:
        """Return the value of a keyword, or `default` where there is no such keyword."""
        return self._entries.get(key.upper(), default)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.upper() in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Keywords({self._entries!r})"

    def __reduce__(self) -> tuple[type[Keywords], tuple[dict[str, str], bytes]]:
        return Keywords, (self._entries, self.delimiter)
