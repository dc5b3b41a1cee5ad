"""Gates found in published files: percentages as they are known of blood, and cuts near those of others."""

from __future__ import annotations

import pytest
from real_sets import fitted

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def real(reference_data, tmp_path_factory):
    sets = {}

    def get(name):
        if name not in sets:
            sets[name] = fitted(name, reference_data, tmp_path_factory.mktemp(name))
        return sets[name]

    return get


# set, population, whole, least and most percent in every file
RANGES = [
    ("flowdensity_bcell", "B", "Lymphocytes", 4, 18),  # B of blood lymphocytes
    ("flowdensity_bcell", "B/SWM", "B", 6, 30),  # healthy adults
    ("flowdensity_bcell", "B/UM", "B", 4, 25),
    ("flowdensity_bcell", "B/N+T", "B", 45, 85),
    ("sdy420_cytof", "CD4 T", "T", 50, 90),  # CD4 T cells are the majority
    ("sdy420_cytof", "B", "Live", 4, 25),
    ("sdy420_cytof", "T", "Live", 30, 75),
    ("flowai_bcell", "Lymphocytes", "Singlets", 40, 75),
    ("flowai_bcell", "B", "Live", 1, 18),  # adults whose health is not known
    ("flowai_bcell", "CD21+ B", "B", 70, 99),
    ("cytonorm_blood", "Granulocytes", "Nucleated", 40, 75),  # differential count of whole blood
    ("cytonorm_blood", "T", "Nucleated", 10, 40),
    ("cytonorm_blood", "CD4 T", "T", 45, 75),
    ("sdy736_t", "T", "Lymphocytes", 50, 85),
    ("sdy736_t", "CD4 T", "T", 50, 92),
]


@pytest.mark.parametrize(("name", "population", "whole", "least", "most"), RANGES)
def test_percentages_are_those_of_blood(real, name, population, whole, least, most):
    found = real(name)
    shares = {file: found.percent(file, population, whole) for file in found.sources}
    assert {file: share for file, share in shares.items() if not least <= share <= most} == {}


def test_two_batches_of_a_donor_agree(real):
    """1,000 events a tube: the difference of two shares of 25 % has a standard error of 2 points."""
    found = real("cytonorm_blood")
    for donor in ("PTLG021", "PTLG028", "PTLG034"):
        first, second = (found.percent(f"{donor}_{batch}", "T", "Nucleated") for batch in (1, 2))
        assert first == pytest.approx(second, abs=6)


@pytest.mark.parametrize(
    ("name", "cuts"),
    [
        ("sdy420_cytof", ["cd3", "cd20", "cd4"]),
        ("cytonorm_blood", ["cd3", "cd4", "cd8"]),
        ("sdy736_t", ["cd3", "cd8"]),
        ("flowai_bcell", ["cd19"]),
    ],
)
def test_cuts_are_found_in_every_file(real, name, cuts):
    found = real(name).fits.placements
    silent = [(key, cut) for key, placed in found.items() for cut in cuts if placed[cut].fallback]
    assert silent == []


def test_a_cut_that_one_file_of_four_shows_is_given_to_no_other(real):
    found = real("sdy736_t")
    cuts = {key: found.fits.placements[source.path]["cd28"] for key, source in found.sources.items()}
    assert {key for key, cut in cuts.items() if not cut.fallback} == {"T_Hs60012C200900505A_00"}
    assert all("few-voices" in cut.doubts for cut in cuts.values())
    assert all(cut.position == cut.own for cut in cuts.values())


# counts of the published gates (openCyto); SOURCE.md of hipc_dc_open
@pytest.mark.parametrize(
    ("population", "count"),
    [
        ("CD14+", 18157),
        ("CD14+Lineage-", 17787),
        ("CD14-Lineage-", 8693),
        ("CD16+CD56+", 3836),
        ("CD16-CD56-", 2021),
    ],
)
def test_counts_are_near_those_of_the_published_gates(real, population, count):
    (result,) = real("hipc_dc").results.values()
    assert result.count(population) == pytest.approx(count, rel=0.06)
