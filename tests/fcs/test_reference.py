"""Real files of many instruments against values that a separate plain reader found (see their SOURCE.md)."""

from __future__ import annotations

import csv
import warnings

import numpy as np
import pytest

from cytogate.errors import FcsError
from cytogate.fcs.read import read_fcs

pytestmark = pytest.mark.reference
SETS = [
    "fcs_formats_open",
    "fcs_24bit_flowcal_open",
    "comp_tasbe_open",
    "comp_flowcore_open",
    "cytof_open",
    "bcell_lsrii_open",
    "immport_sdy736_open",
]
COUNTS = {
    "fcs_formats_open": 20,
    "fcs_24bit_flowcal_open": 4,
    "comp_tasbe_open": 9,
    "comp_flowcore_open": 8,
    "cytof_open": 11,
    "bcell_lsrii_open": 4,
    "immport_sdy736_open": 10,
}
OTHERS = [
    "cytoexplorer_activation_open",
    "flowjo_flowsom_68983",
    "flowjo_small_flowkit",
    "flowkit_gatingml_ref",
    "peer_values",
]
UNREADABLE = {"fcsparser/corrupted.fcs": "not-fcs", "fcsparser/sample_header.fcs": "data-truncated"}


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("name", SETS)
def test_every_readable_data_set_has_the_published_values(reference_data, name):
    folder = reference_data / name
    truth = rows(folder / "truth_channels.csv") if (folder / "truth_channels.csv").exists() else []
    equal = 0
    for row in rows(folder / "truth_shapes.csv"):
        if row["file"] in UNREADABLE:
            continue
        f = read_fcs(folder / row["file"], int(row["data_set"]) - 1)
        assert (f"FCS{f.version}", len(f.channels), f.n_events) == (
            row["version"],
            int(row["par"]),
            int(row["tot"]),
        )
        if row["note"]:
            assert f.warnings, row["file"]
        raw = f.raw()
        assert raw.shape == f.events().shape == (f.n_events, len(f.channels))
        for channel in truth:
            if (channel["file"], channel["data_set"]) != (row["file"], row["data_set"]):
                continue
            values = raw[:, int(channel["channel"]) - 1].astype(np.float64)
            found = [values.min(), values.max(), values[0], values[-1]]
            wanted = [float(channel[f"raw_{key}"]) for key in ("min", "max", "first", "last")]
            np.testing.assert_array_equal(found, wanted, err_msg=f"{row['file']} {channel['pnn']}")
            np.testing.assert_allclose(values.sum(), float(channel["raw_sum"]), rtol=1e-12)
        equal += 1
    assert equal == COUNTS[name]


def data_sets(folder):
    """Every data set of every FCS file of a folder: (file, number)."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.read_bytes()[:3] != b"FCS" or path.name == "sample_header.fcs":
            continue
        yield from ((path, number) for number in range(read_fcs(path).n_datasets))


def by_flowio(path, number):
    """Raw events of a data set as flowio reads them, its checks off; None where it cannot."""
    import flowio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = flowio.read_multiple_data_sets(
                path,
                ignore_offset_error=True,
                ignore_offset_discrepancy=True,  # TEXT is right in all of them
            )
            return np.asarray(found[number].as_array(preprocess=False))
        except Exception:  # noqa: BLE001  # it leaks many kinds
            return None


@pytest.mark.parametrize("name", [*SETS, *OTHERS])
def test_every_file_holds_what_flowio_finds(reference_data, name):
    compared = []
    for path, number in data_sets(reference_data / name):
        f = read_fcs(path, number)
        assert f.raw().shape == (int(f.keywords["$TOT"]), int(f.keywords["$PAR"]))
        theirs = by_flowio(path, number)
        if theirs is not None:
            np.testing.assert_array_equal(f.raw().astype(np.float64), theirs, err_msg=f"{path} {number}")
            compared.append(path.name)
    unread = {"fcs_formats_open": 1, "fcs_24bit_flowcal_open": 1}  # fake_large_fcs; 24 bits
    assert len(compared) == len(list(data_sets(reference_data / name))) - unread.get(name, 0)


@pytest.mark.parametrize("name", [*SETS, *OTHERS])
def test_summaries_of_values_are_those_of_the_events(reference_data, name):
    for path, number in data_sets(reference_data / name):
        f = read_fcs(path, number)
        events, summary = f.events(), f.value_summary()
        finite = np.where(np.isfinite(events), events, np.nan)
        np.testing.assert_array_equal(summary.minimum, np.nanmin(finite, axis=0))
        np.testing.assert_array_equal(summary.maximum, np.nanmax(finite, axis=0))
        np.testing.assert_array_equal(summary.n_nan, np.isnan(events).sum(axis=0))
        np.testing.assert_array_equal(summary.n_infinite, np.isinf(events).sum(axis=0))
        found = {problem.code for problem in f.warnings}
        assert ("bits-beyond-range" in found) == bool(summary.n_lost_bits.any())
        assert ("values-not-finite" in found) == bool((summary.n_nan + summary.n_infinite).any())


@pytest.mark.parametrize(("file", "code"), UNREADABLE.items())
def test_bad_files_are_refused_by_name(reference_data, file, code):
    with pytest.raises(FcsError, match=file) as caught:
        read_fcs(reference_data / "fcs_formats_open" / file)
    assert caught.value.code == code


def test_log_and_gain_equal_the_values_of_another_program(reference_data):
    folder = reference_data / "fcs_formats_open"
    f = read_fcs(folder / "flowio" / "data1.fcs")
    np.testing.assert_array_equal(f.raw(), np.load(folder / "flowio_truth" / "data1_original_events.npy"))
    events = f.events()
    wanted = np.load(folder / "flowio_truth" / "data1_preprocessed.npy")
    np.testing.assert_allclose(events, wanted, rtol=1e-12)
    f = read_fcs(folder / "flowio" / "B01 KC-A-W---91-US.fcs")
    wanted = np.load(folder / "flowio_truth" / "B01 KC-A-W---91-US_preprocessed_events.npy")
    np.testing.assert_allclose(f.events(), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("fcsparser/EY_2013-07-19_PBS_FCS_3.1_Custom_Add_Well_A1.001.fcs", "data-end-past"),
        ("fcsparser/fake_large_fcs.fcs", "header-offsets-blank"),
        ("flowio/data_start_offset_discrepancy_example.fcs", "data-offsets-differ"),
        ("flowio/data_stop_offset_discrepancy_example.fcs", "data-offsets-differ"),
        ("flowio/coulter.lmd", "more-data-sets"),
    ],
)
def test_odd_files_are_read_with_the_warning_that_says_why(reference_data, file, code):
    f = read_fcs(reference_data / "fcs_formats_open" / file)
    assert code in {problem.code for problem in f.warnings}


def test_float_data_with_a_log_keyword_are_left_alone(reference_data):
    f = read_fcs(reference_data / "comp_tasbe_open" / "itn_02.fcs")
    np.testing.assert_array_equal(f.events(), f.raw().astype(np.float64))
