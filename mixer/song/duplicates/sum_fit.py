"""One recording as a sum of others: each with a gain of its own on either side.

Mixes pan their parts, fade and are equalised: the sides are fitted apart, and where one fit does
not do, the sum may have a level of its own in each excerpt, and a filter.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixer.dsp.blocks import power_to_db
from mixer.dsp.nonnegative import fit_nonnegative

# A fade is looked for if a sum without one explains at least half of the power.
_FADED_BELOW_DB = -3.0
_FADE_ROUNDS = 6
_PLAIN_BELOW_DB = -12.0  # left over: no fade is needed to explain the rest
# Frames in which an equaliser's filter is found: 31 Hz at 8 kHz, a resolution of half an octave at
# the lowest notes.
_FILTER_SAMPLES = 256
_LEAST_STEP = 1e-3
_AUDIBLE = 1e-4  # of the loudest excerpt's power


@dataclass(frozen=True)
class SumFit:
    """A recording fitted by others.

    Attributes:
        index: of the recording.
        others: indices of the recordings that it is fitted by.
        products: (others, others) of what each of them contributes, summed over all excerpts.
        power: of the recording in each excerpt, summed.
        left_over: the same for what the others do not explain.
        is_faded: the sum has another level in each excerpt, perhaps a filter.
    """

    index: int
    others: tuple[int, ...]
    products: np.ndarray
    power: np.ndarray
    left_over: np.ndarray
    is_faded: bool

    def worst_db(self, excerpts: np.ndarray) -> float:
        """Residual in the worst of the given excerpts (bool), in dB of the recording."""
        left, whole = self.left_over[excerpts], self.power[excerpts]
        # A recording that was moved may be silent where it sounded: there it is not a sum.
        share = np.divide(left, whole, out=np.ones_like(left), where=whole > 0.0)
        return float(power_to_db(share.max(), 1e-12))

    def parts(self, from_db: float) -> list[tuple[float, int]]:
        """Shares of the recording's power from a level on, and whose they are; largest first."""
        shares = np.diagonal(self.products) / self.power.sum()
        order = np.argsort(-shares, kind="stable")
        return [(shares[p], self.others[p]) for p in order if shares[p] > 10.0 ** (from_db / 10.0)]

    def cancels(self, among: Sequence[int], below: float) -> bool:
        """Whether any two of some parts correlate below a (negative) bound."""
        places = [self.others.index(other) for other in among]
        own = self.products[np.ix_(places, places)]
        scale = np.sqrt(np.diagonal(own))
        return bool((own / np.outer(scale, scale)).min() < below)


def triangles(excerpts: np.ndarray) -> list[np.ndarray]:
    """For each channel a triangular matrix whose columns have the recordings' own products.

    Args:
        excerpts: float32 (recordings, excerpts, channels, samples).
    """
    return [
        _triangle(excerpts[:, :, channel].reshape(len(excerpts), -1))
        for channel in range(excerpts.shape[2])
    ]


def _triangle(rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.qr(rows.T.astype(np.float64), mode="r"))


def fit_sum(
    excerpts: np.ndarray, whole: Sequence[np.ndarray], index: int, others: Sequence[int]
) -> SumFit | None:
    """Fit a recording by gains of 0 and above on others.

    Args:
        excerpts: float32 (recordings, excerpts, channels, samples).
        whole: `triangles` of them.
        index: the recording.
        others: at least one, not it.

    Returns:
        The fit; None if most of the recording's power is left over.
    """
    gains = _gains(whole, index, others)
    left = [t[:, list(others)] @ gain - t[:, index] for t, gain in zip(whole, gains, strict=True)]
    power = sum(float(np.sum(t[:, index] ** 2)) for t in whole)
    if sum(float(np.sum(v**2)) for v in left) > 10.0 ** (_FADED_BELOW_DB / 10.0) * power:
        return None
    levels = np.ones(excerpts.shape[1])
    plain = _measured(excerpts, index, others, gains, levels)
    sounding = plain.power > _AUDIBLE * plain.power.max()
    if plain.worst_db(sounding) < _PLAIN_BELOW_DB:
        return plain
    for _ in range(_FADE_ROUNDS):
        levels *= _steps(excerpts, index, others, gains, levels)
        leveled = levels.astype(np.float32)[:, None, None] * excerpts[list(others)]
        rows = np.concatenate([leveled, excerpts[index][None]])
        gains = _gains(triangles(rows), len(others), range(len(others)))
    faded = _measured(excerpts, index, others, gains, levels, is_faded=True)
    if faded.worst_db(sounding) < _PLAIN_BELOW_DB:
        return faded
    made = _sum(excerpts, others, gains, levels)
    return replace(faded, left_over=_left_behind_filter(excerpts[index], made))


