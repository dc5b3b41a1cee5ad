"""What is kept of keywords: the instrument and the time, each set-up once, nothing that names a patient."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.read import read_fcs
from cytogate.fcs.writing.write import write_fcs
from cytogate.study.sample.instruments import MOST_LETTERS, instrument_facts, instruments

if TYPE_CHECKING:
    from pathlib import Path

SAID = {
    "$CYT": "LSR II",
    "$CYTSN": "H4710",
    "$INST": "MUSC",
    "$OP": "KT",
    "$DATE": "04-MAR-2024",
    "$BTIM": "10:15:00",
    "$ETIM": "10:16:30",
    "$VOL": "32400",  # nanolitres
    "$P1V": "310",
    "$P2V": "420",
    "$P2F": "450/50",
    "CREATOR": "FACSDiva  8.0",
    "LASER1NAME": "Blue",
    "LASER2NAME": "Violet",
}
PRIVATE = {
    "$SMNO": "Jane Roe",
    "$SRC": "Jane Roe",
    "$CELLS": "Roe PBMC",
    "$COM": "of Mrs Roe",
    "$EXP": "Roe",
    "TUBE NAME": "Roe W0",
    "PATIENT ID": "Roe",
}


def facts(folder: Path, **keywords: str) -> dict[str, Any]:
    channels = [Channel("FSC-A", None, 262144.0), Channel("V450-A", "IgD BV421", 262144.0)]
    path = write_fcs(folder / "tube.fcs", np.ones((4, 2)), channels, {**SAID, **PRIVATE, **keywords})
    return instrument_facts(read_fcs(path))


def test_set_up_and_time_are_kept(tmp_path: Path) -> None:
    found = facts(tmp_path)
    setup = found["setup"]

    assert (found["date"], found["operator"], found["volume_ul"]) == ("2024-03-04", "KT", 32.4)
    assert (found["begin"], found["end"]) == ("2024-03-04T10:15:00", "2024-03-04T10:16:30")
    assert (setup["cytometer"], setup["serial_number"], setup["institution"]) == ("LSR II", "H4710", "MUSC")
    assert setup["software"] == "FACSDiva 8.0"
    assert setup["lasers"] == ["Blue", "Violet"]
    assert setup["channels"][1] == {
        "name": "V450-A",
        "range": 262144.0,
        "label": "IgD BV421",
        "voltage": "420",
        "gain": "1",
        "filter": "450/50",
    }


def test_nothing_that_may_name_a_patient_is_kept(tmp_path: Path) -> None:
    assert "Roe" not in json.dumps(facts(tmp_path))


def test_what_no_keyword_says_is_left_out(tmp_path: Path) -> None:
    path = write_fcs(tmp_path / "bare.fcs", np.ones((4, 1)), ["FSC-A"])
    found = instrument_facts(read_fcs(path))

    assert set(found) == {"setup"}
    assert set(found["setup"]) <= {"fcs", "channels", "software"}


def test_text_without_end_is_cut_off(tmp_path: Path) -> None:
    found = facts(tmp_path, **{"$CYT": "x" * 5000})

    assert found["setup"]["cytometer"] == "x" * MOST_LETTERS


def test_set_ups_are_kept_once_in_the_order_of_the_sheet(tmp_path: Path) -> None:
    first, other = facts(tmp_path), facts(tmp_path, **{"$P2V": "430", "$OP": "LM"})
    found = instruments({"a": first, "b": None, "c": other, "d": first})

    assert [setup["channels"][1]["voltage"] for setup in found["setups"]] == ["420", "430"]
    assert {sample: entry["setup"] for sample, entry in found["samples"].items()} == {"a": 0, "c": 1, "d": 0}
    assert found["samples"]["c"]["operator"] == "LM"
