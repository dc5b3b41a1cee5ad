"""Workspaces that are broken, hostile, or something else: refused at once, with file and line."""

from __future__ import annotations

import time

import pytest

import cytogate as cg
from cytogate.errors import InteropError

TRIANGLE = [(0, 0), (1e5, 0), (0, 1e5)]


def refused(path):
    start = time.perf_counter()
    with pytest.raises(InteropError) as caught:
        cg.read_flowjo(path)
    assert time.perf_counter() - start < 1.0
    assert caught.value.problems
    assert all(problem.location.startswith(str(path)) for problem in caught.value.problems)
    return caught.value


BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<Workspace flowJoVersion="10.8.1"><SampleList>&c;</SampleList></Workspace>"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE w [<!ENTITY x SYSTEM "file://{canary}">]>
<Workspace flowJoVersion="10.8.1" version="20.0"><SampleList>&x;</SampleList></Workspace>"""


def test_an_xml_bomb_is_refused(saved):
    error = refused(saved(BOMB))
    assert [one.code for one in error.problems] == ["xml-doctype"]
    assert ":2:" in str(error)


def test_nothing_is_read_from_outside(saved, tmp_path):
    canary = tmp_path / "secret.txt"
    canary.write_text("TWEET")
    error = refused(saved(OUTSIDE.format(canary=canary)))
    assert [one.code for one in error.problems] == ["xml-doctype"]
    assert "TWEET" not in str(error)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "xml-empty"),
        ("<html><body>Sign in</body></html>", "xml-is-html"),
        ("FCS3.0 no XML at all", "xml-not-well-formed"),
        ('<?xml version="1.0"?><Workspace flowJoVersion="10.1"><SampleList>', "xml-not-well-formed"),
        ("<a>" * 100_000, "xml-not-well-formed"),
        ("<Workspace flowJoVersion='10.8.1'><SampleList/></Workspace>", "no-samples"),
        ("<Workspace flowJoVersion='9.9.6'><SampleList/></Workspace>", "workspace-version"),
        ("<Workspace version='2.0'><Groups/></Workspace>", "workspace-version"),
        ("<Template/>", "not-a-workspace"),
    ],
)
def test_what_is_no_workspace_is_refused(saved, text, code):
    assert [one.code for one in refused(saved(text)).problems] == [code]


def test_a_gating_ml_file_is_sent_to_its_own_reader(saved):
    text = (
        '<gating:Gating-ML xmlns:gating="http://www.isac-net.org/std/Gating-ML/v2.0/gating">'
        "</gating:Gating-ML>"
    )
    error = refused(saved(text))
    assert "the root is <Gating-ML>; expected <Workspace>" in str(error)
    assert "read_gatingml" in str(error)


def test_a_workspace_is_no_gating_ml_file(wsp, saved):
    with pytest.raises(InteropError):
        cg.read_gatingml(saved(wsp.workspace(wsp.sample(""))))


def test_a_truncated_workspace_is_refused_with_its_line(wsp, saved):
    text = wsp.workspace(wsp.sample(wsp.population("P", wsp.polygon("FSC-A", "SSC-A", TRIANGLE))))
    for share in (0.2, 0.5, 0.9, 0.99):
        error = refused(saved(text[: int(len(text) * share)]))
        assert [one.code for one in error.problems] == ["xml-not-well-formed"]
        line = int(str(error.problems[0].location).rpartition(":")[2])
        assert 1 <= line <= text.count("\n") + 1


def test_deep_nesting_is_refused(wsp, saved):
    tree = ""
    for depth in range(400):
        tree = wsp.population(f"P{depth}", wsp.box(FSC__A=(0, 1)), tree)
    refused(saved(wsp.workspace(wsp.sample(tree))))


def test_sample_ids_used_twice_are_refused_with_both_lines(wsp, saved):
    samples = [
        wsp.sample("", name=name, identity=identity) for name, identity in zip("abc", "112", strict=True)
    ]
    text = wsp.workspace(*samples)
    error = refused(saved(text))
    assert [one.code for one in error.problems] == ["sample-id-twice"]
    lines = [at for at, line in enumerate(text.split("\n"), 1) if line.startswith("<Sample>")]
    assert error.problems[0].location.endswith(f"study.wsp:{lines[1]}, sample")
    assert f"the sample id '1' is used twice; it stands on line {lines[0]} too" in str(error)


def test_a_sample_without_an_id_is_refused(wsp, saved):
    text = wsp.workspace(wsp.sample("")).replace('sampleID="1"', "")
    assert [one.code for one in refused(saved(text)).problems] == ["attribute-missing"]


def test_too_many_vertices_are_refused(wsp, saved):
    points = [(at, at % 7) for at in range(10_001)]
    error = refused(
        saved(wsp.workspace(wsp.sample(wsp.population("P", wsp.polygon("FSC-A", "SSC-A", points)))))
    )
    assert "population '/P': 10,001 vertices; at most 10,000 are read" in str(error)


@pytest.mark.parametrize(
    ("gate", "code", "message"),
    [
        (lambda w: w.box(FSC__A=("NaN", 1)), "number", "found 'NaN'"),
        (lambda w: w.box(FSC__A=("1,5", 2)), "number", "found '1,5'"),
        (lambda w: w.box(FSC__A=("1e999", 2)), "number", "beyond the range"),
        (lambda w: w.polygon("FSC-A", "SSC-A", [(0, 0), (1, "NaN"), (2, 0)]), "number", "found 'NaN'"),
        (lambda w: w.polygon("FSC-A", "SSC-A", [(0, 0), (1, "inf"), (2, 0)]), "number", "found 'inf'"),
        (lambda w: w.polygon("FSC-A", "SSC-A", TRIANGLE[:2]), "vertex-count", "2 vertices"),
        (lambda w: w.polygon("FSC-A", "SSC-A", [(0,), (1, 1), (2, 0)]), "value-count", "1 coordinates"),
        (lambda w: w.box("maybe", FSC__A=(0, 1)), "truth-value", "found 'maybe'"),
        (lambda w: w.box(), "dimension-count", "0 dimensions"),
        (lambda w: "", "gate-count", "holds 0 gates"),
        (lambda w: w.ellipse("FSC-A", "SSC-A", [(1, 1)], [(0, 0)] * 4), "vertex-count", "1 foci"),
    ],
)
def test_a_broken_gate_is_refused_with_population_file_and_line(wsp, saved, gate, code, message):
    path = saved(wsp.workspace(wsp.sample(wsp.population("P", gate(wsp)))))
    (problem,) = refused(path).problems
    assert problem.code == code
    assert problem.location.endswith(", population '/P'")
    assert message in problem.message


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (lambda w: w.box(FSC__A=(5, 5)), "expected minimum < maximum"),
        (
            lambda w: w.ellipse("FSC-A", "SSC-A", [(1, 1), (9, 1)], [(3, 1), (7, 1), (5, 0), (5, 2)]),
            "no area",
        ),
    ],
)
def test_a_gate_without_room_is_refused_when_its_strategy_is_asked_for(wsp, saved, gate, message):
    workspace = cg.read_flowjo(saved(wsp.workspace(wsp.sample(wsp.population("P", gate(wsp))))))
    with pytest.raises(InteropError, match=rf"population '/P': .*{message}"):
        workspace.strategy("a.fcs")


def test_all_problems_of_all_samples_are_listed_where_none_can_be_gated(wsp, saved):
    broken = wsp.population("A", wsp.box(FSC__A=("x", 1))) + wsp.population("B", wsp.box(FSC__A=("y", 1)))
    path = saved(wsp.workspace(wsp.sample(broken), wsp.sample(broken, identity="2", name="b.fcs")))
    assert len(refused(path).problems) == 4


def test_broken_numbers_of_scales_and_counts_are_listed(wsp, saved):
    sample = wsp.sample(
        wsp.population("A", wsp.box(FSC__A=(0, 1)), count="many"), scales=wsp.linear("FSC-A", high="?")
    )
    assert {one.code for one in refused(saved(wsp.workspace(sample))).problems} == {"number", "count"}


def test_on_unsupported_takes_two_words(saved):
    with pytest.raises(ValueError, match="expected 'error' or 'skip'"):
        cg.read_flowjo(saved(""), on_unsupported="ignore")


def test_a_workspace_of_tens_of_megabytes_is_read_in_seconds(wsp, saved):
    graph = '<Graph smoothing="0" backColor="#ffffff">' + "<Axis/>" * 60 + "</Graph>"
    tree = "".join(
        wsp.population(f"P{at}", wsp.polygon("FSC-A", "Comp-PE-A", TRIANGLE * 4)).replace(
            "<Gate ", graph + "<Gate "
        )
        for at in range(60)
    )
    text = wsp.workspace(*(wsp.sample(tree, identity=str(at), name=f"{at}.fcs") for at in range(150)))
    path = saved(text)
    assert path.stat().st_size > 20e6
    start = time.perf_counter()
    workspace = cg.read_flowjo(path)
    assert time.perf_counter() - start < 20
    assert len(workspace.sample_names) == 150
    assert len(workspace.strategy("149.fcs").paths) == 60
