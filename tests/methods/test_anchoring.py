"""Anchored positions against simulated studies whose truth is known, and by the laws they keep."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest

from cytogate.methods.anchoring import Own, anchor_samples, anchored
from cytogate.methods.common import Common
from cytogate.methods.companion import Slope

N_BATCHES, PER_BATCH = 6, 8


def simulated(seed, *, between, within, noise, n_batches=N_BATCHES, per=PER_BATCH):
    """Return the true positions of a study and what its samples say."""
    rng = np.random.default_rng(seed)
    batch = np.repeat(np.arange(n_batches), per)
    n = len(batch)
    truth = 0.5 + rng.normal(0, between, n_batches)[batch] + rng.normal(0, within, n)
    deviation = noise * np.exp(rng.normal(0, 0.5, n))
    seen = truth + rng.normal(0, deviation)
    owns = {
        f"s{i:02d}": Own((float(seen[i]),), (float(deviation[i] ** 2),), f"p{i % per}", f"b{batch[i]}")
        for i in range(n)
    }
    return truth, owns


def errors(anchor, seeds=range(12), **spreads):
    """Return the root-mean-square errors of own, pooled and anchored positions over several studies."""
    found = {"own": [], "pooled": [], "anchored": []}
    for seed in seeds:
        truth, owns = simulated(seed, **spreads)
        seen = np.array([own.position[0] for own in owns.values()])
        weights = 1 / np.array([own.variance[0] for own in owns.values()])
        placed, _ = anchor_samples(owns, anchor)
        positions = np.array([placed[key].position[0] for key in owns])
        found["own"].append(seen - truth)
        found["pooled"].append(np.average(seen, weights=weights) - truth)
        found["anchored"].append(positions - truth)
    return {key: float(np.sqrt(np.mean(np.square(values)))) for key, values in found.items()}


@pytest.mark.parametrize("anchor", ["batch", "study", "subject"])
def test_samples_without_true_spread_are_nearly_pooled(anchor):
    found = errors(anchor, between=0.0, within=0.0, noise=0.02)
    assert found["anchored"] < found["pooled"] + 0.1 * found["own"]


@pytest.mark.parametrize("anchor", ["batch", "study", "subject"])
def test_samples_that_truly_lie_apart_keep_their_own(anchor):
    found = errors(anchor, between=0.0, within=0.2, noise=0.01)
    assert found["anchored"] < 1.15 * found["own"]
    assert found["anchored"] < 0.1 * found["pooled"]


@pytest.mark.parametrize(("between", "within"), [(0.0, 0.02), (0.02, 0.0), (0.02, 0.01)])
def test_between_the_two_anchored_beats_both(between, within):
    found = errors("batch", between=between, within=within, noise=0.02)
    assert found["anchored"] < 0.85 * min(found["own"], found["pooled"])


@pytest.mark.parametrize(
    ("n_batches", "per", "between", "within"),
    [(6, 8, 0.01, 0.02), (6, 8, 0.02, 0.01), (1, 24, 0.0, 0.02), (3, 3, 0.02, 0.01), (24, 2, 0.02, 0.01)],
)
def test_intervals_of_90_percent_cover(n_batches, per, between, within):
    inside = []
    for seed in range(30):
        truth, owns = simulated(
            seed, between=between, within=within, noise=0.02, n_batches=n_batches, per=per
        )
        placed, _ = anchor_samples(owns, "batch")
        position = np.array([placed[key].position[0] for key in owns])
        half = 1.645 * np.sqrt([placed[key].variance[0] for key in owns])
        inside += (np.abs(position - truth) < half).tolist()
    assert 0.85 <= np.mean(inside) <= 0.96


@pytest.mark.parametrize("anchor", ["batch", "study", "subject"])
def test_a_cut_that_jumped_comes_back_and_is_flagged(anchor):
    for seed in range(5):
        truth, owns = simulated(seed, between=0.005, within=0.005, noise=0.005)
        placed_before, common_before = anchor_samples(owns, anchor)
        own = owns["s05"]
        owns["s05"] = Own((own.position[0] + 0.2,), own.variance, own.subject, own.batch)
        placed, common = anchor_samples(owns, anchor)
        jumped = placed["s05"]
        assert jumped.jumped > 0.95
        assert jumped.z[0] > 5
        assert jumped.weight[0] < 0.05
        assert abs(jumped.position[0] - truth[5]) < 0.03
        assert math.sqrt(common.within[0]) < 1.5 * math.sqrt(common_before.within[0])
        others = [key for key in owns if key != "s05"]
        moved = [abs(placed[key].position[0] - placed_before[key].position[0]) for key in others]
        assert max(moved) < 0.005
        # Even in a clean study some lie at 3 standard deviations; most must not be suspected.
        assert np.mean([placed[key].jumped > 0.5 for key in others]) < 0.05


def test_one_of_three_that_jumped_is_seen_in_its_batch():
    truth, owns = simulated(1, between=0.005, within=0.003, noise=0.003, n_batches=3, per=3)
    own = owns["s04"]
    owns["s04"] = Own((own.position[0] - 0.3,), own.variance, own.subject, own.batch)
    placed, _ = anchor_samples(owns, "batch")
    assert abs(placed["s04"].position[0] - truth[4]) < 0.03


def test_a_sample_without_say_gets_its_batch():
    _, owns = simulated(3, between=0.1, within=0.001, noise=0.001)
    owns["s10"] = Own((0.9,), (math.inf,), "p2", "b1")
    owns["s20"] = Own((math.nan,), (math.inf,), "p4", "b2")
    placed, common = anchor_samples(owns, "batch")
    for key, batch in (("s10", "b1"), ("s20", "b2")):
        assert placed[key].position == pytest.approx(common.groups[batch][0], abs=1e-3)
        assert placed[key].weight == (0.0,)
        assert math.isnan(placed[key].z[0])
        assert 0 < placed[key].variance[0] < 0.01**2
    assert common.n == len(owns) - 2


def test_a_batch_without_say_gets_the_study():
    _, owns = simulated(4, between=0.0, within=0.0, noise=0.001)
    owns["new"] = Own((0.9,), (math.inf,), "p", "another batch")
    placed, common = anchor_samples(owns, "batch")
    assert placed["new"].position == pytest.approx(common.mean, abs=1e-9)


@pytest.mark.parametrize("anchor", ["none", "subject", "batch", "study"])
def test_a_single_sample_keeps_its_own(anchor):
    placed, common = anchor_samples({"only": Own((0.4, 7.0), (0.01, 2.0), "p", "b")}, anchor)
    assert placed["only"].position == pytest.approx((0.4, 7.0))
    assert placed["only"].variance == pytest.approx((0.01, 2.0))
    assert placed["only"].weight == (1.0, 1.0)
    assert common.mean == pytest.approx((0.4, 7.0))


@pytest.mark.parametrize("anchor", ["none", "subject", "batch", "study"])
def test_a_study_in_which_nobody_has_a_say_keeps_the_fallbacks(anchor):
    owns = {"a": Own((0.4,), (math.inf,), "p", "b"), "b": Own((0.4,), (math.inf,), "q", "c")}
    placed, common = anchor_samples(owns, anchor)
    assert all(found.position == (0.4,) and found.variance == (math.inf,) for found in placed.values())
    assert all(found.weight == (0.0,) for found in placed.values())
    assert anchored(common, (0.3,), (math.inf,), "b").position == (0.3,)
    assert anchored(common, (0.3,), (0.01,), "b").position == (0.3,)


def said_by(n_voices, n_silent, *, n_unasked=0, batches=1):
    """Return a study in which few found a cut near 0.5, and the others have the fallback, 0.2."""
    owns = {f"v{i}": Own((0.5 + 0.002 * i,), (1e-4,), "p", f"b{i % batches}") for i in range(n_voices)}
    owns |= {f"s{i}": Own((0.2,), (math.inf,), "p", f"b{i % batches}") for i in range(n_silent)}
    nobody = Own((0.2,), (math.inf,), "p", "b0", asked=False)
    return owns | {f"u{i}": nobody for i in range(n_unasked)}


@pytest.mark.parametrize(
    ("n_voices", "n_silent", "n_unasked", "is_heard"),
    [
        (1, 1, 0, False),  # a single voice is never enough
        (1, 3, 2, False),
        (1, 0, 3, False),
        (2, 1, 0, True),
        (2, 6, 0, True),  # a quarter
        (2, 7, 0, False),
        (2, 6, 20, True),  # who could not answer is not counted
        (5, 16, 0, False),
    ],
)
@pytest.mark.parametrize("anchor", ["subject", "batch", "study"])
def test_silent_samples_follow_others_only_if_enough_of_them_speak(
    n_voices, n_silent, n_unasked, is_heard, anchor
):
    owns = said_by(n_voices, n_silent, n_unasked=n_unasked)
    placed, common = anchor_samples(owns, anchor)
    later = anchored(common, (0.2,), (math.inf,), "p" if anchor == "subject" else "b0")
    for one in [later, *(placed[key] for key in owns if not key.startswith("v"))]:
        assert math.isfinite(one.variance[0]) is is_heard
        assert one.weight == (0.0,)
        assert one.position[0] == pytest.approx(0.5 if is_heard else 0.2, abs=0.03)
        assert (one.few is None) is is_heard
    assert (common.n, common.asked) == (n_voices, n_voices + n_silent)


@pytest.mark.parametrize("anchor", ["subject", "batch", "study"])
def test_the_few_that_found_a_cut_keep_it_with_doubt(anchor):
    placed, common = anchor_samples(said_by(1, 3), anchor)
    lone = placed["v0"]
    assert (lone.position, lone.weight) == ((0.5,), (1.0,))
    assert lone.variance[0] == pytest.approx(1e-4 + 0.75 * 0.3**2)
    assert (lone.few.said, lone.few.asked) == (1, 4)
    assert lone.few.told() == "Only 1 of 4 samples that were asked found it."
    later = anchored(common, (0.6,), (1e-4,), "another")
    assert later.position == (0.6,)
    assert later.variance[0] == pytest.approx(1e-4 + 3 / 5 * 0.4**2)


def test_a_batch_that_speaks_places_its_own_and_no_other():
    owns = {f"v{i}": Own((0.5 + 0.002 * i,), (1e-4,), "p", "b0") for i in range(3)}
    owns |= {f"s{i}": Own((0.2,), (math.inf,), "p", f"b{i // 6}") for i in range(18)}
    placed, common = anchor_samples(owns, "batch")
    assert placed["s0"].position[0] == pytest.approx(0.5, abs=0.01)
    assert placed["v0"].few is None
    assert placed["s7"].position == (0.2,)
    assert placed["s7"].variance == (math.inf,)
    assert anchored(common, (0.2,), (math.inf,), "b0").position[0] == pytest.approx(0.5, abs=0.01)
    assert anchored(common, (0.2,), (math.inf,), "never seen").position == (0.2,)


def test_without_an_anchor_few_voices_change_nothing():
    owns = said_by(1, 3)
    placed, _ = anchor_samples(owns, "none")
    assert all(placed[key].position == own.position for key, own in owns.items())
    assert all(placed[key].variance == own.variance for key, own in owns.items())


def test_exact_positions_are_kept():
    owns = {f"s{i}": Own((0.1 * i,), (0.0,), "p", "b") for i in range(5)}
    placed, _ = anchor_samples(owns, "batch")
    for i in range(5):
        assert placed[f"s{i}"].position[0] == pytest.approx(0.1 * i, abs=5e-3)


def test_equal_and_exact_positions_are_kept():
    placed, common = anchor_samples({f"s{i}": Own((0.3,), (0.0,)) for i in range(4)}, "study")
    assert placed["s0"].position[0] == pytest.approx(0.3)
    assert common.within[0] < 1


def test_without_an_anchor_positions_stay_and_are_compared():
    _, owns = simulated(5, between=0.0, within=0.0, noise=0.01)
    owns["s07"] = Own((0.9,), (1e-4,), "p", "b")
    placed, _ = anchor_samples(owns, "none")
    assert all(placed[key].position == own.position for key, own in owns.items())
    assert all(placed[key].variance == own.variance for key, own in owns.items())
    assert placed["s07"].z[0] > 5
    assert placed["s07"].jumped > 0.95


def test_the_order_of_samples_does_not_matter():
    _, owns = simulated(6, between=0.02, within=0.01, noise=0.01)
    forward, common = anchor_samples(owns, "batch")
    backward, common_backward = anchor_samples(dict(reversed(list(owns.items()))), "batch")
    assert forward == backward
    assert common.to_dict() == common_backward.to_dict()


@pytest.mark.parametrize(("shift", "factor"), [(1e4, 1.0), (0.0, 2.0**18), (-3.0, 2.0**-10)])
def test_units_of_the_scale_do_not_matter(shift, factor):
    _, owns = simulated(7, between=0.02, within=0.01, noise=0.01)
    moved = {
        key: Own((own.position[0] * factor + shift,), (own.variance[0] * factor**2,), own.subject, own.batch)
        for key, own in owns.items()
    }
    before, _ = anchor_samples(owns, "batch")
    after, _ = anchor_samples(moved, "batch")
    for key in owns:
        assert after[key].position[0] == pytest.approx(
            before[key].position[0] * factor + shift, abs=1e-6 * factor
        )
        assert after[key].variance[0] == pytest.approx(before[key].variance[0] * factor**2, rel=1e-5)


def test_numbers_of_a_position_are_anchored_each_for_itself():
    _, one = simulated(8, between=0.02, within=0.01, noise=0.01)
    _, other = simulated(9, between=0.0, within=0.1, noise=0.01)
    both = {
        key: Own((*one[key].position, *other[key].position), (*one[key].variance, *other[key].variance),
                 one[key].subject, one[key].batch)
        for key in one
    }  # fmt: skip
    placed, _ = anchor_samples(both, "batch")
    first, second = anchor_samples(one, "batch")[0], anchor_samples(other, "batch")[0]
    for key in one:
        assert placed[key].position == (*first[key].position, *second[key].position)


def test_a_later_sample_is_placed_as_if_it_had_been_there():
    _, owns = simulated(10, between=0.02, within=0.01, noise=0.01)
    together, _ = anchor_samples(owns, "batch")
    differences = []
    for key in list(owns)[::5]:
        rest = {name: own for name, own in owns.items() if name != key}
        _, common = anchor_samples(rest, "batch")
        later = anchored(common, owns[key].position, owns[key].variance, owns[key].batch)
        differences.append(later.position[0] - together[key].position[0])
        assert later.variance[0] == pytest.approx(together[key].variance[0], rel=0.5)
    assert np.sqrt(np.mean(np.square(differences))) < 0.002


def test_a_later_sample_of_an_unknown_batch_is_less_sure():
    _, owns = simulated(11, between=0.03, within=0.003, noise=0.01)
    _, common = anchor_samples(owns, "batch")
    known = anchored(common, (0.5,), (math.inf,), "b2")
    unknown = anchored(common, (0.5,), (math.inf,), "never seen")
    assert unknown.variance[0] > 4 * known.variance[0]
    assert unknown.position == common.mean


def test_a_later_sample_that_jumped_comes_back():
    _, owns = simulated(12, between=0.005, within=0.005, noise=0.005)
    _, common = anchor_samples(owns, "batch")
    placed = anchored(common, (0.8,), (0.005**2,), "b1")
    assert placed.jumped > 0.95
    assert placed.position[0] == pytest.approx(common.groups["b1"][0][0], abs=0.02)


def test_common_survives_json_and_pickle():
    owns = {"a": Own((0.4,), (math.inf,), "p", "b"), "b": Own((0.5,), (math.inf,), "q", "c")}
    _, nothing = anchor_samples(owns, "batch")
    _, owns = simulated(13, between=0.02, within=0.01, noise=0.01)
    _, common = anchor_samples(owns, "subject")
    for kept in (nothing, common):
        assert Common.from_dict(json.loads(json.dumps(kept.to_dict()))).to_dict() == kept.to_dict()
        assert pickle.loads(pickle.dumps(kept)).to_dict() == kept.to_dict()
    before = {key: value for key, value in common.to_dict().items() if key not in ("asked", "slope")}
    earlier = Common.from_dict(before)  # fits of earlier versions
    assert (earlier.asked, earlier.slope) == (common.n, Slope())
    told = json.loads(json.dumps(nothing.to_dict()).replace("Infinity", '"inf"'))
    assert Common.from_dict(told).to_dict() == nothing.to_dict()


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="Unknown anchor 'visit'"):
        anchor_samples({"a": Own((0.4,), (1.0,))}, "visit")
    with pytest.raises(ValueError, match="same length"):
        anchor_samples({"a": Own((0.4,), (1.0,)), "b": Own((0.4, 0.5), (1.0, 1.0))}, "study")
    with pytest.raises(ValueError, match="there must be some"):
        anchor_samples({}, "study")
