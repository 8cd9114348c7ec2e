"""Polarity and delay between microphones on one source: kick in and out, snare top and bottom, DI.

Two microphones hear one source at different distances and from different sides. Summed
unchanged, they cancel in part: a snare's lower microphone picks up the opposite polarity, and a
microphone a metre away is 3 ms late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.dsp.lag import best_lag, correlation

# 7 m of air, or the latency of an amplifier's simulation: further apart it is another performance.
MAX_DELAY_S = 0.02
# Noise reaches 4 within so few lags, a kick drum in two microphones 5 to 8. One excerpt proves
# nothing: of those in which both play, so many must agree on sign and delay.
_LEAST_CONFIDENCE = 5.0
_AGREEING_SHARE = 0.6
_FEWEST_AGREEING = 3
_AGREE_WITHIN_S = 0.0002
# Share of the largest correlation of the two as they are.
_OF_LOUDEST_SHARE = 0.7
_SOUNDING_BELOW_LOUDEST_DB = -30.0


@dataclass(frozen=True)
class Offset:
    """Delay and polarity of a microphone relative to the first of its group.

    Attributes:
        delay_samples: delay against the first microphone; negative if earlier.
        inverted: its polarity is the opposite.
        gained_db: increase of their sum's power when both are corrected, in dB.
    """

    delay_samples: int
    inverted: bool
    gained_db: float


def find_offset(
    excerpts: Sequence[np.ndarray],
    reference: Sequence[np.ndarray],
    sample_rate: int,
    *,
    max_delay_s: float = MAX_DELAY_S,
) -> Offset | None:
    """Compare a microphone with another at the same source.

    Args:
        excerpts, reference: the same stretches of time of both, float (samples,) each, about a
            second long.
        sample_rate: of both, Hz.
        max_delay_s: largest delay to search for, in either direction.

    Returns:
        None if the two have too little in common: another performance, or a room microphone.
    """
    pairs = _sounding(excerpts, reference)
    reach = round(max_delay_s * sample_rate)
    votes = []
    for own, other in pairs:
        lag, confidence, sign = best_lag(own, other, reach)
        if confidence >= _LEAST_CONFIDENCE:
            votes.append((lag, sign))
    fewest = max(_FEWEST_AGREEING, _AGREEING_SHARE * len(pairs))
    if len(votes) < fewest:
        return None
    delay = int(np.median([lag for lag, _ in votes]))
    sign = 1 if sum(sign for _, sign in votes) >= 0 else -1
    tolerance = max(1, round(_AGREE_WITHIN_S * sample_rate))
    agreeing = [v for v in votes if abs(v[0] - delay) <= tolerance and v[1] == sign]
    if len(agreeing) < fewest or not _is_of_the_loudest(pairs, delay, sign, reach):
        return None
    return Offset(delay, sign < 0, _gained_db(pairs, delay, sign))


def gained_db(
    excerpts: Sequence[np.ndarray],
    reference: Sequence[np.ndarray],
    delay_samples: int,
    *,
    inverted: bool,
) -> float:
    """Gain in dB of the sum's power when a delay and a polarity are undone.

    Args:
        excerpts, reference: as in `find_offset`.
        delay_samples: shift of the first towards earlier; negative for later.
        inverted: its polarity is inverted as well.
    """
    pairs = _sounding(excerpts, reference)
    return _gained_db(pairs, delay_samples, -1 if inverted else 1) if pairs else 0.0


def _sounding(
    excerpts: Sequence[np.ndarray], reference: Sequence[np.ndarray]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of excerpts in which neither microphone is silent."""
    power = np.array([[np.mean(x**2) for x in side] for side in (excerpts, reference)])
    if power.size == 0:
        return []
    floor = power.max(axis=1, keepdims=True) * 10.0 ** (_SOUNDING_BELOW_LOUDEST_DB / 10.0)
    both = np.all((power > floor) & (power > 0.0), axis=0)
    return [
        (own, other) for own, other, sounds in zip(excerpts, reference, both, strict=True) if sounds
    ]


def _is_of_the_loudest(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], delay: int, sign: int, reach: int
) -> bool:
    """Whether delay and polarity are those of the loudest source, not of bleed from another.

    The signals are not whitened, so a hi-hat's bleed does not outweigh the drum.
    """
    total = np.zeros(2 * reach + 1)
    for own, other in pairs:
        around = correlation(own, other)
        middle = other.size - 1
        inner = min(reach, middle)
        total[reach - inner : reach + inner + 1] += around[middle - inner : middle + inner + 1]
    return sign * float(total[reach + delay]) >= _OF_LOUDEST_SHARE * float(np.abs(total).max())


def _gained_db(pairs: Sequence[tuple[np.ndarray, np.ndarray]], delay: int, sign: int) -> float:
    before = after = 0.0
    for own, other in pairs:
        start, stop = max(0, -delay), min(own.size, own.size - delay)
        moved, still = own[start + delay : stop + delay], other[start:stop]
        before += float(np.sum((own[start:stop] + still) ** 2))
        after += float(np.sum((sign * moved + still) ** 2))
    return 10.0 * float(np.log10(max(after, 1e-20) / max(before, 1e-20)))
