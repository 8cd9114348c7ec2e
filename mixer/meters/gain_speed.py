"""Speed at which a system moves the gain of a band of a stem: pumping and warbling, in dB/s.

The gain of a band is that of the wet stem over what the best time-invariant filter makes of the
input: an equaliser's own slope then is not movement. It is taken from the part of the wet stem that
agrees with the input, with the error that this estimate has at the agreement found (Bendat and
Piersol, "Random Data", chapters 6 and 9): only what a change exceeds that error by counts. While a
note falls, the reverb of what came before stays behind and looks like a gain that rises: only bands
that are about as loud as just before count. At onsets, gains may move fast and nobody hears them
move; they are left out.
"""

from __future__ import annotations

import math

import numpy as np

from mixer.dsp.blocks import stft_blocks
from mixer.dsp.fir import hann
from mixer.dsp.onsets import find_onsets
from mixer.dsp.running import running_maximum, running_mean
from mixer.meters.segment import Segment

FRAME_S = 0.025
SMOOTHING_S = 0.05
AROUND_ONSETS_S = 0.1
LOWEST_GAIN_DB = -40.0
# third octaves, but never so narrow that a frame holds less than four bins of one
_BAND_RATIO = 2.0 ** (1.0 / 3.0)
_LEAST_BINS = 4
_HIGHEST_HZ = 16_000.0
# Where the input has energy: below its own band's loud frames, and below the stem's loudest band.
_BELOW_BAND_DB = -25.0
_BELOW_STEM_DB = -40.0
_LOUD_PERCENTILE = 95.0
# ... and below what the band had just before.
_BELOW_PAST_DB = -6.0
_PAST_S = 0.5
# Share of the wet band's energy that the input explains; below it no gain can be measured.
_LEAST_COHERENCE = 0.95
# Hann frames at half overlap: so many bins and frames tell as much as one free one.
_BINS_PER_FREE_ONE = 3.0
# Changes within so many standard deviations of their estimate are none.
_DEVIATIONS = 2.5
_LEAST_POWER = 1e-20


def fastest_gain_db_s(segment: Segment) -> float:
    """Fastest change of gain in any band of any stem, outside onsets; NaN where none is heard."""
    speeds_db_s = [speed for s in segment.stems for speed in s.gain_speed_db_s.tolist()]
    return max((speed for speed in speeds_db_s if not math.isnan(speed)), default=math.nan)


