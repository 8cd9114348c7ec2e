"""The gain that turns one signal into another, sample by sample, measured in blocks.

Near zero no gain can be computed: there it is interpolated linearly between the last sample whose
gain is known and the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import parts_of, silence
from mixer.dsp.running import RunningMean

# Below this a sample tells no gain: -100 dBFS.
_LEAST_SAMPLE = np.float32(1e-5)
# A gain this far from that of the moment around it is an accident of two zero crossings, unless
# the sample is no smaller than the moment: a limiter may clip a single one.
_MOST_APART, _LOUD_SHARE, _LINKED_WITHIN = np.float32(4.0), np.float32(0.2), np.float32(1e-3)
_AROUND_S = 0.002


class _Known(NamedTuple):
    """A sample whose gain is known."""

    place: int
    gain: float


def gain_between(before: FloatArray, after: FloatArray, sample_rate: int) -> FloatArray:
    """Measure the gain of each sample and channel.

    Args:
        before, after: float32 (2, samples).
        sample_rate: in Hz.

    Returns:
        Linear gain, float32 (2, samples). A channel too quiet to measure takes the gain of both
        channels together around each sample.
    """
    gain = silence(*before.shape)
    # The first sample of each part and channel that tells; None if none does.
    firsts: list[list[_Known | None]] = []
    for part, _, ratio, tells in _read_off(before, after, sample_rate):
        gain[:, part] = np.where(tells, ratio, np.float32(np.nan))
        firsts.append([_first(part.start, *channel) for channel in zip(ratio, tells, strict=True)])
    told = [any(found[channel] for found in firsts) for channel in range(len(gain))]
    for channel in np.flatnonzero(told):
        _go_across(gain[channel], [found[channel] for found in firsts])
    if not all(told):
        for part, around, _, _ in _read_off(before, after, sample_rate):
            gain[np.logical_not(told), part] = around
    return gain


def _read_off(
    before: FloatArray, after: FloatArray, sample_rate: int
) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
    """For each part: the gain around each sample (samples,), each sample's own gain (2, samples),
    and whether the latter is reliable."""
    n_samples = before.shape[-1]
    length = max(3, round(_AROUND_S * sample_rate))
    means = [RunningMean(length, n_samples, _power_of(audio)) for audio in (after, before)]
    for part in parts_of(before):
        here = slice(part.start, min(part.stop, n_samples))
        powers = [mean.next(here.stop) for mean in means]
        around = np.sqrt(np.maximum(powers[0], 0.0) / np.maximum(powers[1], _LEAST_SAMPLE**2))
        level = np.sqrt(np.maximum(powers[1], 0.0))
        x, y = before[:, here], after[:, here]
        tells = np.abs(x) > _LEAST_SAMPLE
        ratio = np.divide(y, x, out=np.stack([around, around]), where=tells)
        apart = np.maximum(ratio, around) / np.maximum(np.minimum(ratio, around), 1e-12)
        # Most gains are one for both channels, so what both tell is not chance.
        is_linked = tells.all(axis=0) & (
            np.abs(ratio[0] - ratio[1]) < _LINKED_WITHIN * np.abs(ratio[0])
        )
        is_loud = np.abs(x) > _LOUD_SHARE * level
        tells &= is_linked | is_loud | ((ratio > 0.0) & (apart < _MOST_APART))
        yield here, around, ratio, tells


def _power_of(audio: FloatArray) -> Callable[[slice | np.ndarray], np.ndarray]:
    def power(places: slice | np.ndarray) -> np.ndarray:
        found: np.ndarray = np.square(audio[:, places]).sum(axis=0)
        return found

    return power


def _first(start: int, ratio: np.ndarray, tells: np.ndarray) -> _Known | None:
    place = int(tells.argmax()) if tells.size else 0
    return _Known(start + place, float(ratio[place])) if tells.any() else None


def _go_across(gain: np.ndarray, firsts: list[_Known | None]) -> None:
    """Interpolate, in place, the gains of one channel that are NaN; known gains stay.

    Args:
        gain: float32 (samples,).
        firsts: for each part, the first sample whose gain is known; at least one is not None.
    """
    following: list[_Known | None] = [None]
    for found in reversed(firsts):
        following.append(found or following[-1])
    last: _Known | None = None
    for number, part in enumerate(parts_of(gain)):
        own = gain[part]
        known = np.flatnonzero(~np.isnan(own))
        at, told = known + float(part.start), own[known].astype(np.float64)
        after = following[len(firsts) - 1 - number]
        ends = [([], []) if end is None else ([end.place], [end.gain]) for end in (last, after)]
        at = np.concatenate([ends[0][0], at, ends[1][0]])
        told = np.concatenate([ends[0][1], told, ends[1][1]])
        own[:] = np.interp(np.arange(part.start, part.start + own.size), at, told)
        if known.size:
            last = _Known(part.start + int(known[-1]), float(own[known[-1]]))
