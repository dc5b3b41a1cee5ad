"""A file that is compensated and transformed already: refused, or gated by a template that knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytogate.errors import CompensationError
from cytogate.fcs.read import read_fcs
from cytogate.gating.engine import gate
from cytogate.gating.template.file import read_template, template_from_dict

pytestmark = pytest.mark.reference
TEMPLATE = Path(__file__).parent / "data" / "sle_bcell_transformed.yaml"


@pytest.fixture(scope="module")
def source(reference_data):
    return read_fcs(reference_data / "bcell_lsrii_open" / "flowDensity_sampleFCS_1.fcs")


@pytest.fixture(scope="module")
def result(source):
    return gate(source, read_template(TEMPLATE).resolve(source))


def test_compensating_a_second_time_is_refused(source):
    again = template_from_dict({**read_template(TEMPLATE).to_dict(), "compensation": "file"})
    with pytest.raises(CompensationError, match="compensated already"):
        again.resolve(source)


# population, whole, least and most percent: as gates were drawn by eye, within what is usual in blood
@pytest.mark.parametrize(
    ("population", "whole", "least", "most"),
    [
        ("Singlets", None, 94, 99),
        ("B", "Lymphocytes", 12, 16),
        ("N+T", "B", 50, 70),
        ("UM", "B", 8, 18),
        ("SWM", "B", 13, 24),
        ("DN", "B", 4, 12),
        ("Transitional", "B", 3, 9),
        ("PB", "B", 0.2, 1.5),
    ],
)
def test_percentages_are_what_an_immunologist_expects(result, source, population, whole, least, most):
    of = source.n_events if whole is None else result.count(whole)
    assert least <= 100 * result.count(population) / of <= most


def test_four_fractions_add_up_to_all_b_cells(result):
    assert sum(result.count(f"B/{part}") for part in ("N+T", "UM", "SWM", "DN")) == result.count("B")
