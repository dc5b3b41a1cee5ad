"""YAML's own complaints in plain words: which line, what is the likely slip, what to write instead."""

from __future__ import annotations

import re
from typing import Any

_INDENT = "this line is indented differently from the lines above"
_INDENT_FIX = "Entries that belong together begin in the same column; indent with spaces."
_NO_SPACE = re.compile(r"\s*(?:- )?[^\s:'\"#\[{]+:[^\s]")
_EARLIER_COLON = re.compile(r"[^'\"#]*:\s")
_FOUND = re.compile(r"but (?:found|got) '(.+)'")


def plain_yaml_error(error: Any, text: str) -> tuple[int | None, str, str]:
    """Return line (from 1), message and fix for an error of the YAML parser.

    Parameters
    ----------
    error : ruamel.yaml.error.YAMLError
        What the parser raised.
    text : str
        What it was reading.
    """
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        return _unreadable_character(error, text, problem)
    line = mark.line + 1
    first = opened.line + 1 if opened is not None else line
    lines = [*text.splitlines(), ""]
    here = lines[min(mark.line, len(lines) - 1)]
    context = str(getattr(error, "context", None) or "")
    tab = _tab(lines, mark.line, problem)
    if tab is not None:
        return tab
    if "flow sequence" in context or "flow mapping" in context:
        return _bracket(context, problem, first, line)
    if "quoted scalar" in context:
        return _quoted(problem, first)
    if problem.startswith("expected <block end>"):
        return _block(problem, line)
    if problem.startswith("mapping values"):
        return _colon(lines, here[: mark.column], mark.line)
    if problem.startswith("could not find expected ':'"):
        return first, "this line has no colon: expected `key: value`.", "Write a colon and a space."
    if "that cannot start any token" in problem:
        sign = here[mark.column : mark.column + 1]
        return line, f"a value cannot begin with {sign!r}.", "Put the value in quotes."
    if problem.startswith("expected chomping"):
        return line, "text stands behind | or >.", "Begin the text on the next line, or leave the sign out."
    found = _FOUND.search(problem)
    if problem.startswith("expected the node content") and found:
        return line, f"a value is missing before {found.group(1)!r}.", "Write it, or remove the comma."
    return line, f"not YAML: {problem}.", ""


def _unreadable_character(error: Any, text: str, problem: str) -> tuple[int | None, str, str]:
    position, character = getattr(error, "position", None), getattr(error, "character", None)
    if not isinstance(position, int) or not isinstance(character, int):
        return None, f"not YAML: {problem}.", ""
    line = text[:position].count("\n") + 1
    return line, f"holds a control character (U+{character:04X}), which is no text.", "Remove it."


def _tab(lines: list[str], at: int, problem: str) -> tuple[int, str, str] | None:
    """Return the words for a tab, where one of the lines at hand is indented with it."""
    if "'\\t'" in problem or "\t" in problem or problem.startswith("expected <block end>"):
        for place in (at, at + 1):
            line = lines[place] if place < len(lines) else ""
            if "\t" in line[: len(line) - len(line.lstrip())]:
                return place + 1, "this line is indented with a tab character.", "Indent with spaces."
    if "'\\t'" in problem:
        return at + 1, "a tab character stands between key and value.", "Use spaces."
    return None


def _bracket(context: str, problem: str, first: int, line: int) -> tuple[int, str, str]:
    opening, closing = ("[", "]") if "sequence" in context else ("{", "}")
    noticed = f" (noticed in line {line})" if line != first else ""
    missing = "" if "<stream end>" in problem or line != first else ", or a comma is missing between entries"
    message = f"the bracket {opening} that opens in this line is not closed{noticed}{missing}."
    return first, message, f"Close it with {closing}."


def _quoted(problem: str, first: int) -> tuple[int, str, str]:
    if "escape" in problem:
        fix = "Use single quotes, or write \\\\ for a backslash."
        return first, "a backslash in double quotes means something else in YAML.", fix
    return first, "the quote that opens in this line is not closed.", "Close it with the same quote."


def _block(problem: str, line: int) -> tuple[int, str, str]:
    found = _FOUND.search(problem)
    sign = found.group(1) if found else ""
    if sign in {"]", "}", ","}:
        what = "a comma" if sign == "," else f"a closing bracket {sign}"
        return line, f"{what} stands outside of brackets.", "Remove it, or put the value in quotes."
    if sign == "<scalar>":
        return line, "text stands behind a value that ended.", "Put the whole value in one pair of quotes."
    message = _INDENT
    if sign in {"?", "-"}:
        message += ", or a `key:` stands in the column of a list (`- ...`)"
    return line, f"{message}.", _INDENT_FIX


def _colon(lines: list[str], before: str, at: int) -> tuple[int, str, str]:
    if _EARLIER_COLON.match(before):
        return at + 1, "a second colon stands in one line.", "Put the value in quotes."
    above = next((place for place in range(at - 1, -1, -1) if lines[place].strip()), None)
    if above is not None and _NO_SPACE.match(lines[above]):
        return above + 1, "no space stands behind the colon.", "Write `key: value`."
    if above is None:
        return at + 1, "a colon stands where no key ends.", "Put text that holds a colon in quotes."
    return at + 1, f"{_INDENT}.", _INDENT_FIX
