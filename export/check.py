"""The signals that a bundle is checked with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixer.network.architecture import Parameters

Audio = NDArray[np.float32]

# Half a second: several chunks of the streaming runtime, and a multiple of nothing.
CHECK_SAMPLES = 20_011
_FULL_SCALE = 1 << 15
SEED = 20_220_828


def moving_noise(generator: np.random.Generator, n_channels: int, n_samples: int) -> Audio:
    """Noise at about -26 dBFS whose level moves by 20 dB a few times a second, as music does."""
    seconds = np.arange(n_samples) / 44_100.0
    phases = generator.uniform(0.0, 2.0 * np.pi, (n_channels, 1))
    envelope = 10.0 ** (0.5 * (np.sin(2.0 * np.pi * 3.0 * seconds + phases) - 1.0))
    noise = generator.standard_normal((n_channels, n_samples))
    return (0.1 * envelope * noise).astype(np.float32)


def check_signal(hyper: Parameters, n_samples: int = CHECK_SAMPLES) -> Audio:
    """The stored input (inputs, samples): the same each time, and exact in 16 bits."""
    noise = moving_noise(np.random.default_rng(SEED), hyper.n_inputs, n_samples)
    return quantised(noise).astype(np.float32) / np.float32(_FULL_SCALE)


def quantised(signal: Audio) -> NDArray[np.int16]:
    """16-bit little-endian samples; full scale is 2^15."""
    limits = (-_FULL_SCALE, _FULL_SCALE - 1)
    return np.clip(np.rint(signal * np.float32(_FULL_SCALE)), *limits).astype("<i2")
