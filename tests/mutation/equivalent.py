"""Faults that change nothing anyone could see: module, line of source, change, and why."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "structure/text_segment",
        "window.start + begin,",
        "window.start + begin: Add -> Sub",
    ): "of an error of supplemental TEXT, code and finding are shown, not its place",
}
