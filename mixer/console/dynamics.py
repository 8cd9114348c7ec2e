"""Compressor, gate and ducking: one gain for both channels, from a level in dB.

Threshold, ratio, make-up and depth move at every sample, attack and release at control steps; the
gain itself always passes attack and release, so nothing clicks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixer.console.automation import Automation, mean_value
from mixer.console.levels import MovingBallistics, PeakLevel, ReductionMeter, reduction_to_gain
from mixer.console.processing import EffectReport
from mixer.console.settings import Compressor, Duck, Gate, Number
from mixer.dsp.blocks import FloatArray, db_to_gain

# A closed gate lowers by this much: silence, and the way back up stays short.
GATE_RANGE_DB = 80.0
# A key at its usual level or up to 10 dB below ducks by all of it, one 30 dB below by nothing.
_DUCK_FULL_DB, _DUCK_NONE_DB = -10.0, -30.0
# The usual level of a key is the median peak of those 100 ms windows that play at all.
_KEY_WINDOW_S, _KEY_RANGE_DB, _KEY_FLOOR_DB = 0.1, 40.0, -80.0


class DynamicsEffect:
    """A gain reduction controlled by a level."""

    context_samples = 0

    def __init__(
        self,
        reduction_db: Callable[[FloatArray, int, int], np.ndarray],
        ballistics: MovingBallistics,
        sample_rate: int,
        *,
        make_up_db: Automation | None = None,
        key: FloatArray | None = None,
        report: EffectReport | None = None,
        is_fixed: bool = False,
    ) -> None:
        """Prepare.

        Args:
            reduction_db: level in dBFS `(samples,)` of samples start to stop -> wanted reduction.
            ballistics: how the reduction gets there.
            sample_rate: Hz.
            make_up_db: gain after the reduction.
            key: the detector's signal, float32 `(channels, samples)`; None for the audio itself.
            report: what is said beside the reduction.
            is_fixed: `reduction_db` and `make_up_db` depend on the level alone, and not on time.
        """
        self._reduction_db = reduction_db
        self._ballistics = ballistics
        self._level = PeakLevel(sample_rate)
        self._make_up_db = make_up_db
        self._key = key
        self._meter = ReductionMeter()
        self._report = report or {}
        self._is_fixed = is_fixed and key is None
        self._rest_db: np.float32 | None = None

    def process(self, block: FloatArray, start: int) -> FloatArray:
        is_silent = self._is_fixed and not block.any()
        if is_silent and self._rest_db is not None:
            self._meter.add(np.full(block.shape[-1], self._rest_db))
            return block.copy()
        stop = start + block.shape[-1]
        level_db = self._level.measure_db(block if self._key is None else self._key[:, start:stop])
        wanted_db = self._reduction_db(level_db, start, stop).astype(np.float32)
        reduction_db = self._ballistics.smooth(wanted_db, start)
        self._meter.add(reduction_db)
        # Silence all along has come to rest: more of it changes nothing.
        rests = is_silent and level_db[0] == level_db[-1] and self._ballistics.is_at_rest()
        self._rest_db = reduction_db[-1] if rests else None
        gain = reduction_to_gain(reduction_db)
        if self._make_up_db is not None:
            gain *= db_to_gain(self._make_up_db.over(start, stop)).astype(np.float32)
        return block * gain

    def report(self) -> EffectReport:
        return {**self._meter.report(), **self._report}


def compressor(setting: Compressor, sample_rate: int) -> DynamicsEffect:
    """A feed-forward compressor with a hard knee, then make-up gain."""
    threshold_db = Automation(setting.threshold_db, sample_rate)
    ratio = Automation(setting.ratio, sample_rate)
    make_up_db = Automation(setting.make_up_db, sample_rate)

    def reduction_db(level_db: FloatArray, start: int, stop: int) -> np.ndarray:
        over_db = np.maximum(level_db - threshold_db.over(start, stop), 0.0)
        return over_db * (1.0 - 1.0 / ratio.over(start, stop))

    return DynamicsEffect(
        reduction_db,
        _ballistics(setting.attack_ms, setting.release_ms, sample_rate),
        sample_rate,
        make_up_db=make_up_db,
        is_fixed=None not in (threshold_db.constant, ratio.constant, make_up_db.constant),
        report={"make_up_db": mean_value(setting.make_up_db)},
    )


def gate(setting: Gate, sample_rate: int) -> DynamicsEffect:
    """A downward expander: 1 dB below the threshold becomes `ratio` dB; it takes 80 dB at most."""
    threshold_db = Automation(setting.threshold_db, sample_rate)
    ratio = Automation(setting.ratio, sample_rate)

    def reduction_db(level_db: FloatArray, start: int, stop: int) -> np.ndarray:
        under_db = np.maximum(threshold_db.over(start, stop) - level_db, 0.0)
        return np.minimum(under_db * (ratio.over(start, stop) - 1.0), GATE_RANGE_DB)

    # A gate's attack opens it: its reduction falls with the attack and rises with the release.
    ballistics = _ballistics(setting.release_ms, setting.attack_ms, sample_rate)
    return DynamicsEffect(reduction_db, ballistics, sample_rate)


def duck(setting: Duck, key: FloatArray, sample_rate: int) -> DynamicsEffect:
    """Lower audio by up to `amount_db` while the key plays, whatever the key's recording level.

    Args:
        setting: depth, attack and release.
        key: the other stem, float32 `(channels, samples)`, as long as the audio.
        sample_rate: Hz.
    """
    depth_db = Automation(setting.amount_db, sample_rate)
    usual_db = usual_level_db(key, sample_rate)

    def reduction_db(level_db: FloatArray, start: int, stop: int) -> np.ndarray:
        if usual_db is None:
            return np.zeros_like(level_db)
        share = (level_db - (usual_db + _DUCK_NONE_DB)) / (_DUCK_FULL_DB - _DUCK_NONE_DB)
        return np.clip(share, 0.0, 1.0) * depth_db.over(start, stop)

    return DynamicsEffect(
        reduction_db,
        _ballistics(setting.attack_ms, setting.release_ms, sample_rate),
        sample_rate,
        key=key,
        report={"by": setting.by, "key_level_dbfs": usual_db},
    )


def usual_level_db(key: FloatArray, sample_rate: int) -> float | None:
    """Median peak in dBFS of the 100 ms windows within 40 dB of the loudest; None for silence."""
    window = max(1, round(_KEY_WINDOW_S * sample_rate))
    starts = range(0, key.shape[-1], window)
    peaks = np.array([np.abs(key[:, start : start + window]).max() for start in starts])
    if not peaks.size or peaks.max() <= db_to_gain(_KEY_FLOOR_DB):
        return None
    playing = peaks[peaks >= peaks.max() * db_to_gain(-_KEY_RANGE_DB)]
    return float(20.0 * np.log10(np.median(playing)))


def _ballistics(attack_ms: Number, release_ms: Number, sample_rate: int) -> MovingBallistics:
    return MovingBallistics(
        Automation(attack_ms, sample_rate), Automation(release_ms, sample_rate), sample_rate
    )
