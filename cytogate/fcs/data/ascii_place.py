"""Place of ASCII data: where they lie, accepted only when the number of values proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.errors import FcsError
from cytogate.fcs.data.ascii import DELIMITERS, AsciiForm, AsciiText, decoded_layout
from cytogate.fcs.structure.checksum import CRC_BYTES
from cytogate.fcs.structure.claims import Claims, DataPlace, claims_of
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.structure.remains import LENIENT
from cytogate.fcs.structure.segments import excuse_total, locate_data, note_claims, read_total

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cytogate.fcs.data.layout import RecordLayout
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.structure.datasets import DataSet
    from cytogate.fcs.structure.window import Window

NUMBER_CHARACTERS = np.frombuffer(b"0123456789.eE+-", np.uint8)


def read_ascii(
    form: AsciiForm,
    layout: RecordLayout,
    found: DataSet,
    window: Window,
    *,
    size_known: bool,
) -> tuple[DataPlace, Segment, RecordLayout, NDArray[np.uint8]]:
    """Return where the values lie, the layout of decoded records, and the records.

    Parameters
    ----------
    form : AsciiForm
    layout : RecordLayout
        Of decoded records, all values of 8 bytes.
    found : DataSet
    window : Window
        Its bytes.

    Raises
    ------
    FcsError
        When no place, or more than one, is proven, or a value is no number.
    """
    start, findings = found.start, found.findings
    if form.characters:
        place = locate_data(found, window, form.row_bytes, size_known=size_known)
        length = place.n_events * form.row_bytes
        text = AsciiText(window.handle, start + place.begin, length, form, findings)
        _, decimals = text.scan()
    else:
        claims = claims_of(found, 0)
        note_claims(claims, found)
        total = read_total(found)
        if total is None:
            excuse_total(found, can_tell=size_known)
        text, n_events, decimals = _Search(form, window, claims, found, total).find(size_known=size_known)
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
    found: DataSet
    total: int | None  # None where the number of values must tell

    @property
    def findings(self) -> Findings:
        """What is odd about the data set."""
        return self.found.findings

    def find(self, *, size_known: bool) -> tuple[AsciiText, int, NDArray[np.int64]]:
        """Return the text, the number of events, and how many values of each channel are decimal."""
        claims, total = self.claims.candidates, self.total
        if total == 0 and all(claim.length <= 1 or claim.end == 0 for claim in claims):
            return self._text(0, 0), 0, np.zeros(self.form.n_channels, np.int64)
        fitting: dict[tuple[int, int], tuple[AsciiText, int, NDArray[np.int64]]] = {}
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
                    fitting[claim.begin, found[1]] = found
                    break
        if len(fitting) == 1:
            if len(claims) > 1:
                message = f"{claims[0]} and {claims[1]}; only the one from {next(iter(fitting))[0]} on fits."
                self.findings.note("data-offsets-differ", "DATA", message)
            return fitting.popitem()[1]
        if fitting:
            expected = "one place of DATA; both could be"
            raise self.findings.error(
                "data-ambiguous", *self.claims.seen(claims[0].begin), "; ".join(said), expected
            )
        left = self._salvage(claims, total) if size_known and fault is None else None
        if left is None or not self.found.terms.lenient:
            raise fault or self._refusal(claims, total, said, left)
        text, n_events, decimals, code, message = left
        self.findings.note(code, "DATA" if code == "data-truncated" else "$TOT", message)
        return text, n_events, decimals

    def _text(self, begin: int, length: int) -> AsciiText:
        return AsciiText(self.window.handle, self.window.start + begin, length, self.form, self.findings)

    def _try(
        self, claim: Segment, surplus: int, total: int | None, said: list[str]
    ) -> tuple[AsciiText, int, NDArray[np.int64]] | None:
        length = claim.length - surplus
        end = claim.begin + length
        if length < 0 or not self.claims.lies_free(claim.begin, length):
            return None
        if surplus and length and end == self.window.available and self._are_digits(end - 1, 1):
            return None  # the file may be cut short by the last digit
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
        begins_clear = any(one.end == begin - 1 for one in self.found.places) or all(
            one.begin > begin for one in self.found.places
        )  # behind HEADER alone, whose offsets are digits
        return (not begins_clear and self._are_digits(begin - 1, 2)) or (
            not self._ends_clear(begin + length) and self._are_digits(begin + length - 1, 2)
        )

    def _ends_clear(self, end: int) -> bool:
        """Say whether nothing but a checksum, or another segment, can follow."""
        if any(one.begin == end for one in self.found.places):
            return True
        return self.window.available - end in (0, CRC_BYTES)

    def _are_digits(self, place: int, count: int) -> bool:
        some = np.empty(count, np.uint8)
        self.window.handle.read_into(self.window.start + place, some)
        return bool(np.isin(some, NUMBER_CHARACTERS).all())

    def _salvage(
        self, claims: list[Segment], total: int | None
    ) -> tuple[AsciiText, int, NDArray[np.int64], str, str] | None:
        """Return the whole events of the one place, fewer than ``$TOT`` says, and a warning."""
        if len(claims) != 1 or total is None:
            return None
        (claim,) = claims
        begin, length = claim.begin, min(claim.length, self.window.available - claim.begin)
        if length < 0 or not self.claims.lies_free(begin, length):
            return None
        is_cut = length < claim.length
        if self._cuts_a_number(begin, length):
            return None
        text = self._text(begin, length)
        count, decimals = text.scan()
        if is_cut and count and not self._ends_between(begin + length):
            count -= 1  # the last value may lack digits
        n_events, rest = divmod(count, self.form.n_channels)
        if n_events == 0:
            return None
        if not is_cut and (rest or n_events > total):
            return None  # values are lost, or too many, at a place that nothing tells
        if is_cut:
            message = f"the file is cut short: {n_events} of {total} events are there; these are read."
            return text, n_events, decimals, "data-truncated", message
        message = f"$TOT says {total} events, DATA holds {count} values; {n_events} events are read."
        return text, n_events, decimals, "total-mismatch", message

    def _ends_between(self, end: int) -> bool:
        last = np.empty(1, np.uint8)
        self.window.handle.read_into(self.window.start + end - 1, last)
        return bool(np.isin(last, DELIMITERS)[0])

    def _refusal(
        self, claims: list[Segment], total: int | None, said: list[str], left: tuple[object, ...] | None
    ) -> FcsError:
        c = self.form.n_channels
        expected = f"{total} events of {c} values" if total is not None else f"whole events of {c} values"
        if not claims:
            return self.findings.error("data-offsets", "DATA", None, "no place of DATA", expected)
        if not said:
            found = f"DATA {claims[0]} in {self.window.available} bytes, TEXT {self.claims.taken[0]}"
            code = "data-truncated" if claims[0].end >= self.window.available else "data-overlap"
            fix = _lenient_fix(left)
            return self.findings.error(code, *self.claims.seen(claims[0].begin), found, expected, fix)
        place = self.claims.seen(claims[0].begin)
        return self.findings.error("data-length", *place, "; ".join(said), expected, _lenient_fix(left))


def _lenient_fix(left: tuple[object, ...] | None) -> str:
    return f"Lenient reading gives the {left[1]} whole events that are there ({LENIENT})." if left else ""
