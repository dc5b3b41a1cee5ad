from __future__ import annotations

import numpy as np
import pytest

from cytogate.compensation.matrix import CompensationMatrix
from cytogate.fcs.channels.panel import Channel
from cytogate.fcs.compensated import already_compensated
from cytogate.fcs.events import Events
from cytogate.fcs.read import read_fcs

MATRIX = CompensationMatrix(["FL1", "FL2"], ["FL1", "FL2"], [[1.0, 0.1], [0.1, 1.0]])


def events(scale, *, names=("FSC", "FL1", "FL2"), spillover=MATRIX, range_=262144.0, n=3000):
    values = np.random.default_rng(0).random((n, 3)).astype(np.float32) * np.float32(scale)
    return Events(values, [Channel(name, range=range_) for name in names], spillover)


def test_values_on_a_transformed_scale_beside_a_spillover_are_noticed():
    problem = already_compensated(events(4.5))
    assert problem is not None
    assert problem.code == "compensated-already"
    assert "stay below 4.5" in problem.message
    assert "compensation: none" in problem.fix


@pytest.mark.parametrize(
    "source",
    [
        events(1000.0),
        events(4.5, spillover=None),
        events(4.5, range_=1.0),
        events(4.5, n=0),
        events(0.0),
        events(4.5, names=("FSC", "X", "Y")),
    ],
    ids=["linear", "no matrix", "narrow range", "no events", "all zero", "other names"],
)
def test_raw_values_are_not_suspected(source):
    assert already_compensated(source) is None


@pytest.mark.parametrize("name", ["Comp-FL1", "Comp_FL1", "<FL1>"])
def test_names_of_compensated_channels_are_noticed(name):
    problem = already_compensated(events(1000.0, names=("FSC", name, "FL2"), spillover=None))
    assert problem is not None
    assert name in problem.message


@pytest.mark.parametrize("file", ["Bcells1", "Bcells2", "Bcells3"])
@pytest.mark.reference
def test_raw_b_cell_files_are_not_suspected(reference_data, file):
    assert already_compensated(read_fcs(reference_data / "bcell_lsrii_open" / f"{file}.fcs")) is None


@pytest.mark.parametrize("file", ["Activation_1", "Activation_32"])
@pytest.mark.reference
def test_raw_activation_files_are_not_suspected(reference_data, file):
    assert (
        already_compensated(read_fcs(reference_data / "cytoexplorer_activation_open" / "fcs" / f"{file}.fcs"))
        is None
    )


@pytest.mark.reference
def test_transformed_file_is_noticed(reference_data):
    problem = already_compensated(
        read_fcs(reference_data / "bcell_lsrii_open" / "flowDensity_sampleFCS_1.fcs")
    )
    assert problem is not None
    assert "flowDensity_sampleFCS_1.fcs" in problem.location