def measure_gain_speed(
    predicted: np.ndarray, wet: np.ndarray, inputs: np.ndarray, sample_rate: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fastest change of gain of any band and channel, over time.

    Args:
        predicted: the stem's input through its best filter, see `fit_best_filter`.
        wet: the stem as it is in the mix.
        inputs: the stem's input; all three float32 `(2, samples)`.
        sample_rate: Hz.

    Returns:
        Times in seconds, and the speed there in dB a second, 0 or more; both float64 `(frames,)`.
        The speed is NaN within 0.1 s of an onset, and where no band of the input has energy.
    """
    n_fft = 2 * round(0.5 * FRAME_S * sample_rate)
    hop = n_fft // 2
    n_smoothed = max(1, round(SMOOTHING_S * sample_rate / hop))
    past = round(_PAST_S * sample_rate / hop)
    edges = band_edges(n_fft, sample_rate)
    n_frames, fastest = 0, np.zeros(0)
    times_s = np.zeros(0)
    quiet = np.zeros(0, dtype=bool)
    for channel in range(wet.shape[0]):
        powers = _band_powers(predicted[channel], wet[channel], n_fft, hop, edges)
        source, own, product = (running_mean(power, n_smoothed, "nearest") for power in powers)
        n_values = np.diff(edges) * n_smoothed
        gain_db, error_db, active = _gains(source, own, product, n_values, past)
        if channel == 0:
            n_frames = gain_db.shape[-1]
            times_s = (np.arange(n_frames) * hop + 0.5 * n_fft) / sample_rate
            quiet = ~_near_onsets(times_s, inputs, sample_rate)
            fastest = np.full(max(0, n_frames - n_smoothed), np.nan)
        change_db = _changes(gain_db, error_db, active & quiet, n_smoothed)
        fastest = np.fmax(fastest, change_db / (n_smoothed * hop / sample_rate))
    return times_s[: fastest.size] + 0.5 * n_smoothed * hop / sample_rate, fastest


def band_edges(n_fft: int, sample_rate: int) -> list[int]:
    """First bins of the bands, rising, and the end of the last one."""
    edges = [1]
    highest = round(min(_HIGHEST_HZ, 0.45 * sample_rate) * n_fft / sample_rate)
    while edges[-1] < highest:
        edges.append(max(edges[-1] + _LEAST_BINS, round(edges[-1] * _BAND_RATIO)))
    return edges


def _band_powers(
    predicted: np.ndarray, wet: np.ndarray, n_fft: int, hop: int, edges: list[int]
) -> list[np.ndarray]:
    """Power of both, and real part of their product, of every band: `(bands, frames)` each."""
    window = hann(n_fft).astype(np.float32)
    blocks: list[list[np.ndarray]] = []
    for _, spectra in stft_blocks(np.stack([predicted, wet]), n_fft, hop, window):
        x, y = spectra[:, edges[0] : edges[-1]]
        starts = [edge - edges[0] for edge in edges[:-1]]
        products = (
            x.real * x.real + x.imag * x.imag,
            y.real * y.real + y.imag * y.imag,
            x.real * y.real + x.imag * y.imag,
        )
        blocks.append([np.add.reduceat(product, starts, axis=0) for product in products])
    return [
        np.concatenate(parts, axis=-1).astype(np.float64) for parts in zip(*blocks, strict=True)
    ]


def _gains(
    source: np.ndarray, wet: np.ndarray, product: np.ndarray, n_values: np.ndarray, past: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gain in dB of each band and frame, its standard deviation, and where it means something.

    Args:
        source, wet, product: smoothed powers `(bands, frames)`.
        n_values: bins times frames that each band's figures are of, `(bands,)`.
        past: frames that a note may fall from.
    """
    loud = np.percentile(source, _LOUD_PERCENTILE, axis=-1, keepdims=True)
    just_before = running_maximum(source, past, (past - 1) // 2)
    floor = np.maximum.reduce(
        [
            loud * 10.0 ** (_BELOW_BAND_DB / 10.0),
            np.full_like(loud, loud.max() * 10.0 ** (_BELOW_STEM_DB / 10.0)),
            np.full_like(loud, _LEAST_POWER),
        ]
    )
    source_safe = np.maximum(source, _LEAST_POWER)
    least = 10.0 ** (LOWEST_GAIN_DB / 20.0)
    coherence = product**2 / (source_safe * np.maximum(wet, _LEAST_POWER))
    coherence = np.clip(coherence, 1e-3, 1.0)
    # A band that is muted altogether agrees with nothing; its gain is known all the same.
    muted = wet <= least**2 * source
    gain = np.where(muted, least, np.maximum(product / source_safe, least))
    n_free = n_values[:, np.newaxis] / _BINS_PER_FREE_ONE
    error = np.where(muted, 0.0, np.sqrt((1.0 - coherence) / (2.0 * n_free * coherence)))
    loud_enough = (source > floor) & (source >= just_before * 10.0 ** (_BELOW_PAST_DB / 10.0))
    active = loud_enough & ((coherence >= _LEAST_COHERENCE) | muted)
    return 20.0 * np.log10(gain), 20.0 / np.log(10.0) * error, active


def _changes(
    gain_db: np.ndarray, error_db: np.ndarray, usable: np.ndarray, distance: int
) -> np.ndarray:
    """Largest certain change over a distance in frames; NaN if no band is usable."""
    if gain_db.shape[-1] <= distance:
        return np.zeros(0)
    change_db = np.abs(gain_db[:, distance:] - gain_db[:, :-distance])
    doubt_db = _DEVIATIONS * np.hypot(error_db[:, distance:], error_db[:, :-distance])
    both = usable[:, distance:] & usable[:, :-distance]
    largest = np.where(both, np.maximum(change_db - doubt_db, 0.0), -1.0).max(axis=0)
    return np.where(largest >= 0.0, largest, np.nan)


def _near_onsets(times_s: np.ndarray, inputs: np.ndarray, sample_rate: int) -> np.ndarray:
    onsets_s = find_onsets(inputs.mean(axis=0, dtype=np.float32), sample_rate) / sample_rate
    if onsets_s.size == 0:
        return np.zeros(times_s.shape, dtype=bool)
    after = np.searchsorted(onsets_s, times_s)
    before = np.maximum(after - 1, 0)
    after = np.minimum(after, onsets_s.size - 1)
    nearest_s = np.minimum(np.abs(times_s - onsets_s[before]), np.abs(times_s - onsets_s[after]))
    return nearest_s < AROUND_ONSETS_S
