"""Read an FCS file: find its data sets, check what they say against each other, open one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytogate.compensation.keyword import spillover_from_keywords
from cytogate.errors import FcsError
from cytogate.fcs.byte_order import read_byte_order, record_permutation
from cytogate.fcs.file import FcsFile
from cytogate.fcs.header import HEADER_BYTES, Header, Segment, parse_header
from cytogate.fcs.keywords import Keywords
from cytogate.fcs.limits import LIMITS, Limits
from cytogate.fcs.numbers import integer
from cytogate.fcs.panel import Panel
from cytogate.fcs.parameters import Parameter, build_layout, read_parameters
from cytogate.fcs.repairs import Findings
from cytogate.fcs.segments import locate_data
from cytogate.fcs.storage import open_storage
from cytogate.fcs.text import parse_text
from cytogate.fcs.versions import VERSIONS, VersionRules

if TYPE_CHECKING:
    from collections.abc import Collection

    from cytogate.fcs.segments import DataPlace
    from cytogate.fcs.storage import Handle, Storage


@dataclass(frozen=True, slots=True)
class _DataSet:
    """HEADER and TEXT of one data set."""

    start: int
    header: Header
    rules: VersionRules
    keywords: Keywords
    findings: Findings


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
        Codes of warnings that shall be errors.
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
    name = os.fspath(path)
    storage = open_storage(path, limits)
    with storage.open() as handle:
        chosen, n_datasets = _find_data_set(storage, handle, name, dataset, limits)
        opened = _open(chosen, storage, name, dataset, n_datasets, limits, lenient=lenient)
    for problem in opened._opening if refuse else ():
        if problem.code in refuse:
            raise FcsError(
                problem.code, name, problem.location, None, problem.message, "none of the warnings refused"
            )
    return opened


def _find_data_set(
    storage: Storage, handle: Handle, name: str, dataset: int, limits: Limits
) -> tuple[_DataSet, int]:
    """Walk along ``$NEXTDATA``; return the data set asked for, and how many there are."""
    findings = Findings(name)
    if dataset < 0:
        raise findings.error("dataset-missing", "dataset", None, dataset, "a number from 0")
    current = _read_data_set(storage, handle, 0, findings, limits)
    chosen, count = (current if dataset == 0 else None), 1
    while True:
        text = current.keywords.get("$NEXTDATA")
        step = integer(text) if text else 0
        if step == 0:
            break
        following = None
        if step is not None and count < limits.max_data_sets:
            following = _next_data_set(storage, handle, current.start, step, Findings(name), limits)
        if following is None:
            message = f"{text!r} from byte {current.start} on: there is no data set; it is taken as the last."
            (chosen or current).findings.note("next-data-unreadable", "$NEXTDATA", message)
            break
        current = following
        if count == dataset:
            chosen = current
        count += 1
    if chosen is None:
        fix = "Data sets count from 0."
        raise findings.error(
            "dataset-missing", "$NEXTDATA", None, f"{count} data sets", f"number {dataset}", fix
        )
    if count > 1:
        message = f"the file holds {count} data sets; number {dataset} is read."
        chosen.findings.note("more-data-sets", "$NEXTDATA", message, "Choose one with dataset=.")
    return chosen, count


def _next_data_set(
    storage: Storage, handle: Handle, start: int, step: int, findings: Findings, limits: Limits
) -> _DataSet | None:
    if step < HEADER_BYTES or start + step + HEADER_BYTES > storage.size:
        return None
    try:
        return _read_data_set(storage, handle, start + step, findings, limits)
    except FcsError as error:
        if error.code == "changed-while-reading":
            raise
        return None


def _read_data_set(
    storage: Storage, handle: Handle, start: int, findings: Findings, limits: Limits
) -> _DataSet:
    header = parse_header(
        _bytes(handle, start, min(HEADER_BYTES, storage.size - start)), start, storage.size, findings
    )
    rules = VERSIONS[header.version]
    if header.text.length > limits.max_text_bytes:
        expected = f"at most {limits.max_text_bytes} bytes (limits.max_text_bytes)"
        raise findings.error(
            "text-too-large", "HEADER", start + 10, f"TEXT of {header.text.length} bytes", expected
        )
    raw = _bytes(handle, start + header.text.begin, header.text.length)
    if header.data is not None and header.data.begin == header.text.end and raw[-2:-1] == raw[:1]:
        findings.note("text-end-past", "HEADER", f"TEXT ends at {header.text.end}, where DATA begins.")
        header = Header(header.version, Segment(header.text.begin, header.text.end - 1), header.data)
        raw = raw[:-1]
    keywords = parse_text(raw, start + header.text.begin, rules, findings, limits)
    keywords = _with_supplement(storage, handle, start, header, rules, keywords, findings, limits)
    return _DataSet(start, header, rules, keywords, findings)


def _with_supplement(
    storage: Storage,
    handle: Handle,
    start: int,
    header: Header,
    rules: VersionRules,
    keywords: Keywords,
    findings: Findings,
    limits: Limits,
) -> Keywords:
    """Add the keywords of supplemental TEXT, where there is one; those of TEXT count first."""
    begin, end = integer(keywords.get("$BEGINSTEXT")), integer(keywords.get("$ENDSTEXT"))
    if not begin or not end or end <= begin:
        return keywords
    place = Segment(begin, end)
    if begin <= header.text.end and end >= header.text.begin:
        findings.note("supplemental-text-ignored", "$BEGINSTEXT", f"{place} is TEXT itself; ignored.")
        return keywords
    if begin < HEADER_BYTES or start + end >= storage.size or place.length > limits.max_text_bytes:
        findings.note("supplemental-text-ignored", "$BEGINSTEXT", f"{place} is not inside the file; ignored.")
        return keywords
    raw = _bytes(handle, start + begin, place.length)
    try:
        more = parse_text(raw, start + begin, rules, findings, limits, supplemental=True)
    except FcsError as error:
        message = f"{place} cannot be read ({error.code}: {error.found}); ignored."
        findings.note("supplemental-text-ignored", "$BEGINSTEXT", message)
        return keywords
    return Keywords({**more, **keywords})


def _open(
    found: _DataSet,
    storage: Storage,
    name: str,
    dataset: int,
    n_datasets: int,
    limits: Limits,
    *,
    lenient: bool,
) -> FcsFile:
    findings, keywords, rules = found.findings, found.keywords, found.rules
    mode = keywords.get("$MODE", "L").upper()
    if mode != "L":
        fix = "Histograms cannot be gated; export the list of events."
        raise findings.error("mode-not-list", "$MODE", None, repr(mode[:40]), "L, a list of events", fix)
    if "$DATATYPE" not in keywords:
        raise findings.error("keyword-missing", "$DATATYPE", None, "no keyword $DATATYPE", "I, F or D")
    order = read_byte_order(keywords, findings)
    parameters = read_parameters(keywords, rules, findings, limits, lenient=lenient)
    _note_missing(keywords, rules, findings)
    layout = build_layout(parameters, order)
    permutation = record_permutation(order, layout.widths.tolist(), findings)
    available = storage.size - found.start
    place = locate_data(found.header, keywords, rules, layout.row_bytes, available, findings, lenient=lenient)
    _check_whole_bytes(parameters, place, findings)
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
        _storage=storage,
        _begin=found.start + place.begin,
        _permutation=permutation,
        _opening=(*findings.problems, *problems),
    )


def _note_missing(keywords: Keywords, rules: VersionRules, findings: Findings) -> None:
    lacking = [key for key in rules.required if key not in keywords]
    lacking = [
        key for key in lacking if key not in ("$BEGINDATA", "$ENDDATA", "$TOT")
    ]  # noted where they matter
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


def _bytes(handle: Handle, offset: int, count: int) -> bytes:
    buffer = np.empty(max(count, 0), np.uint8)
    handle.read_into(offset, buffer)
    return buffer.tobytes()
