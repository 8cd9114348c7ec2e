"""Signals that tests are made of."""

import functools

import numpy as np

from mixer.demo_song import compose_demo_song


def sine(
    frequency_hz: float, duration_s: float, sample_rate: int, level: float = 0.5
) -> np.ndarray:
    """A mono sine, float32 (1, samples)."""
    time_s = np.arange(round(duration_s * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)[None]


def noise(
    rng: np.random.Generator, duration_s: float, sample_rate: int, level: float = 0.1
) -> np.ndarray:
    """Stereo white noise, independent left and right, float32 (2, samples)."""
    n_samples = round(duration_s * sample_rate)
    return (level * rng.standard_normal((2, n_samples))).astype(np.float32)


def band(
    rng: np.random.Generator, duration_s: float, sample_rate: int, bpm: float = 120.0
) -> dict[str, np.ndarray]:
    """Four rough stems, float32 (2, samples): enough like music for every effect to have work."""
    n_samples = round(duration_s * sample_rate)
    beat, tones = _beat_and_tones(n_samples, sample_rate, bpm)
    stems = {**tones, "drums": beat * rng.standard_normal(n_samples)}
    widths = {"vocals": 0.05, "bass": 0.0, "drums": 0.2, "other": 0.4}
    return {
        name: (
            0.2 * np.stack([mono, mono]) + 0.02 * widths[name] * rng.standard_normal((2, n_samples))
        ).astype(np.float32)
        for name, mono in stems.items()
    }


@functools.lru_cache(maxsize=8)
def _beat_and_tones(
    n_samples: int, sample_rate: int, bpm: float
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What no chance is in of `band`, which half of the tests' songs begin with; not to be changed.

    Its sines take several times as long as its noise.
    """
    time_s = np.arange(n_samples) / sample_rate
    beat = np.exp(-12.0 * (time_s % (60.0 / bpm)))
    tone = {"vocals": 330.0, "bass": 55.0, "other": 220.0}
    tones = {
        name: sum(np.sin(2 * np.pi * k * hz * time_s) / k for k in range(1, 8)) * (0.3 + beat)
        for name, hz in tone.items()
    }
    for array in (beat, *tones.values()):
        array.flags.writeable = False
    return beat, tones


@functools.cache
def demo_song() -> dict[str, np.ndarray]:
    """Take 1 of the demo song at 44.1 kHz, played once a process; read only."""
    stems = compose_demo_song(1, 44_100)
    for stem in stems.values():
        stem.flags.writeable = False
    return stems
