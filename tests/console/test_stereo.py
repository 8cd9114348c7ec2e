"""Width and pan: mono sum, twice the side, constant energy, and nothing at rest."""

import numpy as np
import pytest

from mixer.console.settings import Strip
from mixer.console.stereo import pan_gains
from mixer.console.strip import apply_strip
from tests.console.measures import RATE_HZ
from tests.signals import noise


def strip(audio: np.ndarray, **setting) -> np.ndarray:
    return apply_strip(audio, RATE_HZ, Strip(**setting))[0]


def test_width_0_is_the_mono_sum(rng) -> None:
    audio = noise(rng, 0.2, RATE_HZ)
    out = strip(audio, width=0.0)
    assert np.array_equal(out[0], out[1])
    assert np.allclose(out[0], audio.mean(axis=0), atol=1e-7)


@pytest.mark.parametrize("width", [0.0, 0.5, 1.7, 2.0])
def test_width_scales_the_side_and_keeps_the_sum(rng, width) -> None:
    audio = noise(rng, 0.2, RATE_HZ)
    out = strip(audio, width=width)
    assert np.allclose(out[0] - out[1], width * (audio[0] - audio[1]), atol=1e-6)
    assert np.allclose(out.sum(axis=0), audio.sum(axis=0), atol=1e-6)


def test_the_pan_law() -> None:
    pan = np.linspace(-1.0, 1.0, 41)
    left, right = pan_gains(pan)
    assert np.allclose(left**2 + right**2, 2.0, atol=1e-6)
    assert (left[20], right[20]) == (1.0, 1.0)
    assert np.allclose([left[0], right[0], left[-1], right[-1]], [2**0.5, 0, 0, 2**0.5], atol=1e-7)
    assert np.all(np.diff(right) > 0)
    assert np.allclose(left, right[::-1])


def test_pan_keeps_the_energy_of_a_centred_stem_and_mixes_nothing(rng) -> None:
    audio = noise(rng, 2.0, RATE_HZ)
    audio[1] *= np.float32(audio[0].std() / audio[1].std())
    for pan in (-0.7, 0.3, 1.0):
        out = strip(audio, pan=pan)
        assert np.mean(out**2) == pytest.approx(np.mean(audio**2), rel=1e-4)
        assert abs(np.corrcoef(out[0], audio[1])[0, 1]) < 0.02


def test_a_pan_that_passes_the_centre_is_bit_identical_there() -> None:
    audio = np.full((2, 3 * RATE_HZ), 1 / 3, np.float32)
    out = strip(audio, pan=((1.0, 0.0), (2.0, 0.0), (3.0, 1.0)), width=((2.0, 1.0), (3.0, 0.0)))
    assert np.array_equal(out[:, : 2 * RATE_HZ], audio[:, : 2 * RATE_HZ])
    assert not np.array_equal(out, audio)
