"""JSON Schema of methods: which kinds there are, and which arguments each of them has."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from cytogate.gating.template.method_arguments import form_of
from cytogate.methods.base import cut_methods, shape_methods

if TYPE_CHECKING:
    from cytogate.registry import Registry

Schema = dict[str, Any]


def add_methods(schema: Schema) -> None:
    """Put kinds and arguments of the registered methods into the JSON Schema of `TemplateModel`."""
    parts = schema["$defs"]
    cuts, shapes = parts["MethodModel"], parts["GateMethodModel"]
    cuts["properties"]["kind"] = {"enum": list(cut_methods.names())}
    cuts["allOf"] = [_where(_is(kind), cut_methods, kind, cuts) for kind in cut_methods.names()]
    shapes["properties"]["kind"] = {"enum": sorted({*cut_methods.names(), *shape_methods.names()})}
    # one kind may find a cut, and with a second axis a gate
    shapes["allOf"] = [
        *(_where(_is(kind, "y"), shape_methods, kind, shapes) for kind in shape_methods.names()),
        *(
            _where({**_is(kind), "not": {"required": ["y"]}}, cut_methods, kind, shapes)
            for kind in cut_methods.names()
        ),
        {"if": {"required": ["y"]}, "then": _one_of(shape_methods), "else": _one_of(cut_methods)},
    ]
    for part in (parts["CutModel"], parts["CutHereModel"]):
        for form in part["properties"]["method"]["oneOf"]:
            if form.get("type") == "string":  # a bare name
                form["enum"] = list(cut_methods.names())


def _is(kind: str, *further: str) -> Schema:
    return {"properties": {"kind": {"const": kind}}, "required": ["kind", *further]}


def _one_of(registry: Registry[Any]) -> Schema:
    return {"properties": {"kind": {"enum": list(registry.names())}}}


def _where(condition: Schema, registry: Registry[Any], kind: str, part: Schema) -> Schema:
    """Return the arguments of a kind, and that there are no others beside the keys of every method."""
    method = registry.get(kind)
    found = form_of(method).model_json_schema()
    properties = found.get("properties", {})
    for entry in dataclasses.fields(method):
        if entry.name in properties:
            properties[entry.name].pop("default", None)
            properties[entry.name].pop("title", None)
            if entry.default is not dataclasses.MISSING and entry.default is not None:
                properties[entry.name]["default"] = entry.default
    then: Schema = {
        "properties": properties,
        "propertyNames": {"enum": sorted({*part["properties"], *properties})},
    }
    if found.get("required"):
        then["required"] = found["required"]
    return {"if": condition, "then": then}
