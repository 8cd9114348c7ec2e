"""Bring a mix and its reference to the same time: find the lag, and cut both to what they share.

The lag is found by cross-correlation of the mid channels: over all of the song at a low rate, then
to the sample in its loudest part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from mixer.audio import resample, resampled_length
from mixer.dsp.lag import LEAST_CONFIDENCE, best_lag
from mixer.errors import InputError

MAX_LAG_S = 10.0
_COARSE_RATE_HZ = 5_512
_EXCERPT_S = 6.0
# Head and tail this far below the reference's loudest sample count as silence, as in the published
# evaluation.
SILENCE_BELOW_PEAK_DB = -60.0


class AlignmentTable(TypedDict):
    """An `Alignment` as JSON has it."""

    lag_samples: int
    lag_ms: float
    found: bool
    confidence: float
    inverted: bool


@dataclass(frozen=True)
class Alignment:
    """Time offset of a mix from its reference.

    Attributes:
        lag_samples: delay of the mix in samples; negative if it is early.
        sample_rate: Hz.
        confidence: height of the correlation's peak over the root mean square of the rest.
        found: False if the two have too little in common to find a lag, which is then 0.
        inverted: whether the mix has the opposite polarity.
    """

    lag_samples: int
    sample_rate: int
    confidence: float
    found: bool
    inverted: bool

    @property
    def lag_ms(self) -> float:
        return 1000.0 * self.lag_samples / self.sample_rate

    def as_json(self) -> AlignmentTable:
        return {
            "lag_samples": self.lag_samples,
            "lag_ms": self.lag_ms,
            "found": self.found,
            "confidence": self.confidence,
            "inverted": self.inverted,
        }


def find_alignment(
    mix: np.ndarray, reference: np.ndarray, sample_rate: int, max_lag_s: float = MAX_LAG_S
) -> Alignment:
    """Find how much later a mix comes than its reference.

    Args:
        mix, reference: `(channels, samples)`, of any lengths.
        sample_rate: of both, Hz.
        max_lag_s: largest lag to search for in either direction, in seconds.
    """
    coarse_rate = min(_COARSE_RATE_HZ, sample_rate)
    lag, confidence, sign = best_lag(
        _mid_at(mix, sample_rate, coarse_rate),
        _mid_at(reference, sample_rate, coarse_rate),
        max_lag=int(max_lag_s * coarse_rate),
    )
    if confidence < LEAST_CONFIDENCE:
        return Alignment(0, sample_rate, confidence, found=False, inverted=False)
    near = round(lag * sample_rate / coarse_rate)
    refined = _refine(mix, reference, sample_rate, near, reach=2 * sample_rate // coarse_rate)
    return Alignment(refined, sample_rate, confidence, found=True, inverted=sign < 0)


def shared_part(
    mix: np.ndarray, reference: np.ndarray, lag_samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Views of both, cut to the time that they share: the same number of samples.

    Raises:
        InputError: they have no time in common.
    """
    mix_start, reference_start = max(lag_samples, 0), max(-lag_samples, 0)
    n_samples = min(mix.shape[1] - mix_start, reference.shape[1] - reference_start)
    if n_samples <= 0:
        raise InputError(
            "mix and reference do not overlap in time; check that both are of the same song"
        )
    return (
        mix[:, mix_start : mix_start + n_samples],
        reference[:, reference_start : reference_start + n_samples],
    )


def sounding_part(reference: np.ndarray, sample_rate: int) -> slice:
    """The part of a reference without silence before and after, in steps of 0.1 s.

    Returns:
        All of it if it is silent throughout.
    """
    step = max(1, sample_rate // 10)
    peaks = [
        float(np.abs(reference[:, start : start + step]).max())
        for start in range(0, reference.shape[1], step)
    ]
    floor = max(peaks, default=0.0) * 10.0 ** (SILENCE_BELOW_PEAK_DB / 20.0)
    loud = np.flatnonzero(np.array(peaks) > floor)
    if loud.size == 0:
        return slice(0, reference.shape[1])
    return slice(int(loud[0]) * step, min((int(loud[-1]) + 1) * step, reference.shape[1]))


def _mid_at(audio: np.ndarray, sample_rate: int, to_rate: int) -> np.ndarray:
    mid = audio.mean(axis=0, keepdims=True, dtype=np.float32)
    n_samples = resampled_length(mid.shape[1], sample_rate, to_rate)
    return resample(mid, sample_rate, to_rate, n_samples)[0]


def _refine(mix: np.ndarray, reference: np.ndarray, sample_rate: int, near: int, reach: int) -> int:
    """The lag to the sample, from the loudest seconds of what both share."""
    shared_mix, shared_reference = shared_part(mix, reference, near)
    n_samples = shared_mix.shape[1]
    length = min(int(_EXCERPT_S * sample_rate), n_samples)
    step = max(1, length // 2)
    starts = range(0, n_samples - length + 1, step)
    energies = [float(np.sum(shared_reference[:, s : s + length] ** 2)) for s in starts]
    start = starts[int(np.argmax(energies))]
    cut = slice(start, start + length)
    own, other = (x[:, cut].mean(axis=0) for x in (shared_mix, shared_reference))
    lag, _, _ = best_lag(own, other, reach)
    return near + lag
