"""Place of ASCII data: where they lie, accepted only when the number of values proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import FcsError
from cytogate.fcs.data.ascii import DELIMITERS, AsciiForm, AsciiText, decoded_layout
from cytogate.fcs.structure.checksum import CRC_BYTES
from cytogate.fcs.structure.claims import Claims, DataPlace, text_claim
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.structure.segments import locate_data
from cytogate.fcs.text.numbers import integer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cytogate.fcs.data.layout import RecordLayout
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.structure.window import Window
    from cytogate.fcs.versions import VersionRules

NUMBER_CHARACTERS = np.frombuffer(b"0123456789.eE+-", np.uint8)


def read_ascii(
    form: AsciiForm,
    layout: RecordLayout,
    window: Window,
    header: Segment | None,
    taken: tuple[Segment, ...],
    keywords: Mapping[str, str],
    rules: VersionRules,
    findings: Findings,
    *,
    lenient: bool,
) -> tuple[DataPlace, Segment, RecordLayout, NDArray[np.uint8]]:
    """Return where the values lie, the layout of decoded records, and the records.

    Parameters
    ----------
    header : Segment or None
        Where HEADER says that DATA lies.
    taken : tuple of Segment
        Where DATA cannot lie: TEXT, and its supplement.

    Raises
    ------
    FcsError
        When no place, or more than one, is proven, or a value is no number.
    """
    start, available = window.start, window.available
    if form.characters:
        place = locate_data(
            header, taken, keywords, rules, form.row_bytes, start, available, findings, lenient=lenient
        )
        length = place.n_events * form.row_bytes
        text = AsciiText(window.handle, start + place.begin, length, form, findings)
        _, decimals = text.scan()
    else:
        claims = Claims(header, text_claim(keywords, findings), taken, 0, start, available)
        text, n_events, decimals = _Search(form, window, claims, keywords, findings).find(lenient=lenient)
        place = DataPlace(text.begin - start, n_events)
    layout = decoded_layout(layout, decimals, place.n_events, findings)
    data = Segment(place.begin, place.begin + text.length - 1)
    return place, data, layout, text.decode(place.n_events, decimals > 0)


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for the place of values between delimiters."""

    form: AsciiForm
    window: Window
    claims: Claims
    keywords: Mapping[str, str]
    findings: Findings

    def find(self, *, lenient: bool) -> tuple[AsciiText, int, NDArray[np.int64]]:
        """Return the text, the number of events, and how many values of each channel are decimal."""
        claims, total = self.claims.candidates, self._total()
        if total == 0 and all(claim.length <= 1 or claim.end == 0 for claim in claims):
            return self._text(0, 0), 0, np.zeros(self.form.n_channels, np.int64)
        fitting: dict[int, tuple[AsciiText, int, NDArray[np.int64]]] = {}
        said: list[str] = []
        fault: FcsError | None = None
        for claim in claims:
            for surplus in (0, 1):
                try:
                    found = self._try(claim, surplus, total, said)
                except FcsError as error:
                    if error.code == "changed-while-reading":
                        raise
                    fault = fault or error
                    continue
                if found is not None:
                    if surplus:
                        self.findings.note(
                            "data-end-past", "DATA", f"{claim} ends one byte behind the values."
                        )
                    fitting[claim.begin] = found
                    break
        if len(fitting) == 1:
            if len(claims) > 1:
                message = f"{claims[0]} and {claims[1]}; only the one from {next(iter(fitting))} on fits."
                self.findings.note("data-offsets-differ", "DATA", message)
            return fitting.popitem()[1]
        if len(fitting) > 1:
            expected = "one place of DATA; both could be"
            raise self.findings.error(
                "data-ambiguous", *self.claims.seen(claims[0].begin), "; ".join(said), expected
            )
        left = self._salvage(claims, total) if lenient and fault is None else None
        if left is None:
            raise fault or self._refusal(claims, total, said)
        return left

    def _total(self) -> int | None:
        """Return ``$TOT``; None where it is absent, and the number of values must tell."""
        text = self.keywords.get("$TOT")
        total = integer(text)
        if text is not None and (total is None or total < 0):
            raise self.findings.error("tot-invalid", "$TOT", None, repr(text[:40]), "a number of events")
        return total

    def _text(self, begin: int, length: int) -> AsciiText:
        return AsciiText(self.window.handle, self.window.start + begin, length, self.form, self.findings)

    def _try(
        self, claim: Segment, surplus: int, total: int | None, said: list[str]
    ) -> tuple[AsciiText, int, NDArray[np.int64]] | None:
        length = claim.length - surplus
        end = claim.begin + length
        if length < 0 or not self.claims.lies_free(claim.begin, length):
            return None
        if surplus and not self._ends_clear(end) and self._are_digits(end, 1):
            return None  # the last byte may be a value
        text = self._text(claim.begin, length)
        count, decimals = text.scan()
        if not surplus:
            said.append(f"{count} values in {claim}")
        n_events, rest = divmod(count, self.form.n_channels)
        if rest or total not in (None, n_events) or self._cuts_a_number(claim.begin, length):
            return None
        return text, n_events, decimals

    def _cuts_a_number(self, begin: int, length: int) -> bool:
        """Say whether a stretch begins or ends within digits, so that a value would be another."""
        if not length:
            return False
        in_text = any(one.begin <= begin - 1 <= one.end for one in self.claims.taken)
        return (not in_text and self._are_digits(begin - 1, 2)) or (
            not self._ends_clear(begin + length) and self._are_digits(begin + length - 1, 2)
        )

    def _ends_clear(self, end: int) -> bool:
        """Say whether nothing but a checksum can follow."""
        return self.window.available - end in (0, CRC_BYTES)

    def _are_digits(self, place: int, count: int) -> bool:
        some = np.empty(count, np.uint8)
        self.window.handle.read_into(self.window.start + place, some)
        return bool(np.isin(some, NUMBER_CHARACTERS).all())

    def _salvage(
        self, claims: list[Segment], total: int | None
    ) -> tuple[AsciiText, int, NDArray[np.int64]] | None:
        """Return the whole events of the one place, fewer or more than ``$TOT`` says, with a warning."""
        if len(claims) != 1 or total is None:
            return None
        begin = claims[0].begin
        length = min(claims[0].length, self.window.available - begin)
        if length < 0 or not self.claims.lies_free(begin, length):
            return None
        is_cut = length < claims[0].length
        if self._cuts_a_number(begin, length):
            return None
        text = self._text(begin, length)
        count, decimals = text.scan()
        if is_cut and count and not self._ends_between(begin + length):
            count -= 1  # the last value may lack digits
        n_events = count // self.form.n_channels
        if n_events == 0:
            return None
        if is_cut:
            message = f"the file is cut short: {n_events} of {total} events are there; these are read."
            self.findings.note("data-truncated", "DATA", message, "Copy it again from the instrument.")
        else:
            message = f"$TOT says {total} events, DATA holds {count} values; {n_events} events are read."
            self.findings.note("total-mismatch", "$TOT", message)
        return text, n_events, decimals

    def _ends_between(self, end: int) -> bool:
        last = np.empty(1, np.uint8)
        self.window.handle.read_into(self.window.start + end - 1, last)
        return bool(np.isin(last, DELIMITERS)[0])

    def _refusal(self, claims: list[Segment], total: int | None, said: list[str]) -> FcsError:
        c = self.form.n_channels
        expected = f"{total} events of {c} values" if total is not None else f"whole events of {c} values"
        if not claims:
            return self.findings.error("data-offsets", "DATA", None, "no place of DATA", expected)
        if not said:
            found = f"DATA {claims[0]} in {self.window.available} bytes, TEXT {self.claims.taken[0]}"
            code = "data-truncated" if claims[0].end >= self.window.available else "data-overlap"
            return self.findings.error(code, *self.claims.seen(claims[0].begin), found, expected)
        fix = "Lenient reading gives the whole events that are there."
        return self.findings.error(
            "data-length", *self.claims.seen(claims[0].begin), "; ".join(said), expected, fix
        )
