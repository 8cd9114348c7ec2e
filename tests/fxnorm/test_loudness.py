"""Loudness normalisation is one gain: to the target, or to full scale if a peak is in the way."""

import numpy as np
import pytest

from mixer.fxnorm.loudness import PADDING_SAMPLES, match_loudness
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs
from tests.fxnorm.material import RATE, beat


def lufs(audio: np.ndarray) -> float:
    return integrated_loudness_lufs(audio, RATE, COOKBOOK_FILTER, PADDING_SAMPLES)


def test_a_stem_comes_to_the_target(rng: np.random.Generator) -> None:
    audio = 0.1 * beat(rng)
    out, done = match_loudness(audio, RATE, -30.0)
    assert lufs(out) == pytest.approx(-30.0, abs=0.01)
    assert done == {"gain_db": pytest.approx(-30.0 - lufs(audio), abs=1e-3), "held_by_peak": False}


def test_a_share_of_the_way_is_one_of_its_decibels(rng: np.random.Generator) -> None:
    audio = 0.1 * beat(rng)
    half, _ = match_loudness(audio, RATE, -40.0, 0.5)
    assert lufs(half) == pytest.approx(0.5 * (lufs(audio) - 40.0), abs=0.01)


def test_a_peak_holds_the_gain_and_nothing_is_clipped(rng: np.random.Generator) -> None:
    audio = 0.01 * beat(rng)
    audio[:, RATE] = 0.5
    out, done = match_loudness(audio, RATE, -10.0)
    assert done == {"gain_db": pytest.approx(6.0206, abs=1e-3), "held_by_peak": True}
    assert np.abs(out).max() == 1.0
    assert np.allclose(out, 2.0 * audio, rtol=1e-5)


def test_what_has_no_loudness_is_left(rng: np.random.Generator) -> None:
    soft = 1e-6 * beat(rng)
    out, done = match_loudness(soft, RATE, -20.0)
    assert np.array_equal(out, soft)
    assert done == {"gain_db": None, "held_by_peak": False}
