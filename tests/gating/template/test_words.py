"""Words for what pydantic finds: every kind of fault of the models has plain ones."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from cytogate.edge.plain_words import plain_error


class Inner(BaseModel):
    model_config = ConfigDict(strict=True)

    a: int


class Model(BaseModel):
    """One field for each kind of limit that templates and studies have."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(strict=True, min_length=1, max_length=5)] = "x"
    truth: StrictBool = True
    count: Annotated[StrictInt, Field(ge=0, le=10)] = 1
    loose: int = 1
    number: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = 1.0
    pair: Annotated[list[float], Field(min_length=2, max_length=2)] = [1, 2]
    names: Annotated[list[str], Field(min_length=1)] = ["x"]
    table: Annotated[dict[str, str], Field(min_length=1)] = {"a": "b"}
    section: Inner = Inner(a=1)
    kind: Literal["sri4", "sri5"] = "sri4"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("text", 5, "expected text, found 5. Write it in quotes."),
        ("text", "", "expected text, found nothing."),
        ("text", "abcdefg", "expected at most 5 characters, found 7."),
        ("truth", "yes", "expected true or false, found 'yes'."),
        ("count", 1.5, "expected a whole number, found 1.5."),
        ("count", "1.000", "expected a whole number, found '1.000'."),
        ("count", "1,000", "expected a whole number, found '1,000'. Write decimals with a point"),
        ("count", -1, "expected 0 or more, found -1."),
        ("count", 11, "expected at most 10, found 11."),
        ("loose", "x", "expected a whole number, found 'x'."),
        ("loose", 1.5, "expected a whole number, found 1.5."),
        ("number", "22,5", "expected a number, found '22,5'. Write decimals with a point"),
        ("number", "high", "expected a number, found 'high'."),
        ("number", 0, "expected a number greater than 0, found 0."),
        ("number", float("inf"), "expected a finite number, found inf."),
        ("pair", [22.0, 5, 26000], "expected two numbers, found three. Write decimals with a point"),
        ("pair", [1], "expected two numbers, found one."),
        ("pair", "x", "expected a list, found 'x'. Write a list as [first, second]"),
        ("names", [], "expected at least one entry, found none."),
        ("table", {}, "expected at least one entry, found none."),
        ("table", ["x"], "expected keys and values, found a list of 1. Write `key: value`."),
        ("section", None, "expected keys and values, found nothing. Write `key: value`."),
        ("kind", "sri9", "expected 'sri4' or 'sri5', found 'sri9'."),
    ],
)
def test_each_kind_of_fault_has_plain_words(field, value, words):
    with pytest.raises(ValidationError) as caught:
        Model.model_validate({field: value})
    (entry,) = caught.value.errors()
    told = " ".join(plain_error(dict(entry))).strip()
    assert told.startswith(words)
    assert not re.search(r"[Ii]nput should|[Vv]alid|List|Dictionary|instance|items", told)


def test_a_fault_without_words_of_its_own_is_told_without_jargon_at_its_beginning():
    entry = {"type": "other", "msg": "Input should be round", "input": "x" * 100, "loc": ()}
    message, fix = plain_error(entry)
    assert message.startswith("expected round, found 'xxx")
    assert len(message) < 100
    assert fix == ""
