"""Simulated recording: the microphone's colour, noise, and an arbitrary level.

Raw tracks come at whatever level the preamplifier had: here -30 to -12 LUFS, peaks below full
scale (chosen; the raw tracks of public multitrack libraries scatter at least as much).
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from mixer.dsp.blocks import as_stereo
from mixer.meters.loudness import integrated_loudness_lufs

LEVEL_LUFS = (-30.0, -12.0)
PEAK_DBFS = -0.5
_COLOUR_POINTS_HZ = (30.0, 80.0, 200.0, 500.0, 1200.0, 3000.0, 7000.0, 14_000.0)
_COLOUR_SPREAD_DB, _TILT_SPREAD_DB_PER_OCTAVE = 2.0, 0.5
_BLOCKED_HZ = 22.0
_TAKE_SPREAD_DB, _TWICE_DB = 0.8, 3.01
# Noise of a preamplifier and a microphone under the peaks of what they record.
_NOISE_DB = (-90.0, -66.0)
_NOISE_SAMPLES = 2**17


class Desk:
    """The recording chain of one song, with the noise that its channels share."""

    def __init__(self, sample_rate: int, rng: np.random.Generator) -> None:
        """`rng` makes the noise and every later decision."""
        self._rng = rng
        self._sample_rate = sample_rate
        self._aims_lufs: dict[str, float] = {}
        white = scipy.fft.rfft(rng.standard_normal(_NOISE_SAMPLES, np.float32))
        hz = np.arange(len(white)) * sample_rate / _NOISE_SAMPLES
        # Between white and pink, as thermal noise with some of a room in it.
        white /= np.sqrt(np.maximum(hz, 40.0) / 40.0) ** 0.5
        noise = scipy.fft.irfft(white)
        self._noise = np.asarray(noise / np.sqrt(np.mean(noise**2)), np.float32)

    def record(
        self, audio: np.ndarray, *, is_acoustic: bool, channel_strip: str
    ) -> np.ndarray | None:
        """A track as it lies on disk, float32 (2, samples); None for silence.

        `audio` is float32 (samples,) for a mono source or (2, samples). A line source came
        through a cable: less colour, no noise. Takes through the same `channel_strip` have nearly
        the same level.
        """
        sound = np.atleast_2d(audio)
        peak = float(np.max(np.abs(sound)))
        if not peak > 0.0:
            return None
        sound = self._coloured(sound / np.float32(peak), 1.0 if is_acoustic else 0.6)
        if is_acoustic:
            level = 10.0 ** (self._rng.uniform(*_NOISE_DB) / 20.0)
            for channel in sound:
                start = int(self._rng.integers(_NOISE_SAMPLES))
                repeated = np.resize(np.roll(self._noise, start), len(channel))
                channel += np.float32(level) * repeated
        sound *= self._gain(sound, channel_strip)
        return as_stereo(sound)

    def _coloured(self, sound: np.ndarray, amount: float) -> np.ndarray:
        """Through a smooth random response without delay, and a capacitor that blocks DC."""
        samples = sound.shape[1]
        size = scipy.fft.next_fast_len(samples + 4096, real=True)
        octave = np.log2(np.array(_COLOUR_POINTS_HZ) / 700.0)
        tilt = self._rng.normal(0.0, _TILT_SPREAD_DB_PER_OCTAVE)
        points_db = amount * (tilt * octave + self._rng.normal(0.0, _COLOUR_SPREAD_DB, len(octave)))
        # The curve is smooth: one value a few bins is enough.
        hz = np.arange(size // 2 + 1, dtype=np.float32) * np.float32(self._sample_rate / size)
        coarse_hz = np.geomspace(10.0, 0.5 * self._sample_rate, 256)
        curve_db = np.interp(np.log2(coarse_hz / 700.0), octave, points_db)
        curve = 10.0 ** (curve_db / 20.0)
        curve *= coarse_hz**2 / (coarse_hz**2 + _BLOCKED_HZ**2)
        gain = np.interp(hz, coarse_hz, curve).astype(np.float32)
        gain[0] = 0.0
        spectrum = scipy.fft.rfft(sound, size, axis=1)
        spectrum *= gain
        return np.ascontiguousarray(scipy.fft.irfft(spectrum, size, axis=1)[:, :samples])

    def _gain(self, sound: np.ndarray, channel_strip: str) -> np.float32:
        fresh_lufs = float(self._rng.uniform(*LEVEL_LUFS))
        aim_lufs = self._aims_lufs.setdefault(channel_strip, fresh_lufs)
        aim_lufs += float(np.clip(self._rng.normal(0.0, _TAKE_SPREAD_DB), -2.0, 2.0))
        peak_db = 20.0 * np.log10(float(np.max(np.abs(sound))))
        loudness_lufs = integrated_loudness_lufs(sound, self._sample_rate)
        # A mono source lies on disk twice, which is 3 dB louder.
        loudness_lufs += _TWICE_DB if len(sound) == 1 else 0.0
        # A track of a few faint strokes has no integrated loudness: its peaks decide.
        gain_db = aim_lufs - loudness_lufs if np.isfinite(loudness_lufs) else -12.0 - peak_db
        return np.float32(10.0 ** (min(gain_db, PEAK_DBFS - peak_db) / 20.0))
