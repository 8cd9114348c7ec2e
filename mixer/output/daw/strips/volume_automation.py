"""Volume automation from the changing ratio of two sounds' power."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray
from mixer.output.daw.strips.native_strip import Points

# Gains are read this often: finer than what a compressor does to be heard, coarser than a period.
STEP_S = 0.01
# Points that leave the line by less than this are left out.
TOLERANCE_DB = 0.1
# Softer than this against the loudest step, a ratio is that of two noises.
_HEARD_DB = -60.0
_MOST_DB = 24.0
_MOST_POINTS = 20_000


def moving_gain(
    before: FloatArray, after: FloatArray, sample_rate: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gain over time by which the power of one sound exceeds that of another.

    Args:
        before, after: float32 (2, samples), of the same sound.
        sample_rate: in Hz.

    Returns:
        Times in seconds (the middles of steps), and gains in dB; while nothing is heard, the gain
        is that of the step before.
    """
    step = max(1, round(STEP_S * sample_rate))
    powers = [_smooth(_step_powers(audio, step)) for audio in (before, after)]
    heard = powers[0] > powers[0].max(initial=0.0) * 10.0 ** (_HEARD_DB / 10.0)
    if not heard.any():
        return np.zeros(0), np.zeros(0)
    ratio = np.maximum(powers[1][heard], 1e-20) / powers[0][heard]
    gains_db = np.zeros(len(heard))
    gains_db[heard] = np.clip(10.0 * np.log10(ratio), -_MOST_DB, _MOST_DB)
    last = np.maximum.accumulate(np.where(heard, np.arange(len(heard)), -1))
    gains_db = gains_db[np.where(last < 0, int(np.argmax(heard)), last)]
    return (np.arange(len(gains_db)) + 0.5) * step / sample_rate, gains_db


def automation(
    times_s: NDArray[np.float64], gains_db: NDArray[np.float64], tolerance_db: float = TOLERANCE_DB
) -> Points:
    """A moving gain as few points, straight between them in amplitude; none where it rests.

    Args:
        times_s: rising.
        gains_db: around 0.
        tolerance_db: how far the line may pass beside the gains.
    """
    if not len(gains_db) or np.max(np.abs(gains_db)) <= tolerance_db:
        return ()
    factors = 10.0 ** (gains_db / 20.0)
    while True:
        kept = _corners(times_s, factors, tolerance_db)
        if len(kept) <= _MOST_POINTS:
            break
        tolerance_db *= 2.0
    return tuple(
        (round(float(time), 4), round(float(factor), 5))
        for time, factor in zip(times_s[kept], factors[kept], strict=True)
    )


def _step_powers(audio: FloatArray, step: int) -> NDArray[np.float64]:
    """Energy of both channels in steps, (steps,); the last may be shorter."""
    starts = np.arange(0, audio.shape[-1], step)
    squares = sum(np.square(channel, dtype=np.float64) for channel in audio)
    return np.asarray(np.add.reduceat(squares, starts))


def _smooth(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(powers, 1, mode="edge")
    return 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]


def _corners(
    times: NDArray[np.float64], factors: NDArray[np.float64], tolerance_db: float
) -> NDArray[np.int64]:
    """The points that a line needs (Douglas and Peucker), in order."""
    kept = np.zeros(len(factors), bool)
    kept[[0, -1]] = True
    open_spans = [(0, len(factors) - 1)]
    while open_spans:
        first, last = open_spans.pop()
        if last - first < 2:
            continue
        inside = slice(first + 1, last)
        # As workstations play it, which in dB is bent: a fade by 24 dB by up to 7.5 dB.
        line = np.interp(times[inside], times[[first, last]], factors[[first, last]])
        off_db = np.abs(20.0 * np.log10(line / factors[inside]))
        far = int(np.argmax(off_db))
        if off_db[far] > tolerance_db:
            middle = first + 1 + far
            kept[middle] = True
            open_spans += [(first, middle), (middle, last)]
    return np.flatnonzero(kept)
