"""What flowio and fcsparser make of a case, each in a child process with a deadline and a memory cap.

Run as ``python -m fcs.corpus.peers NAME``, the child reads one path a line and answers with one line of JSON.
"""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import warnings
from pathlib import Path

from fcs.corpus.judge import Seen

PEERS = ("flowio", "fcsparser")
SECONDS = 10.0
EXTRA_BYTES = 2**30  # of address space, beyond what the imports take


class Peer:
    """Another reader, asked for one file after the other; a child that hangs or dies is replaced."""

    def __init__(self, name):
        self.name = name
        self._child = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stop()

    def read(self, path, dataset=0):
        """Return what the reader makes of a file."""
        if self._child is None:
            self._start()
        self._child.stdin.write(json.dumps([str(path), dataset]) + "\n")
        self._child.stdin.flush()
        line = self._answer()
        if line is None:
            self._stop()
            return Seen("hung", message=f"no answer in {SECONDS:.0f} s")
        if not line:
            self._stop()
            return Seen("crashed", message="the process died")
        kind, codes, raw, scale, message = json.loads(line)
        return Seen(kind, tuple(codes), raw, scale, message)

    def _answer(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            return self._child.stdout.readline() if selector.select(SECONDS) else None

    def _start(self):
        command = [sys.executable, "-W", "ignore", "-m", "fcs.corpus.peers", self.name]
        folders = [str(Path(__file__).parents[2])]
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={"PYTHONPATH": ":".join(folders), "PATH": "/usr/bin:/bin"},
        )
        assert self._child.stdout.readline() == "ready\n"

    def _stop(self):
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _flowio(path, dataset):
    import flowio

    data = flowio.read_multiple_data_sets(path)[dataset] if dataset else flowio.FlowData(path)
    return data.as_array(preprocess=False).tolist(), data.as_array(preprocess=True).tolist()


def _fcsparser(path, dataset):
    import fcsparser

    _, table = fcsparser.parse(path, channel_naming="$PnN", dtype=None, data_set=dataset)
    return table.to_numpy().tolist(), None  # it has no scale values


def _ask(reader, path, dataset):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            raw, scale = reader(path, dataset)
        except MemoryError as error:
            return "out of memory", [], None, None, str(error)
        except Exception as error:  # noqa: BLE001 - another program's reader may fail in any way
            return "refused", [type(error).__name__], None, None, str(error)
    own = [warning for warning in caught if not issubclass(warning.category, DeprecationWarning)]
    return "values", sorted({warning.category.__name__ for warning in own}), raw, scale, ""


def _serve(name):
    import resource

    reader = {"flowio": _flowio, "fcsparser": _fcsparser}[name]
    __import__(name)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + EXTRA_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    out, sys.stdout = sys.stdout, sys.stderr  # what readers print is no answer
    out.write("ready\n")
    out.flush()
    for line in sys.stdin:
        path, dataset = json.loads(line)
        out.write(json.dumps(_ask(reader, path, dataset)) + "\n")
        out.flush()


if __name__ == "__main__":
    _serve(sys.argv[1])
