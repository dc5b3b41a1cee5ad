"""Boolean gates: what they hold and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from cytogate.errors import GatingError
from cytogate.gates.boolean import BooleanGate
from cytogate.gates.primitive import Boolean, Reference

B, T = Reference("B"), Reference("T", complement=True)


def test_it_lowers_to_populations():
    assert BooleanGate("and", [B, T]).lower() == (Boolean("and", (B, T)),)
    assert BooleanGate("and", (B, T)).dims == ()


@pytest.mark.parametrize("ask", [lambda gate: gate.contains(np.zeros((2, 0))), lambda gate: gate.outline()])
def test_values_and_drawings_are_refused_with_the_populations_it_needs(ask):
    with pytest.raises(GatingError, match="refers to B, T"):
        ask(BooleanGate("or", (B, T)))


@pytest.mark.parametrize(
    ("operation", "references", "message"),
    [
        ("xor", (B, T), "operation: found 'xor'; expected 'and', 'or' or 'not'"),
        ("not", (B, T), "references: found 2; 'not' takes exactly 1"),
        ("and", (B,), "references: found 1; 'and' takes at least 2"),
        ("or", (), "references: found 0; 'or' takes at least 2"),
    ],
)
def test_operations_take_their_number_of_references(operation, references, message):
    with pytest.raises(GatingError, match=message):
        BooleanGate(operation, references)
