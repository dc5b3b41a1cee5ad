"""What every offered test keeps: never an exception, never a silent NaN, the same for the same question."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from trend_cases import DN, NAN, SLEDAI, SUBJECTS, counted, question, score_of, series_of

from cytogate.stats.comparison import trend_tests

NAMES = trend_tests.names()
GAPS = DN.copy()
GAPS[0, 0] = GAPS[1, 3] = GAPS[2, 1:] = GAPS[3, 2] = NAN
ODD = {
    "nobody": np.empty((0, 4)),
    "one subject": DN[:1],
    "one subject, one value": [[1.0, NAN, NAN, NAN]],
    "two subjects": DN[:2],
    "one visit": DN[:, :1],
    "two visits": DN[:, :2],
    "nothing measured": np.full((6, 4), NAN),
    "gaps": GAPS,
    "nobody has both visits": np.where([[1, 1, 1, 0], [0, 1, 1, 1]] * 3, DN, NAN),
    "constant": np.full((6, 4), 7.0),
    "constant in each subject": np.tile(np.arange(1.0, 7)[:, None], 4),
    "the same change in all": np.arange(1.0, 7)[:, None] + [0.0, 1, 2, 3],
    "the same course in all": np.tile([4.0, 3, 2, 1], (6, 1)),
    "all ties": np.tile([1.0, 2, 1, 2], (6, 1)),
    "zeros": np.zeros((6, 4)),
    "zero and all": [[0.0, 100, 0, 100]] * 3,
    "one zero": np.where(np.arange(24).reshape(6, 4) == 3, 0.0, DN),
    "tiny": DN * 1e-60,
    "huge": DN * 1e60,
    "empty visits": np.column_stack([DN[:, :1], np.full((6, 2), NAN), DN[:, 3:]]),
}


def ask(name, series, **more):
    return trend_tests.get(name).ask(series, question(**more), "all treated")


def sound(rows):
    assert rows
    for row in rows:
        assert row.test
        assert row.contrast
        if math.isnan(row.p):
            assert row.note
        else:
            assert 0 <= row.p <= 1
            assert row.n > 0
            assert math.isnan(row.p_floor) or row.p >= row.p_floor - 1e-9
        if not math.isnan(row.estimate):
            assert row.unit
        if not math.isnan(row.ci_low):
            assert row.ci_low <= row.estimate + abs(row.estimate) * 1e-9
            assert row.estimate <= row.ci_high + abs(row.estimate) * 1e-9


@pytest.mark.parametrize("scale", ["linear", "log", "logit", "counted"])
@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("name", NAMES)
def test_odd_data_give_rows_with_a_reason(name, case, scale):
    if scale == "counted":
        if case in ("tiny", "huge"):
            pytest.skip("no percentages")
        series = counted(np.clip(np.asarray(ODD[case], dtype=float), 0, 100))
    elif scale == "logit" and case == "huge":
        pytest.skip("no percentages")
    else:
        series = series_of(ODD[case], scale)
    sound(ask(name, series, draws=99))


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("name", NAMES)
def test_odd_partners_give_rows_with_a_reason(name, case):
    sound(ask(name, series_of(DN), partner=score_of(ODD[case]), draws=99))
    sound(ask(name, series_of(DN), partner=series_of(ODD[case], name="second reading"), draws=99))


@pytest.mark.parametrize(
    "more",
    [
        {"visit": "W99"},
        {"baseline": "screening"},
        {"visit": "W0"},
        {"partner": None},
        {"partner": series_of(DN)},
        {"responders": {}},
        {"responders": dict.fromkeys(SUBJECTS, True)},
        {"responders": dict.fromkeys(SUBJECTS)},
        {"responders": {"nobody": True}},
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_odd_questions_give_rows_with_a_reason(name, more):
    sound(ask(name, series_of(DN), **more))


@given(
    hnp.arrays(float, (5, 4), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0, 50.0, 99.5, 100.0, NAN])),
    hnp.arrays(float, (5, 4), elements=st.sampled_from([0.0, 2.0, 4.0, NAN])),
    st.sampled_from(["linear", "log", "logit", "counted"]),
)
@settings(max_examples=60, deadline=None)
def test_any_table_gives_rows_with_a_reason(values, partner, scale):
    series = counted(values) if scale == "counted" else series_of(values, scale)
    for name in NAMES:
        sound(ask(name, series, partner=score_of(partner), draws=49))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_question_has_the_same_answer(name):
    assert ask(name, counted(DN)) == pytest.approx(ask(name, counted(DN)), nan_ok=True) or [
        repr(row) for row in ask(name, counted(DN))
    ] == [repr(row) for row in ask(name, counted(DN))]


@pytest.mark.parametrize("name", NAMES)
def test_levels_of_subjects_do_not_matter_on_a_linear_scale(name):
    if name == "agreement":
        pytest.skip("of absolute values")
    moved = DN + np.array([5.0, 1, 8, 0, 2, 30])[:, None]
    one, other = (ask(name, series_of(values, "linear", unit="u", kind="score")) for values in (DN, moved))
    for a, b in zip(one, other, strict=True):
        if not a.test.startswith("sign test"):
            assert (a.estimate, a.effect) == pytest.approx((b.estimate, b.effect), nan_ok=True)
        assert a.p == pytest.approx(b.p, nan_ok=True)


@pytest.mark.parametrize("name", NAMES)
def test_order_of_subjects_changes_no_estimate(name):
    order = [5, 2, 0, 4, 1, 3]
    names = tuple(SUBJECTS[place] for place in order)
    whole = counted(DN)
    other = ask(name, whole.of(names), partner=score_of(SLEDAI))
    for a, b in zip(ask(name, whole), other, strict=True):
        assert (a.estimate, a.effect, a.n) == pytest.approx((b.estimate, b.effect, b.n), nan_ok=True)
        assert a.p == pytest.approx(b.p, nan_ok=True, abs=0.03)  # drawn in another order


@pytest.mark.parametrize("name", NAMES)
def test_notes_of_series_and_group_are_kept(name):
    rows = trend_tests.get(name).ask(series_of(DN, note="P2 has no W8"), question(), "responders")
    assert all("P2 has no W8" in row.note for row in rows)
    for row in rows:
        assert "post hoc" in row.note or row.group == "between groups"


@pytest.mark.parametrize("name", NAMES)
def test_every_test_says_what_it_asks_and_needs(name):
    test = trend_tests.get(name)
    assert test.name == name
    assert test.title.endswith("?")
    assert test.needs


def test_all_tests_are_there():
    assert set(NAMES) >= {
        "agreement",
        "change_correlation",
        "counts",
        "friedman",
        "group_difference",
        "mixed_model",
        "page_trend",
        "paired_change",
        "patient_slopes",
        "responder_time",
        "rm_correlation",
    }
