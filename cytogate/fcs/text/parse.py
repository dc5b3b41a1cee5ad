"""TEXT: keywords and values between delimiters, read in the one way that keeps what the events need."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import listed
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.text.collect import collect, two_byte_keywords
from cytogate.fcs.text.numbers import integer
from cytogate.fcs.text.quoted import quoted
from cytogate.fcs.text.words import BLANK, BLANKS, BYTE_ORDER_MARK, Reading, Words, count_single, cut
from cytogate.fcs.versions import ESSENTIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytogate.errors import FcsError
    from cytogate.fcs.terms import Terms
    from cytogate.fcs.text.keywords import Keywords

_UNICODE_VERSION = "3.0"  # $UNICODE is of no other
_LAST_DELIMITER = 126  # FCS 3.1, 3.2.7: delimiters are ASCII 1 to 126
_BLANKS = re.compile(rb"[ \0\t\r\n]*")
_HEAD_BYTES = 8  # for messages
_MOST_NAMED = 5
_MOST_NAME_BYTES = 1024  # of a keyword of the standard, with blanks around it


def parse_text(
    raw: bytes,
    offset: int,
    terms: Terms,
    findings: Findings,
    *,
    supplemental: bool = False,
    delimiter: bytes = b"",
) -> Keywords:
    """Return the keywords of a TEXT segment.

    A doubled delimiter is an escaped one by the standard (FCS 3.0, 3.2.7), but an empty value in many files.
    Both readings are tried; one that lacks needed keywords, has an odd number of words or an empty keyword is
    dropped. Where both hold, the standard's counts, unless it makes a keyword out of two. Where neither
    holds, values may have single delimiters; that is read when the keywords around them prove it.

    Parameters
    ----------
    raw : bytes
        The segment.
    offset : int
        Where it begins in the file, for errors.
    supplemental : bool
        Supplemental TEXT or ANALYSIS, which need no keywords.
    delimiter : bytes
        That of TEXT, for other segments, which share it (FCS 3.0, 3.2.5) and may leave it out at their
        beginning.

    Raises
    ------
    FcsError
        When no reading holds.
    """
    needed = () if supplemental else ESSENTIAL
    if not raw.startswith(delimiter):
        raw = delimiter + raw
    has_two_byte = terms.rules.version == _UNICODE_VERSION and b"$UNICODE" in raw.upper()
    places, head, found = _beginnings(raw), raw[:_HEAD_BYTES], []
    for start in places:
        mark = raw[start : start + 1]
        words = _cut(raw, start + 1, mark, offset, terms, findings)
        if start == places[-1]:
            raw = b""  # what is read of it may take as much memory
        reading, notes = _read(words, needed, terms)
        del words
        if start != places[-1] and any(key in needed for key in reading.lacking):
            reading = Reading(reading.marks, fault=f"no keyword {reading.lacking[0]}")
        found.append((reading, notes, mark, start))
        if reading.is_whole:
            break
    if not found or (found[0][3] and not found[-1][0].is_whole):
        expected = "a delimiter, ASCII 1 to 126"
        raise findings.error("text-delimiter", "TEXT", offset, quoted(head[:1]), expected)
    reading, notes, mark, n_before = found[-1] if found[-1][0].is_whole else found[0]
    del found
    if len(reading.words) // 2 > terms.limits.max_keywords:
        raise _too_many(len(reading.words) // 2, offset, terms, findings)
    if supplemental and not reading.fault:
        reading = _without_doubt(reading)
    if reading.fault:
        fix = "TEXT is damaged, or its delimiter is not escaped in a value."
        raise findings.error("text-syntax", "TEXT", offset, reading.fault, "pairs of keyword and value", fix)
    later = Findings(findings.path)
    for code, message in notes:
        later.note(code, "TEXT", message)
    if n_before:
        message = f"{n_before} bytes before the first delimiter {quoted(mark)}: {quoted(head[:n_before])}."
        later.note("text-begins-early", "TEXT", message)
    _note_end(reading, mark, later)
    _note_swallowed(reading, mark, later)
    if swallowed := reading.swallowed():
        message = f"values are keywords of the standard, which are not there: {_named(swallowed)}."
        fix = "If a delimiter in a value is not escaped, these keywords are lost."
        later.note("text-keyword-in-value", "TEXT", message, fix)
        del swallowed
    two_byte = two_byte_keywords(reading) if has_two_byte else frozenset()
    keywords = collect(reading, mark, two_byte, terms, findings)
    findings.problems += later.problems
    return keywords


def _beginnings(raw: bytes) -> list[int]:
    """Return where the first delimiter may stand: at the beginning, behind a byte order mark, or blanks."""
    marked = len(BYTE_ORDER_MARK) if raw.startswith(BYTE_ORDER_MARK) else 0
    starts = dict.fromkeys((marked, _BLANKS.match(raw).end()))  # type: ignore[union-attr]  # blanks, or none
    return [start for start in starts if raw[start : start + 1] and 1 <= raw[start] <= _LAST_DELIMITER]


def _without_doubt(reading: Reading) -> Reading:
    """Return a reading of a segment that needs no keywords, faulty where it may be no keywords at all."""
    fault = ""
    if reading.junk or reading.dropped or not reading.words:
        fault = "bytes that are no keyword"
    elif not all(
        key.isascii() and key.strip(BLANK).decode("ascii").isprintable() for key in reading.keywords()
    ):
        fault = "keywords of other characters than printable ASCII"
    return replace(reading, fault=fault)


def _cut(raw: bytes, begin: int, mark: bytes, offset: int, terms: Terms, findings: Findings) -> Words:
    """Return the words of TEXT; refused before anything is made of too many."""
    count = count_single(raw, begin, mark) // 2
    if count <= terms.limits.max_keywords:
        words = cut(raw, begin, mark)
        count += words.count_in_keys()  # as many more, where these are empty values
        if count <= terms.limits.max_keywords:
            return words
    raise _too_many(count, offset, terms, findings)


def _too_many(count: int, offset: int, terms: Terms, findings: Findings) -> FcsError:
    expected = f"at most {terms.limits.max_keywords} keywords (limits.max_keywords)"
    return findings.error("too-many-keywords", "TEXT", offset, f"{count}", expected)


def _read(words: Words, needed: tuple[str, ...], terms: Terms) -> tuple[Reading, list[tuple[str, str]]]:
    """Return the best reading behind one delimiter, and the warnings about why it is that one."""
    mark, plain = words.marks.delimiter, words.marks.plain
    chosen, notes = _with_lacking(words.escaped(), needed, terms), []
    if words.count_in_keys():
        other = _with_lacking(words.empty_values(), needed, terms)
        reason = _why_other(chosen, other)
        if reason:
            what = "empty values" if not all(other.marked_values()) else "parts of values"
            code = "text-empty-values" if what == "empty values" else "text-delimiter-first"
            notes.append((code, f"doubled delimiters {quoted(mark * 2)} are read as {what}: {reason}."))
            chosen = other
        elif not other.fault and len(other.lacking) == len(chosen.lacking):
            keys = [key for key in chosen.words[::2] if words.marks.mark in key]
            message = f"keywords hold {quoted(mark)}, as the standard has it, or are two, one without value"
            notes.append(("text-ambiguous", f"{message}: {_named(keys, plain)}."))
        del other
    if not chosen.is_whole:
        mended = _with_lacking(words.unescaped(), needed, terms)
        if mended.is_whole and mended.words:
            notes = [("text-delimiter-unescaped", _mended_message(mended, mark))]
            chosen = mended
    return chosen, notes


def _mended_message(mended: Reading, mark: bytes) -> str:
    parts = []
    if mended.mended:
        parts.append(f"single delimiters {quoted(mark)} are part of the values of {_named(mended.mended)}")
    if mended.dropped:
        dropped = _named(mended.dropped, mended.marks.plain)
        parts.append(f"what these words belong to is open, and they are left out: {dropped}")
    return "; ".join(parts) + "."


def _named(words: Sequence[bytes], plain: Callable[[bytes], bytes] = bytes) -> str:
    shown = [quoted(plain(word[:80])) for word in words[:_MOST_NAMED]]
    return listed([*shown, *[""] * (len(words) - _MOST_NAMED)], most=_MOST_NAMED)  # of many, a few are shown


def _with_lacking(reading: Reading, needed: tuple[str, ...], terms: Terms) -> Reading:
    """Add which keywords a reading lacks that the events cannot, or should not, be read without."""
    if reading.fault or not needed:
        return reading
    wanted = [*needed, *(key for key in terms.rules.required if key in ("$TOT", "$BEGINDATA", "$ENDDATA"))]
    if terms.rules.required_parameter:
        n_parameters = min(_n_parameters(reading), len(reading.words) // 2, terms.limits.max_parameters)
        for suffix in terms.rules.required_parameter:
            wanted += [f"$P{n}{suffix}" for n in range(1, n_parameters + 1)]
    absent = set(wanted)
    absent.difference_update(
        key.decode("latin-1").strip(BLANKS).upper()
        for key in reading.keywords()
        if b"$" in key and len(key) <= _MOST_NAME_BYTES
    )
    return replace(reading, lacking=tuple(key for key in wanted if key in absent))


def _n_parameters(reading: Reading) -> int:
    """Return what the first ``$PAR`` says; 0 without a number."""
    for key, value in zip(reading.keywords(), reading.marked_values(), strict=True):
        if key.strip(BLANK).upper() == b"$PAR":
            return integer(reading.marks.plain(value).decode("latin-1")) or 0
    return 0


def _why_other(standard: Reading, other: Reading) -> str:
    """Return why keywords cannot hold delimiters; nothing when the standard's reading stands."""
    if other.fault or len(other.lacking) > len(standard.lacking):
        return ""
    if standard.fault:
        return f"else TEXT has {standard.fault}"
    if len(other.lacking) < len(standard.lacking):
        lost = [key for key in standard.lacking if key not in other.lacking]
        return f"else keyword {lost[0]} would be lost"
    if standard.junk and not other.junk:
        return f"else {quoted(standard.junk, 60)} at the end would belong to nothing"
    if standard.odd_key and not other.odd_key:
        return f"else {quoted(standard.odd_key, 60)} would be one keyword"
    return ""


