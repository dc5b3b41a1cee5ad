"""Faults that change nothing anyone could see: module, line of source, change, and why."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "structure/text_segment",
        "window.start + begin,",
        "window.start + begin: Add -> Sub",
    ): "of an error of supplemental TEXT, code and finding are shown, not its place",
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
}
