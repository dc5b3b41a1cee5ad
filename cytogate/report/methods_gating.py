"""Sentences on compensation, scales and gates, from what the manifest says of the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cytogate.plots.numbers import count_text
from cytogate.report.manifest_facts import templates, unique
from cytogate.report.plain import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cytogate.report.section import RunLike

# What a method does, for readers; one that is not here goes by its name.
_METHODS = {
    "mindensity": "at the deepest point of the valley between two peaks",
    "quantile": "at a quantile of a population",
    "reference": "where another method finds it in a reference population",
    "tailgate": "where the flank of the negative peak has run out",
    "fmo": "at a quantile of the control that lacks the marker",
    "shift": "by moving the template's position as far as the peaks around it have moved",
    "singlets": "as a strip along the robust line of pulse height on pulse area",
    "cluster": "as the ellipse of one cluster of a mixture",
    "register": "by smooth registration of the plot to the template's",
}
_TOGETHER = {
    "subject": "one place for all tubes of a patient",
    "batch": "one place for all tubes of a batch",
    "study": "one place for all tubes of the study",
}
_ANCHORED = {
    "none": "placed in each tube by itself",
    "subject": "drawn towards the patient's other tubes",
    "batch": "drawn towards the other tubes of the batch",
    "study": "drawn towards the other tubes of the study",
}


def compensation_words(run: RunLike) -> Iterator[str]:
    """Yield a sentence for each way of compensating; none of runs that do not say."""
    said: dict[str, list[str]] = {}
    for panel, entry in templates(run).items():
        if entry.get("compensation"):
            said.setdefault(str(entry["compensation"]), []).append(panel)
    for way, panels in said.items():
        whose = f" (panel {joined(panels)})" if len(said) > 1 else ""
        if way == "file":
            yield f"Events were compensated with the spillover matrix that each file carries{whose}."
        elif way == "none":
            yield f"Events were not compensated{whose}."
        else:
            yield f"Events were compensated with the matrix {way} of the template{whose}."


def scale_words(run: RunLike) -> Iterator[str]:
    """Yield a sentence for each scale that differs, with the markers it is for."""
    said: dict[str, list[str]] = {}
    for entry in templates(run).values():
        for marker, scale in (entry.get("scales") or {}).items():
            said.setdefault(scale_text(scale), []).append(str(marker))
    for words, markers in said.items():
        names = [_scale_name(marker) for marker in unique(markers)]
        yield f"{_capital(joined(names))}: {words}."


def uses_logicle(run: RunLike) -> bool:
    """Return whether a scale is a logicle."""
    scales = (scale for entry in templates(run).values() for scale in (entry.get("scales") or {}).values())
    return any(scale.get("kind") == "logicle" for scale in scales)


def scale_text(scale: Mapping[str, Any]) -> str:
    """Return a scale in words.

    Examples
    --------
    >>> scale_text({"kind": "logicle", "T": 262144.0, "W": "auto", "M": 4.5, "A": 0.0})
    'logicle scale, T = 262144, M = 4.5, A = 0, W estimated once from all files of the panel'
    """
    estimated = scale.get("W") == "auto"
    numbers = [
        f"{key} = {value:.10g}" if isinstance(value, int | float) else f"{key} = {value}"
        for key, value in scale.items()
        if key != "kind" and not (key == "W" and estimated)
    ]
    width = ["W estimated once from all files of the panel"] if estimated else []
    return ", ".join([f"{scale.get('kind')} scale", *numbers, *width])


def gating_words(run: RunLike) -> Iterator[str]:
    """Yield the sentences on gates, panel by panel, then what was done by hand."""
    for panel, entry in templates(run).items():
        yield from _panel_words(panel, entry)
    table = run.triage
    if len(table) and "fallback" in table.columns:
        tubes = table[table["sample"] != ""]
        n_own = int((tubes["fallback"].fillna("") != "").sum())
        if n_own:
            yield (
                f"{count_text(n_own)} of {count_text(len(tubes))} gates of single tubes have a border that "
                "the tube's own events did not place; the report lists the reasons."
            )
    made = list(run.manifest.get("adjustments") or ())
    if made:
        samples = len({str(change.get("sample")) for change in made})
        yield (
            f"{len(made)} gate{'' if len(made) == 1 else 's'} of {samples} tube{'' if samples == 1 else 's'} "
            f"{'was' if len(made) == 1 else 'were'} changed by hand, with reason and author recorded; "
            "results without these changes stand beside them."
        )
    elif templates(run):
        yield "No gate was changed by hand."


def _panel_words(panel: str, entry: Mapping[str, Any]) -> Iterator[str]:
    title = f", {entry['title']}" if entry.get("title") else ""
    digest = f"; SHA-256 {str(entry['sha256'])[:12]}" if entry.get("sha256") else ""
    gates = f"; {entry['gates']} gates" if entry.get("gates") else ""
    yield f"Panel {panel} was gated with the template {entry.get('name') or '?'}{title}{gates}{digest}."
    if "found" in entry and not entry["found"]:
        yield "All of its gates are the same in every tube."
    elif entry.get("found"):
        yield from _found_words(entry["found"])
    if entry.get("exclude_asc_first"):
        yield "Antibody-secreting cells were taken out of the IgD × CD27 quadrants first."


def _found_words(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what was found in the data, by method, then whose events decided; all other gates are fixed."""
    yield "These borders were found in the data, all others are the same in every tube."
    by_method: dict[str, list[str]] = {}
    by_place: dict[str, list[str]] = {}
    for part in found:
        method, name = str(part.get("method")), str(part.get("name"))
        axes = " × ".join(map(str, part.get("markers") or ()))
        by_method.setdefault(method, []).append(f"{name} ({axes})")
        place = _TOGETHER.get(str(part.get("scope"))) or _ANCHORED.get(str(part.get("anchor")), "")
        by_place.setdefault(place, []).append(name)
    for method, names in by_method.items():
        how = f"{_METHODS[method]} ({method})" if method in _METHODS else f"by the method {method}"
        yield f"{_capital(how)}: {joined(names)}."
    yield _place_words(by_place)
    least = sorted({int(part["min_events"]) for part in found if part.get("min_events") is not None})
    if least:
        events = f"{least[0]}" if len(least) == 1 else f"{least[0]} to {least[-1]}"
        yield (
            f"Where fewer than {events} events were there to look at, or did not say, other tubes or "
            "the template's own position decided."
        )


def _place_words(by_place: Mapping[str, Sequence[str]]) -> str:
    """Say whose events decided: those of few borders by name, the rest together."""
    ordered = sorted(by_place.items(), key=lambda entry: len(entry[1]))
    said = [f"{joined(names)}: {place}" for place, names in ordered[:-1]]
    most = ordered[-1][0]
    rest = f"{'the others' if said else 'all of them'}: {most}"
    unsure = any(place.startswith("drawn") for place in by_place)
    end = ", as far as a tube's own events left it unsure" if unsure else ""
    return f"Of these, {'; '.join([*said, rest])}{end}."


def _scale_name(marker: str) -> str:
    return {"default": "fluorescence channels", "scatter": "scatter channels"}.get(marker, marker)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
