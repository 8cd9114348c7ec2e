"""The bus: a loudness target, and a true-peak ceiling that holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np

from mixer.dsp.blocks import db_to_gain, gain_to_db, zero_padded
from mixer.dsp.long_audio import gained, multiply_by, silence
from mixer.dsp.threads import stop_if_asked
from mixer.meters.loudness import gated_loudness_lufs, step_energies
from mixer.meters.true_peak import true_peak_dbtp

RELEASE_MS = 100.0
LOOKAHEAD_MS = 5.0
# Deeper than this it is no longer a limiter but a distortion; a mix then stays below its target.
MAX_REDUCTION_DB = 12.0
# A sample counts as limited if its gain fell by more than this.
LIMITED_BEYOND_DB = 0.1

_LOUDNESS_TOLERANCE_LU = 0.05
_LOUDNESS_PASSES = 5
_LEAST_SLOPE = 0.2
_PEAK_PASSES = 6
# Rounding to 16 bit with dither may add two steps, 0.0005 dB at full scale.
_PEAK_MARGIN_DB = 0.01
# The limiter is this much off by its roundings alone, for which it need not be run again.
_LIMITER_ROUNDS_DB = 0.002
# A level calculated from a gain is this close to a measured one, with room to spare.
_FOLLOWS_WITHIN_DB = 0.001
_BLOCK_SAMPLES = 1 << 18
# Sample of a channel that tells the limiter's gain: far below any peak, and a power of two.
_TELLS_GAIN = np.float32(2.0**-13)


class MasterFigures(TypedDict):
    """A `MasterReport` ready for JSON."""

    gain_db: float
    max_reduction_db: float
    limited_share: float
    loudness_lufs: float | None
    true_peak_dbtp: float | None


@dataclass(frozen=True)
class MasterReport:
    """Report of the master.

    Attributes:
        gain_db: gain towards the loudness target; 0 without one.
        max_reduction_db: the limiter's deepest gain reduction, 0 or more.
        limited_share: share of the samples lowered by more than `LIMITED_BEYOND_DB`, 0 to 1.
        loudness_lufs: integrated loudness of the result; None for silence.
        true_peak_dbtp: true peak of the result; None for silence.
        energies: energies of the result, as in `OwnLevels`.
    """

    gain_db: float
    max_reduction_db: float
    limited_share: float
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    energies: np.ndarray = field(compare=False, repr=False)

    def as_json(self) -> MasterFigures:
        return {
            "gain_db": self.gain_db,
            "max_reduction_db": self.max_reduction_db,
            "limited_share": self.limited_share,
            "loudness_lufs": self.loudness_lufs,
            "true_peak_dbtp": self.true_peak_dbtp,
        }


def apply_master(
    mix: np.ndarray,
    sample_rate: int,
    *,
    loudness_lufs: float | None,
    ceiling_dbtp: float | None,
    held_gain_db: float | None = None,
    own: OwnLevels | None = None,
    consume: bool = False,
    tried: Callable[[int], None] = lambda n: None,
) -> tuple[np.ndarray, MasterReport]:
    """Bring a mix to a loudness, then hold its true peak under a ceiling.

    Args:
        mix: float32 (2, samples).
        sample_rate: in Hz.
        loudness_lufs: target of the integrated loudness, reached within 0.1 LU unless the
            limiter takes back what more gain adds: then the mix stays below. None leaves the
            level as it is.
        ceiling_dbtp: highest true peak; a mix already below it is not limited. None turns the
            limiter off.
        held_gain_db: fixed gain, whatever the resulting loudness; None searches for the gain.
        own: known measurements of the mix; None measures it.
        consume: the caller no longer needs the mix, so it may be overwritten and returned.
        tried: called with the number of gains so far each time that another one must be tried.

    Returns:
        The mix (the same array if nothing changed) and a report.
    """
    if own is None:
        energies = step_energies(mix, sample_rate)
        loudness_of_mix_lufs = gated_loudness_lufs(energies, sample_rate)
        own = OwnLevels(loudness_of_mix_lufs, true_peak_dbtp(mix, sample_rate), energies)
    bus = _Bus(mix, sample_rate, ceiling_dbtp, own)
    if held_gain_db is not None:
        gain_db = held_gain_db
        out, reduction = bus.at(gain_db, consume=consume)
    elif loudness_lufs is None or not math.isfinite(own.loudness_lufs):
        gain_db = 0.0
        out, reduction = bus.at(gain_db, consume=consume)
    else:
        gain_db, out, reduction = _reach_loudness(bus, loudness_lufs, consume=consume, tried=tried)
    return out, MasterReport(
        gain_db=gain_db,
        max_reduction_db=reduction.deepest_db,
        limited_share=reduction.limited_share,
        loudness_lufs=_finite(gated_loudness_lufs(reduction.energies, sample_rate)),
        true_peak_dbtp=_finite(reduction.peak_dbtp),
        energies=reduction.energies,
    )


@dataclass(frozen=True)
class OwnLevels:
    """Levels of a mix before its master; -inf for silence.

    `energies` are those of `mixer.meters.loudness.step_energies`; None if they are not known.
    """

    loudness_lufs: float
    true_peak_dbtp: float
    energies: np.ndarray | None = None


@dataclass(frozen=True)
class _Reduction:
    """The limiter's reduction; true peak, and energies as in `OwnLevels`, of the output."""

    peak_dbtp: float
    energies: np.ndarray
    deepest_db: float = 0.0
    limited_share: float = 0.0


