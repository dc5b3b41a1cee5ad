"""Exit codes of the command line, and how an error reads there."""

from __future__ import annotations

from cytogate.errors import CytogateError, FcsError, StoreError, TemplateError

OK = 0
FAILED_SAMPLES = 1  # some files failed; they are named
DIFFERENCE = 1  # a run is not as it was left, or other figures come out
USAGE = 2
INVALID = 3  # study, sheet, template or gating file
ENVIRONMENT = 4  # disk, permission, lock, memory
INTERRUPTED = 130
TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """The process was asked to end by SIGTERM."""


def exit_code(error: CytogateError | OSError | MemoryError) -> int:
    """Return the exit code that an error means."""
    if isinstance(error, StoreError) or not isinstance(error, CytogateError):
        return ENVIRONMENT
    return FAILED_SAMPLES if isinstance(error, FcsError) else INVALID


def describe(error: CytogateError | OSError | MemoryError) -> str:
    """Return the text of an error for a reader who does not read Python.

    Examples
    --------
    >>> describe(PermissionError(13, "Permission denied", "runs/demo"))
    'runs/demo: Permission denied'
    """
    if isinstance(error, MemoryError):
        return "out of memory. Use fewer workers, or a machine with more memory."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, TemplateError) and [entry.code for entry in error.problems] == [
        "template-not-found"
    ]:
        return error.title  # the one problem says the same again
    return str(error) or type(error).__name__
