"""Possible positions of a recording that is a mix of the others but starts earlier or later.

A mix exported with or without a count-in matches the others at no common time. At a low sample rate
its waveform is their delayed sum: one correlation over the whole song finds the delay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from mixer.audio.decoding import read_blocks
from mixer.audio.source import AudioSource
from mixer.dsp.fourier import irfft, next_fast_len, rfft
from mixer.dsp.threads import Workers, available_threads
from mixer.errors import InputError

# Means of so many samples a second: what is left are basses and the bodies of all others.
_RATE_HZ = 2_000
# Octaves from here on; what is softer against the whole does not count.
_LOWEST_HZ, _N_BANDS, _BAND_FLOOR = 62.5, 6, 1e-5
# Mixes of the real songs at hand differ by up to 5 dB from the plain sum of their parts.
_ALIKE_WITHIN_DB = 6.0
# So much of the shorter of both must overlap.
_LEAST_OVERLAP = 0.5
_MOST_PLACES = 4
_APART_S = 0.05
# Real mixes reach 0.5 to 0.9 where they belong, parts of a song hardly 0.2 elsewhere.
_LEAST_CORRELATION = 0.3


def sounds_like_a_mix(own: np.ndarray, others: np.ndarray, sample_rate: int) -> bool:
    """Whether a recording's spectrum is close to that of the others' sum; a part's rarely is.

    Args:
        own, others, sample_rate: as in `spectrum_differs_by_db`.
    """
    return spectrum_differs_by_db(own, others, sample_rate) < _ALIKE_WITHIN_DB


def spectrum_differs_by_db(own: np.ndarray, others: np.ndarray, sample_rate: int) -> float:
    """Difference of octave-band levels in dB, regardless of the overall level.

    Args:
        own, others: float32 (..., samples), stretches of it and of the others, each by itself.
        sample_rate: of these, in Hz.
    """
    edges_hz = np.geomspace(_LOWEST_HZ, sample_rate / 2, _N_BANDS + 1)
    levels = []
    for audio in (own, others):
        power = np.abs(rfft(audio)) ** 2
        power = power.reshape(-1, power.shape[-1]).sum(axis=0, dtype=np.float64)
        places = np.round(edges_hz / (sample_rate / 2) * (len(power) - 1)).astype(int)
        bands = np.add.reduceat(power, places[:-1])
        levels.append(10.0 * np.log10(bands / max(power.sum(), 1e-30) + _BAND_FLOOR))
    return float(np.std(levels[0] - levels[1]))


def sketch_all(
    sources: Sequence[tuple[AudioSource, float]], kept: Collection[int]
) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """The sum of recordings at a low rate, and some of them by themselves.

    Args:
        sources: each with its start in the song, in seconds; audio before the song's start is cut.
            An unreadable file counts as silence: the error is reported when the mix reads it.
        kept: indices of recordings to return individually as well.

    Returns:
        The sum, float64 (samples,), and single recordings by index, float64 (samples,) each.
    """
    whole, single = np.zeros(0), dict[int, np.ndarray]()
    with Workers(available_threads()) as pool:
        for place, own in enumerate(pool.map(_sketch, *zip(*sources, strict=True))):
            whole = _added(whole, own)
            if place in kept:
                single[place] = own
    return whole, single


def likely_moves_s(own: np.ndarray, whole: np.ndarray) -> list[float]:
    """Likely delays of a recording against the others in seconds, the likeliest first.

    Args:
        own, whole: from `sketch_all`.
    """
    return [later_s for later_s, _ in likely_places(own, _added(whole, -own))]


def likely_places(own: np.ndarray, others: np.ndarray) -> list[tuple[float, float]]:
    """Likely positions of a recording that is a mix of others, the likeliest first.

    Args:
        own, others: float64 (samples,), sketches of it and of the others' sum.

    Returns:
        Possible delays in seconds, each with its correlation, 0 to 1.
    """
    if not own.any() or not others.any():
        return []
    size = next_fast_len(own.size + others.size)

    def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        around = irfft(rfft(a, size) * np.conj(rfft(b, size)), size)
        return np.concatenate([around[size - others.size + 1 :], around[: own.size]])

    lags = np.arange(-(others.size - 1), own.size)
    # of each the power where both are
    own_power = correlation(own**2, np.ones(others.size))
    its_power = correlation(np.ones(own.size), others**2)
    overlap = np.minimum(own.size, lags + others.size) - np.maximum(0, lags)
    is_enough = overlap >= _LEAST_OVERLAP * min(own.size, others.size)
    floor = 1e-6 * float(own @ own) * float(others @ others)
    score = np.abs(correlation(own, others)) / np.sqrt(np.maximum(own_power * its_power, floor))
    score[~is_enough] = 0.0
    places = []
    apart = round(_APART_S * _RATE_HZ)
    for _ in range(_MOST_PLACES):
        best = int(score.argmax())
        if score[best] < _LEAST_CORRELATION:
            break
        places.append((float(lags[best]) / _RATE_HZ, float(score[best])))
        score[max(0, best - apart) : best + apart + 1] = 0.0
    return places


def _sketch(source: AudioSource, start_s: float) -> np.ndarray:
    size = max(1, source.sample_rate // _RATE_HZ)
    try:
        means = np.concatenate([np.zeros(0), *_means(source, size)])
    except InputError:
        return np.zeros(0)
    # A rate that is not a multiple of mixer has steps of another length: put in order here.
    own_rate_hz = source.sample_rate / size
    count = round(len(means) * _RATE_HZ / own_rate_hz)
    steps = np.arange(count) * own_rate_hz / _RATE_HZ
    even = np.interp(steps, np.arange(len(means)), means) if len(means) else means
    offset = round(start_s * _RATE_HZ)
    return np.pad(even, (max(offset, 0), 0))[max(-offset, 0) :]


def _means(source: AudioSource, size: int) -> Iterator[np.ndarray]:
    held = np.zeros(0, np.float32)
    for block in read_blocks(source):
        held = np.concatenate([held, block.mean(axis=0)])
        n_steps = len(held) // size
        yield held[: n_steps * size].reshape(n_steps, size).mean(axis=1, dtype=np.float64)
        held = held[n_steps * size :]


def _added(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    total = np.zeros(max(one.size, other.size))
    total[: one.size] += one
    total[: other.size] += other
    return total
