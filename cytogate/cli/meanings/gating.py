"""Codes of gating, and of finding cuts and gates in the data."""

from __future__ import annotations

_CONTROL = (
    "Nothing to do if its `fallback` is right; else name the tube in the sheet: `role` fmo, and the marker "
    "in `control_for`. It is told as gate-fallback."
)
_LOOK = "Look at its plot, and set it by hand where it is wrong."
_TOLD = f"{_LOOK} It is told as gate-fallback."

GATING: dict[str, tuple[str, str]] = {
    # what is found in the data
    "few-events": (
        "fewer events than `min_events` to find a cut or gate in; its `fallback` or the study decides",
        _TOLD,
    ),
    "few-voices": (
        "too few samples found a cut to place it in the others, which keep the fallback",
        _LOOK,
    ),
    "through-peak": (
        "a cut that other samples placed runs through a peak of this sample's own events",
        _LOOK,
    ),
    "one-peak": ("the events have one peak, so no valley to cut at", _TOLD),
    "out-of-bounds": (
        "what the events say lies outside the bounds that the template gives",
        "Look at its plot; where the events are right, widen `within` of the cut in the template. "
        "It is told as gate-fallback.",
    ),
    "no-control": ("no control tube (FMO) that can be used stands for this sample", _CONTROL),
    "no-landmark": ("no peak of the sample answers to one of the study, so nothing is aligned", _TOLD),
    "not-converged": ("the method did not come to an end within its steps", _TOLD),
    "dead-marker": (
        "the marker stains nothing in this sample: all its events lie together",
        "Look whether the antibody was left out of the tube or the channel was off. "
        "It is told as gate-fallback.",
    ),
    "gate-fallback": (
        "a cut or gate was not placed by the sample's own events, but by the template or the other samples",
        "Look at its plot: percentages of it and below it are less sure. The message says why; each reason "
        "has a code of its own to explain: few-events, one-peak, out-of-bounds, no-control, no-landmark, "
        "not-converged, dead-marker.",
    ),
    "gate-fitted-alone": (
        "cuts or gates were found in this file without the others of its study to anchor them",
        "Run the study, or give the fits of one, where samples are to be compared.",
    ),
    "scales-from-one-file": (
        "the width W of scales was estimated from this file alone",
        "Fit the template to all files of the study where plots or polygons are to be compared.",
    ),
    "fit-skipped": (
        "a file could not be used when the template was fitted; it had no say",
        "Look at the message: the file or its panel is at fault.",
    ),
    "fit-lost": (
        "the worker that looked at a file for its cuts was ended, or had too little memory; it had no say",
        "Most often memory: use fewer workers. The next run looks at all files again.",
    ),
    "fit-unread": (
        "a file or control could not be read when the template was fitted, though it may be whole",
        "Run again when the disk answers: fits without the file are not used again.",
    ),
    "fits-do-not-fit": ("the fits were made for another content of the template", "Fit the template again."),
    # what is gated
    "channel-unknown": (
        "a gate names a channel that the events do not have",
        "Compare with what `cytogate inspect` lists; it may be another file.",
    ),
    "compensated-already": (
        "the events were compensated before they were written, so they are gated as they are",
        "Nothing to do; give a template for such files `compensation: none`.",
    ),
    "compensated-twice": (
        "the events seem compensated already, and were compensated once more as the gates say",
        "Look whether this is the file that the gates were made for.",
    ),
    "not-compensated": (
        "the file has no spillover matrix, though the gates ask for the file's own",
        "Look whether the gates were drawn on uncompensated events; else give a matrix.",
    ),
    "compensation-unknown": ("a gate refers to a matrix that is not given", "Correct the name, or give it."),
    "transform-unknown": ("a gate refers to a scale that is not given", "Correct the name, or give it."),
    "grid-missing": (
        "a gate has no display grid, so FlowJo's counts cannot be followed exactly",
        "Gate without a grid, or read the gates from the workspace.",
    ),
    "intensity-unknown": (
        "an intensity is asked of a channel or population that is not there",
        "Correct it.",
    ),
    "name-empty": ("a population has no name", "Name the gate, or its quadrant."),
    "parent-unknown": ("the parent of a gate is not there", "Correct the name; it may be a slip of the pen."),
    "parent-ambiguous": ("several populations have the name of the parent", "Write more of its path."),
    "parent-cycle": ("a gate is its own ancestor", "Correct the parent of one gate of the circle."),
    "parent-broken": ("the parent of a gate has a fault of its own", "Mend that first."),
    "population-twice": ("two populations of one parent have the same name", "Rename one."),
    "population-unknown": ("no population has this name", "Correct the name; `cytogate gate` lists them."),
    "population-ambiguous": ("several populations have this name", "Write more of its path."),
    "reference": ("a boolean gate refers to a population that is unknown or ambiguous", "Correct the name."),
    "reference-cycle": ("boolean gates need each other in a circle", "Correct one reference of the circle."),
    "rectangle-gate": ("a rectangle or threshold has no valid bounds", "Correct the part that is named."),
    "polygon-gate": ("a polygon has no valid outline", "Correct the vertex that is named."),
    "ellipsoid-gate": ("an ellipse has no area, or its matrix is none", "Correct the part that is named."),
    "quadrant-gate": (
        "a quadrant gate has no valid dividers or quadrants",
        "Correct the part that is named.",
    ),
    "boolean-gate": ("a boolean gate has no valid operation or operands", "Correct the part that is named."),
    "cleaning-kind": (
        "a gate in front of the tree is no range, or takes events out by more than one channel",
        "Give each channel its own range.",
    ),
    "transform-parameter": ("a parameter of a scale is outside its domain", "Correct the number."),
}
