"""Medians of all populations of all samples as one matrix: a row a population, a column a marker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from cytogate.study.run_folder.run import Run

Parts = tuple["NDArray[np.floating[Any]]", "pd.DataFrame", "pd.DataFrame", dict[str, str]]
OF_SAMPLE = ("subject", "visit", "week", "panel", "batch", "role")
OF_POPULATION = ("parent", "count", "parent_count", "percent_of_parent", "flag")


def population_medians(run: Run) -> Parts:
    """Return X, obs, var and uns of the medians of a run.

    ``X`` is (n_populations of all samples, n_markers) float64 in channel units, compensated and not
    transformed; NaN where a panel has no such marker or a population no event.
    """
    import pandas as pd

    populations, table = run.populations, run.intensities
    table = table[table["statistic"] == "median"]
    variables, names = _variables(table)
    obs = populations[["sample", "population", *OF_POPULATION]].merge(
        run.samples[["sample", *OF_SAMPLE]], on="sample", how="left", validate="many_to_one"
    )
    obs = obs[["sample", *OF_SAMPLE, "population", *OF_POPULATION]]
    obs.index = pd.Index([f"{a}:{b}" for a, b in zip(obs["sample"], obs["population"], strict=True)])
    place = {key: i for i, key in enumerate(zip(obs["sample"], obs["population"], strict=True))}
    x = np.full((len(obs), len(variables)), np.nan)
    columns = {name: i for i, name in enumerate(variables.index)}
    at = np.array([place[key] for key in zip(table["sample"], table["population"], strict=True)], np.int64)
    x[at, np.array([columns[name] for name in names], np.int64)] = table["value"].to_numpy(float)
    responders = response_of(run)
    obs["responder"] = [responders.get(str(subject), "not known") for subject in obs["subject"]]
    uns = study_facts(run) | {"values": "median of compensated values, in channel units"}
    return x, plain_frame(obs), variables, uns


def _variables(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the markers, and that of each row; a marker on two channels of one sample is told by channel."""
    import pandas as pd

    pairs = table[["sample", "marker", "channel"]].drop_duplicates()
    often = pairs.groupby(["sample", "marker"])["channel"].nunique()
    twice = set(often[often > 1].index.get_level_values("marker"))
    names = [
        f"{marker} ({channel})" if marker in twice else str(marker)
        for marker, channel in zip(table["marker"], table["channel"], strict=True)
    ]
    channels: dict[str, list[str]] = {}
    markers: dict[str, str] = {}
    for name, marker, channel in zip(names, table["marker"], table["channel"], strict=True):
        markers[name] = str(marker)
        seen = channels.setdefault(name, [])
        if channel not in seen:
            seen.append(str(channel))
    var = pd.DataFrame(
        {"marker": list(markers.values()), "channels": [", ".join(seen) for seen in channels.values()]},
        index=pd.Index(list(markers), dtype=object),
    )
    return var, names


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table as AnnData files can hold it: text without nulls, whole numbers with nulls as floats."""
    import pandas as pd

    made = frame.copy()
    for name in made.columns:
        column = made[name]
        if isinstance(column.dtype, pd.Int64Dtype):
            made[name] = column.astype("float64") if column.isna().any() else column.astype("int64")
        elif column.dtype == object:
            made[name] = column.fillna("").astype(str)
    return made


def response_of(run: Run) -> dict[str, str]:
    """Return patient -> "yes", "no" or "not known": whether they responded."""
    judged = (run.manifest.get("response") or {}).get("subjects") or {}
    words: dict[bool | None, str] = {True: "yes", False: "no"}
    return {
        str(subject): words.get((entry or {}).get("responder"), "not known")
        for subject, entry in judged.items()
    }


def study_facts(run: Run) -> dict[str, str]:
    """Return what an exported object says of its run."""
    return {
        "study": str(run.manifest.get("name") or ""),
        "study_sha256": str(run.manifest.get("study_sha256") or ""),
        "created": str(run.manifest.get("created") or ""),
        "cytogate": str(run.manifest.get("cytogate") or ""),
    }
