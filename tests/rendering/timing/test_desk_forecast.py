"""The desk's share of a render's forecast, and the steps that are told while it works."""

from __future__ import annotations

import pytest

from mixer.console.settings import Console, Saturation, Strip
from mixer.rendering.pipeline import render
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.timing.desk_forecast import desk_steps_s
from mixer.rendering.timing.forecast import making_forecast, song_seconds
from mixer.rendering.timing.progress import Stage
from mixer.song.load import load_song
from tests.signals import band


def test_a_strip_on_the_desk_has_the_share_that_it_takes(write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 2.0, 44_100).items()}))
    saturated = Strip(saturation=Saturation(drive_db=6.0))
    console = Console((("bass", Strip(gain_db=1.0)), ("vocals", saturated)), master=saturated)
    plan = plan_render(song, RenderSettings(device="cpu", console=console))
    steps_s = desk_steps_s(plan, song.stems, song_seconds(plan))
    assert list(steps_s) == ["level", *song.stems, "sum", "master"]
    assert steps_s["drums"] == steps_s["other"] == 0.0
    assert 0.0 < steps_s["bass"] < steps_s["vocals"] == steps_s["master"]
    assert sum(steps_s.values()) == pytest.approx(making_forecast(plan)[Stage.CONSOLE])
    untold_s = desk_steps_s(plan, song.stems, song_seconds(plan), reports_loudness=False)
    assert all(untold_s[step] < steps_s[step] for step in ("bass", "vocals", "master"))
    told: list[tuple[str, str, float]] = []
    render(song, plan.settings, progress=lambda *step: told.append(step))
    details = dict.fromkeys(detail for stage, detail, _ in told if stage == Stage.CONSOLE)
    touched = [stem for stem in song.stems if stem in plan.needed_wet_stems]
    assert list(details) == ["", *touched, "sum", "master"]


def test_a_desk_whose_level_is_known_does_not_look_for_it(write_song, rng) -> None:
    song = load_song(write_song({f"{n}.wav": a for n, a in band(rng, 0.5, 44_100).items()}))
    console = Console((("bass", Strip(gain_db=1.0)),))
    held = plan_render(song, RenderSettings(device="cpu", console=console, held_staging_db=2.0))
    assert desk_steps_s(held, song.stems, 60.0)["level"] == 0.0
