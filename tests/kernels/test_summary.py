from __future__ import annotations

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cytogate.fcs.data.layout import RecordLayout
from cytogate.kernels.summary import summarise_columns


def summary(buffer, n, layout):
    c = layout.n_channels
    lowest, highest, counts = np.full(c, np.inf), np.full(c, -np.inf), np.zeros((c, 4), np.int64)
    places = (layout.row_bytes, layout.offsets, layout.widths, layout.kinds, layout.big_endian, layout.masks)
    scales = (layout.scale_kinds, layout.scale_a, layout.scale_b)
    summarise_columns(buffer, n, *places, *scales, np.empty(n), lowest, highest, counts)
    return np.column_stack([lowest, highest, counts])


@st.composite
def layouts(draw):
    kinds = draw(st.lists(st.sampled_from([0, 0, 1, 2]), min_size=1, max_size=4))
    widths = np.array([{1: 4, 2: 8}.get(kind) or draw(st.integers(1, 8)) for kind in kinds])
    masks = [2 ** draw(st.integers(1, 64)) - 1 for _ in kinds]
    scales = [draw(st.sampled_from([(0, 1.0, 1.0), (1, 3.67, 1.0), (3, 0.01, 1.0)])) for _ in kinds]
    a, b = [scale[1] for scale in scales], [scale[2] for scale in scales]
    ends = np.cumsum(widths)
    big = draw(st.booleans())
    return RecordLayout(int(ends[-1]), ends - widths, widths, kinds, big, masks, [s[0] for s in scales], a, b)


@given(layouts(), st.data())
def test_summary_equals_its_slow_twin(layout, data):
    n = data.draw(st.integers(0, 5))
    size = n * layout.row_bytes
    some = st.binary(min_size=size, max_size=size) | st.sampled_from([b"\xff", b"\0"]).map(lambda b: b * size)
    buffer = np.frombuffer(data.draw(some), np.uint8)
    with np.errstate(all="ignore"):
        got, wanted = summary(buffer, n, layout), naive.summarise_columns(buffer, n, layout)
    np.testing.assert_array_equal(got, wanted)


def test_blocks_add_up():
    values = np.array([3.0, np.nan, -1.0, np.inf, -np.inf, 7.0])
    layout = RecordLayout(
        8, [0], [8], [2], big_endian=False, masks=[2**64 - 1], scale_kinds=[0], scale_a=[1], scale_b=[1]
    )
    c = (layout.row_bytes, layout.offsets, layout.widths, layout.kinds, False, layout.masks)
    scales = (layout.scale_kinds, layout.scale_a, layout.scale_b)
    lowest, highest, counts = np.full(1, np.inf), np.full(1, -np.inf), np.zeros((1, 4), np.int64)
    for part in (values[:2], values[2:]):
        summarise_columns(part.view(np.uint8), len(part), *c, *scales, np.empty(6), lowest, highest, counts)
    assert (lowest[0], highest[0], counts[0].tolist()) == (-1.0, 7.0, [1, 2, 0, 0])
