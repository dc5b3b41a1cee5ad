"""Faults on request, for tests of crash safety: inert unless an environment variable asks for one."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

KILL = "CYTOGATE_TEST_KILL"
HANG = "CYTOGATE_TEST_HANG"
GRAB = "CYTOGATE_TEST_GRAB"


def fault_point(stage: str, number: int) -> None:
    """Do nothing, unless the environment asks for a fault here.

    ``CYTOGATE_TEST_KILL=gate:3`` kills the process at stage ``gate`` of job 3, every time;
    ``gate:3:MARK`` once, leaving the file ``MARK``. ``CYTOGATE_TEST_HANG`` sleeps instead, and
    ``CYTOGATE_TEST_GRAB=gate:3:1000`` asks for so many bytes of memory.
    """
    if not os.environ.keys() & {KILL, HANG, GRAB}:
        return
    wanted = os.environ.get(GRAB, "").split(":", 2)
    if wanted[:2] == [stage, str(number)]:
        bytearray(int(wanted[2]))
    if _asked(KILL, stage, number):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    if _asked(HANG, stage, number):
        time.sleep(3600)


def _asked(variable: str, stage: str, number: int) -> bool:
    wanted = os.environ.get(variable, "").split(":", 2)
    if wanted[:2] != [stage, str(number)]:
        return False
    if len(wanted) < 3:
        return True
    mark = Path(wanted[2])
    if mark.exists():
        return False
    mark.touch()
    return True