def _left_behind_filter(own: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Power left over in each excerpt when one filter (an equaliser) may change the whole sum."""
    window = np.hanning(_FILTER_SAMPLES)
    spectra = []
    for audio in (own, made):
        frames = np.lib.stride_tricks.sliding_window_view(audio, _FILTER_SAMPLES, axis=-1)
        spectra.append(np.fft.rfft(frames[:, :, :: _FILTER_SAMPLES // 2] * window, axis=-1))
    target, source = spectra
    cross = np.sum(target * np.conj(source), axis=(0, 1, 2))
    power = np.sum(np.abs(source) ** 2, axis=(0, 1, 2))
    filtered = np.divide(cross, power, out=np.zeros_like(cross), where=power > 0.0)
    left = np.sum(np.abs(target - filtered * source) ** 2, axis=(1, 2, 3))
    whole = np.sum(np.abs(target) ** 2, axis=(1, 2, 3))
    share = np.divide(left, whole, out=np.ones_like(left), where=whole > 0.0)
    return share * np.einsum("ecs,ecs->e", own, own, dtype=np.float64)


def _gains(whole: Sequence[np.ndarray], index: int, others: Sequence[int]) -> np.ndarray:
    """(channels, others); 0 if the search does not end, as for a sum that is none."""
    gains = np.zeros((len(whole), len(others)))
    for channel, triangle in enumerate(whole):
        with contextlib.suppress(RuntimeError):
            gains[channel] = fit_nonnegative(triangle[:, list(others)], triangle[:, index])
    return gains


def _sum(
    excerpts: np.ndarray, others: Sequence[int], gains: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """(excerpts, channels, samples)"""
    made = np.zeros(excerpts.shape[1:], np.float64)
    for place, other in enumerate(others):
        if gains[:, place].any():
            made += gains[None, :, place, None] * excerpts[other]
    return levels[:, None, None] * made


def _steps(
    excerpts: np.ndarray,
    index: int,
    others: Sequence[int],
    gains: np.ndarray,
    levels: np.ndarray,
) -> np.ndarray:
    """Change of the sum's level in each excerpt."""
    made = _sum(excerpts, others, gains, levels)
    cross = np.einsum("ecs,ecs->e", excerpts[index], made)
    power = np.einsum("ecs,ecs->e", made, made)
    steps = np.divide(cross, power, out=np.ones_like(cross), where=power > 0.0)
    return np.maximum(steps, _LEAST_STEP)


def _measured(
    excerpts: np.ndarray,
    index: int,
    others: Sequence[int],
    gains: np.ndarray,
    levels: np.ndarray,
    *,
    is_faded: bool = False,
) -> SumFit:
    own = excerpts[index].astype(np.float64)
    left = own - _sum(excerpts, others, gains, levels)
    its = excerpts[list(others)] * levels.astype(np.float32)[:, None, None]
    products = np.zeros((len(others), len(others)))
    for channel, own_gains in enumerate(gains):
        rows = its[:, :, channel].reshape(len(others), -1)
        products += np.outer(own_gains, own_gains) * (rows @ rows.T)
    return SumFit(
        index,
        tuple(others),
        products,
        np.einsum("ecs,ecs->e", own, own),
        np.einsum("ecs,ecs->e", left, left),
        is_faded,
    )
