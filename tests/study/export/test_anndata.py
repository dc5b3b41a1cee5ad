"""AnnData of a run: medians of all populations, or the events of one."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
from study.export.test_populations import gated

from cytogate.errors import GatingError, StoreError
from cytogate.study.export import anndata_files
from cytogate.study.export.anndata_files import export_anndata, to_anndata
from cytogate.transforms.base import transform_from_dict

anndata = pytest.importorskip("anndata")


def test_medians_are_those_of_the_table(hostile_run):
    made = to_anndata(hostile_run)
    assert made.shape == (30, 2)
    assert made.var_names.tolist() == ["CD19", "CD27"]
    assert made.var["channels"].tolist() == ["B530-A", "V610-A"]
    table = hostile_run.intensities
    for sample, population, marker, value in zip(
        table["sample"], table["population"], table["marker"], table["value"], strict=True
    ):
        assert made[f"{sample}:{population}", marker].X[0, 0] == value
    assert made.obs["count"].tolist() == hostile_run.populations["count"].tolist()


def test_events_are_compensated_and_say_where_they_belong(hostile_run):
    made = to_anndata(hostile_run, "B")
    assert made.var_names.tolist() == ["FSC-A", "B530-A", "V610-A", "Time"]
    assert made.var["marker"].tolist() == ["FSC-A", "CD19", "CD27", "Time"]
    for sample in hostile_run.samples["sample"]:
        tube, result = gated(hostile_run, sample)
        own = made[made.obs["sample"] == sample]
        assert np.array_equal(own.X, result.values("B", tube.channels.names).T.astype(np.float32))
        assert np.array_equal(own.obs["event"], np.flatnonzero(result.mask("B")))
        assert own.obs["in Memory"].sum() == result.count("B/Memory")


def test_transformed_events_are_on_the_scale_that_var_names(hostile_run):
    plain, scaled = to_anndata(hostile_run, "B"), to_anndata(hostile_run, "B", transformed=True)
    assert np.array_equal(plain[:, "FSC-A"].X, scaled[:, "FSC-A"].X)
    scale = transform_from_dict(json.loads(scaled.var["transform"]["V610-A"]))
    expected = scale.forward(plain[:, "V610-A"].X.astype(float))
    np.testing.assert_allclose(scaled[:, "V610-A"].X, expected, rtol=1e-5, atol=1e-6)


def test_at_most_so_many_events_are_spread_over_each_sample(hostile_run):
    all_events, few = to_anndata(hostile_run, "/"), to_anndata(hostile_run, "/", events=20)
    assert few.n_obs == 200
    assert set(few.obs_names) <= set(all_events.obs_names)
    first = few.obs["event"][:20]
    assert (first.iloc[0], first.iloc[-1]) == (0, 299)


@pytest.mark.parametrize("population", [None, "B"])
def test_the_file_reads_back_with_ids_as_they_are(hostile_run, tmp_path, population):
    file = export_anndata(hostile_run, tmp_path / "new" / "run.h5ad", population)
    read, made = anndata.read_h5ad(file), to_anndata(hostile_run, population)
    assert np.array_equal(read.X, made.X, equal_nan=True)
    assert read.obs["subject"].astype(str).tolist() == made.obs["subject"].astype(str).tolist()
    assert '=HYPERLINK("http://x";1)' in set(read.obs["subject"])
    assert read.uns["cytogate"]["study"] == "<b>Tiny</b>"
    assert [place.name for place in file.parent.iterdir()] == ["run.h5ad"]


def test_a_file_that_is_there_stays_without_force(hostile_run, tmp_path):
    (tmp_path / "run.h5ad").write_bytes(b"dear")
    with pytest.raises(StoreError, match="is there already"):
        export_anndata(hostile_run, tmp_path / "run.h5ad")
    assert (tmp_path / "run.h5ad").read_bytes() == b"dear"


def test_an_unknown_population_is_named(hostile_run):
    with pytest.raises(GatingError, match="no population 'C'"):
        to_anndata(hostile_run, "C")


def test_without_the_extra_it_says_what_to_install(hostile_run, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        anndata_files.importlib.util, "find_spec", lambda name: None if name == "anndata" else found(name)
    )
    with pytest.raises(StoreError, match=r"pip install 'cytogate\[anndata\]'"):
        to_anndata(hostile_run)
