"""Stems made of noise and pulses, and a small profile, for the tests of effect normalisation."""

import numpy as np

RATE = 44_100


def beat(rng: np.random.Generator, seconds: float = 6.0, rate: int = RATE) -> np.ndarray:
    """Stereo: a hit of decaying noise every 0.4 s, levels varying, over faint noise."""
    n = int(seconds * rate)
    audio = 0.002 * rng.standard_normal((2, n))
    hit_samples = int(0.15 * rate)
    decay = np.exp(-np.arange(hit_samples) / (0.03 * rate))
    for i, start in enumerate(range(rate // 10, n - hit_samples, int(0.4 * rate))):
        level = 0.3 + 0.4 * ((i * 7) % 5) / 4
        hit = level * decay * rng.standard_normal(hit_samples)
        audio[:, start : start + hit_samples] += hit * np.array([[1.0], [0.8]])
    return (audio / np.abs(audio).max() * 0.7).astype(np.float32)


def wide(rng: np.random.Generator, seconds: float = 5.0, lean_db: float = 0.0) -> np.ndarray:
    """Stereo noise, half of it common to both channels; right over left by `lean_db`."""
    n = int(seconds * RATE)
    common, left, right = rng.standard_normal((3, n))
    gain = 10.0 ** (lean_db / 40.0)
    return (0.05 * np.stack([(common + left) / gain, (common + right) * gain])).astype(np.float32)


def energy_db(audio: np.ndarray) -> np.ndarray:
    """Mean square of each channel in dB."""
    return np.asarray(10.0 * np.log10(np.mean(np.square(audio, dtype=np.float64), axis=-1)))
