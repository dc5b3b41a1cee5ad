"""What cytogate makes of a case."""

from __future__ import annotations

from fcs.corpus.judge import Seen

from cytogate.errors import FcsError
from cytogate.fcs.read import read_fcs


def read(path, case, *, lenient=False):
    """Read a file; return what was seen, and the opened file (None when it was refused)."""
    try:
        opened = read_fcs(path, case.dataset, lenient)
        columns = [opened.raw_column(i).tolist() for i in range(len(opened.channels))]
        raw = list(zip(*columns, strict=True))
        scale = opened.events().tolist()
        codes = tuple(dict.fromkeys(problem.code for problem in opened.warnings))
    except FcsError as error:
        return Seen("refused", (error.code,), message=str(error)), None
    except Exception as error:  # noqa: BLE001 - anything else is a fault of the reader, and to be shown
        return Seen("crashed", (type(error).__name__,), message=str(error)), None
    return Seen("values", codes, raw, scale), opened
