"""Call a function in a fresh process: nothing imported, nothing compiled, nothing in memory before."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from cytogate.errors import CytogateError

if TYPE_CHECKING:
    from collections.abc import Callable

# The calling script is not imported again, as multiprocessing would do.
_BOOT = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from cytogate.bench.fresh import serve; serve()"
)


def in_fresh_process(task: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Return wall seconds from start to end of a process that calls ``task(*arguments)``, and the answer.

    Parameters
    ----------
    task : callable
        A function of a module; it, its arguments and its answer are pickled.

    Raises
    ------
    CytogateError
        The task failed; of cytogate's errors, the error itself.
    """
    said = pickle.dumps(sys.path) + pickle.dumps((task, arguments))
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _BOOT], input=said, capture_output=True, check=False)
    spent = time.perf_counter() - start
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        message = f"A process for the benchmark ended with code {done.returncode}: {last[0]}"
        raise CytogateError(message)
    answer = pickle.loads(done.stdout)
    if isinstance(answer, CytogateError):
        raise answer
    return spent, answer


def serve() -> None:
    """Do what stdin asks and answer on stdout; what libraries print goes to stderr."""
    task, arguments = pickle.load(sys.stdin.buffer)
    answer_to, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        answer = task(*arguments)
    except CytogateError as error:
        answer = error
    answer_to.write(pickle.dumps(answer))
