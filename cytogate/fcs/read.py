"""Read an FCS file: open one of its data sets, with all that it says checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.compensation.keyword import spillover_from_keywords
from cytogate.errors import FcsError
from cytogate.fcs.channels.panel import Panel
from cytogate.fcs.channels.parameters import build_layout, count_parameters, read_parameters
from cytogate.fcs.channels.record_size import are_described, check_whole_bytes, odd_widths, stored_widths
from cytogate.fcs.data.ascii import NATIVE, ascii_form
from cytogate.fcs.data.ascii_place import read_ascii
from cytogate.fcs.data.byte_order import read_byte_order, record_permutation
from cytogate.fcs.file import FcsFile
from cytogate.fcs.limits import LIMITS, Limits
from cytogate.fcs.repairs.advice import advice_on
from cytogate.fcs.repairs.codes import REPAIRS
from cytogate.fcs.storage import open_storage
from cytogate.fcs.structure.behind import look_behind
from cytogate.fcs.structure.datasets import find_data_set
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.structure.line_ends import check_line_ends, check_line_ends_of_text
from cytogate.fcs.structure.segments import Segments, locate_data, note_overlap
from cytogate.fcs.text.unkeyed import refuse_unkeyed

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray

    from cytogate.fcs.channels.parameters import Parameter
    from cytogate.fcs.data.layout import RecordLayout
    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.storage import Handle, Storage
    from cytogate.fcs.structure.claims import DataPlace
    from cytogate.fcs.structure.datasets import DataSet
    from cytogate.fcs.text.keywords import Keywords
    from cytogate.fcs.versions import VersionRules


def read_fcs(
    path: str | os.PathLike[str],
    dataset: int = 0,
    lenient: bool = False,  # noqa: FBT001, FBT002 - the public call reads read_fcs(path, 0, True) or by name
    *,
    refuse: Collection[str] = (),
    limits: Limits = LIMITS,
) -> FcsFile:
    """Open a data set of an FCS file (2.0 to 3.2, lists of events).

    Only HEADER and TEXT are read now; events are decoded when they are asked for. A file that deviates from
    the standard is read where exactly one reading is proven, and the deviation becomes a warning; else it is
    refused.

    Parameters
    ----------
    path : str or path-like
        A file (.fcs, .lmd, also gzip-compressed) or an fsspec URL.
    dataset : int
        Which data set, from 0.
    lenient : bool
        Allow recoveries that change the number of events or leave values uncertain: the whole events of a
        file that was cut short or that ``$TOT`` miscounts, with a warning that counts them; ``$TOT`` stays
        in `keywords` as it is.
    refuse : collection of str
        Codes of warnings that shall be errors. The events are looked through for those of them that only the
        events show, such as ``bits-beyond-range``.
    limits : Limits
        Largest sizes that are read.

    Returns
    -------
    FcsFile

    Raises
    ------
    FcsError
        When the file is not FCS, or cannot be read without guessing. It names file, field and byte offset.
    """
    storage = open_storage(path, limits)
    with storage.open() as handle:
        found, n_datasets = find_data_set(storage, handle, dataset, limits, lenient=lenient)
        try:
            events = _locate_events(found, handle)
        except FcsError as error:
            located = _located(error, found, handle)
            if located is error:  # an error that were its own cause could not be pickled, nor followed
                raise
            raise located from error
    opened = _opened(found, events, storage, dataset, n_datasets)
    _refuse(opened, refuse, found, storage)
    return opened


@dataclass(frozen=True, slots=True, eq=False)
class _Events:
    """What the keywords of a data set say of its events, and where these are proven to lie."""

    parameters: tuple[Parameter, ...]
    layout: RecordLayout
    place: DataPlace
    segments: Segments
    permutation: NDArray[np.intp] | None
    records: NDArray[np.uint8] | None


def _locate_events(found: DataSet, handle: Handle) -> _Events:
    findings, keywords, terms, text = found.findings, found.keywords, found.terms, found.text
    window, mode = found.window(handle), keywords.get("$MODE", "L")[:40]
    if mode.upper() != "L":
        fix = "Histograms cannot be gated; export the list of events."
        raise findings.error("mode-not-list", "$MODE", None, repr(mode), "L, a list of events", fix)
    refuse_unkeyed(lambda: window.segment(text.place), window.start + text.place.begin, keywords, findings)
    form = ascii_form(keywords, count_parameters(keywords, terms, findings), findings)
    order = NATIVE if form else read_byte_order(keywords, findings)
    parameters = read_parameters(keywords, terms, findings)
    _note_missing(keywords, terms.rules, findings)
    size_known, records = are_described(len(parameters), keywords), None
    check_line_ends_of_text(window, found.header.text, text, findings)
    if not form:
        parameters = stored_widths(parameters, found)
        size_known = size_known and not odd_widths(parameters)
    layout = build_layout(parameters, order)
    permutation = record_permutation(order, layout.widths.tolist(), findings)
    row_bytes = form.row_bytes if form else layout.row_bytes
    if form:
        place, data, layout, records = read_ascii(form, layout, found, window, size_known=size_known)
    else:
        place = locate_data(found, window, row_bytes, size_known=size_known)
        check_whole_bytes(parameters, place.n_events, findings)
        data = Segment(place.begin, place.begin + place.n_events * row_bytes - 1)
    segments = _segments(found, data if place.n_events else None)
    note_overlap(found, segments)
    end = segments.end(window.available)
    if end < window.available:
        if not form:
            check_line_ends(
                window, text.ends if text.place == found.header.text else b"", data, end - 1, findings
            )
        look_behind(found, window, segments, row_bytes)
    return _Events(parameters, layout, place, segments, permutation, records)


def _opened(found: DataSet, events: _Events, storage: Storage, dataset: int, n_datasets: int) -> FcsFile:
    panel = Panel(parameter.channel for parameter in events.parameters)
    spillover, problems = spillover_from_keywords(found.keywords, panel.names, location=storage.path)
    return FcsFile(
        path=storage.path,
        dataset=dataset,
        version=found.terms.rules.version,
        keywords=found.keywords,
        channels=panel,
        n_events=events.place.n_events,
        n_datasets=n_datasets,
        spillover=spillover,
        layout=events.layout,
        segments=events.segments,
        _storage=storage,
        _span=(found.start, found.available),
        _begin=found.start + events.place.begin,
        _permutation=events.permutation,
        _terms=found.terms,
        _opening=(*found.findings.problems, *problems),
        _records=events.records,
    )


def _segments(found: DataSet, data: Segment | None) -> Segments:
    text = found.text
    return Segments(text.place, text.supplemental, data, found.analysis, found.others, text.delimiter)


def _located(error: FcsError, found: DataSet, handle: Handle) -> FcsError:
    """Return an error about a keyword with the byte where it stands, or where TEXT that lacks it begins."""
    if error.offset is not None or not error.field.startswith(("$", "TEXT")):
        return error
    offset = found.offset_of(error.field, handle)
    return FcsError(error.code, error.path, error.field, offset, error.found, error.expected, fix=error.fix)


def _refuse(opened: FcsFile, codes: Collection[str], found: DataSet, storage: Storage) -> None:
    """Raise the first warning whose code is refused; events are looked through only where a code needs it."""
    needs_events = any(code in REPAIRS and REPAIRS[code].later for code in codes)
    for problem in opened.warnings if needs_events else opened.opening:
        if problem.code in codes:
            field = problem.location.removeprefix(f"{opened.path}: ")
            said, expected = problem.message.rstrip("."), "a file without this warning, as was asked for"
            data, fix = opened.segments.data, problem.fix or advice_on(problem.code)
            places = {"HEADER": found.start, "DATA": None if data is None else found.start + data.begin}
            error = FcsError(problem.code, opened.path, field, places.get(field), said, expected, fix=fix)
            with storage.open() as handle:
                raise _located(error, found, handle)


def _note_missing(keywords: Keywords, rules: VersionRules, findings: Findings) -> None:
    """Warn of keywords that lack; those of DATA and of parameters are noted where they matter."""
    noted = ("$BEGINDATA", "$ENDDATA", "$TOT")
    lacking = [key for key in rules.required if key not in keywords and key not in noted]
    if lacking:
        message = (
            f"FCS {rules.version} requires {', '.join(lacking)}; absent, and not needed to read the events."
        )
        findings.note("keywords-missing", "TEXT", message)
