"""Disturb recordings as another room, channel strip or tape machine would."""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.signal

from mixer.dsp.blocks import FloatArray
from mixer.song.sound_features import RATE_HZ

_SPEEDS = (0.89, 1.12)
_REVERB_TIME_S = (0.2, 2.0)
_REVERB_DB = (-24.0, -3.0)
_NOISE_DB = (-75.0, -45.0)


def disturb(audio: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Apply changes that an engineer, room or encoder may make, without changing what is played.

    Args:
        audio: float32 (channels, samples) at `RATE_HZ`.
        rng: source of all random numbers.

    Returns:
        float32 (1 or 2, samples), with no more channels than the input.
    """
    out = audio
    if rng.random() < 0.4:
        out = _at_speed(out, float(np.exp(rng.uniform(*np.log(_SPEEDS)))))
    if rng.random() < 0.4:
        out = _in_room(out, rng)
    if rng.random() < 0.8:
        out = _equalised(out, rng)
    if rng.random() < 0.3:
        out = _driven(out, float(rng.uniform(0.0, 14.0)))
    if rng.random() < 0.3:
        out = _compressed(out, float(rng.uniform(0.2, 0.7)))
    if rng.random() < 0.3:
        level = 10.0 ** (rng.uniform(*_NOISE_DB) / 20.0) * np.abs(out).max()
        out = out + (level * rng.standard_normal(out.shape)).astype(np.float32)
    if len(out) == 2 and rng.random() < 0.25:
        out = out.mean(axis=0, keepdims=True)
    return out.astype(np.float32)


def _at_speed(audio: FloatArray, speed: float) -> FloatArray:
    """Change the speed, and the pitch with it, as a tape does."""
    place = np.arange(0.0, audio.shape[1] - 1, speed)
    return np.stack([np.interp(place, np.arange(audio.shape[1]), x) for x in audio])


def _in_room(audio: FloatArray, rng: np.random.Generator) -> FloatArray:
    reverb_s = float(np.exp(rng.uniform(*np.log(_REVERB_TIME_S))))
    n_samples = round(reverb_s * RATE_HZ)
    delay = round(rng.uniform(0.0, 0.03) * RATE_HZ)
    decay = 10.0 ** (-3.0 * np.arange(n_samples) / n_samples)
    n_out = 2 if len(audio) == 2 or rng.random() < 0.3 else 1
    dry = np.broadcast_to(audio, (n_out, audio.shape[1]))
    rooms = rng.standard_normal((n_out, n_samples)) * decay
    rooms = scipy.signal.sosfilt(
        scipy.signal.butter(1, rng.uniform(1_500.0, 8_000.0), fs=RATE_HZ, output="sos"), rooms
    )
    rooms = np.pad(rooms, ((0, 0), (delay, 0))).astype(np.float32)
    wet = scipy.signal.fftconvolve(dry, rooms, axes=1)[:, : audio.shape[1]]
    gain = 10.0 ** (rng.uniform(*_REVERB_DB) / 20.0)
    return dry + wet * (gain * _rms(dry) / (_rms(wet) + 1e-12))


def _equalised(audio: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Apply a tilt, three bells, and sometimes a low or high cut."""
    n = scipy.fft.next_fast_len(audio.shape[1], real=True)
    octave = np.log2(np.maximum(scipy.fft.rfftfreq(n, 1.0 / RATE_HZ), 10.0) / 1_000.0)
    curve_db = rng.normal(0.0, 0.8) * octave
    for _ in range(3):
        centre, width = rng.uniform(-4.0, 3.4), rng.uniform(0.4, 1.5)
        curve_db += rng.normal(0.0, 4.0) * np.exp(-0.5 * np.square((octave - centre) / width))
    if rng.random() < 0.3:
        cut = rng.uniform(-5.0, -3.0)
        curve_db -= 18.0 * np.maximum(cut - octave, 0.0)
    if rng.random() < 0.25:
        cut = rng.uniform(1.5, 3.3)
        curve_db -= 18.0 * np.maximum(octave - cut, 0.0)
    spectrum = scipy.fft.rfft(audio, n) * 10.0 ** (curve_db / 20.0)
    return scipy.fft.irfft(spectrum, n)[:, : audio.shape[1]]


def _driven(audio: FloatArray, drive_db: float) -> FloatArray:
    gain = 10.0 ** (drive_db / 20.0) / (np.abs(audio).max() + 1e-9)
    return np.tanh(audio * gain)


def _compressed(audio: FloatArray, amount: float) -> FloatArray:
    """Compress the levels of 20 ms blocks by a share of their decibels."""
    power = np.square(audio).mean(axis=0)
    smooth = scipy.signal.sosfiltfilt(scipy.signal.butter(1, 10.0, fs=RATE_HZ, output="sos"), power)
    level = np.sqrt(np.maximum(smooth, 1e-5 * smooth.max() + 1e-12))
    return audio * (level / level.max()) ** -amount


def _rms(audio: FloatArray) -> float:
    return float(np.sqrt(np.square(audio).mean()))