@dataclass(frozen=True)
class _Bus:
    """A mix, and what is known about it, at any gain below its ceiling."""

    mix: np.ndarray
    sample_rate: int
    ceiling_dbtp: float | None
    own: OwnLevels

    @property
    def highest_gain_db(self) -> float:
        """Gain in dB above which the limiter would have to reduce too much."""
        # Without a ceiling nothing is limited, and any gain is harmless.
        if self.ceiling_dbtp is None:
            return math.inf
        return self.ceiling_dbtp + MAX_REDUCTION_DB - self.own.true_peak_dbtp

    def at(self, gain_db: float, *, consume: bool = False) -> tuple[np.ndarray, _Reduction]:
        """The mix at a gain, limited; the same array if nothing changes.

        If nothing is limited, an array that may be consumed is returned itself.
        """
        mix, rate, ceiling_dbtp = self.mix, self.sample_rate, self.ceiling_dbtp
        gain = np.float32(db_to_gain(gain_db))
        peak_dbtp = self.own.true_peak_dbtp
        raised_dbtp = peak_dbtp + float(gain_to_db(float(gain)))
        if consume and (ceiling_dbtp is None or raised_dbtp < ceiling_dbtp - _FOLLOWS_WITHIN_DB):
            if gain_db != 0.0:
                multiply_by(mix, gain)
            return mix, _Reduction(raised_dbtp, self._energies_at(mix, float(gain)))
        loud = mix if gain_db == 0.0 else gained(mix, gain)
        if loud is not mix:
            peak_dbtp = raised_dbtp
            # Where a rounding would decide, what is there is measured.
            if ceiling_dbtp is not None and abs(peak_dbtp - ceiling_dbtp) < _FOLLOWS_WITHIN_DB:
                peak_dbtp = true_peak_dbtp(loud, rate)
        if ceiling_dbtp is None or peak_dbtp <= ceiling_dbtp:
            return loud, _Reduction(peak_dbtp, self._energies_at(loud, float(gain)))
        limited, peak_dbtp = _limit(loud, rate, ceiling_dbtp)
        return limited, _measure_reduction(loud, limited, peak_dbtp, rate)

    def _energies_at(self, loud: np.ndarray, gain: float) -> np.ndarray:
        """Energies of the mix at a gain, which they follow."""
        if self.own.energies is None:
            return step_energies(loud, self.sample_rate)
        return self.own.energies * gain**2


def _reach_loudness(
    bus: _Bus, target_lufs: float, *, consume: bool, tried: Callable[[int], None]
) -> tuple[float, np.ndarray, _Reduction]:
    """Raise the gain until the limited mix is as loud as asked, by secants."""
    highest_gain_db, rate = bus.highest_gain_db, bus.sample_rate
    gain_db = min(target_lufs - bus.own.loudness_lufs, highest_gain_db)
    # Consumed input was not limited, so it is not requested again.
    out, reduction = bus.at(gain_db, consume=consume)
    # what a dB of gain brings in LU: 1 until the limiter takes some of it back
    slope = 1.0
    for n_tried in range(1, 1 + (_LOUDNESS_PASSES if reduction.deepest_db > 0.0 else 0)):
        reached_lufs = gated_loudness_lufs(reduction.energies, rate)
        missing_lu = target_lufs - reached_lufs
        next_db = min(gain_db + missing_lu / slope, highest_gain_db)
        if abs(missing_lu) <= _LOUDNESS_TOLERANCE_LU or next_db == gain_db:
            break
        tried(n_tried)
        louder, deeper = bus.at(next_db)
        gained_lu = gated_loudness_lufs(deeper.energies, rate) - reached_lufs
        # Past some point a limiter takes away more than the gain adds: it was loud enough before.
        if next_db > gain_db and gained_lu <= 0.0:
            break
        # Bounded: a slope near 0 would send the next secant far past what a limiter can hold.
        slope = min(max(gained_lu / (next_db - gain_db), _LEAST_SLOPE), 1.0)
        gain_db, out, reduction = next_db, louder, deeper
    return gain_db, out, reduction


