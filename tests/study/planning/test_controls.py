"""Control tubes: which FMO stands for which marker of which sample."""

from __future__ import annotations

from cytogate.gating.template.file import template_from_dict
from cytogate.study.planning.controls import groups_of, unknown_controls
from cytogate.study.sheets.sheet import SheetRow

TEMPLATE = template_from_dict(
    {
        "format": "cytogate.template",
        "version": 1,
        "name": "t",
        "panel": {"CD19": ["BUV395-A"], "HLA-DR": []},
        "gates": [{"name": "B", "threshold": {"x": "CD19", "above": 5.0}}],
    }
)


def row(name: str, subject: str = "", visit: str = "", batch: str = "", role="sample", control_for: str = ""):
    return SheetRow(
        2, f"{name}.fcs", f"/{name}.fcs", name, subject, visit, None, "b", batch, role, control_for
    )


def of_panel(rows: list[SheetRow], panel: str = "b"):
    gated = [entry for entry in rows if entry.role in ("sample", "bridge")]
    return groups_of(gated, rows, panel, TEMPLATE)


def controls(*rows: SheetRow) -> dict[str, dict[str, str]]:
    return {group.key: dict(group.controls) for group in of_panel(list(rows))}


def test_a_group_says_whom_a_tube_belongs_to():
    (group,) = of_panel([row("a", "P1", "W0", "X"), row("u", role="unstained")])
    assert (group.key, group.subject, group.visit, group.batch) == ("/a.fcs", "P1", "W0", "X")
    assert of_panel([row("a")], "other") == []


def test_an_fmo_stands_for_its_marker_by_name_or_synonym():
    found = controls(
        row("a"), row("f", role="fmo", control_for="hla dr"), row("g", role="fmo", control_for="BUV395-A")
    )
    assert found == {"/a.fcs": {"HLA-DR": "/f.fcs", "CD19": "/g.fcs"}}


def test_an_fmo_of_another_batch_is_none():
    tubes = [row("a", batch="X"), row("b", batch="Y"), row("f", batch="X", role="fmo", control_for="CD19")]
    assert controls(*tubes) == {"/a.fcs": {"CD19": "/f.fcs"}, "/b.fcs": {}}


def test_further_names_say_for_whom_an_fmo_is():
    tubes = [row("a", "P1"), row("b", "P2"), row("f", role="fmo", control_for="CD19|P2")]
    assert controls(*tubes) == {"/a.fcs": {}, "/b.fcs": {"CD19": "/f.fcs"}}


def test_the_nearest_of_several_is_taken_whatever_their_order():
    fmo = {"role": "fmo", "control_for": "CD19"}
    tubes = [
        row("a", "P1", "W4"),
        row("d", "P1", "W0", **fmo),
        row("c", "P1", "W4", **fmo),
        row("b", "P2", "W4", **fmo),
    ]
    assert controls(*tubes) == controls(*tubes[::-1]) == {"/a.fcs": {"CD19": "/c.fcs"}}


def test_what_an_fmo_is_for_must_be_known():
    tubes = [row("a", "P1"), row("f", role="fmo", control_for="CD91|P1")]
    (problem,) = unknown_controls(tubes, {"b": TEMPLATE}, "samples.csv")
    assert problem.location == "samples.csv row 2, column control_for"
    assert "'CD91' is no marker of panel b" in problem.message
    assert problem.fix == "Did you mean CD19?"
