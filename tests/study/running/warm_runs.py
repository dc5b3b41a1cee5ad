"""A process that has all of cytogate loaded and forks a child for each call of the command line.

A run of four tiny tubes takes half a second so, instead of several: every one of its writes can be failed.
Started by `Warm` below with the faulty disk (``faulty_disk.c``) loaded before it; speaks JSON, a line a call.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

HOUSE = Path(__file__).parents[3]
COUNTS = ("count", "failed", "writes", "asked")
MODES = ("off", "full", "once", "short", "kill", "vanish")  # in the order of faulty_disk.c


@dataclass(frozen=True)
class Ended:
    """How a call of the command line ended.

    Attributes
    ----------
    code : int
        Exit code, or minus the signal.
    said : str
        Its standard error.
    count, failed, writes, asked : int
        Calls that change something below the folder; how many of them were failed; how many carry bytes; how
        often a clock that is set back was asked. 0 where the process was killed.
    """

    code: int
    said: str
    count: int = 0
    failed: int = 0
    writes: int = 0
    asked: int = 0


class Warm:
    """The process, seen from a test; a context, as it must be closed."""

    def __init__(self, library: Path | None, study: Path, aside: Path, **environment: str) -> None:
        """Start it; it runs a study first, so that all is loaded."""
        before = {} if library is None else {"LD_PRELOAD": str(library)}
        alone = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"), "1")  # threads do not outlast a fork
        self._process = subprocess.Popen(
            [sys.executable, __file__, study, aside, *([] if library is None else [library])],
            env=os.environ | {"PYTHONPATH": str(HOUSE)} | alone | before | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def calls(self, *calls: list[str], setup: str = "", **fault: Any) -> list[Ended]:
        """Run the command line as often as there are lists of words, all at once."""
        request = {
            "calls": [[str(word) for word in words] for words in calls],
            "setup": setup,
            "fault": fault,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        return [Ended(**entry) for entry in json.loads(self._process.stdout.readline())]

    def run(self, trial: Any, *words: str, **more: Any) -> Ended:
        """Run the study of a trial, one tube after the other in one process."""
        (ended,) = self.calls(run_words(trial, *words), **more)
        return ended

    def __enter__(self) -> Self:
        self.calls()  # answered when all is loaded
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)


def run_words(trial: Any, *words: str) -> list[str]:
    return ["run", trial.study, "--out", trial.out, "--no-report", "--executor", "serial", *words]


def compiled(folder: Path) -> Path:
    """Compile the faulty disk."""
    library = folder / "faulty_disk.so"
    source = Path(__file__).with_name("faulty_disk.c")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def serve() -> None:
    from cytogate.cli import main

    study, aside, *library = sys.argv[1:]
    silent = os.open(os.devnull, os.O_WRONLY)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(silent, 1)
    assert main.run(["run", study, "--out", aside, "--no-report", "--executor", "serial"]) == 0
    faults = ctypes.CDLL(library[0]) if library else None
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryDirectory() as aside:
            begin, go = os.pipe()
            children = {}
            for number, words in enumerate(request["calls"]):
                notes = Path(aside) / str(number)
                child = os.fork()
                if not child:
                    os.close(go)
                    _work(main.run, words, request, faults, begin, notes)
                children[child] = notes
            os.close(begin)
            os.close(go)  # now all begin
            ends = [_ended(child, notes) for child, notes in children.items()]
        print(json.dumps(ends), file=answers, flush=True)


def _work(run: Any, words: list[str], request: dict[str, Any], faults: Any, begin: int, notes: Path) -> None:
    """Run the command line in a child, which ends here."""
    code = 99
    try:
        handle = os.open(f"{notes}.err", os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, 2)
        os.dup2(handle, 1)
        os.read(begin, 1)  # ends when the parent lets all go
        exec(request["setup"])
        fault = request["fault"]
        if "clock" in fault:
            faults.fault_clock(ctypes.c_long(fault["clock"]))
        elif faults is not None and fault:
            place, mode = fault["folder"].encode(), MODES.index(fault["mode"])
            faults.fault_set(place, mode, ctypes.c_long(fault.get("at", 0)), fault.get("error", 28))
        code = run(words)
        if faults is not None:
            found = {name: getattr(faults, f"fault_{name}")() for name in COUNTS}
            notes.write_text(json.dumps(found))
    except BaseException:  # noqa: BLE001 - it must not go on as the parent
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _ended(child: int, notes: Path) -> dict[str, Any]:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = Path(f"{notes}.err").read_text(errors="replace")
    return {"code": code, "said": said, **(json.loads(notes.read_text()) if notes.exists() else {})}


if __name__ == "__main__":
    serve()
