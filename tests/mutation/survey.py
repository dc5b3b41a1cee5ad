"""Survey: fault after fault is put into a module in a forked process, and the killers look for it there."""

from __future__ import annotations

import ast
import contextlib
import os
import pickle
import random
import resource
import shutil
import signal
import sys
import tempfile
import warnings
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mutation import killers
from mutation.changes import changes, mutated
from mutation.equivalent import EQUIVALENT
from mutation.killers import MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

_SECONDS = 60  # of the processor that a fault may cost; one that hangs is found
_MEMORY = 2**31  # bytes more than the process has; one that eats memory is found


@dataclass(frozen=True)
class Fault:
    """A change of a module, by its number among all changes there."""

    module: str
    number: int
    line: int
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line}: {self.what}   [{self.text}]"

    @property
    def is_equivalent(self) -> bool:
        """Whether it changes nothing that anyone could see."""
        return (self.module, self.text, self.what) in EQUIVALENT

    @property
    def path(self) -> Path:
        return killers.SOURCE / f"{self.module}.py"


def all_faults(modules: tuple[str, ...] = MODULES) -> list[Fault]:
    """Return every fault of some modules but the equivalent ones."""
    found = []
    for module in modules:
        source = (killers.SOURCE / f"{module}.py").read_text(encoding="utf-8")
        lines = source.splitlines()
        for number, change in enumerate(changes(ast.parse(source))):
            text = lines[change.line - 1].strip()
            found.append(Fault(module, number, change.line, change.what, text))
    return [fault for fault in found if not fault.is_equivalent]


def sample(faults: list[Fault], count: int, seed: int) -> list[Fault]:
    """Return some faults, the same for the same seed, in the order of the source."""
    chosen = random.Random(seed).sample(range(len(faults)), min(count, len(faults)))
    return [faults[i] for i in sorted(chosen)]


def survey(faults: list[Fault], n_processes: int) -> Iterator[tuple[Fault, str]]:
    """Yield faults and what found them, as they come; nothing where none did."""
    with tempfile.TemporaryDirectory() as folder:
        _warm_up(Path(folder))
        lines = _in_child(lambda: killers.baseline(Path(folder)), Path(folder) / "baseline")
        if lines is None:
            message = "the killers do not run: python -m pytest tests/fcs tells more"
            raise RuntimeError(message)
        yield from _try_all(faults, lines, Path(folder), n_processes)


def _warm_up(folder: Path) -> None:
    """Compile kernels once, for all children; a file may be slower than its check allows meanwhile."""
    for check in list(killers.corpus_checks().values()):
        with contextlib.suppress(AssertionError):
            check(folder)
    killers.forget()


def _try_all(
    faults: list[Fault], lines: dict[str, dict[int, list[str]]], folder: Path, n_processes: int
) -> Iterator[tuple[Fault, str]]:
    recent: list[str] = []  # what found the last ones, tried first
    running: dict[int, tuple[Fault, Path]] = {}
    waiting = list(reversed(faults))
    while waiting or running:
        while waiting and len(running) < n_processes:
            fault = waiting.pop()
            by_line = lines.get(str(fault.path), {})
            names = by_line.get(fault.line) or by_line.get(0, [])
            first = [name for name in recent if name in set(names)]
            ordered = list(dict.fromkeys([*first, *names]))
            place = folder / f"{fault.module.replace('/', '-')}-{fault.number}"
            running[_start(fault, ordered, place)] = fault, place
        pid, status = os.wait()
        fault, place = running.pop(pid)
        found = _answer(place) if status == 0 else f"the process ends with {status}"
        shutil.rmtree(place, ignore_errors=True)
        if found:
            recent = [found, *(name for name in recent if name != found)][:40]
        yield fault, found


def _start(fault: Fault, names: list[str], place: Path) -> int:
    place.mkdir()

    def run() -> str:
        source = fault.path.read_text(encoding="utf-8")
        try:
            code = mutated(source, fault.number, str(fault.path))
            name = "cytogate.fcs." + fault.module.replace("/", ".")
            sys.meta_path.insert(0, _Instead(name, str(fault.path), code))
            return killers.first_failure(names, place)
        except BaseException as error:  # noqa: BLE001 - whatever goes wrong: the fault is found
            return f"import: {type(error).__name__}"

    return _fork(run, place / "answer")


def _answer(place: Path) -> Any:
    with contextlib.suppress(OSError, EOFError):
        return pickle.loads((place / "answer").read_bytes())
    return None


def _in_child(run: Any, path: Path) -> Any:
    os.waitpid(_fork(run, path), 0)
    with contextlib.suppress(OSError, EOFError):
        return pickle.loads(path.read_bytes())
    return None


def _fork(run: Any, path: Path) -> int:
    """Start a child that writes to a file what `run` returns; return its number."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        if path.name == "answer":
            _limit()
        warnings.simplefilter("ignore")
        path.write_bytes(pickle.dumps(run()))
        status = 0
    finally:
        os._exit(status)


def _limit() -> None:
    """End the process when it takes too much of anything."""
    signal.alarm(10 * _SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + _MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


class _Instead(MetaPathFinder, Loader):
    """Imports other code in place of a module."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        self._name, self._path, self._code = name, path, code

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        return spec_from_file_location(name, self._path, loader=self) if name == self._name else None

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        exec(self._code, module.__dict__)
