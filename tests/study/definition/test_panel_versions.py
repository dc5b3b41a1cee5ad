"""Panels that change: versions by batch, further names of markers, and trends across a change."""

from __future__ import annotations

import numpy as np
import pytest

from cytogate.errors import StudyError
from cytogate.fcs.channels.panel import Channel
from cytogate.report import facts
from cytogate.report.changes import changes
from cytogate.report.figure import report_figures
from cytogate.report.page import write_report
from cytogate.report.sections.overview import change_of as overview_change
from cytogate.study.conclude import conclude_again
from cytogate.study.planning.plan import plan_study
from cytogate.study.run_study import run_study

VERSIONS = """\
templates: {b_old: template.yaml, b_new: new.yaml}
panel_versions:
  b: {b_old: [batch1], b_new: [batch2]}
"""
STATISTICS = """\
statistics: [paired_change]
intensities:
  cd27: {population: B, marker: CD27}
"""
KEY = "b: {b_old: [batch1], b_new: [batch2]}"
SUBSET = "memory: {population: B/Memory, of: B}"
RELABELLED = (
    Channel("FSC-A", range=262144),
    Channel("B530-A", "CD19", range=262144),
    Channel("U450-A", "TNFRSF7", range=262144),
    Channel("Time", range=262144),
)


def bend(trial, old: str, new: str, name: str = "study.yaml") -> None:
    text = (trial.folder / name).read_text()
    assert old in text
    trial.write(name, text.replace(old, new))


@pytest.fixture
def drifting(trial):
    """A trial whose W4 tubes were stained with another fluorochrome of CD27, in another batch."""
    bend(trial, "templates: {b: template.yaml}\n", VERSIONS)
    bend(trial, "statistics: []", STATISTICS)
    template = (trial.folder / "template.yaml").read_text()
    trial.write("new.yaml", template.replace("name: tiny", "name: tiny2").replace("[BV605-A]", "[TNFRSF7]"))
    for number, subject in enumerate(["P1", "P2"]):
        trial.tube(f"{subject}_W4.fcs", 400, seed=number, channels=RELABELLED)
    trial.rows = [row.replace("batch1", "batch2") if "_W4" in row else row for row in trial.rows]
    trial.sheet()
    return trial


def bridged(trial) -> None:
    for name, channels in (("QC_old.fcs", None), ("QC_new.fcs", RELABELLED)):
        more = {} if channels is None else {"channels": channels}
        trial.tube(name, 2000, seed=7, **more)
    trial.sheet(
        *trial.rows,
        "fcs/QC_old.fcs,QC_old,QC,,,b,batch1,bridge,",
        "fcs/QC_new.fcs,QC_new,QC,,,b,batch2,bridge,",
    )


def gated(trial, **more):
    return run_study(trial.study, trial.out, **({"executor": "serial"} | more))


def trend(run):
    return next(figure for figure in report_figures(run) if figure.name == "trend-memory")


def rows_of(run, name: str):
    table = run.comparisons
    return table[(table["subset"] == name) & (table["measure"] != "response")]


# --- which version a tube is of


def test_the_batch_tells_the_version_and_each_tube_meets_its_own_template(drifting):
    plan = plan_study(drifting.study)
    assert [row.panel for row in plan.rows] == ["b_old", "b_new", "b_old", "b_new"]
    assert [(entry.name, entry.panel) for entry in plan.endpoints] == [
        ("memory", "b_old"),
        ("memory", "b_new"),
    ]
    run = gated(drifting)
    assert run.failures.empty
    assert list(run.subsets["panel"]) == ["b_old", "b_new", "b_old", "b_new"]
    assert (run.subsets["count"] > 0).all()


def test_the_sheet_may_name_the_version_itself(drifting):
    drifting.sheet(
        *[row.replace(",b,batch1", ",b_old,").replace(",b,batch2", ",b_new,") for row in drifting.rows]
    )
    assert [row.panel for row in plan_study(drifting.study).rows] == ["b_old", "b_new"] * 2


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (
            ",b,batch2",
            ",b,batch9",
            "row 3, column batch: batch 'batch9' does not tell which version of panel b",
        ),
        (",b,batch2", ",b_old,batch2", "row 3, column panel: batch 'batch2' is of b_new by panel_versions"),
        (",b,batch2", ",c,batch2", "row 3, column panel: unknown panel 'c'"),
        ("P1,W4,4,b,batch2", "P1,W0,0,b,batch2", "was stained with b_old already"),
    ],
)
def test_a_tube_whose_version_is_not_plain_is_a_problem_of_its_row(drifting, old, new, what):
    drifting.sheet(drifting.rows[0], drifting.rows[1].replace(old, new), *drifting.rows[2:])
    with pytest.raises(StudyError) as caught:
        plan_study(drifting.study)
    assert what in str(caught.value)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (
            KEY,
            "b: {b_old: [batch1], b_nwe: [batch2]}",
            "no template is for",
        ),
        (KEY, "b: {b_old: [batch1]}", "has 1 version"),
        (
            KEY,
            "b: {b_old: [x], b_new: [x]}",
            "batch 'x' is of version 'b_old'",
        ),
        ("  b: {b_old", "  b_old: {b_old", "'b_old' is a key of templates itself"),
    ],
)
def test_versions_that_do_not_fit_are_problems_with_their_line(drifting, old, new, what):
    bend(drifting, old, new)
    with pytest.raises(StudyError) as caught:
        plan_study(drifting.study)
    assert what in str(caught.value)
    assert any(
        "panel_versions" in problem.location and "line" in problem.location
        for problem in caught.value.problems
    )


