"""AnnData objects as files: the extra that makes them, and writing one whole or not at all."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError
from cytogate.platform import write_atomically
from cytogate.study.export.events import population_events
from cytogate.study.export.medians import population_medians
from cytogate.study.export.places import make_room
from cytogate.study.run_folder.folder import blamed

if TYPE_CHECKING:
    from cytogate.study.run_folder.run import Run


def to_anndata(
    run: Run,
    population: str | None = None,
    *,
    transformed: bool = False,
    events: int | None = None,
    data: str | Path | None = None,
) -> Any:
    """Return a run as an AnnData object: medians of all populations, or the events of one.

    Parameters
    ----------
    run : Run
        An opened run folder.
    population : str, optional
        Full path or unique ending: its events, an observation each. Without it, each population of each
        sample is an observation, with the medians of its channels.
    transformed : bool
        Events on the scales of the template (what the gates were drawn on) instead of compensated values.
        Channels without a scale stay as they are; ``var["transform"]`` says which.
    events : int, optional
        At most so many events of a sample, spread evenly over it; by default all.
    data : str or Path, optional
        Folder that the files of the sheet lie below; by default that of the run.

    Returns
    -------
    anndata.AnnData
        ``X`` (n_obs, n_vars) float32, or float64 for medians (NaN: the panel has no such marker). ``obs``
        says sample, subject, visit and, of events, their populations; ``var`` channels and markers; ``uns``
        what the values are.

    Raises
    ------
    StoreError
        The extra is not installed, or a file of the study is not the one that was gated.
    GatingError
        No sample has such a population, or the name is ambiguous.
    """
    if importlib.util.find_spec("anndata") is None:
        message = "AnnData is not installed: pip install 'cytogate[anndata]'."
        raise StoreError(message)
    import anndata

    if population is None:
        x, obs, var, uns = population_medians(run)
    else:
        x, obs, var, uns = population_events(run, population, transformed=transformed, most=events, data=data)
    made = anndata.AnnData(X=x, obs=obs, var=var)
    made.uns["cytogate"] = uns
    return made


def export_anndata(
    run: Run,
    path: str | Path,
    population: str | None = None,
    *,
    transformed: bool = False,
    events: int | None = None,
    data: str | Path | None = None,
    force: bool = False,
) -> Path:
    """Write a run as an ``.h5ad`` file; parameters as for `to_anndata`.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    StoreError
        As `to_anndata`; or the file is there already and `force` is not given, or it cannot be written.
    """
    target = Path(path)
    make_room([target], force=force)
    made = to_anndata(run, population, transformed=transformed, events=events, data=data)
    with blamed(target), tempfile.TemporaryDirectory(dir=target.parent, prefix=".h5ad-") as aside:
        draft = Path(aside) / "draft.h5ad"  # HDF5 wants a file of its own
        made.write_h5ad(draft, compression="gzip")
        with draft.open("rb") as source, write_atomically(target) as file:
            shutil.copyfileobj(source, file)
    return target
