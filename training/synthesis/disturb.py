"""Turn finished stems back into recordings: disturb level, tone, balance, width and dynamics.

For evaluation and training with real songs of which only wet stems exist: a mix has to correct the
disturbance, and the wet stem is the target. Reverb cannot be removed and stays. The amounts are
chosen, about as large as the differences between unprocessed recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import numpy as np
import scipy.fft
import scipy.ndimage

from mixer.dsp.blocks import convolve, peak
from mixer.errors import InputError

GAIN_DB = 6.0
TILT_DB_PER_OCTAVE, MOST_TILT_DB, TILT_CENTRE_HZ = 1.0, 6.0, 1_000.0
PEAK_DB, PEAK_HZ, PEAK_OCTAVES = 4.0, (120.0, 7_000.0), (0.7, 1.5)
BALANCE_DB = 3.0
SIDE_DB = (-12.0, 2.0)
CREST_DB = 2.0
MOST_PEAK = 0.99
# Largest slope of gain against level, in dB per dB.
MOST_SLOPE = 0.8
N_SLOPES = 81
LEVEL_RANGE_DB = (-30.0, 6.0)
_BLOCK_SAMPLES = 64
_LEVEL_S = 0.02
_TAPS = 4_097


class CrestChange(TypedDict):
    """The slope of gain against level that was applied, and the change of crest factor."""

    slope: float
    crest_change_db: float


class Disturbance(CrestChange):
    """Disturbances of a stem; amounts as in `disturb_stems`."""

    crest_wanted_db: float
    tilt_db_per_octave: float
    peak_hz: float
    peak_db: float
    peak_octaves: float
    side_db: float
    balance_db: float
    gain_db: float


def disturb_stems(
    stems: Mapping[str, np.ndarray], sample_rate: int, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[str, Disturbance | None]]:
    """Disturb every stem by its own uniformly drawn amounts.

    - dynamics: compressed or expanded so that the crest factor changes by up to 2 dB either way;
    - tone: a tilt of up to 1 dB per octave (6 dB at most) around 1 kHz and one broad bell of up to
      4 dB, in zero phase, so that the stem stays in time with its original;
    - width: the side by -12 to +2 dB;
    - balance: right against left by up to 3 dB;
    - gain: up to 6 dB either way, less where the stem would not stay below full scale.

    Args:
        stems: name to float32 `(2, samples)`.
        sample_rate: Hz.
        rng: source of the amounts; equal states give equal disturbances.

    Returns:
        New arrays, and for each stem what was done, ready for JSON; None for a silent stem.

    Raises:
        InputError: a stem does not have the shape `(2, samples)`.
    """
    disturbed: dict[str, np.ndarray] = {}
    what: dict[str, Disturbance | None] = {}
    for name, audio in stems.items():
        if audio.ndim != 2 or audio.shape[0] != 2:
            raise InputError(f"stem {name!r} must have the shape (2, samples), not {audio.shape}")
        disturbed[name], what[name] = _disturb(audio, sample_rate, rng)
    return disturbed, what


def change_crest(
    audio: np.ndarray, sample_rate: int, change_db: float
) -> tuple[np.ndarray, CrestChange]:
    """Compress (below 0) or expand until the crest factor has changed by an amount.

    The gain is a slope times the level (20 ms, both channels) below the loud parts: downward
    expansion, or upward compression. The slope that comes nearest is taken.

    Args:
        audio: float32 `(2, samples)`, not silent.
        sample_rate: Hz.
        change_db: wanted change of peak over root mean square.

    Returns:
        float32 `(2, samples)`; the slope and the change that it makes.
    """
    n_samples = audio.shape[-1]
    n_blocks = -(-n_samples // _BLOCK_SAMPLES)
    padded = np.zeros((2, n_blocks * _BLOCK_SAMPLES), dtype=np.float32)
    padded[:, :n_samples] = audio
    blocks = padded.reshape(2, n_blocks, _BLOCK_SAMPLES)
    peaks = np.abs(blocks).max(axis=(0, 2)).astype(np.float64)
    power = np.square(blocks).mean(axis=(0, 2), dtype=np.float64)
    width = max(1, round(_LEVEL_S * sample_rate / _BLOCK_SAMPLES))
    smooth = np.maximum(scipy.ndimage.uniform_filter1d(power, width, mode="nearest"), 1e-14)
    level_db = 10.0 * np.log10(smooth)
    loud_db = np.percentile(level_db[level_db > level_db.max() - 40.0], 95.0)
    below_db = np.clip(level_db - loud_db, *LEVEL_RANGE_DB)

    def crest_db(slope: float) -> float:
        gain = 10.0 ** (slope * below_db / 20.0)
        return float(20.0 * np.log10((peaks * gain).max() / np.sqrt((power * gain**2).mean())))

    before_db = crest_db(0.0)
    # Not by bisection: raising the level before a hard onset can raise the peak again.
    slopes = np.linspace(0.0, np.copysign(MOST_SLOPE, change_db), N_SLOPES)
    misses_db = [abs(crest_db(slope) - before_db - change_db) for slope in slopes]
    slope = float(slopes[int(np.argmin(misses_db))])
    knots = 10.0 ** (slope * np.append(below_db, below_db[-1]) / 20.0)
    share = np.arange(_BLOCK_SAMPLES) / _BLOCK_SAMPLES
    gain = (knots[:-1, np.newaxis] + np.diff(knots)[:, np.newaxis] * share).reshape(-1)
    out = audio * gain[:n_samples].astype(np.float32)
    return out, {"slope": slope, "crest_change_db": _crest_db(out) - _crest_db(audio)}


def tone_kernel(
    sample_rate: int, tilt_db_per_octave: float, peak_hz: float, peak_db: float, octaves: float
) -> np.ndarray:
    """Zero-phase kernel of a tilt and a bell, float32 `(4097,)`.

    Args:
        sample_rate: Hz.
        tilt_db_per_octave: rising to the right where positive, 0 at 1 kHz, held at 6 dB.
        peak_hz, peak_db, octaves: centre, gain, and standard deviation of the bell (a Gaussian over
            the octaves).
    """
    hz = np.maximum(scipy.fft.rfftfreq(_TAPS, 1.0 / sample_rate), 1.0)
    tilt_db = tilt_db_per_octave * np.log2(hz / TILT_CENTRE_HZ)
    bell_db = peak_db * np.exp(-0.5 * np.square(np.log2(hz / peak_hz) / octaves))
    magnitude = 10.0 ** ((np.clip(tilt_db, -MOST_TILT_DB, MOST_TILT_DB) + bell_db) / 20.0)
    kernel = np.roll(scipy.fft.irfft(magnitude, _TAPS), _TAPS // 2)
    return np.asarray(kernel * np.hanning(_TAPS + 2)[1:-1], dtype=np.float32)


def _disturb(
    audio: np.ndarray, sample_rate: int, rng: np.random.Generator
) -> tuple[np.ndarray, Disturbance | None]:
    # Drawn for silent stems too, so that the amounts of later stems do not change.
    crest_db = float(rng.uniform(-CREST_DB, CREST_DB))
    tilt_db = float(rng.uniform(-TILT_DB_PER_OCTAVE, TILT_DB_PER_OCTAVE))
    peak_hz = float(np.exp(rng.uniform(*np.log(PEAK_HZ))))
    peak_db, octaves = float(rng.uniform(-PEAK_DB, PEAK_DB)), float(rng.uniform(*PEAK_OCTAVES))
    side_db = float(rng.uniform(*SIDE_DB))
    balance_db = float(rng.uniform(-BALANCE_DB, BALANCE_DB))
    gain_db = float(rng.uniform(-GAIN_DB, GAIN_DB))
    if peak(audio) == 0.0:
        return audio.astype(np.float32), None
    out, dynamics = change_crest(audio, sample_rate, crest_db)
    kernel = tone_kernel(sample_rate, tilt_db, peak_hz, peak_db, octaves)
    out = convolve(out, kernel, advance_samples=_TAPS // 2)
    middle = 0.5 * (out[0] + out[1])
    side = np.float32(0.5 * 10.0 ** (side_db / 20.0)) * (out[0] - out[1])
    out = np.stack([middle + side, middle - side])
    out *= (10.0 ** (np.array([[-0.5], [0.5]]) * balance_db / 20.0)).astype(np.float32)
    gain_db = min(gain_db, float(20.0 * np.log10(MOST_PEAK / peak(out))))
    out *= np.float32(10.0 ** (gain_db / 20.0))
    return out, {
        "crest_wanted_db": crest_db,
        **dynamics,
        "tilt_db_per_octave": tilt_db,
        "peak_hz": peak_hz,
        "peak_db": peak_db,
        "peak_octaves": octaves,
        "side_db": side_db,
        "balance_db": balance_db,
        "gain_db": gain_db,
    }


def _crest_db(audio: np.ndarray) -> float:
    mean_square = float(np.square(audio, dtype=np.float64).mean())
    return 20.0 * float(np.log10(peak(audio))) - 10.0 * float(np.log10(mean_square))
