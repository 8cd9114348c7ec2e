"""Compression normalisation: bring the level of a stem's onset peaks under the profile's bound.

The compressor is feed-forward with a hard knee, level in dB, smooth branching attack and release
on the gain reduction, no make-up gain (Giannoulis, Massberg, Reiss, JAES 2012, equations 4, 16).
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from typing import NotRequired, TypedDict

import numpy as np

from mixer.dsp.ballistics import OFFSET_DB, Ballistics
from mixer.dsp.blocks import FloatArray, are_equal, db_to_gain, peak, peak_dbfs
from mixer.dsp.long_audio import silence
from mixer.dsp.onsets import measure_onset_peaks
from mixer.dsp.threads import stop_if_asked
from mixer.fxnorm.profile import StemFields
from mixer.fxnorm.stage import SILENCE_PEAK_DBFS, EffectReport, Measured, Stage, Task

WORKING_PEAK_DBFS = -10.0
LEVEL_FLOOR_DB = -120.0
MAX_RATIO = 20
THRESHOLDS_DB = -10.0 - 0.5 * np.arange(61)
_BLOCK_SAMPLES = 1 << 16
# How the fall of onset peaks over thresholds bends, for the first tries; then the search halves.
_BENDS = (1 / 1.8, 1 / 1.2, 1 / 1.2, 1 / 1.2)


@dataclasses.dataclass(frozen=True)
class CompressorSettings:
    """Compressor of a kind of stem; the search starts at its ratio."""

    attack_ms: float
    release_ms: float
    first_ratio: int


SETTINGS = {
    "vocals": CompressorSettings(7.5, 400.0, 4),
    "drums": CompressorSettings(10.0, 180.0, 6),
    "bass": CompressorSettings(10.0, 500.0, 5),
    "other": CompressorSettings(15.0, 666.0, 4),
}


class CompressionReport(TypedDict):
    """Compression of a channel.

    Attributes:
        onset_peak_dbfs: found at the working peak; None without an onset.
        ratio, threshold_db: of the compressor; None if there was none.
        bound_dbfs: bound of the onset peaks.
        bound_met: whether they are below it.
        onset_peak_after_dbfs: set if it was compressed; None without an onset.
    """

    onset_peak_dbfs: float | None
    ratio: int | None
    threshold_db: float | None
    bound_dbfs: float
    bound_met: bool
    onset_peak_after_dbfs: NotRequired[float | None]


def match_compression(
    audio: FloatArray,
    sample_rate: int,
    onset_peak_dbfs: tuple[float, float],
    settings: CompressorSettings,
    out: FloatArray | None = None,
) -> tuple[FloatArray, list[CompressionReport | None]]:
    """Peak-normalise each channel to -10 dBFS, then compress it if its onsets are too loud.

    A channel whose onset peak level, measured at -10 dBFS peak, is at most mean + deviation is
    only peak-normalised. Any other is compressed with the gentlest setting (ratio first, then
    threshold in half-dB steps from -10 to -40 dB) whose output is below mean + deviation. A channel
    under -50 dBFS peak is left unchanged.

    Args:
        audio: float32 `(channels, samples)`.
        sample_rate: Hz.
        onset_peak_dbfs: the profile's mean and standard deviation.
        settings: attack, release and first ratio of this kind of stem.
        out: where to put the result; may be `audio` itself.

    Returns:
        float32 `(channels, samples)`, and for each channel what was done, None if nothing was.
    """
    if out is None:
        out = np.array(audio, dtype=np.float32)
    elif out is not audio:
        out[:] = audio
    return out, _finish(out, _begin(out, sample_rate, onset_peak_dbfs), settings)


@dataclasses.dataclass(frozen=True)
class Begun:
    """A stem at its working peak, its onsets measured.

    Attributes:
        identical: both channels are the same; only the first was begun.
        before: findings for each channel that was begun; None for a silent one.
        bound_dbfs: below which the onset peaks are to be.
        sample_rate: Hz.
    """

    identical: bool
    before: tuple[CompressionReport | None, ...]
    bound_dbfs: float
    sample_rate: int

    @property
    def n_channels(self) -> int:
        """Channels that must be compressed, which is what takes the time."""
        return sum(self.is_above(found) for found in self.before)

    def is_above(self, found: CompressionReport | None) -> bool:
        """Whether a channel's onsets are too loud."""
        if found is None or found["onset_peak_dbfs"] is None:
            return False
        # Under the bound already: a compressor would only take dynamics away.
        return not found["onset_peak_dbfs"] < self.bound_dbfs


