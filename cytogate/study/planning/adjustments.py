"""Adjustments: gates of single samples changed by hand, each with its reason, author and time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from cytogate.edge.plain_words import plain_error, unknown_key_fix
from cytogate.edge.yaml_document import YamlDocument, parse_yaml_bytes
from cytogate.errors import Problem, TemplateError, nearest
from cytogate.gating.adjusting import KEYS, UNITS, GateChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cytogate.gating.template import GatingTemplate
    from cytogate.study.sheets.sheet import SheetRow

Text = Annotated[StrictStr, Field(min_length=1, max_length=2000)]
# What a gate of a template is once it is resolved.
_RESOLVED = {"threshold": "rectangle", "ellipse": "ellipsoid", "quadrants": "quadrant"}
_PAIR = 2
_TRIANGLE = 3


class AdjustmentModel(BaseModel):
    """One entry of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sample: Text
    gate: Text
    change: dict[StrictStr, Any]
    reason: Text
    author: Text
    time: Text
    template_sha256: Text


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A gate of one sample, changed: what, why, by whom, when, and of which template.

    Attributes
    ----------
    change : GateChange
    time : str
        ISO 8601.
    template_sha256 : str
        Of the template that was looked at; with another one the change may mean something else.
    """

    sample: str
    change: GateChange
    reason: str
    author: str
    time: str
    template_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as the file has them."""
        return {
            "sample": self.sample,
            "gate": self.change.gate,
            "change": dict(self.change.change),
            "reason": self.reason,
            "author": self.author,
            "time": self.time,
            "template_sha256": self.template_sha256,
        }


def read_adjustments(
    path: Path, *, rows: Iterable[SheetRow], templates: Mapping[str, GatingTemplate]
) -> tuple[tuple[Adjustment, ...], list[Problem]]:
    """Return the adjustments of a file that are right, and every problem of the others with its line.

    Parameters
    ----------
    path : Path
        A YAML list of {sample, gate, change, reason, author, time, template_sha256}.
    rows : iterable of SheetRow
        The tubes that are gated: only they have gates to adjust.
    templates : mapping of panel to GatingTemplate
        As the study uses them.
    """
    try:
        document = parse_yaml_bytes(path.read_bytes(), name=path.name)
    except OSError as error:
        what = f"cannot be opened: {error.strerror or error}."
        return (), [Problem("adjustments-missing", path.name, what)]
    except TemplateError as error:  # the reader of YAML is shared with templates
        return (), list(error.problems)
    if document.data is None:
        return (), []
    if not isinstance(document.data, list):
        what = "expected a list: one entry `- sample: ...` for each adjusted gate."
        return (), [Problem("adjustments-format", document.name, what)]
    tubes = {row.sample: row for row in rows}
    adjustments: list[Adjustment] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str], int] = {}
    for at, entry in enumerate(document.data):
        try:
            model = AdjustmentModel.model_validate(entry)
        except ValidationError as error:
            problems += [_form_problem(document, at, dict(one)) for one in error.errors()]
            continue
        found = list(_problems(document, at, model, tubes, templates))
        first = seen.setdefault((model.sample, model.gate), at)
        if first != at:
            what = f"gate {model.gate!r} of sample {model.sample!r} is adjusted in entry {first + 1} already."
            found.append(Problem("adjusted-twice", document.locate((at,)), what, "Keep one."))
        problems += found
        if not found:
            change = GateChange(model.gate, dict(model.change))
            adjustments.append(
                Adjustment(
                    model.sample, change, model.reason, model.author, model.time, model.template_sha256
                )
            )
    return tuple(adjustments), problems


def _form_problem(document: YamlDocument, at: int, entry: dict[str, Any]) -> Problem:
    place = (at, *entry["loc"])
    where = document.locate(place)
    if entry["type"] == "extra_forbidden":
        fix = unknown_key_fix(place[-1], nearest(str(place[-1]), list(AdjustmentModel.model_fields)))
        return Problem("unknown-key", where, f"unknown key {str(place[-1])!r}.", fix)
    if entry["type"] == "missing":
        return Problem("missing-key", where, f"{place[-1]!r} is missing.")
    return Problem("wrong-value", where, *plain_error(entry))


