"""What other readers find in a file, in words: where they differ, and which rule decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.cli._output import shown, some, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Entry = dict[str, Any]


def witness_lines(entry: Entry, width: int) -> Iterator[str]:
    """Yield the lines about one witness of ``--cross-check``."""
    head = f"{entry['reader']} {entry['version']}"
    size = f"{entry['n_events']} events, {entry['n_channels']} channels"
    if entry["problem"]:
        yield from wrapped(shown(f"{head} cannot read the file: {entry['problem']}"), width)
    elif entry["agrees"]:
        yield from wrapped(f"{head} agrees: {size}, the same names, values and scales", width)
    else:
        yield from wrapped(f"{head} differs: {size}", width)
    if entry["refusal"]:
        said = f"  only with {entry['options']}; else it says: {entry['refusal']}"
        yield from wrapped(shown(said), width)
    yield from _differences(entry["differences"], width)
    for rule in entry["rules"]:
        section = f"{rule['section']}: " if rule["section"] else ""
        yield from wrapped(f"  rule [{rule['code']}] {section}{rule['says']}", width)


def _differences(entries: Sequence[Entry], width: int) -> Iterator[str]:
    """Yield one text for each subject and rule, with the channels it concerns."""
    kinds: dict[tuple[str, str, bool], list[Entry]] = {}
    for entry in entries:
        kinds.setdefault((entry["subject"], entry["rule"], entry["is_proven"]), []).append(entry)
    for (subject, rule, is_proven), same in kinds.items():
        first = same[0]
        where = f" of {some([entry['channel'] for entry in same])}" if first["channel"] else ""
        how_many = f", in {first['n_events']} events of the first" if first["n_events"] else ""
        why = (
            f" [{rule}{'' if is_proven or subject != 'values' else ', probably'}]"
            if rule
            else " [no rule known]"
        )
        said = f"  {subject}{where}: {first['ours']} here, {first['theirs']} there{how_many}{why}"
        yield from wrapped(shown(said), width)
