"""Data sets: the walk along ``$NEXTDATA``, from one HEADER and TEXT to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cytogate.errors import FcsError
from cytogate.fcs.repairs.findings import Findings
from cytogate.fcs.storage.faults import OUTSIDE
from cytogate.fcs.structure.header import HEADER_BYTES, Header, Segment, other_segments, parse_header
from cytogate.fcs.structure.text_segment import TextSegments, read_text
from cytogate.fcs.structure.window import Window
from cytogate.fcs.text.numbers import integer
from cytogate.fcs.versions import VERSIONS, VersionRules

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
    rules: VersionRules
    text: TextSegments
    findings: Findings

    @property
    def keywords(self) -> Keywords:
        """Keywords of TEXT and its supplement."""
        return self.text.keywords


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes through a file from data set to data set."""

    storage: Storage
    handle: Handle
    name: str
    limits: Limits

    def read(self, start: int) -> DataSet:
        """Read HEADER and TEXT of the data set that begins at `start`."""
        size, findings = self.storage.size, Findings(self.name)
        window = Window(self.handle, start, size - start)
        header = parse_header(window.read(0, HEADER_BYTES), start, size, findings)
        rules = VERSIONS[header.version]
        others = other_segments(window.read(HEADER_BYTES, min(self._room(header), _OTHER_BYTES)))
        text = read_text(window, header, others, rules, findings, self.limits)
        return DataSet(start, window.available, header, others, rules, text, findings)

    def following(self, current: DataSet, text: str, step: int) -> DataSet | FcsError:
        """Return the data set that ``$NEXTDATA`` points at, or why there is none.

        Offsets count from the beginning of the data set (FCS 3.0, 2.2.13); where nothing lies there, the
        file may count from its own beginning.
        """
        found = self._try(current, current.start + step, text)
        if isinstance(found, FcsError) and current.start:
            absolute = self._try(current, step, text)
            if isinstance(absolute, DataSet):
                message = f"{text!r} from byte {current.start} on counts from the beginning of the file."
                absolute.findings.note("next-data-absolute", "$NEXTDATA", message)
                return absolute
        return found

    def _try(self, current: DataSet, start: int, text: str) -> DataSet | FcsError:
        first = current.start + max(HEADER_BYTES, current.text.place.end + 1)
        if not first <= start < self.storage.size:
            found, expected = repr(text[:40]), f"0, or a byte of the file behind TEXT (from {first} on)"
            offset = current.start + current.text.offset_of("$NEXTDATA")
            return Findings(self.name).error("next-data-unreadable", "$NEXTDATA", offset, found, expected)
        try:
            return self.read(start)
        except FcsError as error:
            if error.code in OUTSIDE:
                raise
            return error

    @staticmethod
    def _room(header: Header) -> int:
        """Return the bytes between HEADER and the first segment."""
        begins = [header.text.begin]
        if header.data is not None and header.data.begin > HEADER_BYTES:
            begins.append(header.data.begin)
        return min(begins) - HEADER_BYTES


def find_data_set(
    storage: Storage, handle: Handle, name: str, dataset: int, limits: Limits
) -> tuple[DataSet, int]:
    """Return the data set of number `dataset`, and how many there are.

    Every step goes forward in the file, so no chain of data sets turns round in a circle.

    Raises
    ------
    FcsError
        When the first data set, or the one asked for, cannot be read or is not there.
    """
    if dataset < 0:
        raise Findings(name).error("dataset-missing", "dataset", None, dataset, "a number from 0")
    walk = _Walk(storage, handle, name, limits)
    current = walk.read(0)
    chosen, count = (current if dataset == 0 else None), 1
    while True:
        text = current.keywords.get("$NEXTDATA", "0")
        step = integer(text)
        if step == 0:
            break
        following: DataSet | FcsError | None = None
        if step is not None and count < limits.max_data_sets:
            following = walk.following(current, text, step)
        if not isinstance(following, DataSet):
            if following is not None and dataset == count:
                raise following
            reason = f" ({following.code}: {following.found})" if following is not None else ""
            if count >= limits.max_data_sets:
                reason = f" that is read: at most {limits.max_data_sets} are (limits.max_data_sets)"
            message = (
                f"{text[:40]!r} from byte {current.start} on: there is no data set{reason}; "
                "the one before is taken as the last."
            )
            (chosen or current).findings.note("next-data-unreadable", "$NEXTDATA", message)
            break
        if chosen is current:
            chosen = _ending_at(current, following.start)
        current = following
        if count == dataset:
            chosen = current
        count += 1
    if chosen is None:
        offset = current.start + current.text.offset_of("$NEXTDATA")
        found, expected, fix = f"{count} data sets", f"number {dataset}", "Data sets count from 0."
        raise Findings(name).error("dataset-missing", "$NEXTDATA", offset, found, expected, fix)
    if count > 1:
        message = f"the file holds {count} data sets; number {dataset} is read."
        chosen.findings.note("more-data-sets", "$NEXTDATA", message, "Choose one with dataset=.")
    return chosen, count


def _ending_at(found: DataSet, end: int) -> DataSet:
    """Return the same data set, whose bytes end where the next one begins."""
    return replace(found, available=end - found.start)
