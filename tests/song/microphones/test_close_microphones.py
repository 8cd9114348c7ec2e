"""Polarity and delay between two microphones on one source."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from mixer.song.microphones.close_microphones import find_offset

RATE_HZ = 44_100


def hits(rng: np.random.Generator, n: int = 5) -> list[np.ndarray]:
    """Seconds with a few decaying bursts each, as a drum gives."""
    found = []
    for _ in range(n):
        clicks = np.zeros(RATE_HZ)
        clicks[rng.integers(2_000, RATE_HZ - 10_000, 4)] = rng.uniform(0.3, 1.0, 4)
        t = np.arange(4_000) / RATE_HZ
        body = np.exp(-t * 60) * (np.sin(2 * np.pi * 180 * t) + 0.5 * rng.standard_normal(t.size))
        found.append(np.convolve(clicks, body)[:RATE_HZ].astype(np.float32))
    return found


def second(excerpts: list[np.ndarray], delay: int, sign: float) -> list[np.ndarray]:
    """The same source through another microphone: later, duller, perhaps from the other side."""
    b, a = scipy.signal.butter(1, 0.35)
    return [
        (sign * 0.6 * scipy.signal.lfilter(b, a, np.roll(x, delay))).astype(np.float32)
        for x in excerpts
    ]


@pytest.mark.parametrize("delay", [0, 37, 130, -60])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_delay_and_polarity_are_found(rng: np.random.Generator, delay: int, sign: float) -> None:
    first = hits(rng)
    offset = find_offset(second(first, delay, sign), first, RATE_HZ)
    assert offset is not None
    assert abs(offset.delay_samples - delay) <= 1  # the filter's own delay
    assert offset.inverted == (sign < 0)
    if sign < 0 and delay == 0:
        assert offset.gained_db > 6.0


def test_two_performances_have_no_delay(rng: np.random.Generator) -> None:
    assert find_offset(hits(rng), hits(rng), RATE_HZ) is None


def test_silence_says_nothing(rng: np.random.Generator) -> None:
    first = hits(rng)
    assert find_offset([0 * x for x in first], first, RATE_HZ) is None
    assert find_offset([], [], RATE_HZ) is None
