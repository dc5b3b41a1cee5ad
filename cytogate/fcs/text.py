"""TEXT: keywords and values between delimiters, read both ways that files in use are written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytogate.fcs.keywords import Keywords
from cytogate.fcs.numbers import integer
from cytogate.fcs.versions import ESSENTIAL

if TYPE_CHECKING:
    from cytogate.fcs.limits import Limits
    from cytogate.fcs.repairs import Findings
    from cytogate.fcs.versions import VersionRules

_BLANK = b" \0\t\r\n"
_BLANK_TEXT = " \0\t\r\n"
_LAST_DELIMITER = 126  # FCS 3.1, 3.2.7: delimiters are ASCII 1 to 126


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to cut TEXT: pairs of key and value; why it cannot be that way; what it lacks."""

    pairs: tuple[tuple[bytes, bytes], ...]
    tail: bytes
    open_ended: bool
    fault: str
    lacking: tuple[str, ...] = ()


def parse_text(
    raw: bytes,
    offset: int,
    rules: VersionRules,
    findings: Findings,
    limits: Limits,
    *,
    supplemental: bool = False,
) -> Keywords:
    """Return the keywords of a TEXT segment.

    A doubled delimiter is an escaped one by the standard, but an empty value in many files. Both readings are
    tried; one that lacks needed keywords, has an odd number of words or an empty key is dropped. Where both
    hold, the standard's counts, unless it makes a keyword out of two.

    Raises
    ------
    FcsError
        When no reading holds.
    """
    delimiter = raw[:1]
    if not delimiter or not 1 <= delimiter[0] <= _LAST_DELIMITER:
        expected = "a delimiter, ASCII 1 to 126"
        raise findings.error("text-delimiter", "TEXT", offset, f"{delimiter!r}", expected)
    body = raw[1:]
    if body.count(delimiter) > 2 * limits.max_keywords + 2:
        expected = f"at most {limits.max_keywords} keywords (limits.max_keywords)"
        raise findings.error("too-many-keywords", "TEXT", offset, f"{body.count(delimiter) // 2}", expected)
    needed = () if supplemental else ESSENTIAL
    chosen = _with_lacking(_read_escaped(body, delimiter), needed, rules)
    if delimiter * 2 in body:
        literal = _with_lacking(_read_literal(body, delimiter), needed, rules)
        reason = _why_literal(chosen, literal, delimiter)
        if reason:
            chosen = literal
            message = f"doubled delimiters {delimiter * 2!r} are read as empty values: {reason}."
            findings.note("text-empty-values", "TEXT", message)
        else:
            _note_swallowed(chosen, delimiter, findings)
    if chosen.fault:
        fix = "TEXT is damaged, or its delimiter is not escaped in a value."
        raise findings.error("text-syntax", "TEXT", offset, chosen.fault, "pairs of keyword and value", fix)
    if chosen.open_ended:
        findings.note("text-no-final-delimiter", "TEXT", f"no {delimiter!r} behind the last value.")
    elif chosen.tail:
        findings.note("text-padded", "TEXT", f"{len(chosen.tail)} blanks behind the last delimiter.")
    return _collect(chosen, findings, limits)


def _read_escaped(body: bytes, delimiter: bytes) -> _Reading:
    words: list[bytes] = []
    for i, part in enumerate(body.split(delimiter * 2)):
        first, *rest = part.split(delimiter)
        if i == 0:
            words.append(first)
        else:
            words[-1] += delimiter + first
        words.extend(rest)
    return _pair(words)


def _read_literal(body: bytes, delimiter: bytes) -> _Reading:
    return _pair(body.split(delimiter))


def _pair(words: list[bytes]) -> _Reading:
    tail = words.pop()
    open_ended = bool(tail.strip(_BLANK))
    if open_ended:
        words.append(tail)
        tail = b""
    pairs = tuple(zip(words[::2], words[1::2], strict=False))
    fault = ""
    if len(words) % 2:
        fault = f"an odd number of words ({len(words)}), the last one {words[-1][:40]!r}"
    elif any(not key.strip(_BLANK) for key, _ in pairs):
        place = next(i for i, (key, _) in enumerate(pairs) if not key.strip(_BLANK))
        fault = f"an empty keyword before the value {pairs[place][1][:40]!r}"
    return _Reading(pairs, tail, open_ended, fault)


def _with_lacking(reading: _Reading, needed: tuple[str, ...], rules: VersionRules) -> _Reading:
    """Add which keywords a reading lacks that the events cannot, or should not, be read without."""
    if reading.fault or not needed:
        return reading
    keys: dict[str, bytes] = {}
    for key, value in reading.pairs:
        keys.setdefault(key.decode("latin-1").strip(_BLANK_TEXT).upper(), value)
    wanted = [*needed, *(key for key in rules.required if key in ("$TOT", "$BEGINDATA", "$ENDDATA"))]
    n_parameters = integer(keys.get("$PAR", b"").decode("latin-1")) or 0
    for suffix in rules.required_parameter:
        wanted += [f"$P{n}{suffix}" for n in range(1, min(n_parameters, len(keys)) + 1)]
    return replace(reading, lacking=tuple(key for key in wanted if key not in keys))


def _why_literal(standard: _Reading, literal: _Reading, delimiter: bytes) -> str:
    """Return why doubled delimiters must be empty values; nothing when the standard's reading stands."""
    if literal.fault or len(literal.lacking) > len(standard.lacking):
        return ""
    if standard.fault:
        return f"else TEXT has {standard.fault}"
    if len(literal.lacking) < len(standard.lacking):
        lost = [key for key in standard.lacking if key not in literal.lacking]
        return f"else keyword {lost[0]} would be lost"
    merged = [key for key, _ in standard.pairs if delimiter + b"$" in key]
    return f"else {merged[0][:60]!r} would be one keyword" if merged else ""


def _note_swallowed(reading: _Reading, delimiter: bytes, findings: Findings) -> None:
    for key, value in reading.pairs:
        if delimiter + b"$" in value:
            text = f"the value of {key.decode('latin-1')} holds {delimiter!r} before a '$': {value[:60]!r}."
            fix = "If a value was empty here, the keyword behind it is lost."
            findings.note("text-delimiter-in-value", "TEXT", text, fix)


def _collect(reading: _Reading, findings: Findings, limits: Limits) -> Keywords:
    entries: dict[str, str] = {}
    latin, blank, doubled = [], [], []
    for raw_key, raw_value in reading.pairs:
        key, key_is_latin = _decode(raw_key)
        value, value_is_latin = _decode(raw_value)
        name = key.strip(_BLANK_TEXT).upper()
        if len(name) > limits.max_name_length:
            expected = f"at most {limits.max_name_length} characters (limits.max_name_length)"
            raise findings.error(
                "keyword-too-long", "TEXT", None, f"a keyword of {len(name)} characters", expected
            )
        if key_is_latin or value_is_latin:
            latin.append(name)
        if len(name) != len(key):
            blank.append(name)
        if name in entries:
            doubled.append(name)
            continue
        entries[name] = value.strip(_BLANK_TEXT)
    for code, names, what in (
        ("text-latin1", latin, "is not UTF-8 and read as latin-1"),
        ("text-blanks", blank, "has blanks around its name"),
        ("text-duplicate-keyword", doubled, "stands more than once; the first one counts"),
    ):
        if names:
            more = f" (and {len(names) - 1} others)" if len(names) > 1 else ""
            findings.note(code, names[0], f"keyword {names[0]}{more} {what}.")
    return Keywords(entries)


def _decode(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("latin-1"), True
