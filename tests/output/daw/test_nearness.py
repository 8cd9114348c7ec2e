"""A null hears phase, bands do not: together they tell which of the two is apart."""

import numpy as np
import pytest
import scipy.signal

from mixer.dsp.biquad import eq_band
from mixer.output.daw.strips.nearness import nearness

RATE_HZ = 44_100


@pytest.fixture
def sound(rng) -> np.ndarray:
    return rng.standard_normal((2, 3 * RATE_HZ)).astype(np.float32)


def through(sound: np.ndarray, b, a) -> np.ndarray:
    return scipy.signal.lfilter(b, a, sound, axis=-1).astype(np.float32)


def test_phase_alone_is_a_shallow_null_of_equal_bands(sound) -> None:
    found = nearness(through(sound, [0.5, 1.0], [1.0, 0.5]), sound, RATE_HZ)
    assert found.null_db > -5.0
    assert found.bands_db < 0.3
    assert nearness(-sound, sound, RATE_HZ) == (6.0, 0.0)


def test_a_bell_is_as_much_apart_as_it_lifts(sound) -> None:
    section = eq_band("peak", np.array([1_000.0]), np.array([3.0]), np.array([0.7]), RATE_HZ)
    found = nearness(through(sound, *np.split(section.reshape(6), 2)), sound, RATE_HZ)
    assert found.bands_db == pytest.approx(3.0, abs=0.2)


def test_what_is_far_below_the_loudest_does_not_count(sound) -> None:
    low = through(sound, *scipy.signal.butter(4, 300, fs=RATE_HZ))
    hiss = 1e-4 * through(sound, *scipy.signal.butter(4, 9_000, "high", fs=RATE_HZ))
    found = nearness(low, low + hiss, RATE_HZ)
    assert found.null_db < -40.0
    assert found.bands_db < 0.1


def test_what_is_missing_is_far_apart_and_silence_has_no_figure(sound) -> None:
    silence = np.zeros_like(sound)
    assert nearness(silence, sound, RATE_HZ) == (0.0, pytest.approx(120.0, abs=40.0))
    assert nearness(sound, silence, RATE_HZ) is None
