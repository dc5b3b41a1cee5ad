"""A template in words: its tree of populations with axes and definitions, for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cytogate.gating.definitions import definitions
from cytogate.gating.template.fitted import FittedShape
from cytogate.gating.template.fitted_words import fitted_lines
from cytogate.gating.tree import split

if TYPE_CHECKING:
    from cytogate.gating.definitions import SubsetDefinition
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.parts import Definition, GateSpec


def describe(template: GatingTemplate) -> str:
    """Return name, scales and tree of a template as text, one population a line.

    Examples
    --------
    >>> from cytogate.gating.template.library import load_template
    >>> print(describe(load_template("treg_helios")).splitlines()[0])
    treg_helios: Regulatory T cells by FoxP3 and Helios
    """
    lines = [f"{template.name}: {template.title}" if template.title else template.name]
    lines.append(f"markers: {', '.join(template.markers)}")
    lines.append(f"compensation: {template.compensation}")
    lines += [f"scale {name}: {_scale(template, name)}" for name in template.scales]
    lines.append("")
    texts = []
    for path in template.populations:
        names = split(path)[0]
        indented = "  " * (len(names) - 1) + names[-1]
        texts.append((indented, _geometry(template.gate_of(path)), _definition(template, path)))
    widths = [max(len(text[column]) for text in texts) for column in (0, 1)]
    lines += [f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {text}".rstrip() for name, shape, text in texts]
    if template.fitted:
        lines += ["", "found in the data:", *(f"  {line}" for line in fitted_lines(template))]
    if template.adjustable:
        lines += ["", f"adjustable by sample: {', '.join(template.adjustable)}"]
    return "\n".join(lines)


def definition_notes(template: GatingTemplate, width: int = 110) -> str:
    """Return what each population of a template means, who says so, and which rivals there are, as comments.

    Definitions of one subset stand together, those that the template gates first.

    Examples
    --------
    >>> from cytogate.gating.template.library import load_template
    >>> notes = definition_notes(load_template("hipc_bcell")).splitlines()
    >>> [line[4:].split(":")[0] for line in notes if "cd27_cd38" in line][:2]
    ['antibody_secreting.cd20_cd27_cd38 (B/PB)', 'antibody_secreting.cd27_cd38 (B/PB CD27++CD38++)']
    """
    registry = definitions()
    gated = {entry.id: entry.population for entry in template.definitions.values()}
    said: set[str] = set()
    lines = []
    for path in template.populations:
        meant = template.definition_of(path)
        if meant is None or meant.id in said:
            continue
        rivals = registry.rivals(meant.id)
        entries: list[Definition | SubsetDefinition] = [meant]
        entries += sorted(rivals, key=lambda rival: rival.id not in gated)
        for entry in entries:
            said.add(entry.id)
            where = short_path(gated[entry.id]) if entry.id in gated else "not gated here"
            text = f"{entry.id} ({where}): {entry.text} [{entry.citation}]"
            lines += textwrap.wrap(text, width, initial_indent="#   ", subsequent_indent="#       ")
    return "\n".join(["", "# What the definitions say; those of one subset are rivals:", *lines, ""])


def short_path(path: str) -> str:
    """Return the last two names of a path, as a reader needs them."""
    return "/".join(split(path)[0][-2:])


def _scale(template: GatingTemplate, name: str) -> str:
    scale = template.scales[name]
    parameters = (
        f"{key} {value if isinstance(value, str) else f'{value:g}'}"
        for key, value in scale.parameters.items()
    )
    return f"{scale.kind} ({', '.join(parameters)})"


def _geometry(gate: GateSpec) -> str:
    axes = " x ".join(gate.shape.markers)
    kind = gate.shape.kind if isinstance(gate.shape, FittedShape) else gate.kind
    found = " (found)" if gate.shape.fitted else ""
    return f"{kind} {axes}{found}".rstrip()


def _definition(template: GatingTemplate, path: str) -> str:
    found = template.definition_of(path)
    return "" if found is None else found.id
