"""Level detection and gain smoothing of the dynamics: peak level, attack and release."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mixer.console.automation import CONTROL_STEP_SAMPLES, Automation
from mixer.dsp.ballistics import OFFSET_DB, Ballistics
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.dsp.running import running_maximum

LEVEL_FLOOR_DB = -120.0
# Half a period of 50 Hz: the level of a steady tone is its peak and does not follow its waveform.
HOLD_S = 0.01


class PeakLevel:
    """Peak of the louder channel over the last 10 ms, in dBFS.

    One level for both channels keeps the stereo image in place.
    """

    def __init__(self, sample_rate: int) -> None:
        self._hold_samples = max(2, round(HOLD_S * sample_rate))
        self._before = np.zeros(self._hold_samples - 1, dtype=np.float32)

    def measure_db(self, block: FloatArray) -> FloatArray:
        """Level in dBFS at every sample of a block, float32 `(samples,)`, at least -120."""
        loudest = np.abs(block).max(axis=0)
        span = np.concatenate([self._before, loudest])
        self._before = span[loudest.size :]
        size = self._hold_samples
        # The window ends at its sample: what comes later is not known yet.
        held = running_maximum(span, size, (size - 1) // 2)[size - 1 :]
        np.maximum(held, np.float32(db_to_gain(LEVEL_FLOOR_DB)), out=held)
        np.log10(held, out=held)
        held *= np.float32(20.0)
        return held


class MovingBallistics:
    """Attack and release, which may be automated, at control steps."""

    # So many equal values show that the recursion has come to where it stays: each step before
    # that would move it by one rounding error at least, which as many steps make visible.
    _AT_REST_SAMPLES = 1_024
    # What `mixer.dsp.ballistics` adds is subtracted again with a rounding error's worth more.
    _TAKEN_DB = np.float32(1.01e-4)

    def __init__(self, attack_ms: Automation, release_ms: Automation, sample_rate: int) -> None:
        self._attack_ms, self._release_ms = attack_ms, release_ms
        fixed_ms = attack_ms.constant, release_ms.constant
        self._moves = None in fixed_ms
        self._last = np.zeros(0, np.float32)
        # Where they move, every step sets them before it is smoothed.
        self._ballistics = Ballistics(sample_rate, fixed_ms[0] or 1.0, fixed_ms[1] or 1.0)

    def smooth(self, reduction_db: FloatArray, start: int) -> FloatArray:
        """Apply attack and release to a block of reductions in dB, `(samples,)`, 0 or more."""
        driven = reduction_db + OFFSET_DB
        if self._moves:
            answer = np.concatenate(list(self._smooth_in_steps(driven, start)))
        else:
            answer = self._ballistics.smooth(driven)
        self._last = answer[-self._AT_REST_SAMPLES :].copy()
        answer -= self._TAKEN_DB
        return np.maximum(answer, np.float32(0.0), out=answer)

    def is_at_rest(self) -> bool:
        """Whether the last reduction lasts for as long as its input stays as it is, bit for bit.

        Only for an input that was constant for a block.
        """
        last = self._last
        is_constant = last.size == self._AT_REST_SAMPLES and bool((last == last[0]).all())
        return is_constant and not self._moves

    def _smooth_in_steps(self, driven: FloatArray, start: int) -> Iterator[FloatArray]:
        stop = start + driven.size
        attacks_ms = self._attack_ms.steps(start, stop)
        releases_ms = self._release_ms.steps(start, stop)
        for index, (attack_ms, release_ms) in enumerate(zip(attacks_ms, releases_ms, strict=True)):
            self._ballistics.set(attack_ms, release_ms)
            first = index * CONTROL_STEP_SAMPLES
            yield self._ballistics.smooth(driven[first : first + CONTROL_STEP_SAMPLES])


def reduction_to_gain(reduction_db: FloatArray) -> FloatArray:
    """Linear gain of a reduction in dB, float32; exactly 1 where it is 0."""
    gain = reduction_db * np.float32(-np.log(10.0) / 20.0)
    return np.exp(gain, out=gain)


class ReductionMeter:
    """Deepest and mean reduction over a stem, in dB."""

    def __init__(self) -> None:
        self._deepest_db, self._sum_db, self._count = 0.0, 0.0, 0

    def add(self, reduction_db: FloatArray) -> None:
        if reduction_db.size:
            self._deepest_db = max(self._deepest_db, float(reduction_db.max()))
            self._sum_db += float(reduction_db.sum(dtype=np.float64))
            self._count += reduction_db.size

    def report(self) -> dict[str, float]:
        """ "max_reduction_db" and "mean_reduction_db", in dB, 0 or more."""
        return {
            "max_reduction_db": self._deepest_db,
            "mean_reduction_db": self._sum_db / max(self._count, 1),
        }