def _problems(
    document: YamlDocument,
    at: int,
    entry: AdjustmentModel,
    tubes: Mapping[str, SheetRow],
    templates: Mapping[str, GatingTemplate],
) -> Iterator[Problem]:
    """Yield what is wrong with an entry of the right form."""
    try:
        datetime.fromisoformat(entry.time)
    except ValueError:
        what = f"expected a moment as 2026-03-02T10:15:00+00:00, found {entry.time!r}."
        yield Problem("wrong-value", document.locate((at, "time")), what)
    row = tubes.get(entry.sample)
    if row is None:
        what = (
            f"no gated sample of the sheet is called {entry.sample!r}. {nearest(entry.sample, list(tubes))}"
        )
        yield Problem("sample-unknown", document.locate((at, "sample")), what)
        return
    template = templates.get(row.panel)
    if template is None:
        return  # its template cannot be read, which is a problem already
    if entry.template_sha256 != template.sha256:
        what = (
            f"template {template.name} is {template.sha256[:12]} now, the adjustment was made on "
            f"{entry.template_sha256[:12]}."
        )
        fix = f"Look at the gate again, then write template_sha256: {template.sha256}"
        yield Problem("template-changed", document.locate((at, "template_sha256")), what, fix)
    names = [gate.name for gate in template.gates]
    if entry.gate not in names:
        what = f"template {template.name} has no gate {entry.gate!r}. {nearest(entry.gate, names)}"
        yield Problem("gate-unknown", document.locate((at, "gate")), what)
        return
    if entry.gate not in template.adjustable:
        what = f"gate {entry.gate!r} may not be adjusted."
        fix = f"The template allows: {', '.join(template.adjustable) or 'none'}."
        yield Problem("gate-not-adjustable", document.locate((at, "gate")), what, fix)
        return
    gate = template.gates[names.index(entry.gate)]
    kind = _RESOLVED.get(gate.kind, gate.kind)
    if kind == "method":
        kind = "polygon" if len(gate.shape.markers) == _PAIR else "rectangle"
    yield from _change_problems(document, at, entry, kind, len(gate.shape.markers))
    for key in ("x_cut", "y_cut"):
        if key in entry.change and isinstance(getattr(gate.shape, key, None), Mapping):
            what = f"{key} of gate {entry.gate!r} differs by side, one number does not say which."
            fix = "Move the gate: {move: {x: ..., y: ...}}."
            yield Problem("change-unfit", document.locate((at, "change", key)), what, fix)


def _change_problems(
    document: YamlDocument, at: int, entry: AdjustmentModel, kind: str, n_axes: int
) -> Iterator[Problem]:
    """Yield the parts of a change that do not fit the kind of gate."""
    allowed = KEYS.get(kind, ())
    if not set(entry.change) - {"units"}:
        what = f"expected what is new of a {kind}: {', '.join(allowed)}."
        yield Problem("change-empty", document.locate((at, "change")), what)
    for key, value in entry.change.items():
        where = document.locate((at, "change", key))
        if key == "units":
            if value not in UNITS:
                yield Problem("wrong-value", where, f"expected data or scale, found {value!r}.")
        elif key not in allowed:
            what = f"a {kind} has no {key!r}."
            yield Problem("change-unfit", where, what, f"It may have {', '.join(allowed) or 'nothing'}.")
        elif key == "vertices":
            if not _is_outline(value):
                yield Problem("wrong-value", where, "expected three or more vertices [x, y].")
        elif key == "move":
            axes = ("x", "y")[:n_axes]
            if not isinstance(value, dict) or not value or not set(value) <= set(axes):
                what = f"expected {{{': ..., '.join(axes)}: ...}}, found {value!r}."
                yield Problem("wrong-value", where, what)
            elif not all(map(_is_finite, value.values())):
                yield Problem("wrong-value", where, "expected finite numbers.")
        elif not _is_finite(value):
            yield Problem("wrong-value", where, f"expected a finite number, found {value!r}.")


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_outline(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= _TRIANGLE
        and all(
            isinstance(pair, list) and len(pair) == _PAIR and all(map(_is_finite, pair)) for pair in value
        )
    )
