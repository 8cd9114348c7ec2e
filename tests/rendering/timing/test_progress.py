"""A render's clock: every stage has its share, the share never falls and never gets ahead."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Mapping
from itertools import pairwise

import pytest
import soundfile

from mixer.console.settings import Console, Saturation, Strip
from mixer.rendering.kept.kept_material import ALL_KEPT
from mixer.rendering.pipeline import render
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.timing.desk_forecast import desk_steps_s
from mixer.rendering.timing.forecast import (
    a_variation_s,
    first_of_variations_s,
    listening_steps_s,
    making_forecast,
    network_steps_s,
    song_seconds,
    take_forecast,
)
from mixer.rendering.timing.progress import Stage, StageClock, Steps, time_left_s, unheard
from mixer.song.load import load_song
from tests.reference.songs import another_song
from tests.signals import band

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


@pytest.mark.parametrize("model", ["default", "none", "tracks", "paper"])
@pytest.mark.parametrize("amount", [1.0, 0.5, 0.0])
def test_each_stage_that_a_mix_passes_is_foreseen(model, amount, write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    plan = plan_render(song, RenderSettings(model=model, device="cpu", amount=amount))
    forecast_s = making_forecast(plan)
    assert list(forecast_s) == [stage for stage in Stage if stage in forecast_s]
    assert all(seconds > 0.0 for seconds in forecast_s.values())
    assert Stage.MASTER in forecast_s
    assert (Stage.BLEND in forecast_s) == (amount != 1.0)


def test_the_steps_of_matching_with_a_reference_are_told(write_song, rng, tmp_path, told) -> None:
    folder = write_song({f"{n}.wav": a for n, a in band(rng, 6.0, 44_100).items()})
    reference = tmp_path / "reference.wav"
    soundfile.write(reference, another_song(6.0).T, 44_100)
    settings = RenderSettings(model="none", device="cpu", reference=(str(reference),))
    render(load_song(folder), settings, progress=lambda *step: told.append(step))
    steps = {detail: share for stage, detail, share in told if stage == Stage.REFERENCE}
    names = ["measure", "solve", "move", "measure again"]
    assert [name for name in steps if name] == names
    shares = [steps[name] for name in names]
    assert shares == sorted(shares)
    assert shares[-1] > shares[0]


def test_to_keep_wet_tracks_takes_longer(write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    plan = plan_render(song, RenderSettings(model="tracks", device="cpu"))
    alone_s, kept_s = making_forecast(plan), making_forecast(plan, wet_tracks=True)
    assert kept_s[Stage.TRACKS] > alone_s[Stage.TRACKS]
    assert kept_s[Stage.LISTEN] == alone_s[Stage.LISTEN]


def test_what_earlier_takes_have_kept_is_found_sooner_than_made(write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    plan = plan_render(song, RenderSettings(device="cpu"))
    made_s = making_forecast(plan, wet_stems=True)
    kept = {Stage.NORMALISE: 4, Stage.NETWORK: 5}
    found_s = making_forecast(plan, wet_stems=True, kept=kept)
    assert all(found_s[stage] < made_s[stage] for stage in kept)
    assert list(found_s) == list(made_s)
    # With the whole answer nobody needs the stems, nor finds out what their levels mean.
    whole_s = making_forecast(plan, wet_stems=True, kept={**kept, Stage.NORMALISE: 0})
    assert whole_s[Stage.NORMALISE] == 0.0 < whole_s[Stage.NETWORK] < found_s[Stage.NETWORK]
    fewer_s = making_forecast(plan, threads=1, kept={Stage.NORMALISE: 0, Stage.NETWORK: 2})
    assert (
        fewer_s[Stage.NETWORK]
        < making_forecast(plan, threads=1, kept={Stage.NORMALISE: 0, Stage.NETWORK: 5})[
            Stage.NETWORK
        ]
    )


@pytest.mark.parametrize("model", ["default", "tracks"])
def test_steps_of_a_stage_have_all_of_its_forecast(model, write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    for uncertainty in (False, True):
        plan = plan_render(song, RenderSettings(model=model, device="cpu", uncertainty=uncertainty))
        forecast_s = making_forecast(plan, threads=1)
        if plan.tracks:
            steps_s, stage = listening_steps_s(plan, 1), Stage.LISTEN
        else:
            steps_s, stage = network_steps_s(plan, 1, 0.0), Stage.NETWORK
        assert sum(steps_s.values()) == pytest.approx(forecast_s[stage])
        assert (steps_s["ask"] > 0.0) == uncertainty
    # On two cores a network of stems is asked while it runs, and tracks are heard two at a time.
    assert making_forecast(plan, threads=2)[stage] < forecast_s[stage]


def test_to_keep_what_a_network_answers_is_a_step_of_its_own(write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    plan = plan_render(song, RenderSettings(device="cpu"))
    plain_s, keeping_s = (network_steps_s(plan, 1, 1.0, keeps=keeps) for keeps in (False, True))
    assert keeping_s == {**plain_s, "keep": keeping_s["keep"]}
    assert keeping_s["keep"] > 0.0


def test_a_take_that_keeps_what_it_makes_takes_longer(write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    plan = plan_render(song, RenderSettings(device="cpu"))

    def forecast(
        kept: Mapping[Stage, int] | None = None,
        *,
        keeps: bool,
        is_measured: bool = False,
        again: bool = False,
    ) -> dict[Stage, float]:
        return take_forecast(
            plan,
            wet_stems=True,
            stages=False,
            kept=kept or {},
            keeps=ALL_KEPT if keeps else (),
            is_measured=is_measured,
            again=again,
        )

    plain, keeping = forecast(keeps=False), forecast(keeps=True)
    kept = {Stage.NORMALISE: 4, Stage.NETWORK: 5}
    found, again = forecast(kept, keeps=True), forecast(kept, keeps=True, again=True)
    for stage in kept:
        assert 0.0 < again[stage] < found[stage] < plain[stage] < keeping[stage]
    assert found[Stage.MASTER] == plain[Stage.MASTER] == keeping[Stage.MASTER]
    assert forecast(keeps=False, is_measured=True)[Stage.MASTER] > plain[Stage.MASTER]


def test_a_strip_on_the_desk_has_the_share_that_it_takes(write_song, rng, told) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 2.0, 44_100).items()}))
    saturated = Strip(saturation=Saturation(drive_db=6.0))
    console = Console((("bass", Strip(gain_db=1.0)), ("vocals", saturated)), master=saturated)
    plan = plan_render(song, RenderSettings(device="cpu", console=console))
    steps_s = desk_steps_s(plan, song.stems, song_seconds(plan))
    assert list(steps_s) == ["level", *song.stems, "sum", "master"]
    assert steps_s["drums"] == steps_s["other"] == 0.0
    assert 0.0 < steps_s["bass"] < steps_s["vocals"] == steps_s["master"]
    assert sum(steps_s.values()) == pytest.approx(making_forecast(plan)[Stage.CONSOLE])
    untold_s = desk_steps_s(plan, song.stems, song_seconds(plan), tells_loudness=False)
    assert all(untold_s[step] < steps_s[step] for step in ("bass", "vocals", "master"))
    render(song, plan.settings, progress=lambda *step: told.append(step))
    details = dict.fromkeys(detail for stage, detail, _ in told if stage == Stage.CONSOLE)
    touched = [stem for stem in song.stems if stem in plan.needed_wet_stems]
    assert list(details) == ["", *touched, "sum", "master"]


def test_a_desk_whose_level_is_known_does_not_look_for_it(write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    console = Console((("bass", Strip(gain_db=1.0)),))
    held = plan_render(song, RenderSettings(device="cpu", console=console, held_staging_db=2.0))
    assert desk_steps_s(held, song.stems, 60.0)["level"] == 0.0


def test_a_variation_takes_longer_with_strips_and_the_first_of_many_tracks_too(
    write_song, rng
) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    plan = plan_render(song, RenderSettings(device="cpu"))
    strip = Strip(gain_db=3.0, pan=0.2)
    handled = plan_render(song, RenderSettings(device="cpu", console=Console((("vocals", strip),))))
    assert 0.0 < a_variation_s(plan) < a_variation_s(handled)
    of_tracks = plan_render(song, RenderSettings(model="tracks", device="cpu"))
    first_s, of_tracks_s = first_of_variations_s(plan), first_of_variations_s(of_tracks)
    assert first_s["master"] == of_tracks_s["master"] > 0.0
    assert first_s["listen"] == of_tracks_s["listen"] > 0.0
    assert of_tracks_s["hash"] > first_s["hash"] == 0.0