def test_a_subset_that_one_version_lacks_names_the_version_that_has_it(drifting):
    bend(drifting, "Memory", "Remembering", "new.yaml")
    with pytest.raises(StudyError, match=r"b_old of panel b has B/Memory, b_new has not. Name the version"):
        plan_study(drifting.study)
    bend(drifting, SUBSET, SUBSET.replace("}", ", panel: b_old}"))
    assert [entry.panel for entry in plan_study(drifting.study).endpoints] == ["b_old"]


# --- further names of markers


def test_an_alias_finds_a_marker_that_batches_name_otherwise(trial):
    trial.tube("P1_W4.fcs", channels=RELABELLED)
    plain = gated(trial)
    assert list(plain.failures["sample"]) == ["P1_W4"]
    bend(trial, "templates:", "aliases: {CD27: [TNFRSF7]}\ntemplates:")
    run = gated(trial, force=True)
    assert run.failures.empty
    assert set(run.intensities["marker"]) == {"CD19", "CD27"}


def test_aliases_of_one_panel_are_of_this_one_only(drifting):
    bend(drifting, "[TNFRSF7]", "[]", "new.yaml")
    bend(drifting, "panel_versions:", "aliases:\n  b_new: {CD27: [TNFRSF7]}\npanel_versions:")
    plan = plan_study(drifting.study)
    assert plan.templates["b_new"].panel["CD27"] == ("TNFRSF7",)
    assert plan.templates["b_old"].panel["CD27"] == ("BV605-A",)
    assert gated(drifting).failures.empty


def test_an_alias_is_part_of_what_a_run_rests_on(trial):
    before = plan_study(trial.study).templates["b"].sha256
    bend(trial, "templates:", "aliases: {CD27: [TNFRSF7]}\ntemplates:")
    assert plan_study(trial.study).templates["b"].sha256 != before


@pytest.mark.parametrize(
    ("aliases", "what"),
    [
        ("{CD72: [x]}", "no template of the study has a marker 'CD72'. Did you mean CD27"),
        ("{b: {CD72: [x]}}", "the template of panel b has no marker 'CD72'"),
        ("{c: {CD27: [x]}}", "unknown panel 'c'"),
        ("{b: [x]}", "'b' is a panel: its markers are missing"),
        ("{CD27: [cd19]}", "'cd19' means CD19 in the template of panel b"),
        ("{CD19: [bv605-a]}", "'bv605-a' means CD27 in the template of panel b"),
        ("{CD27: x}", "aliases"),
    ],
)
def test_an_alias_that_means_nothing_or_two_things_is_a_problem(trial, aliases, what):
    bend(trial, "templates:", f"aliases: {aliases}\ntemplates:")
    with pytest.raises(StudyError) as caught:
        plan_study(trial.study)
    assert what in str(caught.value)


# --- trends across a change


def test_a_trend_across_a_change_without_a_bridge_is_refused_and_the_report_says_so(drifting):
    (warning,) = [entry for entry in plan_study(drifting.study).warnings if entry.code == "panel-unbridged"]
    assert "P1, P2: tubes of several versions of panel b" in warning.message
    run = gated(drifting)
    rows = rows_of(run, "memory")
    assert len(rows) > 0
    assert rows["p"].isna().all()
    assert rows["estimate"].isna().all()
    assert rows["note"].str.contains("the panel changes from b_old to b_new and no bridging sample").all()
    page = write_report(run, drifting.folder / "report.html").read_text()
    assert "the panel changes from b_old to b_new and no bridging sample" in page
    assert "Trends across them will be refused" in page
    (change,) = changes(run)
    assert (change.pairs, change.missing) == ((), ("P1", "P2"))
    assert overview_change(run, change.subset, "all", *facts.visits(run)).n == 0
    figure = trend(run)
    assert "from b_old to b_new between W0 and W4: thin grey line. No bridging sample" in figure.caption
    assert [list(line.y).count(None) for line in figure.build().data] == [1, 1]  # lines stop at the change


