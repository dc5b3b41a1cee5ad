"""Codes of gating templates, their YAML, and the definitions of subsets."""

from __future__ import annotations

_KEY = "Correct the spelling; the message names the nearest."
_WRITE = "Write it out; templates and study files are plain YAML without such tricks."

TEMPLATES: dict[str, tuple[str, str]] = {
    "yaml-too-large": ("a YAML file is larger than is read", "Look whether it is the right file."),
    "yaml-not-utf8": ("a YAML file is not UTF-8 text", "Save it as UTF-8."),
    "yaml-syntax": ("a line is no YAML", "Look at the line that is named: indents, colons, quotes."),
    "yaml-alias": ("a YAML alias (*name) stands for a value", _WRITE),
    "yaml-anchor": ("a YAML anchor (&name) names a value", _WRITE),
    "yaml-tag": ("a YAML tag (!name) stands before a value", _WRITE),
    "yaml-documents": ("a YAML file holds several documents", "Make a file of each."),
    "yaml-depth": ("YAML is nested deeper than any template", "Look at the indents."),
    "yaml-key": ("a key is a list or a mapping", "Write text before the colon."),
    "yaml-duplicate-key": ("a key stands twice; which value holds is not said", "Keep one."),
    "template-not-found": ("there is no such template, built in or as a file", "List them: template list."),
    "template-format": ("the file is no gating template", "Begin it with `format: cytogate.template`."),
    "template-version": ("the template was written for a newer cytogate", "Update cytogate."),
    "unknown-key": ("a key that templates do not have", _KEY),
    "missing-key": ("a key that is needed is missing", "Add it."),
    "wrong-value": ("a value is not what its key may have", "Correct it as the message says."),
    "unknown-argument": ("a method has no such argument", _KEY),
    "unknown-method": ("there is no method of this name for such a gate", _KEY),
    "unknown-marker": ("a gate, cut or scale names a marker that the panel does not list", _KEY),
    "unknown-gate": ("a list names a gate that the template does not have", _KEY),
    "unknown-population": ("a place names a population that no gate makes", _KEY),
    "unknown-cut": ("a gate names a cut that `cuts` does not have", _KEY),
    "unused-cut": ("no gate uses a cut of `cuts`", "Use it, or take it out."),
    "cut-of-another-marker": ("a cut is used on the axis of another marker", "Correct the cut, or the axis."),
    "cut-circle": (
        "a cut looks at a population that lies below the gate it makes",
        "Look at a population above the gate, or beside it.",
    ),
    "fitted-name-twice": ("two cuts or gates that are found in the data have one name", "Rename one."),
    "wrong-geometry": ("a gate has no valid shape on the scales of its axes", "Correct its numbers."),
    "scale-parameters": ("a scale lacks a parameter, or has one too many", "Give those that are listed."),
    "compensation": (
        "a matrix is named or given that cannot be used",
        "Write file, none, or the name of a CSV beside the template, and look at the matrix.",
    ),
    "definition-twice": ("a population has two definitions", "Keep one."),
    "definition-id-twice": ("the id of a definition is used by another one", "Give each its own."),
    "definition-unknown": ("no definition has this id", _KEY),
    "definitions-format": ("the file holds no definitions of subsets", "Look at its format and version."),
    "definitions-empty": ("a file of definitions has no subsets", "Give it some."),
    "subset-unknown": ("no subset has this name", _KEY),
    "asc-without-quadrants": (
        "the antibody-secreting cells of `asc` do not lie beside a quadrant gate",
        "Name a population that lies beside the quadrants.",
    ),
    "switch-unknown": ("a switch (`exclude_asc_first`) that the template does not have", "Set it to false."),
    "no-template-fits": ("no built-in template fits the markers of the file", "Write one by hand."),
    # a template meets a file
    "marker-missing": (
        "the file has no channel of a marker that the template needs",
        "Look whether it is the right template; else add the file's label to the marker's names in `panel`.",
    ),
    "marker-ambiguous": (
        "several channels of the file may be a marker",
        "Give the marker a name in `panel` that only one of them has.",
    ),
    "channel-claimed-twice": (
        "two markers mean the same channel of the file",
        "Correct their names in `panel`.",
    ),
    "marker-not-compensated": (
        "a marker's channel is not in the compensation matrix and is gated as it is",
        "Look whether the right pulse (area, not height) is labelled.",
    ),
    "matrix-not-square": ("a matrix has more detectors than fluorochromes", "Unmix the events before."),
    "matrix-detectors": ("a matrix names detectors that the file lacks", "Give the matrix of this panel."),
    "spillover-missing": (
        "the template asks for the file's own matrix, and the file has none",
        "Give the template a matrix (`compensation: matrix.csv`), or `compensation: none`.",
    ),
}
