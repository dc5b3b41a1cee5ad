"""The events of a population over all samples as one matrix: compensated, or on the scales of the gates."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cytogate.errors import StoreError
from cytogate.gating.passes import read_columns
from cytogate.gating.tree import ROOT, split
from cytogate.study.export.gated_again import gated_again, samples_with
from cytogate.study.export.medians import OF_SAMPLE, Parts, plain_frame, response_of, study_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from cytogate.gates.dimension import Dimension
    from cytogate.gating.result import GatingResult
    from cytogate.study.export.gated_again import KeptSample
    from cytogate.study.run_folder.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """Events of one sample: their places in the file, (n, n_channels) values, and where they belong."""

    row: Mapping[str, Any]
    channels: tuple[str, ...]
    scales: Mapping[str, str]
    events: NDArray[np.int64]
    values: NDArray[np.float32]
    members: Mapping[str, NDArray[np.bool_]]


def population_events(
    run: Run,
    population: str,
    *,
    transformed: bool = False,
    most: int | None = None,
    data: str | Path | None = None,
) -> Parts:
    """Return X, obs, var and uns of the events of a population; see `to_anndata`.

    ``X`` is (n_events, n_channels) float32: the channels that all samples have, in the order of the first.
    A column of ``obs`` for each population below, ``in B > DN``, says which events are in it.
    """
    import pandas as pd

    kept = samples_with(run, population, data=data)
    path = kept[0].population
    if any(entry.population != path for entry in kept):
        names = ", ".join(sorted({entry.population for entry in kept}))
        message = f"{population!r} is not one population in all panels: {names}. Write more of the path."
        raise StoreError(message)
    taken = [_take(gated_again(run, entry), entry, transformed=transformed, most=most) for entry in kept]
    shared = [name for name in taken[0].channels if all(name in other.channels for other in taken)]
    if not shared:
        message = f"the samples with {path} have no channel in common: export one panel's own population."
        raise StoreError(message)
    places = [[one.channels.index(name) for name in shared] for one in taken]
    x = np.concatenate([one.values[:, at] for one, at in zip(taken, places, strict=True)])
    var = pd.DataFrame(
        {
            "marker": _markers(run, kept, shared),
            "transform": [_common(one.scales.get(name, "") for one in taken) for name in shared],
        },
        index=pd.Index(shared, dtype=object),
    )
    scale = "on the scale of var['transform'] where there is one" if transformed else "not transformed"
    uns = study_facts(run) | {"population": path, "values": f"compensated as the gates of the run; {scale}"}
    return x, _observations(run, taken), var, uns


def _take(result: GatingResult, kept: KeptSample, *, transformed: bool, most: int | None) -> _Taken:
    source, strategy = result.source, result.strategy
    names = source.channels.names
    scaled = _scaled(result) if transformed else {}
    dims = [
        replace(result.compensated(name), transform=scaled[name].transform)
        if name in scaled
        else result.compensated(name)
        for name in names
    ]
    events = np.flatnonzero(result.mask(kept.population))
    if most is not None and len(events) > most:
        events = events[np.linspace(0, len(events) - 1, most).astype(np.int64)]
    values = read_columns(source, strategy, dims)[:, events].T.astype(np.float32)
    prefix = "" if kept.population == ROOT else kept.population
    below = [path for path in strategy.paths if path.startswith(f"{prefix}/")]
    scales = {
        name: json.dumps(strategy.transforms[dim.transform].to_dict())
        for name, dim in scaled.items()
        if dim.transform is not None
    }
    members = {_column(path[len(prefix) :]): result.mask(path)[events] for path in below}
    return _Taken(kept.row, tuple(names), scales, events, values, members)


def _scaled(result: GatingResult) -> dict[str, Dimension]:
    """Return channel -> the first dimension of a gate that is on it and has a scale."""
    found: dict[str, Dimension] = {}
    for population in result.strategy.populations:
        dims = (*population.gate.dims, *((population.display,) if population.display else ()))
        for dim in dims:
            if dim.transform is not None and dim.ratio is None and dim.channel in result.source.channels:
                found.setdefault(result.source.channels[dim.channel].name, dim)
    return found


def _column(below: str) -> str:
    """Return the column of a population; AnnData takes no slash in the name of a column."""
    return "in " + " > ".join(name.replace("/", "|") for name in split(below)[0])


def _observations(run: Run, taken: Sequence[_Taken]) -> pd.DataFrame:
    import pandas as pd

    sizes = [len(one.events) for one in taken]
    responders = response_of(run)
    obs = pd.DataFrame({"event": np.concatenate([one.events for one in taken])})
    columns = {name: [one.row.get(name) for one in taken] for name in ("sample", *OF_SAMPLE)}
    columns["responder"] = [responders.get(str(one.row.get("subject")), "not known") for one in taken]
    for name, values in columns.items():
        if name == "week":
            obs[name] = np.repeat(np.array(values, dtype=float), sizes)
            continue
        texts = ["" if value is None else str(value) for value in values]
        kinds = list(dict.fromkeys(texts))
        codes = np.repeat(np.array([kinds.index(entry) for entry in texts], np.int64), sizes)
        obs[name] = pd.Categorical.from_codes(codes, pd.Index(kinds))
    for name in dict.fromkeys(name for one in taken for name in one.members):
        parts = [one.members.get(name, np.zeros(len(one.events), np.bool_)) for one in taken]
        obs[name] = np.concatenate(parts)
    obs.index = pd.Index([f"{s}:{i}" for s, i in zip(obs["sample"], obs["event"], strict=True)])
    return plain_frame(obs)


def _markers(run: Run, kept: Sequence[KeptSample], channels: Sequence[str]) -> list[str]:
    """Return the marker of each channel in the first sample; the channel's own name where it has none."""
    table = run.intensities
    table = table[table["sample"] == kept[0].sample]
    known = dict(zip(table["channel"], table["marker"], strict=True))
    return [str(known.get(name, name)) for name in channels]


def _common(texts: Any) -> str:
    """Return what all samples say; several scales of one channel are all named."""
    return " | ".join(dict.fromkeys(text for text in texts if text))
