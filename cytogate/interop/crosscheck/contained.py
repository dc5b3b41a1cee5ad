"""Other readers in a process of their own: some files make them hang, and some eat all memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cytogate.fcs.read import read_fcs
from cytogate.interop.crosscheck.compare import bearing, compare, subject_of
from cytogate.interop.crosscheck.rule import BOTH
from cytogate.interop.crosscheck.witness import Difference, Witness
from cytogate.platform import cap_address_space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytogate.fcs.file import FcsFile

# The calling script is not imported again; the answer is plain text, for a damaged process may say anything.
_BOOT = (
    "import json, sys; asked = json.loads(sys.stdin.readline()); sys.path[:] = asked.pop('path'); "
    "from cytogate.interop.crosscheck.contained import serve; serve(asked)"
)
_MOST_SAID = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Bounds:
    """What another reader may use for one file.

    Attributes
    ----------
    seconds, seconds_per_megabyte : float
        Until it is ended.
    bytes, times_data : int
        Memory beyond what its imports hold: so many bytes, and so many times those of DATA. Python numbers
        take 28 bytes each, so lists of them are many times what lies in the file.
    """

    seconds: float = 30.0
    seconds_per_megabyte: float = 1.0
    bytes: int = 2**29
    times_data: int = 40

    def for_file(self, file: FcsFile) -> tuple[float, int]:
        """Return seconds and bytes for one file."""
        data = file.n_events * file.layout.row_bytes
        return self.seconds + self.seconds_per_megabyte * data / 1e6, self.bytes + self.times_data * data


def cross_check(file: FcsFile, *, lenient: bool = False, bounds: Bounds | None = None) -> tuple[Witness, ...]:
    """Read a file with flowio and fcsparser, and compare sizes, names, stored values and scales with ours.

    Each works in a process of its own, with a deadline and (on Linux) a cap on memory: what it does wrong
    becomes its `problem`, and nothing of it stays.

    Parameters
    ----------
    file : FcsFile
        One that is compressed or lies elsewhere is compared in a copy, unpacked, which is gone afterwards.
    lenient : bool
        Whether `file` was read leniently.
    bounds : Bounds, optional
        Time and memory that each may use.

    Returns
    -------
    tuple of Witness
        One for each reader.
    """
    with _local(file, lenient=lenient) as local:
        return tuple(_ask(reader, local, bounds or Bounds(), lenient=lenient) for reader in BOTH)


@contextmanager
def _local(file: FcsFile, *, lenient: bool) -> Iterator[FcsFile]:
    """Lend the file itself where its bytes lie on a disk as they are, else a copy of them."""
    if os.path.isfile(file.path) and os.path.getsize(file.path) == file.n_bytes:  # noqa: PTH113, PTH202 - as written
        yield file
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "tube.fcs"
        with copy.open("wb") as stream:
            stream.writelines(file.chunks())
        yield read_fcs(copy, file.dataset, lenient)


def _ask(reader: str, file: FcsFile, bounds: Bounds, *, lenient: bool) -> Witness:
    seconds, memory = bounds.for_file(file)
    asked = {
        "path": sys.path,
        "reader": reader,
        "file": str(Path(file.path).absolute()),
        "dataset": file.dataset,
        "lenient": lenient,
        "memory": memory,
    }
    # One thread of the numeric libraries: each takes address space, which is what is capped.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _BOOT],
            input=json.dumps(asked).encode() + b"\n",
            capture_output=True,
            check=False,
            timeout=seconds,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return _failed(reader, file, f"it did not end within {seconds:.0f} seconds")
    answer = _answer(done.stdout)
    if answer is not None:
        return _witness(answer)
    last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
    if any("MemoryError" in line or "cannot allocate" in line.lower() for line in last):
        return _failed(reader, file, f"it asked for more than {memory / 2**20:.0f} MiB of memory")
    ending = f"its process ended with code {done.returncode}"
    return _failed(reader, file, ": ".join([ending, *(line[:200] for line in last)]))


def _failed(reader: str, file: FcsFile, problem: str) -> Witness:
    return Witness(
        reader, metadata.version(reader), problem=problem, rules=bearing(subject_of(file), reader, problem)
    )


def _answer(said: bytes) -> dict[str, Any] | None:
    """Return the answer: the last line, whatever the reader has printed before."""
    lines = said[-_MOST_SAID:].strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _witness(answer: dict[str, Any]) -> Witness:
    differences = tuple(Difference(**entry) for entry in answer.pop("differences"))
    rules = tuple(answer.pop("rules"))
    return Witness(**answer, differences=differences, rules=rules)


def serve(asked: dict[str, Any]) -> None:
    """Answer in the process of its own: one line of JSON on stdout."""
    import fcsparser  # noqa: F401 - imports are not counted to what a file costs
    import flowio  # noqa: F401

    answer_to, sys.stdout = sys.stdout, sys.stderr
    cap_address_space(asked["memory"])
    witness = compare(asked["reader"], asked["file"], asked["dataset"], lenient=asked["lenient"])
    answer_to.write("\n" + json.dumps(asdict(witness)) + "\n")
