"""A finished run: its manifest at once, its tables when they are asked for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cytogate.errors import StoreError, nearest
from cytogate.study.run_folder.folder import read_manifest
from cytogate.study.run_folder.tables import FAILURE_FIELDS, LATER, LATER_COLUMNS, schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Run:
    """The figures of a run folder; nothing is written through it.

    Attributes
    ----------
    path : Path
        The folder.
    manifest : mapping
        Study, versions, hashes, definitions, response: what the figures rest on.
    up_to_date : bool
        True when `run_study` found this run finished with the same inputs and did nothing.
    """

    path: Path
    manifest: Mapping[str, Any] = field(repr=False)
    up_to_date: bool = False

    @cached_property
    def samples(self) -> pd.DataFrame:
        """One row a tube of the sheet: what it is, whether it was gated, its file and hashes."""
        return self._table("samples")

    @cached_property
    def subsets(self) -> pd.DataFrame:
        """One row a sample and subset; counts are integers, <NA> where a sample failed."""
        return self._table("subsets")

    @cached_property
    def populations(self) -> pd.DataFrame:
        """One row a sample and population."""
        return self._table("populations")

    @cached_property
    def intensities(self) -> pd.DataFrame:
        """One row a sample, population and fluorescence channel."""
        return self._table("intensities")

    @cached_property
    def triage(self) -> pd.DataFrame:
        """One row a sample and gate, those first that most need to be looked at, with the reasons."""
        return self._table("triage")

    @cached_property
    def splits(self) -> pd.DataFrame:
        """One row a subject, subset and pair of visits: which part of the change is due to gates."""
        return self._table("splits")

    @cached_property
    def qc(self) -> pd.DataFrame:
        """One row a sample, check and metric."""
        return self._table("qc")

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """One row a test or estimate."""
        return self._table("comparisons")

    @cached_property
    def response(self) -> pd.DataFrame:
        """One row a subject and way with missing values: who responded, by which clauses."""
        return self._table("response")

    @cached_property
    def clinical(self) -> pd.DataFrame:
        """One row a subject, visit and column of the clinical table."""
        return self._table("clinical")

    @cached_property
    def analytes(self) -> pd.DataFrame:
        """One row a measurement of a soluble analyte."""
        return self._table("analytes")

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row a sample that failed: where, why, and what to do."""
        import pandas as pd

        place = self.path / "failures.json"
        try:
            rows = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _damaged(place, error) from error
        frame = pd.DataFrame(rows, columns=list(FAILURE_FIELDS))
        return frame.astype({"offset": "Int64"})

    @cached_property
    def matrices(self) -> Mapping[str, Any]:
        """What ``matrices.json`` holds: the distinct matrices, and which samples each compensated."""
        place = self.path / "matrices.json"
        if not place.exists():
            return {}  # runs of earlier versions have none
        try:
            found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _damaged(place, error) from error
        return found

    def previews(self, sample: str) -> list[dict[str, Any]]:
        """Return what was drawn of a sample; ``file`` of each plot is an absolute path.

        Raises
        ------
        StoreError
            The sample is unknown (the nearest are named), or its previews cannot be read. A sample that
            failed has none: the list is empty.
        """
        folder, listed = self._listing(sample)
        return [{**plot, "file": str(folder / plot["file"])} for plot in listed.get("plots", ())]

    def overlays(self, sample: str) -> list[dict[str, Any]]:
        """Return histograms of one sample beside its control tubes; empty where it has none.

        Raises
        ------
        StoreError
            As `previews` does.
        """
        return list(self._listing(sample)[1].get("overlays", ()))

    def _listing(self, sample: str) -> tuple[Path, dict[str, Any]]:
        known = self.manifest["samples"]
        if sample not in known:
            message = f"{self.path}: no sample {sample!r}. {nearest(sample, list(known))}"
            raise StoreError(message)
        folder = self.path / "previews" / known[sample]["slug"]
        place = folder / "plots.json"
        if not place.is_file():
            return folder, {}
        try:
            listed = json.loads(place.read_text(encoding="utf-8"))
            _ = listed["plots"]
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(place, error) from error
        return folder, dict(listed)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return a table as plain rows; None where a cell is null."""
        found: list[dict[str, Any]] = self._read(name).to_pylist()
        return found

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd
        import pyarrow as pa

        whole = {pa.int64(): pd.Int64Dtype()}
        frame: pd.DataFrame = self._read(name).to_pandas(types_mapper=whole.get)
        return frame

    def _read(self, name: str) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        place = self.path / f"{name}.parquet"
        try:
            if name in LATER and not place.exists() and place.name not in self._own_hashes:
                return schema(name).empty_table()
            self._check_hash(place)
            table = pq.read_table(place, page_checksum_verification=True)
        except (OSError, pa.ArrowException) as error:
            raise _damaged(place, error) from error
        for place_of, column in enumerate(schema(name)):
            if column.name in LATER_COLUMNS and column.name not in table.column_names:
                table = table.add_column(place_of, column, pa.nulls(table.num_rows, column.type))
        return table

    @property
    def _own_hashes(self) -> Mapping[str, str]:
        files: Mapping[str, str] = (self.manifest.get("conclusions") or {}).get("files") or {}
        return files

    def _check_hash(self, place: Path) -> None:
        """Refuse a table that another manifest describes: statistics that were not rewritten to the end."""
        expected = self._own_hashes.get(place.name)
        if expected is not None and hashlib.sha256(place.read_bytes()).hexdigest() != expected:
            message = (
                f"{place}: is not what the manifest of the run describes: the file was changed, or writing "
                f"statistics ended in the middle. Write them again: cytogate stats {self.path}"
            )
            raise StoreError(message)


def open_run(path: str | Path) -> Run:
    """Open a run folder.

    Raises
    ------
    StoreError
        There is no finished run in it, or one that this version cannot read.
    """
    folder = Path(path).absolute()
    manifest = read_manifest(folder)
    if manifest is None:
        how = "with: cytogate run STUDY.yaml --out"
        message = (
            f"{folder}: holds no finished run (no manifest.json). Name another, or make one {how} FOLDER"
            if folder.exists()
            else f"{folder}: there is no such folder. Make one {how} {path}"
        )
        raise StoreError(message)
    return Run(folder, manifest)


def _damaged(place: Path, error: Exception) -> StoreError:
    return StoreError(f"{place}: cannot be read: {error}. Run the study again with --force.")
