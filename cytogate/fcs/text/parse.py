"""TEXT: keywords and values between delimiters, read in the one way that keeps what the events need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytogate.errors import listed
from cytogate.fcs.text.keywords import Keywords
from cytogate.fcs.text.numbers import integer
from cytogate.fcs.text.quoted import quoted
from cytogate.fcs.text.words import BLANK, BLANKS, BYTE_ORDER_MARK, Reading, Words, count_single, cut
from cytogate.fcs.versions import ESSENTIAL

if TYPE_CHECKING:
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.terms import Terms
    from cytogate.fcs.versions import VersionRules

_LAST_DELIMITER = 126  # FCS 3.1, 3.2.7: delimiters are ASCII 1 to 126
_UNICODE_VERSION = "3.0"  # $UNICODE is of no other


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
    if delimiter and not raw.startswith(delimiter):
        raw = delimiter + raw
    reading, mark, n_before, notes = _first_whole(raw, offset, needed, terms, findings)
    if supplemental and not reading.fault:
        reading = _without_doubt(reading)
    if reading.fault:
        fix = "TEXT is damaged, or its delimiter is not escaped in a value."
        raise findings.error("text-syntax", "TEXT", offset, reading.fault, "pairs of keyword and value", fix)
    two_byte = _two_byte_keywords(reading) if _may_name_two_byte(raw, terms.rules) else frozenset()
    keywords = _collect(reading, mark, two_byte, terms, findings)
    for code, message in notes:
        findings.note(code, "TEXT", message)
    if n_before:
        message = f"{n_before} bytes before the first delimiter {quoted(mark)}: {quoted(raw[:n_before], 8)}."
        findings.note("text-begins-early", "TEXT", message)
    _note_end(reading, mark, findings)
    _note_swallowed(reading, mark, findings)
    if reading.swallowed:
        message = f"values are keywords of the standard, which are not there: {_named(reading.swallowed)}."
        fix = "If a delimiter in a value is not escaped, these keywords are lost."
        findings.note("text-keyword-in-value", "TEXT", message, fix)
    return keywords


def _first_whole(
    raw: bytes,
    offset: int,
    needed: tuple[str, ...],
    terms: Terms,
    findings: Findings,
) -> tuple[Reading, bytes, int, list[tuple[str, str]]]:
    """Return the best reading, the delimiter, how many bytes there are before it, and warnings."""
    marked = len(BYTE_ORDER_MARK) if raw.startswith(BYTE_ORDER_MARK) else 0
    blank = len(raw) - len(raw.lstrip(BLANK))
    found = []
    for start in dict.fromkeys((0, marked, blank)):
        mark = raw[start : start + 1]
        if not mark or not 1 <= mark[0] <= _LAST_DELIMITER:
            continue
        reading, notes = _read(raw[start + 1 :], mark, offset, needed, terms, findings)
        found.append((reading, mark, start, notes))
        if reading.is_whole:
            break
    if not found or (found[0][2] and not found[-1][0].is_whole):
        expected = "a delimiter, ASCII 1 to 126"
        raise findings.error("text-delimiter", "TEXT", offset, quoted(raw[:1]), expected)
    return found[-1] if found[-1][0].is_whole else found[0]


def _without_doubt(reading: Reading) -> Reading:
    """Return a reading of a segment that needs no keywords, faulty where it may be no keywords at all."""
    fault = ""
    if reading.junk or reading.dropped or not reading.pairs:
        fault = "bytes that are no keyword"
    elif not all(
        key.isascii() and key.strip(BLANK).decode("ascii").isprintable() for key, _ in reading.pairs
    ):
        fault = "keywords of other characters than printable ASCII"
    return replace(reading, fault=fault)


def _cut(body: bytes, mark: bytes, offset: int, terms: Terms, findings: Findings) -> Words:
    """Return the words of TEXT; refused before anything is made of too many."""
    count, words = count_single(body, mark) // 2, None
    if count <= terms.limits.max_keywords + 1:
        words = cut(body, mark)
        count = words.count_in_keys() // 2
    if words is None or count > terms.limits.max_keywords:
        expected = f"at most {terms.limits.max_keywords} keywords (limits.max_keywords)"
        raise findings.error("too-many-keywords", "TEXT", offset, f"{count}", expected)
    return words


def _read(
    body: bytes,
    mark: bytes,
    offset: int,
    needed: tuple[str, ...],
    terms: Terms,
    findings: Findings,
) -> tuple[Reading, list[tuple[str, str]]]:
    """Return the best reading behind one delimiter, and the warnings about why it is that one."""
    words = _cut(body, mark, offset, terms, findings)
    chosen, notes = _with_lacking(words.escaped(), needed, terms.rules), []
    if words.count_in_keys():
        other = _with_lacking(words.empty_values(), needed, terms.rules)
        reason = _why_other(chosen, other)
        if reason:
            what = "empty values" if any(not value for _, value in other.pairs) else "parts of values"
            code = "text-empty-values" if what == "empty values" else "text-delimiter-first"
            notes.append((code, f"doubled delimiters {quoted(mark * 2)} are read as {what}: {reason}."))
            chosen = other
        elif not other.fault and len(other.lacking) == len(chosen.lacking):
            keys = [key for key, _ in chosen.pairs if mark in key]
            message = f"keywords hold {quoted(mark)}, as the standard has it, or are two, one without value"
            notes.append(("text-ambiguous", f"{message}: {_named(keys)}."))
    if not chosen.is_whole:
        mended = _with_lacking(words.unescaped(), needed, terms.rules)
        if mended.is_whole and mended.pairs:
            notes = [("text-delimiter-unescaped", _mended_message(mended, mark))]
            chosen = mended
    return chosen, notes


def _mended_message(mended: Reading, mark: bytes) -> str:
    parts = []
    if mended.mended:
        parts.append(f"single delimiters {quoted(mark)} are part of the values of {_named(mended.mended)}")
    if mended.dropped:
        parts.append(f"what these words belong to is open, and they are left out: {_named(mended.dropped)}")
    return "; ".join(parts) + "."


def _named(words: list[bytes] | tuple[bytes, ...]) -> str:
    return listed([quoted(word) for word in words])


def _with_lacking(reading: Reading, needed: tuple[str, ...], rules: VersionRules) -> Reading:
    """Add which keywords a reading lacks that the events cannot, or should not, be read without."""
    if reading.fault or not needed:
        return reading
    pairs = reversed(reading.pairs)  # of a keyword that is there twice, the first counts
    keys = {key.decode("latin-1").strip(BLANKS).upper(): value for key, value in pairs}
    wanted = [*needed, *(key for key in rules.required if key in ("$TOT", "$BEGINDATA", "$ENDDATA"))]
    n_parameters = integer(keys.get("$PAR", b"").decode("latin-1")) or 0
    for suffix in rules.required_parameter:
        wanted += [f"$P{n}{suffix}" for n in range(1, min(n_parameters, len(keys)) + 1)]
    lacking = tuple(key for key in wanted if key not in keys)
    return replace(reading, lacking=lacking) if lacking else reading


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
    if standard.odd_keys and not other.odd_keys:
        return f"else {quoted(standard.odd_keys[0], 60)} would be one keyword"
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
    dollar = mark + b"$"
    for key, value in reading.pairs:
        if dollar in value and key not in reading.mended:
            where = f"{quoted(mark)} before a '$': {quoted(value, 60)}"
            text = f"the value of {key.decode('latin-1')} holds {where}."
            fix = "If a value was empty here, the keyword behind it is lost."
            findings.note("text-delimiter-in-value", "TEXT", text, fix)


def _collect(
    reading: Reading, mark: bytes, two_byte: frozenset[str], terms: Terms, findings: Findings
) -> Keywords:
    entries: dict[str, str] = {}
    latin, blank, doubled, unclear = [], [], [], []
    blanks = BLANKS.replace(mark.decode("latin-1"), "")
    for raw_key, raw_value in reading.pairs:
        try:
            key, value = raw_key.decode(), raw_value.decode()
            key_is_latin = value_is_latin = False
        except UnicodeDecodeError:
            (key, key_is_latin), (value, value_is_latin) = _decode(raw_key), _decode(raw_value)
        name = key.strip(blanks).upper()
        if len(name) > terms.limits.max_name_length:
            expected = f"at most {terms.limits.max_name_length} characters (limits.max_name_length)"
            found = f"a keyword of {len(name)} characters"
            raise findings.error("keyword-too-long", "TEXT", None, found, expected)
        if name in two_byte:
            wide = _decode_two_byte(raw_value)
            if wide is not None:
                value, value_is_latin = wide, False
            elif not raw_value.isascii():
                unclear.append(name)
        if key_is_latin or value_is_latin:
            latin.append(name)
        if len(name) != len(key):
            blank.append(name)
        value = value.strip(blanks)
        if entries.setdefault(name, value) != value:
            doubled.append(name)
    for code, names, what in (
        ("text-latin1", latin, "is not UTF-8 and read as latin-1"),
        ("text-unicode-unclear", unclear, "does not show its byte order, and is read as other values"),
        ("text-blanks", blank, "has blanks around its name"),
        ("text-duplicate-keyword", doubled, "stands more than once; the first one counts"),
    ):
        if names:
            more = f" (and {len(names) - 1} others)" if len(names) > 1 else ""
            findings.note(code, names[0], f"keyword {names[0]}{more} {what}.")
    return Keywords(entries, mark)


def _name(key: bytes) -> str:
    return key.decode("latin-1").strip(BLANKS).upper()


def _decode(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("latin-1"), True


def _may_name_two_byte(raw: bytes, rules: VersionRules) -> bool:
    return rules.version == _UNICODE_VERSION and b"$UNICODE" in raw.upper()


def _two_byte_keywords(reading: Reading) -> frozenset[str]:
    """Return the keywords that ``$UNICODE/page,keyword,.../`` says to hold two-byte characters."""
    said = next((value for key, value in reading.pairs if _name(key) == "$UNICODE"), b"")
    return frozenset(part.strip().upper() for part in said.decode("latin-1").split(",")[1:])


def _decode_two_byte(raw: bytes) -> str | None:
    """Return two-byte characters as text where a mark or the bytes of ASCII show their order, else None."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order = "utf-16"
    elif not raw or len(raw) % 2 or (0 in raw[::2]) == (0 in raw[1::2]):
        return None
    else:
        order = "utf-16-be" if 0 in raw[::2] else "utf-16-le"
    try:
        return raw.decode(order)
    except UnicodeDecodeError:
        return None
