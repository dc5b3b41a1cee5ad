from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from cytogate.errors import StoreError
from cytogate.fcs.read import read_fcs
from cytogate.simulate import TrialSpec, read_spec, simulate_trial
from cytogate.simulate.clinical import clinical_rows
from cytogate.simulate.panels import panels
from cytogate.simulate.sections import Biology
from cytogate.simulate.study_files import study_text
from cytogate.simulate.tube import TubeName, simulate_tube

SMALL = TrialSpec(subjects=("P1", "P4"), bcell_events=1_500, treg_events=1_500)


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trial")
    assert simulate_trial(folder, seed=9, spec=SMALL, visits=(0, 24)) == folder / "study.yaml"
    return folder


def hashes(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def rows(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_same_seed_writes_same_bytes(trial, tmp_path):
    simulate_trial(tmp_path, seed=9, spec=SMALL, visits=(24, 0))
    assert hashes(tmp_path) == hashes(trial)


def test_a_tube_has_the_same_bytes_in_a_smaller_trial(trial, tmp_path):
    fewer = TrialSpec(subjects=("P4",), bcell_events=1_500, treg_events=1_500)
    simulate_trial(tmp_path, seed=9, spec=fewer, visits=(24,))
    for name in ("fcs/P4_W24_B.fcs", "fcs/P4_W24_T.fcs", "truth/P4_W24_B.parquet"):
        assert (tmp_path / name).read_bytes() == (trial / name).read_bytes()


def test_folder_holds_a_whole_study(trial):
    names = {name.split("/")[0] for name in hashes(trial)}
    assert names == {
        "study.yaml", "samples.csv", "clinical.csv", "analytes.csv", "README.md", "fcs", "truth",
    }  # fmt: skip


def test_sheet_lists_every_file_once(trial):
    sheet = rows(trial / "samples.csv")
    assert list(sheet[0]) == [
        "file", "sample", "subject", "visit", "week", "panel", "batch", "role", "control_for",
    ]  # fmt: skip
    assert sorted(row["file"] for row in sheet) == sorted(f"fcs/{p.name}" for p in (trial / "fcs").iterdir())
    assert {row["role"] for row in sheet} == {"sample"}
    assert {(row["subject"], row["batch"]) for row in sheet} == {("P1", "batch1"), ("P4", "batch2")}


def test_study_file_names_endpoints_and_files(trial):
    study = YAML(typ="safe").load((trial / "study.yaml").read_text())
    assert study["format"] == "cytogate.study"
    assert study["version"] == 1
    assert study["templates"] == {"bcell": "sle_bcell_fitted", "treg": "treg_helios_fitted"}
    assert study["families"]["primary"] == list(study["subsets"])
    assert study["subsets"]["helios_treg"] == {
        "population": "CD4/Treg/FoxP3+/Helios+",
        "of": "CD4/Treg/FoxP3+",
    }
    assert study["exclude_asc_first"] is False
    assert study["baseline"] == "W0"
    for key in ("samples", "clinical", "analytes"):
        assert (trial / study[key]).is_file()


@pytest.mark.parametrize(
    ("visits", "at"), [((0, 4, 24, 52), "W24"), ((0, 4, 12), "W12"), ((4, 0), "W4"), ((0,), "W24")]
)
def test_the_response_is_asked_at_a_visit_that_there_is(visits, at):
    study = YAML(typ="safe").load(study_text("A trial", visits=visits, seed=1))
    assert study["response"]["at"] == at
    assert at in {row["visit"] for row in clinical_rows(1, ["P1"], visits)}
    assert study["baseline"] == "W0"


def test_a_trial_without_change_has_clinical_data_without_a_drug(tmp_path):
    spec = replace(SMALL, subjects=("P1",), biology=Biology(change=False), bcell_events=100, treg_events=100)
    simulate_trial(tmp_path, seed=1, spec=spec, visits=(0, 24))
    assert len({row["sledai_total"] for row in rows(tmp_path / "clinical.csv")}) == 1
    garp = [float(row["value"]) for row in rows(tmp_path / "analytes.csv")]
    assert max(garp) < 1
    assert "No drug does anything here" in (tmp_path / "README.md").read_text()


def test_name_that_yaml_would_misread_is_quoted(tmp_path):
    name = "Trial: 'cells' # 1"
    spec = TrialSpec(name=name, subjects=("P1",), bcell_events=100, treg_events=100)
    simulate_trial(tmp_path, seed=1, spec=spec, visits=(0,))
    assert YAML(typ="safe").load((tmp_path / "study.yaml").read_text())["name"] == name


def test_files_read_back_as_simulated(trial):
    tube = simulate_tube(TubeName("P1", 24, "treg"), SMALL, seed=9)
    found = read_fcs(trial / "fcs" / "P1_W24_T.fcs")
    assert found.version == "3.1"
    assert found.n_events == len(tube.values)
    assert tuple(channel.name for channel in found.channels) == tube.panel.channels
    assert np.array_equal(found.raw(), tube.values)
    assert found.warnings == ()


def test_time_comes_out_in_seconds(trial):
    found = read_fcs(trial / "fcs" / "P1_W0_B.fcs")
    seconds = found.events()[:, -1]
    assert seconds[-1] == pytest.approx(found.n_events / SMALL.rate, rel=0.02)


def test_markers_find_their_channels(trial):
    found = read_fcs(trial / "fcs" / "P1_W0_B.fcs")
    assert found.channels["V610-A"].label == "CD27 BV605"
    assert found.channels["CD27 BV605"].name == "V610-A"


def test_spillover_is_the_applied_matrix(trial):
    tube = simulate_tube(TubeName("P4", 0, "bcell"), SMALL, seed=9)
    spillover = read_fcs(trial / "fcs" / "P4_W0_B.fcs").spillover
    assert spillover is not None
    assert spillover.detectors == tuple(dye.channel for dye in panels()["bcell"].dyes)
    assert np.array_equal(spillover.values, tube.matrix)


def test_keywords_are_complete(trial):
    for path in (trial / "fcs").iterdir():
        keywords = read_fcs(path).keywords
        required = (
            "$CYT", "$CYTSN", "$DATE", "$BTIM", "$ETIM", "$TIMESTEP", "$SPILLOVER", "$SRC", "$FIL", "$EXP",
            "$OP", "$INST", "$SMNO", "TUBE NAME", "EXPERIMENT NAME", "CREATOR", "THRESHOLD",
            "WINDOW EXTENSION", "LASER5NAME", "APPLY COMPENSATION",
        )  # fmt: skip
        assert [name for name in required if not keywords.get(name, "").strip()] == []
        n_channels = int(keywords["$PAR"])
        assert all(f"$P{i}V" in keywords for i in range(1, n_channels))
        assert all(f"$P{i}S" in keywords for i in range(5, n_channels))
        assert keywords["$FIL"] == path.name
        assert keywords["SYNTHETIC"] == "TRUE"


def test_clock_agrees_with_the_events(trial):
    found = read_fcs(trial / "fcs" / "P1_W0_T.fcs")
    begin, end = (datetime.strptime(found.keywords[key], "%H:%M:%S") for key in ("$BTIM", "$ETIM"))
    assert (end - begin).total_seconds() == pytest.approx(found.events()[-1, -1] + 1, abs=1.01)


def test_truth_of_events_is_in_file_order(trial):
    tube = simulate_tube(TubeName("P1", 0, "bcell"), SMALL, seed=9)
    table = pq.read_table(trial / "truth" / "P1_W0_B.parquet")
    assert table.column_names == ["population", "partner", "dead", "doublet", "debris", "margin", "clog"]
    names = np.array(table["population"].to_pylist())
    assert np.array_equal(names, np.array(tube.populations)[tube.labels])
    for flag in ("dead", "doublet", "debris", "margin", "clog"):
        assert np.array_equal(table[flag].to_numpy(), getattr(tube, flag))
    assert np.array_equal(table["partner"].is_null().to_numpy(), ~tube.doublet)


def test_truth_of_subsets_is_counted_from_truth_of_events(trial):
    groups = {
        "DN": {"DN1", "DN2", "DN3"},
        "switched_memory": {"SWM resting", "SWM activated", "plasmablast", "plasma cell"},
        "activated_naive": {"aNAV"},
        "transitional": {"T1/T2", "T3"},
        "helios_treg": {"Treg Helios+"},
    }
    others = {"T", "NK", "monocyte", "granulocyte", "debris"}
    found = pq.read_table(trial / "truth" / "subsets.parquet").to_pylist()
    assert len(found) == 2 * 2 * 5
    for row in found:
        table = pq.read_table(trial / "truth" / f"{row['sample']}.parquet")
        events = [
            event["population"]
            for event in table.to_pylist()
            if not (event["dead"] or event["doublet"] or event["debris"])
        ]
        if row["subset"] == "helios_treg":
            parents = [name for name in events if name.startswith("Treg")]
        else:
            parents = [name for name in events if name not in others]
        count = sum(name in groups[row["subset"]] for name in parents)
        assert (row["count"], row["denominator_count"]) == (count, len(parents))
        assert row["percent_realised"] == pytest.approx(100 * count / len(parents))


def test_progress_counts_to_the_end(tmp_path):
    heard = []
    spec = TrialSpec(subjects=("P6",), bcell_events=100, treg_events=100)
    simulate_trial(tmp_path, seed=1, spec=spec, visits=(0,), progress=lambda *news: heard.append(news))
    assert heard == [(1, 2, "P6_W0_B"), (2, 2, "P6_W0_T")]


def test_events_override_the_specification(tmp_path):
    simulate_trial(tmp_path, seed=1, spec=TrialSpec(subjects=("P6",)), visits=(0,), events=400)
    sizes = [read_fcs(path).n_events for path in (tmp_path / "fcs").iterdir()]
    assert all(300 < size < 520 for size in sizes)


def test_specification_may_be_a_file(tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_text("subjects: [P2]\nbcell_events: 200\ntreg_events: 200\n")
    simulate_trial(tmp_path / "out", seed=1, spec=path, visits=(8,))
    assert {p.name for p in (tmp_path / "out" / "fcs").iterdir()} == {"P2_W8_B.fcs", "P2_W8_T.fcs"}


def test_readme_says_synthetic_seed_and_versions(trial):
    text = (trial / "README.md").read_text()
    assert "**Synthetic.**" in text
    assert "--seed 9 --visits 0,24" in text
    assert np.__version__ in text
    assert "Plasmablasts" in text
    assert "B cells are about" in text.replace("\n", " ")


def test_specification_in_the_readme_makes_the_same_trial(trial, tmp_path):
    text = (trial / "README.md").read_text()
    block = text.split("and the specification", 1)[1].split("## What is here")[0]
    lines = [line[4:] for line in block.splitlines() if line.startswith("    ")]
    path = tmp_path / "trial.yaml"
    path.write_text("\n".join(lines))
    assert read_spec(path) == SMALL


def test_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"file.*cannot be made.*Name another folder"):
        simulate_trial(tmp_path / "file" / "trial", seed=1, spec=SMALL)


def test_a_folder_that_holds_anything_is_refused_and_stays_as_it_is(tmp_path):
    (tmp_path / "samples.csv").write_text("my own")
    with pytest.raises(StoreError, match=r"is not empty \(it holds samples.csv\)"):
        simulate_trial(tmp_path, seed=1, spec=SMALL, visits=(0,))
    assert [place.name for place in tmp_path.iterdir()] == ["samples.csv"]
    assert (tmp_path / "samples.csv").read_text() == "my own"


RICH = {
    "nuisance": "full",
    "name": "All at once",
    "subjects": ["P1", "P2", "P3", "P7"],
    "weeks": [0, 4],
    "bcell_events": 400,
    "treg_events": 300,
    "cytek": ["P3"],
    "replicates": 2,
    "staining_drift": {"W4": {"CD3/CD14": 0.1, "CD27": -0.2}},
    "controls": {
        "fmo": ["CD27", "IgD", "CD25"],
        "fmo_events": 200,
        "unstained": True,
        "single_stain": True,
        "single_events": 100,
    },
    "populations": {"medians": {"Treg Helios+": {"CD25": 1.2}}, "spread": 1.1},
}


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rich")
    simulate_trial(folder, seed=3, spec=TrialSpec.from_dict(RICH), workers=2)
    return folder


def test_bytes_do_not_hang_on_the_number_of_workers(rich, tmp_path):
    simulate_trial(tmp_path, seed=3, spec=TrialSpec.from_dict(RICH), workers=1)
    assert hashes(tmp_path) == hashes(rich)


def test_sheet_gives_controls_and_replicates_their_roles(rich):
    sheet = {row["sample"]: row for row in rows(rich / "samples.csv")}
    assert {row["role"] for row in sheet.values()} == {"sample", "bridge", "fmo", "single_stain", "unstained"}
    assert sheet["P1_W0_B_FMO_CD27"]["control_for"] == "CD27"
    assert {row["role"] for name, row in sheet.items() if name.endswith("_R2")} == {"bridge"}
    assert sorted(row["file"] for row in sheet.values()) == sorted(
        f"fcs/{path.name}" for path in (rich / "fcs").iterdir()
    )


def test_truth_of_tubes_says_what_happened_to_each(rich):
    sheet = {row["sample"]: row for row in rows(rich / "samples.csv")}
    tubes = {row["sample"]: row for row in pq.read_table(rich / "truth" / "tubes.parquet").to_pylist()}
    assert list(tubes) == list(sheet)
    assert {row["instrument"] for row in tubes.values() if row["subject"] == "P3"} == {"cytek"}
    swapped = [row for row in tubes.values() if row["role"] == "fmo" and row["lacks"] != row["control_for"]]
    assert len(swapped) == 2
    assert sum(row["few_b_cells"] for row in tubes.values()) == 1
    assert sum(row["clogs"] > 0 for row in tubes.values()) >= 1
    for sample in ("P1_W0_T", "P3_W4_B_R2"):
        if sample in tubes:
            assert tubes[sample]["n_events"] == read_fcs(rich / "fcs" / f"{sample}.fcs").n_events


def test_truth_of_shifts_holds_the_factors_applied(rich):
    table = pq.read_table(rich / "truth" / "shifts.parquet").to_pandas()
    drift = table[(table.kind == "drift") & (table.name == "CD27")].set_index("sample").factor
    for sample, factor in drift.items():
        assert factor == pytest.approx(np.exp(-0.2) if "_W4_" in sample else 1.0)
    assert set(table.kind) == {"lot", "drift", "sample", "gain"}


def test_missing_tubes_are_neither_in_the_sheet_nor_on_disk(rich):
    sheet = {row["sample"] for row in rows(rich / "samples.csv") if row["role"] == "sample"}
    assert len(sheet) < 4 * 2 * 2
    assert not [name for name in sheet if not (rich / "truth" / f"{name}.parquet").is_file()]


def test_readme_of_a_rich_trial_makes_the_same_trial(rich, tmp_path):
    text = (rich / "README.md").read_text()
    block = text.split("and the specification", 1)[1].split("## What is here")[0]
    path = tmp_path / "trial.yaml"
    path.write_text("\n".join(line[4:] for line in block.splitlines() if line.startswith("    ")))
    assert read_spec(path) == TrialSpec.from_dict(RICH)
    assert "fmo" in text
