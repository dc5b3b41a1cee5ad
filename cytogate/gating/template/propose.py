"""A first template for a file: the built-in one that fits its panel best, without what it cannot gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytogate.edge.yaml_document import parse_yaml
from cytogate.errors import PanelError, Problem, TemplateError
from cytogate.fcs.compensated import already_compensated
from cytogate.gating.definitions import definitions
from cytogate.gating.template.checks import is_scatter_name
from cytogate.gating.template.driven import data_driven
from cytogate.gating.template.file import template_from_dict
from cytogate.gating.template.library import list_templates, load_template
from cytogate.gating.template.markers import find_named_channel
from cytogate.gating.template.matching import channels_of
from cytogate.gating.template.trimming import trimmed_text
from cytogate.gating.tree import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cytogate.fcs.channels.panel import Channel
    from cytogate.fcs.source import EventSource
    from cytogate.gating.template.gating_template import GatingTemplate
    from cytogate.gating.template.parts import GateSpec

FITTED = "_fitted"  # ends the name of a template whose twin, of fixed gates, has the rest of it
FULL_SCALE = 262_144  # of the instruments that the coordinates of built-in templates are made for


@dataclass(frozen=True, slots=True)
class Fit:
    """How far a built-in template goes with a panel.

    Attributes
    ----------
    channels : Mapping
        Channel of each marker of the template that the panel has.
    skipped : mapping of population to reason
        Cleaning steps that cannot be taken; what lies below them is gated all the same.
    lost : mapping of population to reason
        Populations that cannot be gated.
    subsets : tuple of str
        Names of the subsets that can be, as the registry has them.
    """

    template: GatingTemplate
    channels: Mapping[str, Channel]
    skipped: Mapping[str, str]
    lost: Mapping[str, str]
    subsets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateProposal:
    """A template to be checked by the analyst, and what it rests on."""

    text: str
    fit: Fit
    notes: tuple[str, ...]


def propose_template(f: EventSource, *, fixed: bool = False) -> TemplateProposal:
    """Propose a template for the panel of one file; nothing is written.

    The built-in template is taken that fits whole; of several the one with most subsets; where none fits
    whole, the one of which most subsets can be gated. Cuts are found in the data where a built-in template
    knows how: its fitted twin is taken where the file has what that needs, and else each cut and outline that
    any of the fitted ones has.

    Parameters
    ----------
    fixed : bool
        Leave all gates where the built-in template has them.

    Raises
    ------
    TemplateError
        No subset of any built-in template can be gated with the markers of the file.
    """
    templates = {name: load_template(name) for name in list_templates()}
    fits = [fit_of(entry, tuple(f.channels)) for entry in templates.values() if not entry.fitted]
    best = min(fits, key=lambda fit: (bool(fit.lost), -len(fit.subsets), fit.template.name))
    if not any(fit.subsets for fit in fits):
        raise _no_template(f, fits)
    if not best.subsets:
        best = max(fits, key=lambda fit: len(fit.subsets))
    twin = templates.get(f"{best.template.name}{FITTED}")
    if twin is not None and not fixed:
        own = fit_of(twin, tuple(f.channels))
        if set(own.lost) & set(best.template.populations) <= set(best.lost):
            best = own
    notes = tuple(_notes(f, best))
    text = trimmed_text(best.template, best.channels, best.skipped, best.lost, notes)
    if not fixed and not best.template.fitted:
        text, n_found, n_all = data_driven(text, best.skipped)
        notes = (*notes, _found_words(n_found, n_all))
    made = template_from_dict(parse_yaml(text, name="the proposed template").data)
    channels_of(made, f)  # that it fits the file is what it is for
    return TemplateProposal(text, best, notes)


def fit_of(template: GatingTemplate, panel: Iterable[Channel]) -> Fit:
    """Return what of a template can be gated with a panel."""
    channels = tuple(panel)
    found: dict[str, Channel] = {}
    for marker in dict.fromkeys([*template.panel, *template.markers]):
        try:
            channel = find_named_channel(channels, marker, template.panel.get(marker, ()))
        except PanelError:
            continue
        if channel not in found.values():
            found[marker] = channel
    registry = definitions()
    roles = {entry.id: subset for subset in registry.subsets for entry in subset.definitions}
    skipped: dict[str, str] = {}
    lost: dict[str, str] = {}
    subsets: dict[str, None] = {}
    for path in template.populations:  # parents stand first; what a boolean refers to may not
        gate = template.gate_of(path)
        meant = template.definition_of(path)
        subset = None if meant is None else roles.get(meant.id)
        missing = [marker for marker in gate.shape.markers if marker not in found]
        if missing and subset is not None and subset.role == "cleaning":
            skipped[path] = _has_no(missing)
        elif missing:
            lost[path] = _has_no(missing)
        elif (above := _nearest_lost(path, lost)) is not None:
            lost[path] = f"it lies below {above.rsplit('/', 1)[1]}"
    for path in template.populations:
        gone = next((other for other in _needed(template, template.gate_of(path)) if other in lost), None)
        if path not in lost and gone is not None:
            lost[path] = f"it needs {gone.rsplit('/', 1)[1]}"
    for path in template.populations:
        meant = template.definition_of(path)
        subset = None if meant is None else roles.get(meant.id)
        if subset is not None and subset.role == "subset" and path not in lost:
            subsets[subset.name] = None
    return Fit(template, found, skipped, lost, tuple(subsets))


def _has_no(markers: Iterable[str]) -> str:
    return f"the file has no {' and no '.join(markers)}"


def _nearest_lost(path: str, lost: Mapping[str, str]) -> str | None:
    return next((other for other in lost if path.startswith(f"{other}/")), None)


def _needed(template: GatingTemplate, gate: GateSpec) -> Iterator[str]:
    """Yield the populations that a gate is made of, or that its cut-offs are found in."""
    for reference, _ in getattr(gate.shape, "references", ()):
        yield find(reference, template.populations)
    for name in getattr(gate.shape, "fitted", ()):
        spec = template.fitted.get(name)
        if spec is not None and spec.of is not None:
            yield spec.of


def _notes(f: EventSource, fit: Fit) -> Iterator[str]:
    """Yield what the analyst should know of a proposal."""
    yield (
        f"Proposed for {f.path or 'the events'} from the built-in template {fit.template.name}. The "
        "coordinates are that template's: look at every gate on your own data."
    )
    tops = sorted({channel.range for marker, channel in fit.channels.items() if not is_scatter_name(marker)})
    other = [top for top in tops if top is not None and not 0.99 <= top / FULL_SCALE <= 1.01]
    if other:
        yield (
            f"Channels of this file go up to {max(other):,.0f}; the coordinates are made for {FULL_SCALE:,}. "
            "Expect to move all of them, and set T of the scales."
        )
    if f.spillover is None:
        yield "The file holds no spillover matrix: its values are gated as they are (compensation: none)."
    elif already_compensated(f) is not None:
        yield "The file looks compensated already: its values are gated as they are (compensation: none)."


def _found_words(n_found: int, n_all: int) -> str:
    if not n_found:
        return "No cut is found in the data: no built-in template has a method for these."
    return f"{n_found} of {n_all} cuts and outlines are found in the data; the others stay as they are drawn."


def _no_template(f: EventSource, fits: Iterable[Fit]) -> TemplateError:
    nearest = max(fits, key=lambda fit: len(fit.channels))
    lacking = [m for m in nearest.template.markers if m not in nearest.channels and not is_scatter_name(m)]
    has = ", ".join(channel.label or channel.name for channel in f.channels)
    message = (
        f"No subset that cytogate knows can be gated with the markers of {f.path or 'the events'}: {has}. "
        f"Nearest is {nearest.template.name}, for which it lacks {', '.join(lacking)}."
    )
    return TemplateError(message, [Problem("no-template-fits", f.path, message)])
