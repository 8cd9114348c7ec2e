"""Moves applied to audio: zero-phase equalisers, so that stems stay in phase with each other."""

from __future__ import annotations

import numpy as np

from mixer.dsp.blocks import FloatArray, convolve, db_to_gain, with_gain
from mixer.dsp.fourier import next_fast_len
from mixer.dsp.long_audio import gained, parts_of, silence
from mixer.meters.stem_powers import BLOCK_S, N_NODES, Floats, node_positions
from mixer.reference.moves import Moves

# Smaller moves are dropped.
_LEAST_DB = 0.005
# Length of the equalisers' kernels: long enough for a third octave at 50 Hz.
_KERNEL_S = 0.37


class Mover:
    """Moves prepared for audio of one sample rate and length."""

    def __init__(self, moves: Moves, sample_rate: int, n_samples: int) -> None:
        self._moves, self._rate = moves, sample_rate
        self._ride = _ride(moves, sample_rate, n_samples)

    def apply(self, name: str, audio: FloatArray) -> FloatArray:
        """Apply the moves to a stem or a part of it; returns a new float32 (2, samples)."""
        own = self._moves.stem(name)
        mid_db = np.array(own.eq_db)
        side_db = mid_db + np.array(self._moves.width_db)
        if np.abs(mid_db).max() < _LEAST_DB and np.abs(side_db).max() < _LEAST_DB:
            out = gained(audio, np.float32(db_to_gain(own.gain_db)))
        else:
            out = self._filtered(audio, mid_db + own.gain_db, side_db + own.gain_db)
        if self._ride is not None:
            for part in parts_of(out):
                out[:, part] *= self._ride[part]
        return with_gain(out, self._moves.level_db)

    def _filtered(self, audio: FloatArray, mid_db: Floats, side_db: Floats) -> FloatArray:
        half = np.float32(0.5)
        pair = _sum_and_difference(audio)
        for part in parts_of(pair):
            pair[:, part] *= half
        taps = np.stack([_kernel(db, self._rate) for db in (mid_db, side_db)])
        channels = pair if pair[1].any() else pair[:1]
        convolve(channels, taps[: len(channels)], (taps.shape[-1] - 1) // 2, out=channels)
        return _sum_and_difference(pair, out=pair)


def _sum_and_difference(audio: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """The sum and the difference of two channels; `out` may be the audio itself."""
    if out is None:
        out = silence(*audio.shape)
    for part in parts_of(audio):
        left, right = audio[:, part]
        out[0, part], out[1, part] = left + right, left - right
    return out


def _kernel(curve_db: Floats, sample_rate: int) -> FloatArray:
    """Zero phase around its middle tap, of a curve at third octaves: float32 (taps,), odd."""
    half = int(0.5 * _KERNEL_S * sample_rate)
    n_fft = next_fast_len(8 * half)
    hz = np.arange(n_fft // 2 + 1, dtype=np.float64) * sample_rate / n_fft
    gain = db_to_gain(np.interp(node_positions(hz), np.arange(N_NODES), curve_db))
    response = np.fft.irfft(gain, n_fft)
    taps = np.concatenate([response[-half:], response[: half + 1]])
    return (taps * np.hanning(taps.size + 2)[1:-1]).astype(np.float32)


def _ride(moves: Moves, sample_rate: int, n_samples: int) -> FloatArray | None:
    if not moves.ride_db or max(map(abs, moves.ride_db)) < _LEAST_DB:
        return None
    middle = (np.arange(len(moves.ride_db)) + 0.5) * BLOCK_S * sample_rate
    gain = silence(n_samples)
    for part in parts_of(gain):
        # As float32 counts them, which past 2^24 is every other sample.
        places = np.arange(part.start, min(part.stop, n_samples)).astype(np.float32)
        gain[part] = db_to_gain(np.interp(places, middle, moves.ride_db))
    return gain
