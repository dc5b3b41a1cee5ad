"""A template in words: its tree of populations with axes and definitions, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytogate.gating.tree import split

if TYPE_CHECKING:
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.parts import GateSpec


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
    if template.adjustable:
        lines += ["", f"adjustable by sample: {', '.join(template.adjustable)}"]
    return "\n".join(lines)


def _scale(template: GatingTemplate, name: str) -> str:
    scale = template.scales[name]
    parameters = (
        f"{key} {value if isinstance(value, str) else f'{value:g}'}"
        for key, value in scale.parameters.items()
    )
    return f"{scale.kind} ({', '.join(parameters)})"


def _geometry(gate: GateSpec) -> str:
    axes = " x ".join(gate.shape.markers)
    return f"{gate.kind} {axes}".rstrip()


def _definition(template: GatingTemplate, path: str) -> str:
    found = template.definition_of(path)
    return "" if found is None else found.id
