"""Putting sounds on a timeline: envelopes, panning and mixing into a buffer by start time."""

import numpy as np
from scipy import signal

# Spaced overheads hear a piece at the far side this much later than at the near side.
MAX_ARRIVAL_DIFFERENCE_S = 0.00025


def time_axis_s(duration_s: float, sample_rate: int) -> np.ndarray:
    """Seconds of each sample of a sound of `duration_s`, float64 `(samples,)`, at least one."""
    return np.arange(max(1, round(duration_s * sample_rate))) / sample_rate


def soften_edges(sound: np.ndarray, attack_s: float, release_s: float, rate: int) -> np.ndarray:
    """`sound` `(samples,)` with raised-cosine fades, so that no note starts or ends with a step."""
    attack = min(len(sound), round(attack_s * rate))
    release = min(len(sound), round(release_s * rate))
    envelope = np.ones(len(sound))
    # Half-sample centred: neither end repeats the plateau's value.
    envelope[:attack] *= 0.5 - 0.5 * np.cos(np.pi * (np.arange(attack) + 0.5) / max(1, attack))
    fall = 0.5 + 0.5 * np.cos(np.pi * (np.arange(release) + 0.5) / max(1, release))
    envelope[len(sound) - release :] *= fall
    return sound * envelope


def add_mono(buffer: np.ndarray, sound: np.ndarray, start_s: float, sample_rate: int) -> None:
    """Add `sound` `(samples,)` to `buffer` `(samples,)` from `start_s`; what is outside is cut."""
    start = max(0, round(start_s * sample_rate))
    stop = min(len(buffer), start + len(sound))
    if stop > start:
        buffer[start:stop] += sound[: stop - start]


def add_panned(
    buffer: np.ndarray, sound: np.ndarray, start_s: float, pan: float, sample_rate: int
) -> None:
    """Add mono `sound` to stereo `buffer` `(2, samples)` at `pan` (-1 left to 1 right).

    Constant power, and the far side a fraction of a millisecond late, as two overhead microphones
    hear it.
    """
    angle = (pan + 1.0) * np.pi / 4.0
    late_s = abs(pan) * MAX_ARRIVAL_DIFFERENCE_S
    left_late_s, right_late_s = (late_s, 0.0) if pan > 0 else (0.0, late_s)
    add_mono(buffer[0], np.cos(angle) * sound, start_s + left_late_s, sample_rate)
    add_mono(buffer[1], np.sin(angle) * sound, start_s + right_late_s, sample_rate)


def band_noise(
    rng: np.random.Generator, samples: int, low_hz: float, high_hz: float, sample_rate: int
) -> np.ndarray:
    """White noise through a second-order band-pass, RMS about 1, float64 `(samples,)`."""
    # The filter gets going before the first sample that is kept.
    lead = round(0.01 * sample_rate)
    top_hz = min(high_hz, 0.45 * sample_rate)
    sos = signal.butter(2, [low_hz, top_hz], "bandpass", fs=sample_rate, output="sos")
    noise = signal.sosfilt(sos, rng.standard_normal(samples + lead))[lead:]
    # White noise of unit variance spreads over half the rate; the band keeps its share.
    return noise / np.sqrt((top_hz - low_hz) / (0.5 * sample_rate))
