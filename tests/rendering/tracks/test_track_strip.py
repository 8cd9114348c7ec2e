"""A track through its strip: a mono recording is one channel to its place, with a pair's bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.track_settings import Compression, TrackSettings
from mixer.rendering.tracks.track_strip import run_track_strip
from tests.signals import noise

RATE_HZ = 44_100
STRIP = TrackSettings(
    gain_db=-3.0,
    pan=0.4,
    high_pass_hz=90.0,
    shape=0.3,
    ride=0.2,
    widen_db=-9.0,
    compression=Compression(threshold_db=-30.0, ratio=3.0),
)


@pytest.fixture
def mono(rng: np.random.Generator) -> np.ndarray:
    return (0.2 * noise(rng, 3.0, RATE_HZ)[:1]).astype(np.float32)


def run(audio: np.ndarray, settings: TrackSettings = STRIP) -> np.ndarray:
    heard = listen_to(audio, RATE_HZ)
    return run_track_strip(audio.copy(), RATE_HZ, settings, heard).whole()


@pytest.mark.parametrize("width", [1.0, 0.5])
def test_a_mono_file_and_a_stereo_file_of_equal_channels_come_out_as_one(
    mono: np.ndarray, width: float
) -> None:
    settings = replace(STRIP, width=width)
    assert np.array_equal(run(mono, settings), run(np.repeat(mono, 2, axis=0), settings))


@pytest.mark.parametrize("width", [0.0, 0.5, 1.5])
def test_a_width_is_of_the_side_signal_alone(rng: np.random.Generator, width: float) -> None:
    pair = 0.1 * noise(rng, 1.0, RATE_HZ)
    made = run(pair, TrackSettings(width=width))
    assert np.allclose(made.sum(axis=0), pair.sum(axis=0), atol=1e-6)
    assert np.allclose(made[0] - made[1], width * (pair[0] - pair[1]), atol=1e-6)


def test_a_track_is_widened_by_what_mono_does_not_hear(mono: np.ndarray) -> None:
    """The side signal lies as far below the track as is set, above the bass."""
    dry, wide = (run(mono, TrackSettings(widen_db=widen_db)) for widen_db in (-60.0, -12.0))
    assert np.array_equal(dry[0], dry[1])
    assert np.allclose(wide.sum(axis=0), dry.sum(axis=0), atol=1e-6)
    side_db = 20 * np.log10(np.std(0.5 * (wide[0] - wide[1])) / np.std(dry[0]))
    assert side_db == pytest.approx(-12.0, abs=0.5)


def test_channels_that_differ_by_one_sample_are_a_pair(mono: np.ndarray) -> None:
    pair = np.repeat(mono, 2, axis=0)
    pair[1, 1_000] += 0.25
    made = run(pair, TrackSettings(pan=0.0, width=1.0))
    assert made[1, 1_000] - made[0, 1_000] == pytest.approx(0.25, abs=1e-4)


def test_what_widens_a_mono_track_cancels_in_mono(mono: np.ndarray) -> None:
    centred = replace(STRIP, pan=0.0)
    wide, narrow = run(mono, centred), run(mono, replace(centred, widen_db=-60.0))
    assert np.abs(wide - narrow).max() > 0.01
    assert np.abs(wide.sum(axis=0) - narrow.sum(axis=0)).max() < 1e-6


def test_a_made_side_is_as_far_below_the_mid_as_is_asked(rng: np.random.Generator) -> None:
    hiss = (0.1 * rng.standard_normal((1, 3 * RATE_HZ))).astype(np.float32)
    left, right = run(hiss, TrackSettings(widen_db=-9.0)).astype(np.float64)
    side_db = 10.0 * np.log10(np.sum((left - right) ** 2) / np.sum((left + right) ** 2))
    assert side_db == pytest.approx(-9.0, abs=0.3)


def test_the_parts_of_a_placed_track_are_its_whole(mono: np.ndarray) -> None:
    placed = run_track_strip(mono.copy(), RATE_HZ, STRIP, listen_to(mono, RATE_HZ))
    whole = placed.whole()
    for where in (slice(0, 70_000), slice(70_000, None), slice(5, 9)):
        assert np.array_equal(placed.part(where), whole[:, where])