def _note_end(reading: Reading, mark: bytes, findings: Findings) -> None:
    if reading.open_ended:
        findings.note("text-no-final-delimiter", "TEXT", f"no {quoted(mark)} behind the last value.")
    if reading.junk:
        message = f"{len(reading.junk)} bytes behind the last delimiter are left out: {quoted(reading.junk)}."
        findings.note("text-junk", "TEXT", message)
    if reading.n_padding:
        blanks = "1 blank" if reading.n_padding == 1 else f"{reading.n_padding} blanks"
        findings.note("text-padded", "TEXT", f"{blanks} behind the last delimiter.")


def _note_swallowed(reading: Reading, mark: bytes, findings: Findings) -> None:
    if not reading.marks.any and not reading.mended:
        return
    mended, doubtful = frozenset(reading.mended), 0
    dollar = (reading.marks.mark + b"$", reading.marks.mark + reading.marks.lead)
    for key, value in zip(reading.keywords(), reading.marked_values(), strict=True):
        if reading.marks.mark not in value or not any(two in value for two in dollar):
            continue
        shown = reading.marks.plain(value)
        if mark + b"$" in shown and key not in mended:
            doubtful += 1
            if doubtful <= _MOST_NAMED:
                where = f"{quoted(mark)} before a '$': {quoted(shown, 60)}"
                text = f"the value of {key[:40].decode('latin-1')} holds {where}."
                fix = "If a value was empty here, the keyword behind it is lost."
                findings.note("text-delimiter-in-value", "TEXT", text, fix)
    if doubtful > _MOST_NAMED:
        text = f"the values of {doubtful - _MOST_NAMED} more hold {quoted(mark)} before a '$'."
        findings.note("text-delimiter-in-value", "TEXT", text)
