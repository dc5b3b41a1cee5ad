"""Writing the events of a file anew: some of them, compensated, and what of its keywords still holds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from fcs.build import build, floats, plain, unsigned
from fcs.build import keywords as build_words

import cytogate as cg
from cytogate.compensation.keyword import APPLIED_KEYWORD, SPILLOVER_KEYWORDS
from cytogate.errors import CompensationError
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.compensated import already_compensated
from cytogate.gates.dimension import FROM_FILE, UNCOMPENSATED, Dimension
from cytogate.gates.rectangle import RectangleGate
from cytogate.gating.node import GateNode
from cytogate.gating.strategy import GatingStrategy

MORE = {
    "$P3S": "CD19 FITC",
    "$P3V": "500",
    "$BTIM": "10:11:12.34",
    "$ETIM": "10:12:13.00",
    "$DATE": "01-JAN-2020",
    "$VOL": "1000",
    "$FIL": "tube.fcs",
    "$ORIGINALITY": "Original",
    "$LAST_MODIFIED": "01-JAN-2020 00:00:00",
    "$LAST_MODIFIER": "somebody",
    "SPILL": "2,SSC-A,FL1-A,1,0.5,0,1",
    "$UNICODE": "65001,FOO",
    "VENDOR KEY": "x/y|z",
}
ROWS = [[1.5, 200.0, 103.5], [100.0, 0.0, 70.0], [4.0, 50.0, 625.0], [1e5, -111.0, 0.125]]


@pytest.fixture
def tube(tmp_path):
    path = tmp_path / "tube.fcs"
    path.write_bytes(plain(ROWS, more=MORE))
    return cg.read_fcs(path)


def strategy(channel, compensation):
    gate = RectangleGate((Dimension(channel, compensation),), (3.5,), (100.0,))
    return GatingStrategy.build([GateNode("x", gate)])


def test_events_of_a_population_are_a_file_with_the_keywords_of_the_whole(tube, tmp_path):
    result = cg.gate(tube, strategy("SSC-A", UNCOMPENSATED))
    path = cg.write_fcs(tmp_path / "x.fcs", tube, keep=result.mask("x"))
    f = cg.read_fcs(path)
    assert f.warnings == ()
    assert (f.n_events, f.keywords["$TOT"]) == (result.count("x"), "1")
    assert f.events().tolist() == [ROWS[2]]
    assert f.channels == tube.channels
    assert f.spillover == tube.spillover
    kept = ("$P3V", "$BTIM", "$ETIM", "$DATE", "$VOL", "SPILL", "VENDOR KEY", "$P1R")
    assert {key: f.keywords[key] for key in kept} == {key: tube.keywords[key] for key in kept}
    assert f.keywords["$FIL"] == "x.fcs"
    assert "$UNICODE" not in f.keywords


@pytest.mark.parametrize("keep", [[True] * 3, [0, 1, 2, 3], [1, 0, 1, 0], [[True] * 4], np.ones(4)])
def test_keep_is_one_bool_an_event(tube, tmp_path, keep):
    with pytest.raises(cg.FcsError, match=r"keep: found .*; expected bool of shape \(4,\)"):
        cg.write_fcs(tmp_path / "x.fcs", tube, keep=keep)
    assert not (tmp_path / "x.fcs").exists()


def test_arrays_are_kept_alike_and_no_event_is_a_file_too(tmp_path):
    values = np.arange(8.0).reshape(4, 2)
    for mask in ([True, False, True, False], [False] * 4):
        f = cg.read_fcs(cg.write_fcs(tmp_path / "a.fcs", values, ["A", "B"], keep=mask))
        np.testing.assert_array_equal(f.events(), values[mask])
        assert f.warnings == ()


def test_originality_tells_what_was_done(tube, tmp_path):
    whole = cg.read_fcs(cg.write_fcs(tmp_path / "a.fcs", tube, keywords={"$OP": "me"})).keywords
    part = cg.read_fcs(cg.write_fcs(tmp_path / "b.fcs", tube, keep=[True, False, True, True])).keywords
    again = cg.read_fcs(cg.write_fcs(tmp_path / "c.fcs", cg.read_fcs(tmp_path / "b.fcs"))).keywords
    given = {"$ORIGINALITY": "Original", "$LAST_MODIFIED": "02-FEB-2022 00:00:00"}
    told = cg.read_fcs(cg.write_fcs(tmp_path / "d.fcs", tube, keywords=given)).keywords
    found = [words["$ORIGINALITY"] for words in (whole, part, again, told)]
    assert found == ["NonDataModified", "DataModified", "DataModified", "Original"]
    assert re.fullmatch(r"\d\d-[A-Z]{3}-\d{4} \d\d:\d\d:\d\d\.\d\d", whole["$LAST_MODIFIED"])
    assert told["$LAST_MODIFIED"] == given["$LAST_MODIFIED"]
    assert whole["$LAST_MODIFIER"].startswith("cytogate ")
    in_memory = cg.Events(tube.events(), tube.channels, keywords=tube.keywords)
    assert cg.read_fcs(cg.write_fcs(tmp_path / "e.fcs", in_memory)).keywords["$ORIGINALITY"] == "DataModified"
    array = cg.read_fcs(cg.write_fcs(tmp_path / "f.fcs", tube.events(), tube.channels))
    assert "$ORIGINALITY" not in array.keywords


@pytest.mark.parametrize(
    ("words", "data", "expected"),
    [
        (
            build_words(1, 2, datatype="I", bits=16, ranges=1024),
            unsigned([(1,), (5,)], [2]),
            "NonDataModified",
        ),
        (
            build_words(1, 1, datatype="I", bits=32, ranges=2**32),
            unsigned([(2**24 + 1,)], [4]),
            "DataModified",
        ),
        (build_words(1, 1, datatype="D", bits=64), floats([[0.1]], kind="d"), "DataModified"),
        (build_words(1, 1, datatype="D", bits=64), floats([[float("nan")]], kind="d"), "NonDataModified"),
        (
            build_words(1, 1, datatype="I", bits=16, ranges=1024, **{"$P1G": "2"}),
            unsigned([(4,)], [2]),
            "DataModified",
        ),
    ],
)
def test_values_that_float32_or_a_scale_changes_are_modified(tmp_path, words, data, expected):
    path = tmp_path / "a.fcs"
    path.write_bytes(build(words, data))
    f = cg.read_fcs(cg.write_fcs(tmp_path / "b.fcs", cg.read_fcs(path)))
    assert f.keywords["$ORIGINALITY"] == expected


def test_compensated_events_are_marked_and_have_no_spillover_left(tube, tmp_path):
    path = cg.write_fcs(tmp_path / "x.fcs", tube, keep=[True, True, True, False], compensation=tube.spillover)
    f = cg.read_fcs(path)
    assert f.warnings == ()
    assert f.channels.names == ("FSC-A", "Comp-SSC-A", "Comp-FL1-A")
    assert f.channels["CD19"].name == "Comp-FL1-A"
    assert f.events().tolist() == [[1.5, 200.0, 3.5], [100.0, 0.0, 70.0], [4.0, 50.0, 600.0]]
    assert f.spillover is None
    assert not any(key in f.keywords for key in SPILLOVER_KEYWORDS)
    assert f.keywords[APPLIED_KEYWORD] == "2,SSC-A,FL1-A,1.0,0.5,0.0,1.0"
    assert f.keywords["$ORIGINALITY"] == "DataModified"
    assert f.keywords["$P3V"] == "500"


def test_no_reader_of_ours_compensates_twice(tube, tmp_path):
    f = cg.read_fcs(cg.write_fcs(tmp_path / "x.fcs", tube, compensation=tube.spillover))
    result = cg.gate(f, strategy("CD19", FROM_FILE))
    assert result.values("/", ["CD19"])[0, :3].tolist() == [3.5, 70.0, 600.0]
    assert [problem.code for problem in result.warnings] == ["not-compensated"]
    named = GatingStrategy.build(
        [GateNode("x", RectangleGate((Dimension("CD19", "mine"),), (0.0,), (1.0,)))],
        compensations={"mine": tube.spillover.renamed({"FL1-A": "Comp-FL1-A", "SSC-A": "Comp-SSC-A"})},
    )
    with pytest.raises(CompensationError, match=r"Comp-SSC-A.*compensated already.*once more"):
        cg.gate(f, named)
    with pytest.raises(CompensationError, match=r"compensated already.*Writing them compensated"):
        cg.write_fcs(tmp_path / "y.fcs", f, compensation=tube.spillover)


def test_events_that_a_matrix_compensated_are_not_compensated_again(tube, tmp_path):
    raw = cg.Events(tube.events(), tube.channels, tube.spillover, tube.keywords)
    done = tube.spillover.apply(raw)
    assert (done.spillover, done.channels) == (None, tube.channels)
    problem = already_compensated(done)
    assert problem is not None
    assert APPLIED_KEYWORD in problem.message
    assert cg.gate(done, strategy("FL1-A", FROM_FILE)).values("/", ["FL1-A"])[0, 0] == 3.5
    f = cg.read_fcs(cg.write_fcs(tmp_path / "x.fcs", done))
    assert f.spillover is None
    assert f.keywords[APPLIED_KEYWORD] == "2,SSC-A,FL1-A,1.0,0.5,0.0,1.0"


def test_stale_spillover_of_a_flowjo_export_does_not_go_along(tmp_path):
    path = tmp_path / "export.fcs"
    more = {"$P3N": "Comp-FL1-A", "SPILL": "2,SSC-A,FL1-A,1,0.5,0,1", "$COMP": "3"}
    path.write_bytes(plain(ROWS, more=more))
    f = cg.read_fcs(cg.write_fcs(tmp_path / "x.fcs", cg.read_fcs(path)))
    assert (f.spillover, f.warnings) == (None, ())
    assert f.keywords[APPLIED_KEYWORD] == "before"
    assert "SPILL" not in f.keywords
    assert "$COMP" not in f.keywords


def test_dim_events_keep_the_spillover_of_their_file(tube, tmp_path):
    rows = [[1.0, 2.0, 3.0]] * 5
    dim = cg.Events(rows, tube.channels, tube.spillover)
    assert cg.read_fcs(cg.write_fcs(tmp_path / "x.fcs", dim)).spillover == tube.spillover


def test_compensation_finds_detectors_by_label_and_names_those_that_are_lacking(tube, tmp_path):
    by_label = cg.CompensationMatrix(["SSC-A", "CD19 FITC"], ["SSC-A", "CD19 FITC"], [[1, 0.5], [0, 1]])
    f = cg.read_fcs(cg.write_fcs(tmp_path / "x.fcs", tube, compensation=by_label))
    assert f.events()[0].tolist() == [1.5, 200.0, 3.5]
    other = cg.CompensationMatrix(["SSC-A", "FL9"], ["SSC-A", "FL9"], [[1, 0.5], [0, 1]])
    with pytest.raises(CompensationError, match="lack: FL9"):
        cg.write_fcs(tmp_path / "y.fcs", tube, compensation=other)
    wide = cg.CompensationMatrix(["SSC-A", "FL1-A"], ["dye"], [[1, 0.5]])
    with pytest.raises(cg.FcsError, match=r"as many fluorochromes.*matrix\.apply"):
        cg.write_fcs(tmp_path / "y.fcs", tube, compensation=wide)
    with pytest.raises(cg.FcsError, match="SPILL: found a spillover keyword; expected none"):
        cg.write_fcs(tmp_path / "y.fcs", tube, keywords={"spill": "1,A,1"}, compensation=tube.spillover)
    assert not (tmp_path / "y.fcs").exists()


def test_array_is_compensated_alike(tmp_path):
    matrix = cg.CompensationMatrix(["A", "B"], ["FITC", "PE"], [[1.0, 0.25], [0.0, 1.0]])
    path = cg.write_fcs(tmp_path / "a.fcs", [[100.0, 25.0, 7.0]], ["A", "B", "C"], compensation=matrix)
    f = cg.read_fcs(path)
    assert f.channels.names == ("Comp-A", "Comp-B", "C")
    assert f.events().tolist() == [[100.0, 0.0, 7.0]]


def test_gain_and_time_step_are_applied_once(tmp_path):
    names = ["FSC-A", "FL1-A", "Time"]
    words = build_words(
        3,
        1,
        datatype="I",
        bits=16,
        ranges=1024,
        names=names,
        **{"$P2G": "4", "$P3G": "9", "$TIMESTEP": "0.5"},
    )
    path = tmp_path / "a.fcs"
    path.write_bytes(build(words, unsigned([(8, 8, 8)], [2, 2, 2])))
    f = cg.read_fcs(path)
    once = cg.read_fcs(cg.write_fcs(tmp_path / "b.fcs", f))
    twice = cg.read_fcs(cg.write_fcs(tmp_path / "c.fcs", once))
    assert f.events().tolist() == once.events().tolist() == twice.events().tolist() == [[8.0, 2.0, 4.0]]
    assert {key: once.keywords[key] for key in ("$P2G", "$P3G", "$P2E", "$TIMESTEP")} == {
        "$P2G": "1",
        "$P3G": "1",
        "$P2E": "0,0",
        "$TIMESTEP": "1",
    }


def test_file_may_take_its_own_place(tube):
    values = tube.events()
    cg.write_fcs(tube.path, tube, [Channel("FSC-A"), "X", "Y"])
    f = cg.read_fcs(tube.path)
    assert f.channels.names == ("FSC-A", "X", "Y")
    np.testing.assert_array_equal(f.events(), values)


def test_odd_keywords_of_a_file_go_along(tmp_path):
    more = {"Größe": "5 µm", "two\nlines": "a\nb", "PADDED": "a\0b", "EMPTY": " "}
    path = tmp_path / "a.fcs"
    path.write_bytes(plain(ROWS, more=more))
    f = cg.read_fcs(cg.write_fcs(tmp_path / "b.fcs", cg.read_fcs(path)))
    assert f.warnings == ()
    assert (f.keywords["Größe"], f.keywords["TWO\nLINES"], f.keywords["PADDED"]) == ("5 µm", "a\nb", "a b")
    assert "EMPTY" not in f.keywords


def test_names_that_cannot_be_written_need_others(tmp_path):
    path = tmp_path / "a.fcs"
    path.write_bytes(plain(ROWS, more={"$P3N": "FL1,area"}))
    odd = cg.read_fcs(path)
    with pytest.raises(
        cg.FcsError, match=r"\$P3N: found 'FL1,area'; expected a name without commas.*channels="
    ):
        cg.write_fcs(tmp_path / "b.fcs", odd)
    f = cg.read_fcs(cg.write_fcs(tmp_path / "b.fcs", odd, ["FSC-A", "SSC-A", "FL1-A"]))
    assert f.channels.names == ("FSC-A", "SSC-A", "FL1-A")


@pytest.mark.reference
def test_some_events_of_every_real_file_are_written_and_read_back(reference_data, tmp_path):
    paths = [p for p in sorted(reference_data.rglob("*")) if p.suffix.lower() in (".fcs", ".lmd")]
    written = 0
    for path in paths:
        try:
            f = cg.read_fcs(path)
        except cg.FcsError:
            continue
        keep = np.random.default_rng(0).random(f.n_events) < 0.1
        again = cg.read_fcs(cg.write_fcs(tmp_path / "a.fcs", f, keep=keep))
        expected = f.events()[keep].astype(np.float32)
        np.testing.assert_array_equal(again.raw(), expected, err_msg=str(path))
        np.testing.assert_array_equal(again.events(), expected, err_msg=str(path))
        assert again.spillover == f.spillover
        assert {p.code for p in again.warnings} <= {p.code for p in f.warnings}
        assert again.channels.labels == f.channels.labels
        written += 1
    assert written > 20
