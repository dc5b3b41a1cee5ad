from __future__ import annotations

import numpy as np
import pytest

from cytogate.fcs.read import read_fcs
from cytogate.simulate.panels import panels
from cytogate.simulate.photons import unmix
from cytogate.simulate.spec import TrialSpec
from cytogate.simulate.spectra import DETECTORS, GLOW, spectra_of
from cytogate.simulate.trial import write_tube
from cytogate.simulate.tube import TubeName, simulate_tube

SPEC = TrialSpec.from_dict({"cytek": ["P1"], "bcell_events": 15_000, "treg_events": 5_000})


@pytest.fixture(scope="module")
def tube():
    return simulate_tube(TubeName("P1", 0, "bcell"), SPEC, seed=2)


@pytest.mark.parametrize("panel", ["bcell", "treg"])
def test_spectra_are_like_those_of_real_sets(panel):
    spectra = spectra_of([dye.fluorochrome for dye in panels()[panel].dyes])
    assert spectra.shape == (len(panels()[panel].dyes), 64)
    assert spectra.max(axis=1) == pytest.approx(1.0)
    assert 1.5 < np.linalg.cond(spectra) < 8
    unit = spectra / np.linalg.norm(spectra, axis=1, keepdims=True)
    alike = unit @ unit.T - np.eye(len(unit))
    assert 0.2 < alike.max() < 0.85


@pytest.mark.parametrize(
    ("dye", "peaks"),
    [
        ("BUV395", {"UV2"}),
        ("BV421", {"V1"}),
        ("BV650", {"V11"}),
        ("PE", {"YG1"}),
        ("PE-Cy7", {"YG9"}),
        ("APC", {"R1", "R2"}),
        ("BB700", {"B9", "B10"}),
    ],
)
def test_dyes_peak_where_they_do_on_the_instrument(dye, peaks):
    assert DETECTORS[int(spectra_of([dye])[0].argmax())].name in peaks


def test_an_old_tandem_leaks_into_the_detector_of_its_donor():
    yg1 = [detector.name for detector in DETECTORS].index("YG1")
    fresh, old = (spectra_of(["PE-Cy7"], leak)[0, yg1] for leak in (0.0, 0.06))
    assert old - fresh == pytest.approx(0.06, abs=0.01)


def test_unmixing_finds_the_amounts_that_were_mixed():
    spectra = np.vstack([spectra_of(["BV421", "BV510", "PE"]), GLOW / GLOW.max()])
    amounts = np.array([[100.0, 0.0, 30.0, 5.0], [0.0, 1e5, 2.0, 900.0]])
    assert unmix(amounts @ spectra, spectra) == pytest.approx(amounts[:, :3], abs=1e-6)


def test_autofluorescence_is_brightest_under_short_lasers():
    glow = dict(zip((detector.name for detector in DETECTORS), GLOW, strict=True))
    assert glow["UV7"] > 2_000
    assert glow["V7"] > 2_000
    assert 500 < glow["B3"] < glow["V7"]
    assert glow["R8"] < 100


def test_unmixed_values_have_the_scale_of_the_instrument(tube):
    light = dict(zip(tube.panel.markers, tube.values[:, 4:-1].T, strict=True))
    naive = tube.kept & (tube.labels == tube.populations.index("resting naive"))
    assert np.median(light["IgD"][naive]) == pytest.approx(12 * 9_000, rel=0.4)
    assert 0.02 < (light["CD138"][naive] < 0).mean() < 0.6
    assert abs(np.median(light["CD138"][naive])) < 1_000
    assert tube.optics.top == 4_194_304
    assert np.median(tube.values[naive, 0]) == pytest.approx(1.24e6, rel=0.1)


def test_cells_are_those_that_the_other_instrument_would_see(tube):
    other = simulate_tube(TubeName("P1", 0, "bcell"), TrialSpec(bcell_events=15_000), seed=2)
    assert np.array_equal(tube.labels, other.labels)
    assert other.optics.instrument == "bd"


def test_file_is_read_without_a_warning_and_needs_no_compensation(tube, tmp_path):
    path = tmp_path / "cytek.fcs"
    write_tube(tube, path, seed=2, study="trial")
    found = read_fcs(path)
    assert found.warnings == ()
    assert found.channels["BV605-A"].label == "CD27"
    assert found.channels["BV605-A"].range == 4_194_304
    assert np.array_equal(found.spillover.values, np.eye(18))
    assert found.acquisition.cytometer == "Aurora (simulated)"
    assert found.acquisition.volume == pytest.approx(0.55 * tube.values[-1, -1] / 10_000, abs=0.1)
    assert np.array_equal(found.raw(), tube.values)
    assert found.events()[-1, -1] == pytest.approx(len(tube.values) / SPEC.rate, rel=0.02)


def test_same_seed_gives_the_same_bytes(tube):
    again = simulate_tube(TubeName("P1", 0, "bcell"), SPEC, seed=2)
    assert again.values.tobytes() == tube.values.tobytes()
