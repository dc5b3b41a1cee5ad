"""Which reported subsets hang on a gate."""

from __future__ import annotations

from cytogate.report.remembered import remembered
from cytogate.report.ways import Ways, ways

B = "/Live/B"
WAYS = Ways(
    populations=(("DN", f"{B}/DN"), ("transitional", f"{B}/N+T/Transitional"), ("treg", "/Live/T/Treg")),
    traced={f"{B}/N+T/T3": frozenset({"transitional"})},
)


def test_a_gate_decides_on_what_lies_below_it_and_on_what_was_traced_there():
    assert WAYS.through([B]) == ("DN", "transitional")
    assert WAYS.through([f"{B}/DN"]) == ("DN",)
    assert WAYS.through([f"{B}/N+T/T3"]) == ("transitional",)  # an "or" whose path does not name it
    assert WAYS.through([f"{B}/D"]) == ()  # the beginning of a name is not above it


def test_a_subset_is_shown_best_by_its_own_gate_else_by_the_last_on_its_way():
    plots = [[B], [f"{B}/DN", f"{B}/N+T"], [f"{B}/N+T/T3"], ["/Live"]]

    assert WAYS.nearest(plots) == [[], ["DN"], ["transitional"], ["treg"]]
    assert WAYS.nearest([]) == []


def test_ways_of_a_run_are_those_of_its_paths_and_traces(made_run):
    found = ways(made_run)

    assert dict(found.populations)["DN"].endswith("B/DN")
    assert any("DN" in names for names in found.traced.values())


def test_what_is_remembered_is_worked_out_again_for_other_tables():
    calls = []

    class Run:
        def __init__(self, table: list[int]) -> None:
            self.table = table

    @remembered("table")
    def total(run: Run) -> int:
        calls.append(run)
        return sum(run.table)

    first, second = Run([1, 2]), Run([1, 2])
    assert [total(first), total(first), total(second)] == [3, 3, 3]
    assert calls == [first, second]  # equal tables are not the same table
