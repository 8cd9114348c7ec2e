"""A render's clock: every stage has its share, the share never falls and never gets ahead."""

from __future__ import annotations

import dataclasses
import math
import threading
from itertools import pairwise

import pytest

from mixer.rendering.timing.progress import Stage, StageClock, Steps, time_left_s, unheard

FORECAST_S = {Stage.NORMALISE: 4.0, Stage.NETWORK: 10.0, Stage.MASTER: 6.0}


@dataclasses.dataclass
class Hands:
    """The hands of a clock that a test moves."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def told() -> list[tuple[str, str, float]]:
    return []


@pytest.fixture
def clock(hands, told) -> StageClock:
    return StageClock(lambda *step: told.append(step), FORECAST_S, hands)


def test_a_stage_begins_where_the_forecast_of_those_before_it_ends(clock, hands, told) -> None:
    for stage in FORECAST_S:
        clock.start(stage)
        hands.now_s += FORECAST_S[stage]
        clock.stop()
    clock.end("mix.wav")
    assert [share for _, _, share in told] == pytest.approx([0.0, 0.2, 0.7, 1.0])
    assert clock.seconds == {"normalise": 4.0, "network": 10.0, "master": 6.0}


def test_a_stage_that_comes_twice_counts_both_times(clock, hands) -> None:
    for _ in range(2):
        clock.start(Stage.MASTER)
        hands.now_s += 1.5
        clock.stop()
    assert clock.seconds == {"master": 3.0}


def test_between_steps_it_goes_on_at_the_pace_that_is_foreseen(clock, hands, told) -> None:
    clock.start(Stage.NORMALISE)
    hands.now_s += 4.0
    clock.start(Stage.NETWORK)
    for _ in range(20):
        hands.now_s += 0.25
        clock.tick()
    # Half of the ten seconds have passed; ticks round a straight line a little down.
    assert told[-1][2] == pytest.approx(0.2 + 0.5 * 0.5, abs=0.02)


def test_before_the_first_stage_nothing_moves(clock, hands, told) -> None:
    for _ in range(20):
        hands.now_s += 0.05
        clock.tick()
    clock.start(Stage.NORMALISE)
    assert {share for _, _, share in told} == {0.0}


def test_a_step_that_is_late_is_waited_for(clock, hands, told) -> None:
    clock.start(Stage.NORMALISE)
    for _ in range(400):
        hands.now_s += 0.25
        clock.tick()
    shares = [share for _, _, share in told]
    assert all(later > sooner for sooner, later in pairwise(shares[:100]))
    assert shares[-1] <= 0.2


def test_a_machine_of_half_the_speed_is_heard_from_its_first_stage(clock, hands, told) -> None:
    clock.start(Stage.NORMALISE)
    hands.now_s += 8.0
    clock.start(Stage.NETWORK)
    for _ in range(40):
        hands.now_s += 0.25
        clock.tick()
    assert told[-1][2] == pytest.approx(0.2 + 0.5 * 0.5, abs=0.02)
    assert time_left_s(18.0, told[-1][2]) == pytest.approx(40.0 - 18.0, rel=0.1)


def test_a_machine_that_is_known_to_be_slow_is_heard_from_the_first_moment(hands, told) -> None:
    clock = StageClock(lambda *step: told.append(step), FORECAST_S, hands, pace=2.0)
    clock.start(Stage.NORMALISE)
    hands.now_s += 2.0
    clock.at("vocals", 0.25)
    assert time_left_s(2.0, told[-1][2]) == pytest.approx(38.0)


def test_one_late_step_is_not_taken_for_a_slow_machine(hands, told) -> None:
    for pace in (None, 1.0):
        clock = StageClock(lambda *step: told.append(step), FORECAST_S, hands, pace=pace)
        clock.start(Stage.NORMALISE)
        hands.now_s += 2.0
        clock.at("vocals", 0.1)
    unknown, known = (time_left_s(2.0, share) for _, _, share in told if share > 0.0)
    # 16 s at the forecast's pace, and more than the 3.6 of the stage itself.
    assert 19.6 < known < 0.5 * unknown


def test_what_follows_a_clock_goes_by_its_pace(hands, told) -> None:
    first = StageClock(None, {Stage.LOOK: 1.0}, hands, then_s=20.0, pace=3.0)
    clock = StageClock(lambda *step: told.append(step), FORECAST_S, hands, follows=first)
    hands.now_s += 3.0
    clock.start(Stage.NORMALISE)
    assert time_left_s(3.0, told[-1][2]) == pytest.approx(60.0)


def test_a_share_that_was_too_high_is_not_taken_back(clock, hands, told) -> None:
    clock.start(Stage.NORMALISE)
    for _ in range(12):
        hands.now_s += 0.25
        clock.tick()
    clock.at("vocals", 0.1)
    clock.start(Stage.NETWORK)
    clock.start(Stage.NORMALISE)
    shares = [share for _, _, share in told]
    assert shares == sorted(shares)


def test_steps_of_the_rest_of_a_stage_begin_where_it_stands(clock, hands, told) -> None:
    clock.start(Stage.NORMALISE)
    hands.now_s += 4.0
    clock.start(Stage.NETWORK)
    hands.now_s += 4.0
    clock.at("asked", 0.4)
    rest = clock.rest()
    for share in (0.0, 0.5, 1.0):
        rest("on cpu", share)
        hands.now_s += 3.0
    # Of 20 s as many as have passed: 4, 8 of them, 11 and 14.
    assert [share for _, _, share in told[-3:]] == pytest.approx([0.4, 0.55, 0.7], abs=1e-6)


def test_a_stage_that_takes_longer_than_foreseen_is_judged_by_its_own_pace(
    clock, hands, told
) -> None:
    clock.start(Stage.NORMALISE)
    hands.now_s += 4.0
    clock.stop()
    clock.start(Stage.NETWORK)
    hands.now_s += 30.0
    clock.at("", 0.75)
    # 10 s of it are left by its own pace; 19 s were 11.5 of the forecast, which leaves 6 at that.
    left_s = 10.0 + 6.0 * 34.0 / 11.5
    assert told[-1][2] == pytest.approx(34.0 / (34.0 + left_s))
    assert time_left_s(34.0, told[-1][2]) == pytest.approx(left_s)


def test_a_share_that_was_too_high_waits_but_is_not_at_rest(clock, hands, told) -> None:
    clock.start(Stage.NORMALISE)
    hands.now_s += 4.0
    clock.start(Stage.NETWORK)
    hands.now_s += 5.0
    clock.at("", 0.5)
    begin = len(told)
    for n in range(1, 11):
        hands.now_s += 10.0
        clock.at("", 0.5 + 0.001 * n)
    shares = [share for _, _, share in told[begin:]]
    assert all(later > sooner for sooner, later in pairwise(shares))
    assert shares[-1] < 0.7  # where the stage ends


@pytest.mark.parametrize("slower", [1.0, 3.0])
def test_clocks_that_follow_one_another_tell_one_progress(hands, told, slower) -> None:
    def tell(*step) -> None:
        told.append(step)

    later_s = {Stage.MASTER: 4.0, Stage.WRITE: 16.0}
    # Not entered: on a busy machine a tick might come between two steps.
    first = StageClock(tell, FORECAST_S, hands, then_s=sum(later_s.values()))
    for stage, seconds in FORECAST_S.items():
        first.start(stage)
        hands.now_s += slower * seconds
        first.stop()
    first.end("")
    second = StageClock(tell, later_s, hands, follows=first)
    for stage, seconds in later_s.items():
        second.start(stage)
        hands.now_s += slower * seconds
        second.stop()
    second.end("mix.wav")
    shares = [share for _, _, share in told]
    assert shares == sorted(shares)
    assert shares == pytest.approx([0.0, 0.1, 0.35, 0.5, 0.5, 0.6, 1.0])


def test_steps_have_the_shares_of_their_forecasts(clock, hands, told) -> None:
    clock.start(Stage.NORMALISE)
    hands.now_s += 4.0
    clock.start(Stage.NETWORK)
    steps = Steps(clock, {"levels": 2.0, "open": 0.0, "run": 8.0})
    seconds = []
    for step, share, at_s in (("levels", 0.5, 1.0), ("run", 0.0, 2.0), ("run", 0.5, 6.0)):
        hands.now_s = 104.0 + at_s
        steps.at(step, share, "on cpu" if step == "run" else None)
        seconds.append(told[-1][2] * 20.0)
    assert seconds == pytest.approx([5.0, 6.0, 10.0])
    assert [detail for _, detail, _ in told[-3:]] == ["levels", "on cpu", "on cpu"]


def test_a_step_that_is_left_out_says_nothing_of_the_pace_of_others(clock, hands, told) -> None:
    clock.start(Stage.NORMALISE)
    hands.now_s += 4.0
    clock.start(Stage.NETWORK)
    steps = Steps(clock, {"levels": 4.0, "open": 2.0, "run": 4.0})
    hands.now_s += 0.1
    steps.leave_out("levels")
    steps.at("open", 0.0)
    # Of 20 s those four are gone.
    assert told[-1][2] == pytest.approx(4.1 / 16.1, abs=0.01)
    hands.now_s += 2.0
    steps.at("run", 0.0)
    assert told[-1][2] == pytest.approx(6.1 / 16.1, abs=0.01)


@pytest.mark.parametrize(("not_needed_s", "left_s"), [(10.0, 6.0), (0.0, 2.9)])
def test_seconds_that_are_not_needed_are_not_taken_for_speed(
    hands, told, not_needed_s, left_s
) -> None:
    clock = StageClock(lambda *step: told.append(step), FORECAST_S, hands, pace=1.0)
    clock.start(Stage.NORMALISE)
    hands.now_s += 4.0
    clock.start(Stage.NETWORK)
    hands.now_s += 0.1
    clock.leave_out(not_needed_s)
    clock.start(Stage.MASTER)
    assert time_left_s(4.1, told[-1][2]) == pytest.approx(left_s, rel=0.03)


def test_a_slow_disk_says_nothing_of_what_follows(hands, told) -> None:
    forecast_s = {Stage.LOAD: 1.0, Stage.NETWORK: 10.0}
    clock = StageClock(lambda *step: told.append(step), forecast_s, hands, pace=1.0)
    clock.start(Stage.LOAD)
    hands.now_s += 4.0
    clock.at("vocals.wav", 0.5)
    assert time_left_s(4.0, told[-1][2]) == pytest.approx(4.0 + 10.0)


def test_a_clock_without_a_forecast_times_its_stages_all_the_same(hands) -> None:
    with StageClock(None, None, hands) as clock:
        clock.start(Stage.CONSOLE)
        hands.now_s += 2.0
        clock.at("vocals", 0.5)
        clock.stop()
        clock.start(Stage.MASTER)
        clock.end("")
    assert clock.seconds == {"console": 2.0}


def test_after_its_end_a_clock_says_nothing(clock, hands, told) -> None:
    with clock:
        clock.start(Stage.NORMALISE)
        clock.end("mix.wav")
    n_told = len(told)
    hands.now_s += 1.0
    clock.tick()
    assert len(told) == n_told


def test_nothing_is_told_before_a_stage_has_begun(clock, hands, told) -> None:
    hands.now_s += 2.0
    clock.tick()
    assert told == []
    clock.start(Stage.NETWORK)
    clock.tick()
    assert {stage for stage, _, _ in told} == {"network"}


def test_a_listener_that_wants_no_more_ends_the_ticks_and_not_the_render(hands) -> None:
    def refuse(stage: str, detail: str, share: float) -> None:
        raise RuntimeError("overtaken")

    with StageClock(refuse, FORECAST_S, hands) as clock, pytest.raises(RuntimeError):
        clock.start(Stage.NORMALISE)


@pytest.mark.parametrize(
    ("progress", "n_ticking"), [(lambda *step: None, 1), (unheard, 0), (None, 0)]
)
def test_a_clock_ticks_only_for_a_listener(progress, n_ticking, hands) -> None:
    before = set(threading.enumerate())
    with StageClock(progress, FORECAST_S, hands):
        assert len(set(threading.enumerate()) - before) == n_ticking


def test_at_the_beginning_nobody_knows_how_long_it_takes() -> None:
    assert time_left_s(1.0, 0.0) == math.inf
    assert time_left_s(2.0, 0.5) == 2.0
