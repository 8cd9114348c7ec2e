"""Alignment: the lag to the sample, and honesty where there is none."""

import numpy as np
import pytest
import scipy.signal

from mixer.errors import InputError
from mixer.evaluate.alignment import find_alignment, shared_part, sounding_part
from tests.signals import band, noise

RATE_HZ = 44_100


@pytest.fixture
def reference(rng) -> np.ndarray:
    return sum(band(rng, 8.0, RATE_HZ).values())


@pytest.mark.parametrize("lag", [0, 1, 7, 1_105, -529, -66_150, 132_301])
def test_the_lag_is_found_to_the_sample(reference, lag) -> None:
    late = np.zeros((2, max(lag, 0)), np.float32)
    mix = np.concatenate([late, reference[:, max(-lag, 0) :]], axis=1)
    alignment = find_alignment(mix, reference, RATE_HZ)
    assert alignment.found
    assert alignment.lag_samples == lag
    own, other = shared_part(mix, reference, alignment.lag_samples)
    assert np.array_equal(own, other)


@pytest.mark.parametrize("sample_rate", [22_050, 48_000])
def test_other_rates(rng, sample_rate) -> None:
    reference = noise(rng, 4.0, sample_rate)
    mix = np.concatenate([np.zeros((2, 333), np.float32), reference], axis=1)
    assert find_alignment(mix, reference, sample_rate).lag_samples == 333


def test_a_processed_mix_is_still_found(rng, reference) -> None:
    drums = noise(rng, 8.0, RATE_HZ, 0.05)
    dark = scipy.signal.sosfilt(scipy.signal.butter(1, 3_000, fs=RATE_HZ, output="sos"), reference)
    mix = np.tanh(4.0 * (dark + drums)).astype(np.float32)
    alignment = find_alignment(mix[:, 500:], reference, RATE_HZ)
    assert alignment.found
    # The filter delays by two samples or so.
    assert -500 <= alignment.lag_samples <= -494


def test_an_inverted_mix_is_told(reference) -> None:
    alignment = find_alignment(-reference[:, 100:], reference, RATE_HZ)
    assert alignment.inverted
    assert alignment.lag_samples == -100


def test_strangers_are_not_aligned(rng) -> None:
    alignment = find_alignment(noise(rng, 6.0, RATE_HZ), noise(rng, 5.0, RATE_HZ), RATE_HZ)
    assert not alignment.found
    assert alignment.lag_samples == 0


def test_silence_is_not_aligned() -> None:
    silence = np.zeros((2, RATE_HZ), np.float32)
    assert not find_alignment(silence, silence, RATE_HZ).found


def test_nothing_in_common_is_an_error() -> None:
    with pytest.raises(InputError, match="do not overlap in time"):
        shared_part(np.zeros((2, 100)), np.zeros((2, 100)), 100)


def test_silence_around_the_music_is_left_out(reference) -> None:
    padded = np.pad(reference, ((0, 0), (RATE_HZ, 2 * RATE_HZ)))
    part = sounding_part(padded, RATE_HZ)
    assert part.start == RATE_HZ
    assert 9 * RATE_HZ <= part.stop <= 9 * RATE_HZ + RATE_HZ // 10
    assert sounding_part(np.zeros((2, 50)), RATE_HZ) == slice(0, 50)
    assert sounding_part(reference, RATE_HZ) == slice(0, reference.shape[1])
