from __future__ import annotations

import time

import pytest

from cytogate.bench.clock import Job, in_turns, rates, ratio, timed


def test_jobs_run_in_turns_after_one_warm_up():
    seen: list[str] = []
    jobs = [Job(name, lambda _, name=name: seen.append(name)) for name in ("a", "b")]
    in_turns(jobs, 2, lambda _: None)
    assert seen == ["a", "b"] * 3


def test_every_run_is_told_the_warm_up_too():
    told: list[str] = []
    in_turns([Job("a", lambda _: None)], 3, told.append)
    assert told == ["a"] * 4


def test_answers_and_times_of_the_warm_up_are_left_out():
    numbers = iter(range(10))
    times = in_turns([Job("a", lambda _: next(numbers))], 3, lambda _: None)["a"]
    assert times.answers == (1, 2, 3)
    assert len(times.seconds) == 3


def test_what_is_prepared_is_not_timed_and_is_given_to_the_run():
    def prepare() -> str:
        time.sleep(0.2)
        return "ready"

    seconds, answer = timed(Job("a", lambda state: state.upper(), prepare))
    assert answer == "READY"
    assert seconds < 0.1


def test_work_is_timed():
    assert timed(Job("a", lambda _: time.sleep(0.05)))[0] >= 0.05


def test_a_ratio_is_of_the_medians_and_its_spread_of_pairs():
    found = ratio([10.0, 30.0, 20.0], [1.0, 2.0, 4.0])
    assert found == {"of_medians": 10.0, "lowest_pair": 5.0, "highest_pair": 15.0}


def test_rates_are_amounts_a_second():
    assert rates(0.5, {"events": 100, "files": 2}) == {"events_per_second": 200, "files_per_second": 4}


def test_pairs_of_unlike_number_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0, 2.0], [1.0])