def test_a_bridging_sample_allows_it_and_the_note_says_how(drifting):
    bridged(drifting)
    assert not [entry for entry in plan_study(drifting.study).warnings if entry.code == "panel-unbridged"]
    run = gated(drifting)
    rows = rows_of(run, "memory")
    primary = rows[rows["group"] == "all treated"]
    assert primary["estimate"].notna().any()
    assert primary["p"].notna().any()
    counts = run.populations.set_index(["sample", "population"])["count"]
    tubes = ("QC_old", "QC_new")
    old, new = (100 * counts[name, "/Cells/B/Memory"] / counts[name, "/Cells/B"] for name in tubes)
    how = f"bridged by QC (QC: {old:.2f} % with b_old, {new:.2f} % with b_new, shift +0.00 points"
    assert primary["note"].str.contains(how, regex=False).all()
    assert not primary["note"].str.contains("more than chance").any()
    assert [pair.subject for pair in changes(run)[0].pairs] == ["P1", "P2"]
    figure, drawn = trend(run), trend(run).build()
    assert "from b_old to b_new between W0 and W4: thin grey line. A bridging sample was" in figure.caption
    assert (2.0, "b_new") in [(note.x, note.text) for note in drawn.layout.annotations]
    assert 2.0 in [shape.x0 for shape in drawn.layout.shapes]
    assert [list(line.y).count(None) for line in drawn.data] == [0, 0]
    page = write_report(run, drifting.folder / "report.html").read_text()
    assert '<text class="note"' in page
    assert ">b_new</text>" in page  # on paper, too


def test_statistics_written_again_say_the_same(drifting):
    bridged(drifting)
    first = gated(drifting).comparisons
    assert conclude_again(drifting.out, drifting.study).comparisons.equals(first)


def test_a_bridge_that_was_not_gated_or_has_no_subject_bridges_nothing(drifting):
    bridged(drifting)
    (drifting.folder / "fcs" / "QC_new.fcs").write_bytes(b"<html>")
    rows = rows_of(gated(drifting), "memory")
    assert rows["p"].isna().all()
    text = (drifting.folder / "samples.csv").read_text()
    drifting.write("samples.csv", text.replace(",QC,,", ",,,"))
    assert [entry for entry in plan_study(drifting.study).warnings if entry.code == "panel-unbridged"]


def test_a_shift_of_the_bridge_beyond_chance_is_said(drifting):
    bridged(drifting)
    events = np.column_stack([np.full(3000, 9e4), np.full(3000, 2e3), np.full(3000, 9.0), np.arange(3000)])
    from cytogate.fcs.writing.write import write_fcs

    write_fcs(drifting.folder / "fcs" / "QC_new.fcs", events.astype(np.float32), RELABELLED)
    assert rows_of(gated(drifting), "memory")["note"].str.contains("more than chance").any()


def test_intensities_of_two_stains_are_refused_bridge_or_not(drifting):
    bridged(drifting)
    rows = rows_of(gated(drifting), "cd27")
    assert len(rows) > 0
    assert rows["p"].isna().all()
    assert rows["note"].str.contains("intensities of two stains are on two scales").all()


def test_subjects_of_one_version_each_are_compared_and_the_note_says_so(drifting):
    swapped = [row.replace("batch1", "batch2") for row in drifting.rows if row.startswith("fcs/P2")]
    kept = [row.replace("batch2", "batch1") for row in drifting.rows if row.startswith("fcs/P1")]
    drifting.sheet(*kept, *swapped)
    drifting.tube("P1_W4.fcs", 400, seed=1)
    drifting.tube("P2_W0.fcs", 400, seed=2, channels=RELABELLED)
    rows = rows_of(gated(drifting), "memory")
    primary = rows[rows["group"] == "all treated"]
    assert primary["estimate"].notna().any()
    assert primary["note"].str.contains("each subject has one of them").all()
    assert not [entry for entry in plan_study(drifting.study).warnings if entry.code == "panel-unbridged"]


def test_one_version_alone_is_compared_where_a_subset_names_it(drifting):
    drifting.tube("P1_W8.fcs", 400, seed=5)
    drifting.rows[1:1] = ["fcs/P1_W8.fcs,P1_W8,P1,W8,8,b,batch1,sample,"]
    drifting.sheet()
    bend(drifting, SUBSET, SUBSET.replace("}", ", panel: b_old}"))
    rows = rows_of(gated(drifting), "memory")
    assert not rows["note"].str.contains("panel changes").any()