def _begin(out: FloatArray, sample_rate: int, onset_peak_dbfs: tuple[float, float]) -> Begun:
    """Bring each channel to its working peak, in place, and measure its onsets."""
    identical = out.shape[0] == 2 and are_equal(out)
    bound_dbfs = onset_peak_dbfs[0] + onset_peak_dbfs[1]
    begun = out[:1] if identical else out
    before = tuple(_at_working_peak(channel, sample_rate, bound_dbfs) for channel in begun)
    return Begun(identical, before, bound_dbfs, sample_rate)


def _finish(
    out: FloatArray, begun: Begun, settings: CompressorSettings
) -> list[CompressionReport | None]:
    """Compress the channels that need it, in place."""
    found = begun.before
    done = [
        _compressed(channel, report, begun, settings)
        if report is not None and begun.is_above(report)
        else report
        for channel, report in zip(out, found, strict=False)
    ]
    if begun.identical:
        out[1] = out[0]
        return done * 2
    return done


def compress(
    channel: FloatArray,
    sample_rate: int,
    ratio: float,
    threshold_db: float,
    settings: CompressorSettings,
) -> FloatArray:
    """One channel through the compressor.

    Args:
        channel: float32 `(samples,)`.
        sample_rate: Hz.
        ratio: 1 or more; infinity is a limiter with attack.
        threshold_db: level in dBFS above which gain is reduced.
        settings: attack and release; their first ratio is not used.

    Returns:
        float32 `(samples,)`.
    """
    return _Compressor(channel, sample_rate, settings)(ratio, threshold_db).copy()


class _Compressor:
    """A channel with its level computed once, to be compressed with many settings.

    The output of a call lives in one buffer: the next call overwrites it.
    """

    def __init__(self, channel: FloatArray, sample_rate: int, settings: CompressorSettings) -> None:
        self.channel = channel
        self.sample_rate = sample_rate
        self.settings = settings
        self.output = silence(channel.size)
        self.level_db = silence(channel.size)
        self._holds: tuple[float, float] | None = None
        for start in range(0, channel.size, _BLOCK_SAMPLES):
            stop_if_asked()
            block = slice(start, start + _BLOCK_SAMPLES)
            # Blocks: the level in dB is kept, the steps towards it stay in the cache.
            level = np.abs(channel[block])
            np.maximum(level, np.float32(db_to_gain(LEVEL_FLOOR_DB)), out=level)
            np.log10(level, out=level)
            np.multiply(level, np.float32(20.0), out=self.level_db[block])

    def __call__(self, ratio: float, threshold_db: float) -> FloatArray:
        if self._holds == (ratio, threshold_db):
            return self.output
        self._holds = ratio, threshold_db
        # The smoothing is positively homogeneous: the ratio may scale its output.
        slope = 1.0 - 1.0 / ratio
        times_ms = self.settings.attack_ms, self.settings.release_ms
        ballistics = Ballistics(self.sample_rate, *times_ms)
        for start in range(0, self.channel.size, _BLOCK_SAMPLES):
            stop_if_asked()
            block = slice(start, start + _BLOCK_SAMPLES)
            reduction_db = self.level_db[block] - np.float32(threshold_db)
            np.maximum(reduction_db, np.float32(0.0), out=reduction_db)
            reduction_db += OFFSET_DB
            gain = ballistics.smooth(reduction_db)
            gain *= np.float32(-slope * np.log(10.0) / 20.0)
            np.exp(gain, out=gain)
            np.multiply(gain, self.channel[block], out=self.output[block])
        return self.output


def _at_working_peak(
    channel: FloatArray, sample_rate: int, bound_dbfs: float
) -> CompressionReport | None:
    """Peak-normalise one channel `(samples,)` in place; what its onsets are then."""
    if peak_dbfs(channel) <= SILENCE_PEAK_DBFS:
        return None
    channel *= np.float32(float(db_to_gain(WORKING_PEAK_DBFS)) / peak(channel))
    before = measure_onset_peaks(channel[np.newaxis], sample_rate)
    return {
        "onset_peak_dbfs": None if before is None else before.mean_dbfs,
        "ratio": None,
        "threshold_db": None,
        "bound_dbfs": bound_dbfs,
        "bound_met": True,
    }


def _compressed(
    channel: FloatArray, before: CompressionReport, begun: Begun, settings: CompressorSettings
) -> CompressionReport:
    """Bring one channel `(samples,)` at its working peak under the bound, in place."""
    bound_dbfs, sample_rate = begun.bound_dbfs, begun.sample_rate
    # The level is computed once for the settings that the search tries.
    compressor = _Compressor(channel, sample_rate, settings)

    @functools.cache
    def onset_peak_dbfs(ratio: int, index: int) -> float:
        output = compressor(ratio, float(THRESHOLDS_DB[index]))
        found = measure_onset_peaks(output[np.newaxis], sample_rate)
        return -np.inf if found is None else found.mean_dbfs

    unpressed_dbfs = before["onset_peak_dbfs"]
    assert unpressed_dbfs is not None  # it is above the bound
    ratio, index = _gentlest(onset_peak_dbfs, bound_dbfs, settings.first_ratio, unpressed_dbfs)
    threshold_db, after_dbfs = float(THRESHOLDS_DB[index]), onset_peak_dbfs(ratio, index)
    # The last setting tried need not be the one found.
    channel[:] = compressor(ratio, threshold_db)
    return {
        **before,
        "ratio": ratio,
        "threshold_db": threshold_db,
        "bound_met": after_dbfs < bound_dbfs,
        "onset_peak_after_dbfs": None if after_dbfs == -np.inf else after_dbfs,
    }


