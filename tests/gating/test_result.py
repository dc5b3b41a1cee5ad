"""What a result says: counts, percentages, tables, intensities."""

from __future__ import annotations

import numpy as np
import pytest
from gating_cases import CHANNELS, SPILL, events, full_tree

import cytogate as cg
from cytogate.errors import CytogateError, GatingError
from cytogate.gating.result import percent


@pytest.fixture(scope="module")
def result():
    return cg.gate(events(6000), full_tree())


def test_percent_of_parent_is_count_over_parent(result):
    assert result.percent_of_parent("Bright") == 100 * result.count("Bright") / result.count("Cells")
    assert result.percent_of_parent("Cells") == 100 * result.count("Cells") / 6000


def test_percent_of_an_empty_parent_is_nan():
    assert np.isnan(percent(0, 0))
    empty = cg.gate(events(0), full_tree())
    assert np.isnan(empty.percent_of_parent("Cells"))


def test_unknown_population_names_the_nearest(result):
    with pytest.raises(GatingError, match=r"no population 'Bight'.*Did you mean Bright"):
        result.count("Bight")


def test_table_has_one_row_a_population_in_tree_order(result):
    table = result.table()
    assert list(table.columns) == ["population", "parent", "count", "parent_count", "percent_of_parent"]
    assert tuple(table["population"]) == result.populations
    row = table.set_index("population").loc["/Cells/Box/Q11"]
    assert row["parent"] == "/Cells/Box"
    assert row["count"] == result.mask("Q11").sum()


def test_median_intensity_is_on_compensated_linear_values(result):
    values = SPILL.apply(result.source.events(), CHANNELS)[:, CHANNELS.index("A")]
    assert result.intensity("Box", "A") == pytest.approx(np.median(values[result.mask("Box")]), rel=1e-12)
    assert result.intensity("Box", "FSC-A") == np.median(
        result.source.values[result.mask("Box"), 0].astype(float)
    )


def test_statistics_follow_their_definitions(result):
    values = result.values("Box", ["A"])[0]
    assert result.intensity("Box", "A", "mean") == pytest.approx(values.mean())
    low, high = np.percentile(values, [15.865525393145708, 84.13447460685429])
    assert result.intensity("Box", "A", "robust_sd") == pytest.approx((high - low) / 2)
    assert result.intensity("Box", "A", "geometric_mean") == pytest.approx(np.exp(np.log(values).mean()))


def test_geometric_mean_with_values_not_positive_is_nan(result):
    assert (result.values("Cells", ["C"])[0] <= 0).any()
    assert np.isnan(result.intensity("Cells", "C", "geometric_mean"))


def test_intensity_of_an_empty_population_is_nan():
    assert np.isnan(cg.gate(events(0), full_tree()).intensity("Cells", "A"))


def test_unknown_statistic_lists_the_known(result):
    with pytest.raises(CytogateError, match=r"Unknown statistic 'medain'.*median"):
        result.intensity("Box", "A", "medain")


def test_the_root_can_be_asked_for_by_its_name():
    source = events(300, seed=4)
    keep = np.arange(300) % 3 > 0
    result = cg.gate(source, full_tree(), keep=keep)
    assert result.count("/") == result.n_events == 200
    np.testing.assert_array_equal(result.mask("/"), keep)