def limit_true_peak(audio: np.ndarray, sample_rate: int, ceiling_dbtp: float) -> np.ndarray:
    """Look-ahead limiting so that the measured true peak is at most the ceiling.

    The limiter alone may overshoot between samples by some tenths of a dB; it is run again from
    the same input with its ceiling lowered by the overshoot until the measurement holds.

    Args:
        audio: float32 (2, samples).
        sample_rate: in Hz.
        ceiling_dbtp: highest true peak in dBTP.

    Returns:
        float32 (2, samples), not delayed.
    """
    return _limit(audio, sample_rate, ceiling_dbtp)[0]


def _limit(audio: np.ndarray, sample_rate: int, ceiling_dbtp: float) -> tuple[np.ndarray, float]:
    """`limit_true_peak`, and the true peak of the output."""
    target_dbtp = ceiling_dbtp - _PEAK_MARGIN_DB
    setting_db = target_dbtp - _LIMITER_ROUNDS_DB
    for _ in range(_PEAK_PASSES):
        # From the same input each time: limiting twice would lower the gain twice at every peak.
        limited = _limit_at(audio, sample_rate, setting_db)
        peak_dbtp = true_peak_dbtp(limited, sample_rate, whole=True)
        over_db = peak_dbtp - target_dbtp
        if over_db <= 0.0:
            return limited, peak_dbtp
        setting_db -= over_db
    # Whatever the passes leave over comes off as a gain: the ceiling holds in any case.
    limited *= np.float32(db_to_gain(-over_db))
    return limited, true_peak_dbtp(limited, sample_rate, whole=True)


def _limit_at(audio: np.ndarray, sample_rate: int, ceiling_dbtp: float) -> np.ndarray:
    """The limiter once over the audio, block by block; it is late, and catches up at the end.

    The limiter's gain falls at once, a look-ahead before each peak, which would click: it is read
    off a third channel, and reaches the peak in a ramp.
    """
    import pedalboard  # not above: a mix below its ceiling needs no limiter

    limiter = pedalboard.BrickwallLimiter(
        ceiling_db=ceiling_dbtp,
        release_ms=RELEASE_MS,
        lookahead_ms=LOOKAHEAD_MS,
        true_peak=True,
    )
    limited, n_samples = silence(*audio.shape), audio.shape[1]
    ramps = [_RunningMean(max(1, int(0.5e-3 * LOOKAHEAD_MS * sample_rate))) for _ in range(2)]
    told = np.full((1, _BLOCK_SAMPLES), _TELLS_GAIN, np.float32)
    # A block's output begins with the samples that the limiter still held of the last one.
    position = start = 0
    while position < n_samples:
        stop_if_asked()
        block = np.concatenate([zero_padded(audio, start, start + _BLOCK_SAMPLES), told])
        gain = limiter(block, sample_rate, reset=False)[-1, : n_samples - position] / _TELLS_GAIN
        for ramp in ramps:
            gain = ramp.next(gain)
        here = np.s_[:, position : position + gain.size]
        np.multiply(audio[here], gain, out=limited[here], casting="same_kind")
        position += gain.size
        start += _BLOCK_SAMPLES
    return limited


class _RunningMean:
    """The mean of each value and those before it; the first one stands before all."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._before: np.ndarray | None = None

    def next(self, values: np.ndarray) -> np.ndarray:
        """The means of the next values, float64 `(values,)`."""
        if not values.size:
            return values
        if self._before is None:
            self._before = np.full(self._size - 1, values[0], np.float64)
        span = np.concatenate([self._before, values])
        self._before = span[values.size :]
        sums = np.concatenate([[0.0], np.cumsum(span)])
        return np.asarray((sums[self._size :] - sums[: -self._size]) / self._size)


def _measure_reduction(
    before: np.ndarray, after: np.ndarray, peak_dbtp: float, sample_rate: int
) -> _Reduction:
    """Gain reduction at samples loud enough for their ratio to mean something."""
    deepest, limited, threshold = 1.0, 0, db_to_gain(-LIMITED_BEYOND_DB)
    for start in range(0, before.shape[1], _BLOCK_SAMPLES):
        x = np.abs(before[:, start : start + _BLOCK_SAMPLES])
        y = np.abs(after[:, start : start + _BLOCK_SAMPLES])
        # Near zero crossings the ratio is that of two roundings.
        ratio = y[x > 1e-3] / x[x > 1e-3]
        if ratio.size:
            deepest = min(deepest, float(ratio.min()))
            limited += int(np.count_nonzero(ratio < threshold))
    return _Reduction(
        peak_dbtp,
        step_energies(after, sample_rate),
        -20.0 * math.log10(max(deepest, 1e-6)),
        limited / max(before.size, 1),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
