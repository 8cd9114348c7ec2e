"""A mix reaches figures of its sound, and what was not to move stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixer.batch.albums.reach_sound import reach_sound
from mixer.meters.sound_figures import BASS, BRIGHTNESS, VOCAL_LEVEL, WIDTH
from mixer.rendering.job import Job
from mixer.rendering.pipeline import over_desk, wet_mix
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.sound.sound import measure_sound, with_moves
from mixer.rendering.timing.progress import StageClock
from mixer.rendering.wanted_audio import WantedAudio
from mixer.song.load import load_song
from tests.reference.songs import demo_stems


def test_moves_of_one_figure_leave_the_others(write_song: Callable[..., Path]) -> None:
    stems = {f"{name}.wav": audio for name, audio in demo_stems(12.0).items()}
    plan = plan_render(load_song(write_song(stems)), RenderSettings(model="none", effects=()))
    clock = StageClock(None)
    wet = wet_mix(Job(plan, clock, WantedAudio(True)))
    before = measure_sound(over_desk(wet, plan, clock, wet_stems=True))
    moves = {VOCAL_LEVEL: 4.0, BASS: -3.0}
    console = with_moves(plan.asked, moves, plan.song.stems)
    begun = plan_render(plan.song, replace(plan.settings, console=console))
    once = measure_sound(over_desk(wet, begun, clock, wet_stems=True))
    goals = {
        name: before[name] + moves.get(name, 0.0) for name in (VOCAL_LEVEL, BASS, BRIGHTNESS, WIDTH)
    }
    # One pass of the desk leaves more than what is told apart by ear.
    assert max(abs(once[name] - goals[name]) for name in goals) > 0.4
    made = reach_sound(wet, begun, goals, clock)
    reached = measure_sound(made)
    for name, goal in goals.items():
        assert reached[name] == pytest.approx(goal, abs=0.3), name
    assert made.plan.asked != begun.asked
    assert np.isfinite(made.audio).all()
