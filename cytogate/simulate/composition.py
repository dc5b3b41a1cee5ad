"""What is in a tube: the share of every population among its cells, and the percentages that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.simulate.populations import B_CELLS, CD4_CELLS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Endpoint: populations counted, and the populations of its denominator. Switched memory is the IgD- CD27+
# quadrant, antibody-secreting cells included, as the study's definition counts it.
ENDPOINTS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "DN": ("bcell", "B", ("DN1", "DN2", "DN3"), B_CELLS),
    "switched_memory": (
        "bcell",
        "B",
        ("SWM resting", "SWM activated", "plasmablast", "plasma cell"),
        B_CELLS,
    ),
    "activated_naive": ("bcell", "B", ("aNAV",), B_CELLS),
    "transitional": ("bcell", "B", ("T1/T2", "T3"), B_CELLS),
    "helios_treg": ("treg", "FoxP3+ Treg", ("Treg Helios+",), ("Treg Helios+", "Treg Helios-")),
}

_ENRICHED = {
    "bcell": {"B": 0.87, "T": 0.05, "NK": 0.03, "monocyte": 0.04, "granulocyte": 0.01},
    "treg": {"CD4": 0.86, "CD8 T": 0.06, "B": 0.03, "NK": 0.02, "monocyte": 0.03},
}
_LEAST_NAIVE = 12.0  # percent of B cells; when the rest would take more, it shrinks together
_NK_OF_LYMPHOCYTES, _CD4_OF_T = 0.12, 0.55
_MONOCYTES, _GRANULOCYTES = 0.14, 0.02


def b_cell_percentages(values: Mapping[str, float]) -> dict[str, float]:
    """Return the percentage of B cells that each B-cell population makes up; resting naive takes the rest.

    Parameters
    ----------
    values : mapping
        Quantities of `patients.visit_values`.

    Returns
    -------
    dict
        Population to percent; they add up to 100.
    """
    dn, swm, transitional, blasts = (
        values["DN%B"],
        values["SWM%B"],
        values["transitional%B"],
        values["PB%B"],
    )
    dn2, active = values["DN2%DN"] / 100, values["activated%SWM"] / 100
    percent = {
        "T3": 0.68 * transitional,
        "T1/T2": 0.32 * transitional,
        "aNAV": values["aNAV%B"],
        "UM": values["UM%B"],
        "SWM resting": (1 - active) * swm,
        "SWM activated": active * swm,
        "DN1": 0.55 * (1 - dn2) * dn,
        "DN2": dn2 * dn,
        "DN3": 0.45 * (1 - dn2) * dn,
        "plasmablast": 0.78 * blasts,
        "plasma cell": 0.22 * blasts,
    }
    shrink = min(1.0, (100.0 - _LEAST_NAIVE) / sum(percent.values()))
    percent = {name: value * shrink for name, value in percent.items()}
    return {"resting naive": 100.0 - sum(percent.values()), **percent}


def cd4_percentages(values: Mapping[str, float]) -> dict[str, float]:
    """Return the percentage of CD4 T cells that each of their populations makes up."""
    treg, helios = values["Treg%CD4"], values["Helios%Treg"] / 100
    rest = 100.0 - treg
    return {
        "CD4 naive": 0.44 * rest,
        "CD4 memory": 0.51 * rest,
        "CD4 activated": 0.05 * rest,
        "Treg Helios+": treg * helios,
        "Treg Helios-": treg * (1 - helios),
    }


def cell_shares(panel: str, values: Mapping[str, float], *, enriched: bool) -> dict[str, float]:
    """Return the share of each population among the cells of a tube; they add up to 1.

    An enriched tube holds mostly the cells it is about; another holds blood mononuclear cells.
    """
    lineages = _ENRICHED[panel] if enriched else _mononuclear(panel, values)
    family, percentages = ("B", b_cell_percentages) if panel == "bcell" else ("CD4", cd4_percentages)
    shares = {name: share for name, share in lineages.items() if name != family}
    for name, percent in percentages(values).items():
        shares[name] = lineages[family] * percent / 100
    return shares


def _mononuclear(panel: str, values: Mapping[str, float]) -> dict[str, float]:
    lymphocytes = 1.0 - _MONOCYTES - _GRANULOCYTES
    b_cells = min(values["B%lymphocytes"] / 100, 0.18)
    nk_cells = _NK_OF_LYMPHOCYTES
    t_cells = 1.0 - b_cells - nk_cells
    if panel == "bcell":
        return {
            "B": lymphocytes * b_cells,
            "T": lymphocytes * t_cells,
            "NK": lymphocytes * nk_cells,
            "monocyte": _MONOCYTES,
            "granulocyte": _GRANULOCYTES,
        }
    return {
        "CD4": lymphocytes * t_cells * _CD4_OF_T,
        "CD8 T": lymphocytes * t_cells * (1 - _CD4_OF_T),
        "B": lymphocytes * b_cells,
        "NK": lymphocytes * nk_cells,
        "monocyte": _MONOCYTES + _GRANULOCYTES,
    }


def endpoint_percent(subset: str, shares: Mapping[str, float]) -> float:
    """Return the percentage that an endpoint has when populations have these shares or counts."""
    _, _, counted, parents = ENDPOINTS[subset]
    whole = sum(shares[name] for name in parents)
    return 100.0 * sum(shares[name] for name in counted) / whole if whole else float("nan")


def family_of(panel: str) -> tuple[str, ...]:
    """Return the populations that a tube is about."""
    return B_CELLS if panel == "bcell" else CD4_CELLS
