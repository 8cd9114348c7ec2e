"""A mix of recordings with a DC offset is the mix of the recordings without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render
from mixer.rendering.mix import Mix
from mixer.song.inspection import inspect_song
from tests.signals import noise

RATE_HZ = 44_100
NAMES = ("Kick", "Bass", "Gtr", "Lead Vox")


@pytest.fixture
def audio(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Mono tracks whose means are exactly 0."""
    made = {}
    for number, name in enumerate(NAMES):
        mono = noise(rng, 4.0, RATE_HZ)[:1]
        soft = np.convolve(mono[0], np.ones(number + 1) / (number + 1), "same")
        made[f"{name}.wav"] = (0.1 * (soft - soft.mean()))[None].astype(np.float32)
    return made


def mixed(folder: Path, model: str) -> Mix:
    settings = RenderSettings(model=model)
    return render(
        load_song(folder), settings, wet_tracks=model == "levels", wet_stems=model != "levels"
    )


@pytest.mark.parametrize("model", ["levels", "none"])
def test_an_offset_is_not_in_the_mix(
    write_song, audio: dict[str, np.ndarray], tmp_path: Path, model: str
) -> None:
    clean = mixed(write_song(audio), model)
    audio["Kick.wav"] = audio["Kick.wav"] + np.float32(0.2)
    faulty = mixed(write_song(audio), model)
    apart = np.abs(faulty.audio - clean.audio).max()
    assert 20.0 * np.log10(apart / np.abs(clean.audio).max()) < -80.0
    said = "Kick.wav: DC offset of 20.0 % of full scale: removed"
    assert list(faulty.plan.warnings).count(said) == 1
    assert not any("DC" in warning for warning in clean.plan.warnings)


def test_wet_tracks_and_their_residual_are_still_the_mix(
    write_song, audio: dict[str, np.ndarray]
) -> None:
    audio["Gtr.wav"] = np.concatenate([audio["Gtr.wav"] + np.float32(0.1), audio["Gtr.wav"]])
    mix = mixed(write_song(audio), "levels")
    total = sum(mix.wet_tracks.values()) + mix.residual_of_tracks
    assert np.abs(total - mix.audio).max() < 1e-6
    assert any("in its left channel" in warning for warning in mix.plan.warnings)


def test_other_tests_of_a_file_are_of_what_is_left(
    write_song, audio: dict[str, np.ndarray]
) -> None:
    one = np.float32(0.2)
    equal = np.repeat(audio["Gtr.wav"], 2, axis=0)
    audio["Gtr.wav"] = equal + np.array([[0.3], [0.0]], np.float32)
    audio["Kick.wav"] = np.full((1, 4 * RATE_HZ), one)
    audio["Bass.wav"] = np.clip(30.0 * audio["Bass.wav"] + 0.8, -1.0, 1.0)
    found = {f.file: f.findings for f in inspect_song(load_song(write_song(audio))).files}
    assert "mono in a stereo file" in found["Gtr.wav"]
    assert "silent: every sample is zero" in found["Kick.wav"]
    assert any(text.startswith("clipped:") for text in found["Bass.wav"])
    assert all("DC offset" in found[name][0] for name in ("Gtr.wav", "Kick.wav", "Bass.wav"))


def test_a_copy_with_an_offset_is_a_copy(write_song, audio: dict[str, np.ndarray]) -> None:
    audio["Gtr copy.wav"] = audio["Gtr.wav"] + np.float32(0.2)
    left_out = {r.file: r.reason for r in load_song(write_song(audio)).left_out}
    assert left_out == {"Gtr copy.wav": "the same as Gtr.wav"}


def test_an_offset_in_a_short_part_of_a_file_is_only_told(
    write_song, audio: dict[str, np.ndarray]
) -> None:
    audio["Bass.wav"][:, 3 * RATE_HZ :] += np.float32(0.2)
    song = load_song(write_song(audio))
    assert not any(recording.source.offset for recording in song.recordings)
    found = {f.file: f.findings for f in inspect_song(song).files}
    assert found["Bass.wav"][0] == "DC offset of 5.0 % of full scale"


def test_an_offset_that_comes_with_a_take_is_not_in_the_mix(
    write_song, audio: dict[str, np.ndarray]
) -> None:
    clean = mixed(write_song(audio), "levels")
    start = round(1.3 * RATE_HZ)
    audio["Bass.wav"][:, start:] += np.float32(0.4)
    faulty = mixed(write_song(audio), "levels")
    # Where it begins is known to some samples alone.
    apart = np.abs(faulty.audio - clean.audio)[:, start + 441 :].max()
    assert 20.0 * np.log10(apart / np.abs(clean.audio).max()) < -40.0
    said = "Bass.wav: DC offset of up to 40.0 % of full scale, in parts of it: removed"
    assert list(faulty.plan.warnings).count(said) == 1
