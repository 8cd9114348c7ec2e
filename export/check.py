"""Signals with which an exported bundle is checked."""

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
    """Noise (channels, samples) at about -26 dBFS.

    Like music, its level varies by 20 dB several times a second.
    """
    seconds = np.arange(n_samples) / 44_100.0
    phases = generator.uniform(0.0, 2.0 * np.pi, (n_channels, 1))
    envelope = 10.0 ** (0.5 * (np.sin(2.0 * np.pi * 3.0 * seconds + phases) - 1.0))
    noise = generator.standard_normal((n_channels, n_samples))
    return (0.1 * envelope * noise).astype(np.float32)


def check_signal(hyper: Parameters, n_samples: int = CHECK_SAMPLES) -> Audio:
    """Check input (inputs, samples): always the same, and exactly representable in 16 bits."""
    noise = moving_noise(np.random.default_rng(SEED), hyper.n_inputs, n_samples)
    return quantised(noise).astype(np.float32) / np.float32(_FULL_SCALE)


def quantised(signal: Audio) -> NDArray[np.int16]:
    """Convert float samples to 16-bit little-endian integers; full scale is 2^15."""
    limits = (-_FULL_SCALE, _FULL_SCALE - 1)
    return np.clip(np.rint(signal * np.float32(_FULL_SCALE)), *limits).astype("<i2")
