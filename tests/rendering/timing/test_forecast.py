"""What each stage of a render is foreseen to take: by model, by what is kept, by what is found."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mixer.console.settings import Console, Strip
from mixer.rendering.kept.kept_material import ALL_KEPT
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.timing.forecast import (
    a_variation_s,
    first_of_variations_s,
    listening_steps_s,
    making_forecast,
    network_steps_s,
    take_forecast,
)
from mixer.rendering.timing.progress import Stage
from mixer.rendering.wanted_audio import WantedAudio
from mixer.song.load import load_song
from mixer.song.song import Song
from tests.signals import band


@pytest.fixture
def song(write_song, rng) -> Song:
    return load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))


@pytest.mark.parametrize("model", ["default", "none", "tracks", "paper"])
@pytest.mark.parametrize("amount", [1.0, 0.5, 0.0])
def test_each_stage_that_a_mix_passes_is_foreseen(model, amount, song) -> None:
    plan = plan_render(song, RenderSettings(model=model, device="cpu", amount=amount))
    forecast_s = making_forecast(plan)
    assert list(forecast_s) == [stage for stage in Stage if stage in forecast_s]
    assert all(seconds > 0.0 for seconds in forecast_s.values())
    assert Stage.MASTER in forecast_s
    assert (Stage.BLEND in forecast_s) == (amount != 1.0)


def test_to_keep_wet_tracks_takes_longer(song) -> None:
    plan = plan_render(song, RenderSettings(model="tracks", device="cpu"))
    alone_s, kept_s = making_forecast(plan), making_forecast(plan, WantedAudio(wet_tracks=True))
    assert kept_s[Stage.TRACKS] > alone_s[Stage.TRACKS]
    assert kept_s[Stage.LISTEN] == alone_s[Stage.LISTEN]


def test_what_earlier_takes_have_kept_is_found_sooner_than_made(song) -> None:
    plan = plan_render(song, RenderSettings(device="cpu"))
    made_s = making_forecast(plan, WantedAudio(True))
    kept = {Stage.NORMALISE: 4, Stage.NETWORK: 5}
    found_s = making_forecast(plan, WantedAudio(True), kept=kept)
    assert all(found_s[stage] < made_s[stage] for stage in kept)
    assert list(found_s) == list(made_s)
    # With the whole answer nobody needs the stems, nor finds out what their levels mean.
    whole_s = making_forecast(plan, WantedAudio(True), kept={**kept, Stage.NORMALISE: 0})
    assert whole_s[Stage.NORMALISE] == 0.0 < whole_s[Stage.NETWORK] < found_s[Stage.NETWORK]
    fewer_s = making_forecast(plan, threads=1, kept={Stage.NORMALISE: 0, Stage.NETWORK: 2})
    assert (
        fewer_s[Stage.NETWORK]
        < making_forecast(plan, threads=1, kept={Stage.NORMALISE: 0, Stage.NETWORK: 5})[
            Stage.NETWORK
        ]
    )


@pytest.mark.parametrize("model", ["default", "tracks"])
def test_steps_of_a_stage_have_all_of_its_forecast(model, song) -> None:
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


def test_to_keep_what_a_network_answers_is_a_step_of_its_own(song) -> None:
    plan = plan_render(song, RenderSettings(device="cpu"))
    plain_s, keeping_s = (network_steps_s(plan, 1, 1.0, keeps=keeps) for keeps in (False, True))
    assert keeping_s == {**plain_s, "keep": keeping_s["keep"]}
    assert keeping_s["keep"] > 0.0


def test_levels_that_the_user_knows_are_not_looked_for(song) -> None:
    unknown, raw, rough, mix = (
        network_steps_s(plan_render(song, RenderSettings(device="cpu", levels=levels)), 1, 0.0)
        for levels in ("auto", "raw", "rough", "mix")
    )
    assert unknown["levels"] == raw["levels"] > 0.0
    assert "levels" not in rough | mix


def test_an_answer_that_is_found_may_still_be_asked_how_sure_it_is(song) -> None:
    plan = plan_render(song, RenderSettings(device="cpu", uncertainty=True))
    steps_s = network_steps_s(plan, 1, 1.0, n_found=5, keeps=True)
    assert steps_s["open"] == steps_s["keep"] == 0.0 < steps_s["ask"]
    kept = {Stage.NETWORK: 5, Stage.NORMALISE: 4}
    found_s = making_forecast(plan, WantedAudio(True), kept=kept, threads=1)
    assert found_s[Stage.NETWORK] == pytest.approx(sum(steps_s.values()))
    whole_s = making_forecast(plan, WantedAudio(True), kept={**kept, Stage.NORMALISE: 0}, threads=1)
    assert whole_s[Stage.NETWORK] == pytest.approx(steps_s["run"])


def test_a_model_of_tracks_is_asked_though_the_tracks_were_heard_before(song) -> None:
    plan = plan_render(song, RenderSettings(model="tracks", device="cpu", uncertainty=True))
    heard_s, found_s = (listening_steps_s(plan, 1, is_found=is_found) for is_found in (False, True))
    assert found_s == {**heard_s, "hear": found_s["hear"]}
    assert found_s["hear"] < heard_s["hear"]
    forecast_s = making_forecast(plan, threads=1, kept={Stage.LISTEN: 1})
    assert forecast_s[Stage.LISTEN] == pytest.approx(sum(found_s.values()))
    assert listening_steps_s(plan, 1, keeps=True)["hear"] > heard_s["hear"]


def test_a_take_that_keeps_what_it_makes_takes_longer(song) -> None:
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
            WantedAudio(True),
            kept=kept or {},
            keeps=ALL_KEPT if keeps else (),
            is_measured=is_measured,
            again=again,
        )

    plain, keeping = forecast(keeps=False), forecast(keeps=True)
    kept = {Stage.NORMALISE: 4, Stage.NETWORK: 5}
    found, again = forecast(kept, keeps=True), forecast(kept, keeps=True, again=True)
    for stage in kept:
        assert 0.0 < again[stage] <= found[stage] < plain[stage] < keeping[stage]
    assert found[Stage.MASTER] == plain[Stage.MASTER] == keeping[Stage.MASTER]
    assert forecast(keeps=False, is_measured=True)[Stage.MASTER] > plain[Stage.MASTER]


def test_a_variation_takes_longer_with_strips_and_the_first_of_many_tracks_too(song) -> None:
    plan = plan_render(song, RenderSettings(device="cpu"))
    strip = Strip(gain_db=3.0, pan=0.2)
    handled = plan_render(song, RenderSettings(device="cpu", console=Console((("vocals", strip),))))
    assert 0.0 < a_variation_s(plan) < a_variation_s(handled)
    of_tracks = plan_render(song, RenderSettings(model="tracks", device="cpu"))
    first_s, of_tracks_s = first_of_variations_s(plan), first_of_variations_s(of_tracks)
    assert first_s["master"] == of_tracks_s["master"] > 0.0
    assert first_s["listen"] == of_tracks_s["listen"] > 0.0
    assert of_tracks_s["hash"] > first_s["hash"] == 0.0
