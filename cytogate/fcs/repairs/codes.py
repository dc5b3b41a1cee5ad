"""Codes of warnings: what each means, and whether it is of a repair that is made on request only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.compensation.causes import CAUSES
from cytogate.fcs.repairs.of_files import FILE_REPAIRS
from cytogate.fcs.repairs.of_keywords import KEYWORD_REPAIRS

if TYPE_CHECKING:
    from cytogate.fcs.repairs.repair import Repair

REPAIRS: dict[str, Repair] = {repair.code: repair for repair in (*FILE_REPAIRS, *KEYWORD_REPAIRS)}


def warning_codes() -> dict[str, str]:
    """Return the code of every warning that reading a file can give, spillover too, and its meaning."""
    repairs = {code: repair.what for code, repair in REPAIRS.items()}
    return repairs | {code: cause.what for code, cause in CAUSES.items()}


def is_lenient(code: str) -> bool:
    """Say whether a warning is of a repair that is made on request only."""
    return code in REPAIRS and REPAIRS[code].lenient
