"""Read an FCS file: open one of its data sets, with all that it says checked against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.compensation.keyword import spillover_from_keywords
from cytogate.errors import FcsError
from cytogate.fcs.channels.panel import Panel
from cytogate.fcs.channels.parameters import Parameter, build_layout, count_parameters, read_parameters
from cytogate.fcs.data.ascii import NATIVE, ascii_form
from cytogate.fcs.data.ascii_place import read_ascii
from cytogate.fcs.data.byte_order import read_byte_order, record_permutation
from cytogate.fcs.file import FcsFile
from cytogate.fcs.limits import LIMITS, Limits
from cytogate.fcs.repairs.codes import REPAIRS
from cytogate.fcs.storage import open_storage
from cytogate.fcs.structure.analysis import locate_analysis
from cytogate.fcs.structure.datasets import find_data_set
from cytogate.fcs.structure.header import Segment
from cytogate.fcs.structure.line_ends import check_line_ends
from cytogate.fcs.structure.segments import Segments, locate_data
from cytogate.fcs.structure.window import Window

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    from cytogate.fcs.repairs.findings import Findings
    from cytogate.fcs.storage import Storage
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
    name = storage.path
    with storage.open() as handle:
        found, n_datasets = find_data_set(storage, handle, name, dataset, limits)
    try:
        opened = _open(found, storage, name, dataset, n_datasets, limits, lenient=lenient)
    except FcsError as error:
        raise _located(error, found) from error
    _refuse(opened, refuse)
    return opened


def _open(
    found: DataSet,
    storage: Storage,
    name: str,
    dataset: int,
    n_datasets: int,
    limits: Limits,
    *,
    lenient: bool,
) -> FcsFile:
    findings, keywords, rules, text = found.findings, found.keywords, found.rules, found.text
    mode = keywords.get("$MODE", "L").upper()
    if mode != "L":
        fix = "Histograms cannot be gated; export the list of events."
        raise findings.error("mode-not-list", "$MODE", None, repr(mode[:40]), "L, a list of events", fix)
    if "$DATATYPE" not in keywords:
        raise findings.error("keyword-missing", "$DATATYPE", None, "no keyword $DATATYPE", "I, F, D or A")
    form = ascii_form(keywords, count_parameters(keywords, findings, limits), findings)
    order = NATIVE if form else read_byte_order(keywords, findings)
    parameters = read_parameters(keywords, rules, findings, limits, lenient=lenient)
    _note_missing(keywords, rules, findings)
    layout = build_layout(parameters, order)
    permutation = record_permutation(order, layout.widths.tolist(), findings)
    taken = tuple(segment for segment in (text.place, text.supplemental) if segment is not None)
    records = None
    if form:
        with storage.open() as handle:
            window = Window(handle, found.start, found.available)
            place, data, layout, records = read_ascii(
                form, layout, window, found.header.data, taken, keywords, rules, findings, lenient=lenient
            )
    else:
        place = locate_data(
            found.header.data,
            taken,
            keywords,
            rules,
            layout.row_bytes,
            found.start,
            found.available,
            findings,
            lenient=lenient,
        )
        _check_whole_bytes(parameters, place, findings)
        data = Segment(place.begin, place.begin + place.n_events * layout.row_bytes - 1)
        segments = (text.place, text.supplemental, data, found.header.analysis, *found.others)
        last = max(segment.end for segment in segments if segment is not None)
        if last + 1 < found.available:
            with storage.open() as handle:
                check_line_ends(Window(handle, found.start, found.available), data, last, findings)
    panel = Panel(parameter.channel for parameter in parameters)
    spillover, problems = spillover_from_keywords(keywords, panel.names, location=name)
    return FcsFile(
        path=name,
        dataset=dataset,
        version=rules.version,
        keywords=keywords,
        channels=panel,
        n_events=place.n_events,
        n_datasets=n_datasets,
        spillover=spillover,
        layout=layout,
        segments=_segments(found, data if place.n_events else None),
        _storage=storage,
        _span=(found.start, found.available),
        _begin=found.start + place.begin,
        _permutation=permutation,
        _limits=limits,
        _opening=(*findings.problems, *problems),
        _records=records,
    )


def _segments(found: DataSet, data: Segment | None) -> Segments:
    text = found.text
    analysis = locate_analysis(found.header.analysis, found.keywords, text.place, found.available)
    return Segments(text.place, text.supplemental, data, analysis, found.others, text.delimiter)


def _located(error: FcsError, found: DataSet) -> FcsError:
    """Return an error about a keyword with the byte where it stands, or where TEXT that lacks it begins."""
    if error.offset is not None or not error.field.startswith(("$", "TEXT")):
        return error
    offset = found.start + found.text.offset_of(error.field)
    return FcsError(error.code, error.path, error.field, offset, error.found, error.expected, fix=error.fix)


def _refuse(opened: FcsFile, codes: Collection[str]) -> None:
    """Raise the first warning whose code is refused; events are looked through only where a code needs it."""
    needs_events = any(code in REPAIRS and REPAIRS[code].later for code in codes)
    for problem in opened.warnings if needs_events else opened.opening:
        if problem.code in codes:
            field = problem.location.removeprefix(f"{opened.path}: ")
            expected = "none of the warnings that are refused"
            raise FcsError(problem.code, opened.path, field, None, problem.message, expected, fix=problem.fix)


def _note_missing(keywords: Keywords, rules: VersionRules, findings: Findings) -> None:
    """Warn of keywords that lack; those of DATA and of parameters are noted where they matter."""
    noted = ("$BEGINDATA", "$ENDDATA", "$TOT")
    lacking = [key for key in rules.required if key not in keywords and key not in noted]
    if lacking:
        message = (
            f"FCS {rules.version} requires {', '.join(lacking)}; absent, and not needed to read the events."
        )
        findings.note("keywords-missing", "TEXT", message)


def _check_whole_bytes(parameters: tuple[Parameter, ...], place: DataPlace, findings: Findings) -> None:
    """Values of, say, 10 bits are read only where DATA proves that they are stored in whole bytes."""
    odd = [n for n, p in enumerate(parameters, start=1) if p.channel.bits != 8 * p.width]
    if not odd:
        return
    packed_bits = place.n_events * sum(p.channel.bits for p in parameters)
    stored_bytes = place.n_events * sum(p.width for p in parameters)
    if not place.is_proven or (-(-packed_bits // 8) == stored_bytes and place.n_events):
        field, bits = f"$P{odd[0]}B", parameters[odd[0] - 1].channel.bits
        raise findings.error("bits-packed", field, None, f"{bits} bits", "a multiple of 8 bits")
    for n in odd:
        p = parameters[n - 1]
        message = f"{p.channel.bits} bits, stored in {p.width} bytes as the length of DATA proves."
        findings.note("parameter-bits-stored-wider", f"$P{n}B", message)
