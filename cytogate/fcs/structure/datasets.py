"""Data sets: the walk along ``$NEXTDATA``, from one HEADER and TEXT to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytogate.errors import FcsError
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.storage.faults import OUTSIDE
from cytogate.fcs.structure.analysis import locate_analysis
from cytogate.fcs.structure.header import HEADER_BYTES, Header, Segment, other_segments, parse_header
from cytogate.fcs.structure.text_segment import TextSegments, read_text
from cytogate.fcs.structure.window import Window
from cytogate.fcs.terms import Terms
from cytogate.fcs.text.numbers import integer
from cytogate.fcs.versions import VERSIONS

if TYPE_CHECKING:
    from cytogate.fcs.limits import Limits
    from cytogate.fcs.storage import Handle, Storage
    from cytogate.fcs.text.keywords import Keywords

_OTHER_BYTES = 2**12  # behind HEADER that are looked through for offsets of OTHER segments


@dataclass(frozen=True, slots=True)
class DataSet:
    """HEADER and TEXT of one data set; nothing of it comes from another one.

    Attributes
    ----------
    start, available : int
        Its first byte in the file, and its bytes from there to the next data set or the end of the file.
    others : tuple of Segment
    findings : Findings
        What is odd about it.
    """

    start: int
    available: int
    header: Header
    others: tuple[Segment, ...]
    terms: Terms
    text: TextSegments
    findings: Findings

    @property
    def keywords(self) -> Keywords:
        """Keywords of TEXT and its supplement."""
        return self.text.keywords

    @property
    def taken(self) -> tuple[Segment, ...]:
        """Where DATA cannot lie: TEXT, and its supplement."""
        return tuple(place for place in (self.text.place, self.text.supplemental) if place is not None)

    @property
    def analysis(self) -> Segment | None:
        """What the file says of ANALYSIS."""
        return locate_analysis(self.header.analysis, self.keywords, self.text.place, self.available)

    @property
    def places(self) -> tuple[Segment, ...]:
        """All segments but DATA, which may touch it."""
        analysis = self.analysis
        return (*self.taken, *self.others, *(() if analysis is None else (analysis,)))

    @property
    def claimed_end(self) -> int:
        """Byte of the file behind all segments that HEADER and TEXT name inside it."""
        ends = [place.end for place in (self.header.data, self.header.analysis, *self.others) if place]
        said = (integer(self.keywords.get(f"$END{name}")) for name in ("DATA", "STEXT", "ANALYSIS"))
        ends += [end for end in said if end is not None]
        return self.start + max([self.text.place.end, *(end for end in ends if end < self.available)]) + 1

    def window(self, handle: Handle) -> Window:
        """Return its bytes."""
        return Window(handle, self.start, self.available)

    def offset_of(self, keyword: str, handle: Handle) -> int:
        """Return where in the file a keyword of it stands; the beginning of TEXT where it does not."""
        return self.start + self.text.offset_of(keyword, self.window(handle))


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes through a file from data set to data set."""

    storage: Storage
    handle: Handle
    name: str
    limits: Limits
    lenient: bool

    def read(self, start: int, end: int | None = None) -> DataSet:
        """Read HEADER and TEXT of the data set that begins at `start`, and ends before `end` where known."""
        size, findings = end or self.storage.size, Findings(self.name)
        window = Window(self.handle, start, size - start)
        header = parse_header(window.read(0, HEADER_BYTES), start, size, findings)
        terms = Terms(VERSIONS[header.version], self.limits, self.lenient)
        others = other_segments(window.read(HEADER_BYTES, min(self._room(header), _OTHER_BYTES)))
        text = read_text(window, header, others, terms, findings)
        return DataSet(start, window.available, header, others, terms, text, findings)

    def following(self, current: DataSet, text: str, step: int) -> DataSet | FcsError:
        """Return the data set that ``$NEXTDATA`` points at, or why there is none.

        Offsets count from the beginning of the data set (FCS 3.0, 2.2.13). Where nothing lies there, the
        file may count from its own beginning; as it does where that leads to a data set behind this one
        which would else be passed over, among bytes that must be blank (FCS 3.0, 2.2.11).
        """
        found = self._try(current, current.start + step, text)
        if current.start:
            absolute = self._try(current, step, text)
            if isinstance(absolute, DataSet) and (isinstance(found, FcsError) or step >= current.claimed_end):
                message = f"{text!r} from byte {current.start} on counts from the beginning of the file."
                absolute.findings.note("next-data-absolute", "$NEXTDATA", message)
                return absolute
        return found

    def ending_at(self, found: DataSet, end: int) -> DataSet:
        """Return the same data set, whose bytes, its supplement's too, end where the next one begins."""
        place = found.text.supplemental
        if place is None or found.start + place.end < end:
            return replace(found, available=end - found.start)
        again = self.read(found.start, end)
        again.findings.problems += [
            one for one in found.findings.problems if one.code == "next-data-absolute"
        ]
        return again

    def _try(self, current: DataSet, start: int, text: str) -> DataSet | FcsError:
        first = current.start + max(HEADER_BYTES, current.text.place.end + 1)
        if not first <= start < self.storage.size:
            found, expected = repr(text[:40]), f"0, or a byte of the file behind TEXT (from {first} on)"
            offset = current.offset_of("$NEXTDATA", self.handle)
            return Findings(self.name).error("next-data-unreadable", "$NEXTDATA", offset, found, expected)
        try:
            return self.read(start)
        except FcsError as error:
            if error.code in OUTSIDE:
                raise
            return error

    @staticmethod
    def _room(header: Header) -> int:
        """Return the bytes between HEADER and the first segment that it names."""
        places = (header.text, header.data, header.analysis)
        return min(place.begin for place in places if place and place.begin >= HEADER_BYTES) - HEADER_BYTES