def _gentlest(
    onset_peak_dbfs: Callable[[int, int], float],
    bound_dbfs: float,
    first_ratio: int,
    unpressed_dbfs: float,
) -> tuple[int, int]:
    """The first ratio at which the lowest threshold meets the bound, then the highest threshold
    that still does; the hardest setting where none meets it.

    A higher ratio or a lower threshold only compresses more: the setting found meets the bound,
    and the one half a dB gentler has been tried and does not.

    Args:
        onset_peak_dbfs: of the output, by ratio and place in `THRESHOLDS_DB`; must remember.
        bound_dbfs: below which it is to be.
        first_ratio: the gentlest ratio.
        unpressed_dbfs: of the input; not below the bound.
    """
    # The lowest threshold alone decides which ratio is enough: no other compresses as much.
    lowest = THRESHOLDS_DB.size - 1

    def meets(ratio: int) -> bool:
        return onset_peak_dbfs(ratio, lowest) < bound_dbfs

    if meets(first_ratio):
        ratio = first_ratio
    elif meets(MAX_RATIO):
        ratio = _first_true(meets, first_ratio, MAX_RATIO)
    else:
        return MAX_RATIO, lowest
    ends_dbfs = unpressed_dbfs, onset_peak_dbfs(ratio, lowest)
    return ratio, _first_below(
        lambda index: onset_peak_dbfs(ratio, index), bound_dbfs, (-1, lowest), ends_dbfs
    )


def _first_below(
    level_db: Callable[[int], float],
    bound_db: float,
    ends: tuple[int, int],
    ends_db: tuple[float, float],
) -> int:
    """Smallest whole number at which a level that falls is below a bound.

    A compressor's output first hardly falls, then ever more nearly in a line: that is where the
    first tries go. On stems three or four find what six halvings would.

    Args:
        level_db: never rises from one number to the next.
        bound_db: of the level.
        ends: a number at which it is not below, and one at which it is.
        ends_db: the levels there.
    """
    (above, below), (above_db, below_db) = ends, ends_db
    bends = iter(_BENDS)
    while below - above > 1:
        bend = next(bends, None)
        share = 0.5 if bend is None else ((above_db - bound_db) / (above_db - below_db)) ** bend
        middle = above + math.ceil(share * (below - above))
        middle = min(max(middle, above + 1), below - 1)
        found_db = level_db(middle)
        if found_db < bound_db:
            below, below_db = middle, found_db
        else:
            above, above_db = middle, found_db
    return below


def _first_true(predicate: Callable[[int], bool], known_false: int, known_true: int) -> int:
    """Smallest whole number that fulfils a predicate that stays true once it is."""
    while known_true - known_false > 1:
        middle = (known_true + known_false) // 2
        if predicate(middle):
            known_true = middle
        else:
            known_false = middle
    return known_true


def _begin_stage(x: FloatArray, task: Task) -> Begun:
    return _begin(x, task.sample_rate, task.profile.stem(task.stem).onset_peak_dbfs)


def _apply(x: FloatArray, task: Task) -> EffectReport:
    settings = SETTINGS.get(task.stem, SETTINGS["other"])
    return {"channels": _finish(x, task.own["compression"], settings)}


def _measure(audio: FloatArray, sample_rate: int) -> np.ndarray | None:
    """Mean and deviation of the onset peaks at the working peak."""
    largest = peak(audio)
    if largest == 0.0:
        return None
    working_gain = np.float32(float(db_to_gain(WORKING_PEAK_DBFS)) / largest)
    peaks = measure_onset_peaks(audio * working_gain, sample_rate)
    return None if peaks is None else np.array([peaks.mean_dbfs, peaks.deviation_db])


def _fields(
    peaks_dbfs: np.ndarray, stem: str, sample_rate: int, bands_hz: Sequence[float]
) -> StemFields:
    return {"onset_peak_dbfs": (float(peaks_dbfs[0]), float(peaks_dbfs[1]))}


COMPRESSION = Stage(_apply, measured=Measured(_measure, _fields), begin=_begin_stage)
