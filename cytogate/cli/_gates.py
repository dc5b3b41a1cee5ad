"""What ``--template`` names: a built-in template, a template file, Gating-ML or a FlowJo workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cytogate.errors import InteropError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cytogate.fcs.file import FcsFile
    from cytogate.gating.strategy import GatingStrategy

GATES = (
    "Name of a built-in template, a template file (YAML), a Gating-ML file (.xml), or a FlowJo workspace "
    "(.wsp) whose samples FILES are"
)


def strategies(
    template: str, files: Sequence[FcsFile], tell: Callable[[str], None] | None = None
) -> Callable[[FcsFile], GatingStrategy]:
    """Return what gives each file its strategy, from a template, Gating-ML or a FlowJo workspace.

    Scales that a template leaves open are estimated over all the files together. `tell` is given a note
    once where gates are found without the patients and batches that a run of the study knows.

    Raises
    ------
    TemplateError, InteropError
        The gates cannot be read; those of one file, only when its strategy is asked for.
    """
    suffix = Path(template).suffix.lower()
    if suffix == ".wsp":
        return _of_workspace(template, files)
    if suffix == ".xml":
        from cytogate.interop.gatingml import read_gatingml

        strategy = read_gatingml(template)
        return lambda _file: strategy
    from cytogate.gating.fitting.fit import fit_template
    from cytogate.gating.template.library import load_template

    loaded = load_template(template)
    fits = fit_template(loaded, files)
    if tell is not None and loaded.fitted and files:
        lean = (
            "in a tube alone, with no batch or patient to lean on"
            if len(files) == 1
            else f"in these {len(files)} tubes, whose batches and patients are not known here"
        )
        tell(
            f"{len(loaded.fitted)} cuts or gates of {loaded.name} are found {lean}: percentages can differ "
            "from those of a run of the study (cytogate run)."
        )
    return lambda file: loaded.resolve(file, fits=fits)


def _of_workspace(path: str, files: Sequence[FcsFile]) -> Callable[[FcsFile], GatingStrategy]:
    """Return what gives each file the strategy of its sample; a file in doubt is refused with the reasons."""
    from cytogate.interop.flowjo import read_flowjo

    workspace = read_flowjo(path, on_unsupported="skip")  # each gate left out is a note
    matches = workspace.match(files)
    samples = {match.path: match.sample for match in matches.pairs}

    def strategy(file: FcsFile) -> GatingStrategy:
        if file.path not in samples:
            title = f"{file.path}: which sample of {path} this is cannot be told from path, name or keywords."
            raise InteropError(title, matches.ambiguous)
        return workspace.strategy(samples[file.path], file)

    return strategy
