"""A document that grows tube by tube is the one that is written at once."""

from __future__ import annotations

import json
from math import inf, nan
from types import SimpleNamespace

import pytest

from cytogate.study.definition.cleaning import Cleaning
from cytogate.study.run_folder.store import json_text
from cytogate.study.sample.cleaning import cleaning_entry
from cytogate.study.writing.cleaning_document import growing_cleaning

TRACK = {"sample": "a\nb", "spans": [{"low": -inf, "high": nan}], "time": [0.5, 1.5], "rate": [], "none": {}}


@pytest.mark.parametrize("tracks", [[], [None], [TRACK], [None, TRACK, None, TRACK | {"sample": "\ud800"}]])
def test_it_is_the_document_of_all_at_once(tmp_path, tracks):
    (tmp_path / "aside").mkdir()
    writer = SimpleNamespace(folder=tmp_path, aside=tmp_path / "aside")
    cleaning = Cleaning(remove=("signal",))
    with growing_cleaning(writer, cleaning) as add:
        for track in tracks:
            add(track)
    text = (tmp_path / "aside" / "cleaning.json").read_text(encoding="utf-8")
    assert text == f"{json_text(cleaning_entry(cleaning, tracks), indent=1)}\n"
    assert len(json.loads(text)["tubes"]) == sum(track is not None for track in tracks)
