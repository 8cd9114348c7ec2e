"""Signals carried on beyond their ends: tones exactly, anything else without blowing up."""

import numpy as np
import pytest

from mixer.fxnorm.edges import extend
from tests.fxnorm.material import RATE

REACH = 1_000


def test_tones_go_on_as_they_were() -> None:
    n = np.arange(-REACH, 2 * RATE + REACH) / RATE
    tones = 0.3 * np.sin(2.0 * np.pi * 220.0 * n) + 0.2 * np.cos(2.0 * np.pi * 3_100.0 * n)
    extended = extend(tones[REACH:-REACH].astype(np.float32), REACH)
    np.testing.assert_allclose(extended, tones, atol=0.1)
    # Next to the signal, where a step would be, it is closer still.
    near = slice(REACH - 100, 100 - REACH)
    np.testing.assert_allclose(extended[near], tones[near], atol=0.005)


def test_the_signal_itself_is_kept_bit_for_bit(rng: np.random.Generator) -> None:
    signal = rng.standard_normal(5_000).astype(np.float32)
    extended = extend(signal, REACH)
    assert extended.dtype == np.float32
    np.testing.assert_array_equal(extended[REACH:-REACH], signal)
    np.testing.assert_array_equal(extend(signal, 0), signal)


def test_backwards_is_forwards_of_the_mirrored(rng: np.random.Generator) -> None:
    signal = np.cumsum(rng.standard_normal(3_000)).astype(np.float32)
    np.testing.assert_array_equal(extend(signal, REACH)[::-1], extend(signal[::-1], REACH))


@pytest.mark.parametrize("n_samples", [1, 2, 3, 10, 300, 4_000])
@pytest.mark.parametrize("kind", ["noise", "constant", "silence", "ramp", "click"])
def test_whatever_is_carried_on_stays_in_bounds(
    rng: np.random.Generator, kind: str, n_samples: int
) -> None:
    signal = {
        "noise": rng.standard_normal(n_samples),
        "constant": np.ones(n_samples),
        "silence": np.zeros(n_samples),
        "ramp": np.linspace(0.0, 1.0, n_samples),
        "click": np.eye(1, n_samples)[0],
    }[kind].astype(np.float32)
    extended = extend(signal, REACH)
    assert extended.shape == (n_samples + 2 * REACH,)
    assert np.abs(extended).max() <= 4.0 * np.abs(signal).max()
