"""Meanings: what each code beyond those of reading files says, and what to do; one kind of thing a file.

The codes of warnings and refusals of FCS files have theirs in `cytogate.fcs.repairs`.
"""

from __future__ import annotations


def meanings() -> dict[str, tuple[str, str]]:
    """Return the code of every note, warning and fault but those of reading: what it is, what to do."""
    from cytogate.cli.meanings.foreign import FOREIGN
    from cytogate.cli.meanings.gating import GATING
    from cytogate.cli.meanings.reaching import REACHING
    from cytogate.cli.meanings.sheets import SHEETS
    from cytogate.cli.meanings.studies import STUDIES
    from cytogate.cli.meanings.templates import TEMPLATES
    from cytogate.cli.meanings.trials import TRIALS

    return {**GATING, **TEMPLATES, **STUDIES, **SHEETS, **TRIALS, **FOREIGN, **REACHING}
