"""Codes of tables as text, of where files lie, of panels that change, and of first sheets."""

from __future__ import annotations

SHEETS: dict[str, tuple[str, str]] = {
    "decimal-commas": ("a table writes decimal commas; they are read as points", "Nothing to do."),
    "number-rounded": (
        "a number of more than 15 digits, which Excel does not keep in full",
        "Format the column as text and type it again.",
    ),
    "ids-alike": (
        "ids differ by case, blanks, leading zeros or accents only, and count as different",
        "Write one way if they are the same.",
    ),
    "url-wrong": ("`allow_urls` names what is no URL, or allows too much", "Name a bucket, host or folder."),
    "alias-taken": (
        "a further name of a marker is a name of another marker already",
        "Correct it; where the stain was another, make a version of the panel.",
    ),
    "marker-unknown": ("`aliases` names a marker that no template has", "Correct the spelling."),
    "panel-version": (
        "panel and batch do not tell with which version of a panel a tube was stained",
        "Correct `panel_versions`, or name the version in the sheet.",
    ),
    "pattern-wrong": ("a pattern of file names cannot be understood", "Correct it as the message says."),
    "pattern-unmatched": (
        "the name of a file does not fit the pattern",
        "Complete the sheet, or correct it.",
    ),
    "panel-unbridged": (
        "a panel changed within patients, and no bridging sample was stained with both versions",
        "Bridge it, or look at one version alone.",
    ),
}
