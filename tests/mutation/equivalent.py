"""Faults that change nothing anyone could see: module, line of source, change, and why."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "text/words",
        "_PIECE_BYTES = 2**20  # of TEXT that are cut at once",
        "20 -> 21",
    ): "larger pieces take more memory, and are cut at the same places",
    (
        "text/words",
        "if len(raw) - begin <= _PIECE_BYTES:",
        "len(raw) - begin <= _PIECE_BYTES: LtE -> Lt",
    ): "one piece is cut by the loop as at once",
    (
        "text/collect",
        "if len(raw) > _LONG and not _is_utf8(raw):",
        "len(raw) > _LONG and (not _is_utf8(raw)): without len(raw) > _LONG",
    ): "short values are looked through twice, which takes time alone",
    (
        "text/collect",
        "pairs = zip(reading.keywords(), reading.marked_values(), strict=True)",
        "True -> False",
    ): "readings without a fault have as many values as keywords",
    (
        "data/records",
        "doubtful = (layout.kinds != UNSIGNED) | _masks(layout) | (_full(layout) > EXACT)",
        "_full(layout) > EXACT: Gt -> GtE",
    ): "all bits of a value are never a power of two",
    (
        "data/ascii",
        "BLOCK_BYTES = 2**18",
        "2 -> 3",
    ): "larger blocks take more memory, and smaller ones more time, for the same values",
    (
        "data/ascii",
        "BLOCK_BYTES = 2**18",
        "18 -> 19",
    ): "larger blocks take more memory, and smaller ones more time, for the same values",
    (
        "data/ascii",
        "BLOCK_BYTES = 2**18",
        "18 -> 17",
    ): "larger blocks take more memory, and smaller ones more time, for the same values",
    (
        "text/words",
        "if value.startswith(first) and _LIKELY_KEYWORD.fullmatch(self.marks.plain(value))",
        "value.startswith(first) and _LIKELY_KEYWORD.fullmatch(self.marks.pl...: "
        "without value.startswith(first)",
    ): "what begins otherwise is no keyword of the standard, which is seen without making it plain",
    (
        "channels/parameters",
        "for channel, p in zip(channels, found, strict=True)",
        "True -> False",
    ): "as many channels are named as there are parameters",
    (
        "structure/segments",
        "begin = claims.candidates[0].begin if claims.candidates else -1",
        "1 -> 2",
    ): "any place before the file is none, and the error is put where HEADER speaks of DATA",
}
