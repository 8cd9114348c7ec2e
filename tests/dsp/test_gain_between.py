"""A gain is read off where signals are loud, and goes straight across the rest."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.dsp import long_audio
from mixer.dsp.gain_between import gain_between

RATE = 44_100


def noise(rng, n_samples: int) -> np.ndarray:
    return 0.2 * rng.standard_normal((2, n_samples)).astype(np.float32)


def test_a_gain_that_moves_is_found(rng) -> None:
    before = noise(rng, RATE)
    moving = (0.7 + 0.2 * np.sin(np.arange(RATE) / 2_000)).astype(np.float32)
    gain = gain_between(before, before * moving, RATE)
    assert np.abs(gain - moving).max() < 1e-3


def test_across_silence_the_gain_is_a_straight_line(rng) -> None:
    before = noise(rng, 3_000)
    before[:, 1_000:2_000] = 0.0
    factor = np.where(np.arange(3_000) < 1_500, np.float32(0.5), np.float32(1.0))
    gain = gain_between(before, before * factor, RATE)
    assert gain[:, :1_000] == pytest.approx(0.5, abs=1e-4)
    assert gain[:, 2_000:] == pytest.approx(1.0, abs=1e-4)
    assert gain[0, 1_000:2_000] == pytest.approx(np.linspace(0.5, 1.0, 1_000), abs=2e-3)


def test_a_silent_channel_has_the_gain_of_the_moment(rng) -> None:
    before = noise(rng, RATE // 4)
    before[0] = 0.0
    gain = gain_between(before, before * np.float32(0.5), RATE)
    assert gain == pytest.approx(0.5, abs=1e-3)


def test_what_is_left_of_a_zero_crossing_tells_no_gain(rng) -> None:
    """Noise at -60 dBFS beside a gain of a half: next to zero its ratio is anything."""
    before = noise(rng, RATE // 4)
    after = 0.5 * before + 1e-3 * rng.standard_normal(before.shape).astype(np.float32)
    gain = gain_between(before, after, RATE)
    assert np.abs(after / before).max() > 10.0
    assert 0.5 / 4.1 < gain.min() < gain.max() < 0.5 * 4.1


def test_parts_change_no_bit(rng, monkeypatch) -> None:
    before = noise(rng, 20_000)
    before[:, 4_000:11_000] = 0.0
    after = np.clip(before, -0.1, 0.1) * np.float32(0.9)
    whole = gain_between(before, after, RATE)
    monkeypatch.setattr(long_audio, "_BLOCK_SAMPLES", 1_000)
    assert np.array_equal(gain_between(before, after, RATE), whole)