def find_data_set(
    storage: Storage, handle: Handle, dataset: int, limits: Limits, *, lenient: bool
) -> tuple[DataSet, int]:
    """Return the data set of number `dataset`, and how many there are.

    Every step goes forward in the file, so no chain of data sets turns round in a circle.

    Raises
    ------
    FcsError
        When the first data set, or the one asked for, cannot be read or is not there.
    """
    if dataset < 0:
        raise Findings(storage.path).error(
            "dataset-missing", "dataset", None, f"number {dataset}", "a number from 0 on"
        )
    walk = _Walk(storage, handle, storage.path, limits, lenient)
    current = walk.read(0)
    chosen, count = (current if dataset == 0 else None), 1
    while (step := integer(text := current.keywords.get("$NEXTDATA", "0"))) != 0:
        following: DataSet | FcsError | None = None
        if step is not None and count < limits.max_data_sets:
            following = walk.following(current, text, step)
        if not isinstance(following, DataSet):
            if following is not None and dataset == count:
                raise following
            message = (
                f"{text[:40]!r} from byte {current.start} on: there is no data set"
                f"{_why_none(following, count, limits)}; the one before is taken as the last."
            )
            (chosen or current).findings.note("next-data-unreadable", "$NEXTDATA", message)
            break
        if chosen is current:
            chosen = walk.ending_at(current, following.start)
        current = following
        if count == dataset:
            chosen = current
        count += 1
    if chosen is None:
        offset = current.offset_of("$NEXTDATA", handle)
        found = "one data set" if count == 1 else f"{count} data sets"
        expected = f"a data set of number {dataset}"
        fix = f"They count from 0: --dataset {count - 1} is the last."
        raise current.findings.error("dataset-missing", "$NEXTDATA", offset, found, expected, fix)
    if count > 1:
        message = f"the file holds {count} data sets, 0 to {count - 1}; number {dataset} is read."
        fix = "Choose with --dataset, or dataset= in Python."
        chosen.findings.note("more-data-sets", "$NEXTDATA", message, fix)
    return chosen, count


def _why_none(following: FcsError | None, count: int, limits: Limits) -> str:
    """Return why ``$NEXTDATA`` leads nowhere, as far as more than its text says it."""
    if count >= limits.max_data_sets:
        return f" that is read: at most {limits.max_data_sets} are (limits.max_data_sets)"
    return "" if following is None else f" ({following.code}: {following.found})"
