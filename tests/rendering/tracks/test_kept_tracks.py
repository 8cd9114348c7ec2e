"""Tracks and groups that are kept from mix to mix: less work, and the same samples."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixer import RenderSettings, load_song
from mixer.preset.merge import resolve
from mixer.rendering.job import Job
from mixer.rendering.pipeline import wet_mix
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.timing.progress import StageClock
from mixer.rendering.tracks import track_material, tracks_to_mix
from mixer.rendering.tracks.kept_tracks import KeptTracks
from mixer.rendering.wanted_audio import WantedAudio
from mixer.song.song import Song
from tests.signals import noise

RATE_HZ = 44_100
TRACKS = ("Kick", "Snare", "Bass", "Gtr 1", "Gtr 2", "Lead Vox", "BGV")
Console = Mapping[str, Any]
# One after another, as edits come: faders, mutes, sends, a room, the model's own strip, and back.
CONSOLES: tuple[Console, ...] = (
    {},
    {"tracks": {"Kick.wav": {"gain_db": 3.0}, "Snare.wav": {"mute": True}}},
    {"tracks": {"Kick.wav": {"gain_db": 3.0, "reverb_db": -10.0}}},
    {"tracks": {"Kick.wav": {"gain_db": 3.0, "reverb_db": -10.0}}, "reverb": {"decay_s": 0.5}},
    {"tracks": {"Lead Vox.wav": {"network": {"pan": 0.4}}}},
    {},
)


@pytest.fixture
def song(write_song, rng: np.random.Generator) -> Song:
    files = {f"{name}.wav": 0.2 * noise(rng, 1.0, RATE_HZ)[:1] for name in TRACKS}
    return load_song(write_song({name: audio.astype(np.float32) for name, audio in files.items()}))


def mixed(song: Song, console: Console, kept: KeptTracks | None) -> dict[str, np.ndarray]:
    settings = RenderSettings(model="levels", console=resolve((), console).console)
    plan = plan_render(song, settings)
    clock = StageClock()
    made = wet_mix(Job(plan, clock, WantedAudio(True), kept_tracks=kept))
    return {**made.wet_stems, "mix": made.audio}


def test_a_mix_with_what_is_kept_has_the_bits_of_one_without(song: Song, tmp_path: Path) -> None:
    kept = KeptTracks(tmp_path, 1 << 30)
    before = None
    for console in CONSOLES:
        now, fresh = mixed(song, console, kept), mixed(song, console, None)
        assert now.keys() == fresh.keys()
        for name, audio in fresh.items():
            assert np.array_equal(now[name], audio), (name, console)
        assert before is None or not np.array_equal(now["mix"], before)
        before = now["mix"]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often strips and buses run."""
    counted: Counter[str] = Counter()
    for module, name in ((tracks_to_mix, "run_track_strip"), (track_material, "run_bus")):
        original = getattr(module, name)

        def run(*given: Any, name: str = name, original: Any = original) -> Any:
            counted[name] += 1
            return original(*given)

        monkeypatch.setattr(module, name, run)
    return counted


def test_a_change_of_one_track_runs_that_track_and_its_bus(
    song: Song, tmp_path: Path, runs: Counter[str]
) -> None:
    kept = KeptTracks(tmp_path, 1 << 30)
    mixed(song, {}, kept)
    assert runs == {"run_track_strip": len(TRACKS), "run_bus": 4}
    runs.clear()
    mixed(song, {"tracks": {"Kick.wav": {"gain_db": 3.0}}}, kept)
    assert runs == {"run_bus": 1}  # the hand's fader stands behind the strip
    runs.clear()
    mixed(song, {"tracks": {"Lead Vox.wav": {"network": {"pan": 0.4}}}}, kept)
    assert runs == {"run_track_strip": 1, "run_bus": 2}  # the kick's group goes back, too


@pytest.mark.parametrize("most_bytes", [0, 1_000_000])
def test_without_room_tracks_are_made_again(song: Song, tmp_path: Path, most_bytes: int) -> None:
    kept = KeptTracks(tmp_path / "kept", most_bytes)
    for console in CONSOLES[:2]:
        now, fresh = mixed(song, console, kept), mixed(song, console, None)
        assert np.array_equal(now["mix"], fresh["mix"])
    folder = tmp_path / "kept"
    assert sum(path.stat().st_size for path in folder.iterdir()) <= most_bytes + 1_000
    shutil.rmtree(folder)
    kept.forget_groups()
    assert np.array_equal(mixed(song, CONSOLES[1], kept)["mix"], fresh["mix"])
