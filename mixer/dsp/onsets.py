"""Onset peaks: how loud the loudest quarter of a stem's onsets is.

Onsets are found by high-frequency content (Masri, 1996) on frames of 1024 samples, hop 1024, and
picked as aubio 0.4's `hfc` method does at its defaults (Brossier, 2006, chapter 2), because the
published profile was measured with it: magnitudes compressed as log(1 + x), a smoothed window of
seven frames, an adaptive threshold of median + 0.058 mean, parabolic peak position, silence gate
at -70 dB, at least 50 ms between onsets, and 4.3 hops of delay subtracted.
"""

import dataclasses

import numpy as np

from mixer.dsp.blocks import FloatArray, gain_to_db
from mixer.dsp.fourier import rfft

FRAME_SAMPLES = 1_024
_WINDOW_FRAMES, _CENTRE = 7, 5
_THRESHOLD = 0.058
_SILENCE_DB = -70.0
_MIN_INTERVAL_S = 0.050
_DELAY_SAMPLES = int(4.3 * FRAME_SAMPLES)
# Second-order smoothing of the descriptor as aubio 0.4 runs it: its feedback has one term only.
_SMOOTHING_B = (0.15998789, 0.31997577, 0.15998789)
_SMOOTHING_A1 = 0.23484048
_LOUDEST_PERCENTILE = 75.0
_BLOCK_FRAMES = 256


@dataclasses.dataclass(frozen=True)
class OnsetPeaks:
    """Mean and standard deviation of a stem's loudest onset peaks, and how many onsets it has."""

    mean_dbfs: float
    deviation_db: float
    n_onsets: int


def measure_onset_peaks(audio: FloatArray, sample_rate: int) -> OnsetPeaks | None:
    """Onset peak level, averaged over channels.

    Args:
        audio: float32 `(channels, samples)`; peak-normalise it first, as it is measured as given.
        sample_rate: Hz.

    Returns:
        None if no channel has an onset.
    """
    peaks = [_channel_peaks(channel, sample_rate) for channel in audio]
    found = [channel for channel in peaks if channel is not None]
    if not found:
        return None
    return OnsetPeaks(
        float(np.mean([channel.mean_dbfs for channel in found])),
        float(np.mean([channel.deviation_db for channel in found])),
        sum(channel.n_onsets for channel in found),
    )


def _channel_peaks(channel: FloatArray, sample_rate: int) -> OnsetPeaks | None:
    onsets = find_onsets(channel, sample_rate)
    if onsets.size == 0:
        return None
    highest = np.maximum.reduceat(channel, onsets)
    lowest = np.minimum.reduceat(channel, onsets)
    peaks_dbfs = gain_to_db(np.maximum(highest, -lowest), floor_db=-600.0)
    loudest = peaks_dbfs[peaks_dbfs > np.percentile(peaks_dbfs, _LOUDEST_PERCENTILE)]
    if loudest.size == 0:
        loudest = peaks_dbfs
    return OnsetPeaks(float(loudest.mean()), float(loudest.std()), int(onsets.size))


def find_onsets(channel: FloatArray, sample_rate: int) -> np.ndarray:
    """Ascending sample positions of the onsets of one channel, float32 `(samples,)`."""
    content, level_db = _frame_descriptors(channel)
    position = _peak_positions(content)
    new_onsets = (np.arange(content.size) * FRAME_SAMPLES) + np.round(position * FRAME_SAMPLES)
    min_interval = round(_MIN_INTERVAL_S * sample_rate)
    onsets: list[int] = []
    last = -min_interval - 1
    for onset in new_onsets[(position > 0.0) & (level_db >= _SILENCE_DB)].astype(int).tolist():
        if last + min_interval < onset:
            onsets.append(onset)
            last = onset
    positions = np.array(onsets, dtype=np.int64) - _DELAY_SAMPLES
    # An onset that the delay puts before the start is at the start; one such onset is enough.
    return np.unique(np.clip(positions, 0, max(channel.size - 1, 0)))


def _frame_descriptors(channel: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    """High-frequency content and level in dB of each frame, the last one zero-padded."""
    n_frames = max(1, -(-channel.size // FRAME_SAMPLES))
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(FRAME_SAMPLES) / FRAME_SAMPLES)
    window = window.astype(np.float32)
    weights = np.arange(1, FRAME_SAMPLES // 2 + 2, dtype=np.float32)
    content, level_db = np.zeros(n_frames), np.zeros(n_frames)
    for first in range(0, n_frames, _BLOCK_FRAMES):
        samples = channel[first * FRAME_SAMPLES : (first + _BLOCK_FRAMES) * FRAME_SAMPLES]
        missing = -samples.size % FRAME_SAMPLES if samples.size else FRAME_SAMPLES
        if missing:
            samples = np.pad(samples, (0, missing))
        frames = samples.reshape(-1, FRAME_SAMPLES)
        last = first + frames.shape[0]
        power = np.einsum("fn,fn->f", frames, frames) / FRAME_SAMPLES
        level_db[first:last] = 0.5 * gain_to_db(power, floor_db=-400.0)
        magnitude = np.abs(rfft(frames * window, axis=-1))
        content[first:last] = np.log1p(magnitude, out=magnitude) @ weights
    return content, level_db


def _smoothing_matrix() -> np.ndarray:
    """The window's smoothing, forwards then backwards from rest, as one matrix."""
    forwards = np.zeros((_WINDOW_FRAMES, _WINDOW_FRAMES))
    for n in range(_WINDOW_FRAMES):
        for lag, b in enumerate(_SMOOTHING_B):
            if n - lag >= 0:
                forwards[n, n - lag] += b
        if n:
            forwards[n] -= _SMOOTHING_A1 * forwards[n - 1]
    return forwards[::-1, ::-1] @ forwards


def _peak_positions(content: np.ndarray) -> np.ndarray:
    """For each frame the parabolic position of a peak around the frame before, 0 if none is."""
    history = np.concatenate([np.zeros(_WINDOW_FRAMES - 1), content])
    windows = np.lib.stride_tricks.sliding_window_view(history, _WINDOW_FRAMES)
    smooth = windows @ _smoothing_matrix().T
    threshold = np.median(smooth, axis=-1) + _THRESHOLD * smooth.mean(axis=-1)
    excess = np.concatenate([np.zeros(2), smooth[:, _CENTRE] - threshold])
    before, middle, after = excess[:-2], excess[1:-1], excess[2:]
    is_peak = (middle > before) & (middle > after) & (middle > 0.0)
    curvature = np.where(is_peak, before - 2.0 * middle + after, -1.0)
    return np.where(is_peak, 1.0 + 0.5 * (before - after) / curvature, 0.0)
