"""What the files say of the instrument: set-ups, each kept once, and when each tube was acquired on which.

Free text that may name a patient (``$SMNO``, ``$SRC``, ``$CELLS``, ``$COM``, ``$EXP``, names of tubes) is not
taken over.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytogate.fcs.file import FcsFile

MOST_LETTERS = 120  # of one keyword; the rest is cut off
# Suffix of $Pn, and what it says; FCS 3.2 has the last three.
_OF_CHANNEL = {
    "S": "label",
    "V": "voltage",
    "G": "gain",
    "F": "filter",
    "L": "excitation_nm",
    "O": "power_mw",
    "T": "detector_type",
    "DET": "detector",
    "TAG": "dye",
    "ANALYTE": "analyte",
}
_SOFTWARE = ("CREATOR", "SOFTWARE", "CYTOMETER SOFTWARE", "APPLICATION")  # none of them of the standard
_LASER = re.compile(r"LASER[0-9]{1,2}NAME")

Facts = dict[str, Any]


def instrument_facts(source: FcsFile) -> Facts:
    """Return set-up and time of one data set, as far as its keywords say them.

    Returns
    -------
    dict
        ``setup`` (what many tubes have alike), ``date``, ``begin``, ``end`` (ISO, in the instrument's clock),
        ``operator``, ``volume_ul``; what is not said is left out.
    """
    found = source.acquisition
    facts = {
        "setup": _setup(source),
        "date": None if found.date is None else found.date.isoformat(),
        "begin": None if found.begin is None else found.begin.isoformat(timespec="seconds"),
        "end": None if found.end is None else found.end.isoformat(timespec="seconds"),
        "operator": _short(found.operator),
        "volume_ul": found.volume,
    }
    return {key: value for key, value in facts.items() if value not in (None, "")}


def _setup(source: FcsFile) -> Facts:
    keywords = source.keywords
    found = source.acquisition
    software = next((keywords[name] for name in _SOFTWARE if keywords.get(name, "").strip()), None)
    lasers = sorted(name for name in keywords if _LASER.fullmatch(name))
    setup = {
        "cytometer": _short(found.cytometer),
        "serial_number": _short(found.serial_number),
        "institution": _short(keywords.get("$INST")),
        "system": _short(keywords.get("$SYS")),
        "software": _short(software),
        "fcs": source.version,
        "lasers": [_short(keywords[name]) for name in lasers if keywords[name].strip()],
        "channels": [_channel(source, number) for number in range(1, len(source.channels) + 1)],
    }
    return {key: value for key, value in setup.items() if value not in (None, "", [])}


def _channel(source: FcsFile, number: int) -> Facts:
    said = {key: _short(source.keywords.get(f"$P{number}{suffix}")) for suffix, key in _OF_CHANNEL.items()}
    channel = source.channels[number - 1]
    return {"name": channel.name, "range": channel.range} | {key: text for key, text in said.items() if text}


def _short(text: str | None) -> str:
    return " ".join((text or "").split())[:MOST_LETTERS]


def instruments(found: Mapping[str, Facts | None]) -> Facts:
    """Return the set-ups of all tubes, each once, and which tube was acquired when on which.

    Parameters
    ----------
    found : mapping of sample to what `instrument_facts` returned
        In the order of the sheet; None for tubes that could not be read.

    Examples
    --------
    >>> lsr = {"cytometer": "LSR II"}
    >>> found = instruments({"a": {"setup": lsr, "date": "2024-05-01"}, "b": {"setup": lsr}, "c": None})
    >>> found["setups"], found["samples"]
    ([{'cytometer': 'LSR II'}], {'a': {'setup': 0, 'date': '2024-05-01'}, 'b': {'setup': 0}})
    """
    setups: list[Facts] = []
    places: dict[str, int] = {}
    samples: dict[str, Facts] = {}
    for sample, facts in found.items():
        if facts is None:
            continue
        key = json.dumps(facts["setup"], sort_keys=True)
        if key not in places:
            places[key] = len(setups)
            setups.append(facts["setup"])
        samples[sample] = {**facts, "setup": places[key]}
    return {"setups": setups, "samples": samples}
