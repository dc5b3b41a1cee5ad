"""Labels: what the words of a ``$PnS`` such as ``CD27 BV605`` say, marker first and dye last."""

from __future__ import annotations

import re
from functools import lru_cache

_TOKENS = re.compile(r"[^\s_:;,|()]+")
# Names of dyes as labels write them; a letter more and it is a marker (PE, but Perforin; V450, but VISTA).
_FLUOROCHROME = re.compile(
    r"(?i)(?:(?:bv|buv|bb|by|yg|v|uv|b|r|g|af|cf|ef|efluor|e|qd|qdot|sb|rb|ry|nfb|nfr|nfy|pc|cy|apc|pe|rpe|"
    r"percp|apccy|pecy|percpcy|percpef|apcef|apcaf|apch|apcr|pecf|pevio|apcvio|vio)[-/ ]?\d+(?:\.\d+)?[a-z]?"
    r"|pe|rpe|apc|fitc|percp|pb|po|pacific|texas|txred|ecd|kro|krome|pc|alexa|alexafluor|cascade|spark|star|"
    r"brilliant|horizon|super|violet|qdot|vioblue|viogreen|viobright|tritc|gfp|yfp|rfp|mcherry|tdtomato|dapi|"
    r"7-?aad|pi|cfse|ctv|amcyan|live(?:/dead)?|zombie|aqua|fvd|fvs\d*|ghost|\d{2,3}[a-z]{1,2})"
    r"(?:[-/](?:[a-z]{0,6}\d[\w.]*|dazzle|fire|texas|tandem|cy|vio|cf|a|h|w))*"
)
PULSES = ("A", "H", "W")


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Return text without case, spaces and punctuation; + stays, it tells CD3+ from CD3."""
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter == "+")


@lru_cache(maxsize=4096)
def without_pulse(name: str) -> str:
    """Return a name as `normal` writes it, without the ending for area, height or width."""
    stem, dash, pulse = name.rpartition("-")
    return normal(stem if dash and pulse.upper() in PULSES else name)


@lru_cache(maxsize=4096)
def leading(label: str) -> frozenset[str]:
    """Return what the first words of a label spell: of ``HLA DR BV605``, hla, hladr."""
    tokens = _TOKENS.findall(label)
    spelled = {normal("".join(tokens[:count])) for count in range(1, len(tokens))}
    # CD27-BV605 is one word: the part after a dash counts as a fluorochrome only if it looks like one.
    if tokens:
        pieces = tokens[0].split("-")
        for count in range(1, len(pieces)):
            if _FLUOROCHROME.fullmatch(pieces[count]):
                spelled.add(normal("".join(pieces[:count])))
    return frozenset(spelled)


@lru_cache(maxsize=4096)
def trailing(label: str) -> frozenset[str]:
    """Return what the last words of a label spell: of ``CD95 PE Cy7``, cy7, pecy7."""
    tokens = _TOKENS.findall(label)
    return frozenset(without_pulse(" ".join(tokens[-count:])) for count in range(1, len(tokens) + 1))


def names_a_marker(label: str | None) -> bool:
    """Return whether a label begins with something else than a dye."""
    tokens = _TOKENS.findall(label or "")
    return bool(tokens) and not _FLUOROCHROME.fullmatch(tokens[0])
