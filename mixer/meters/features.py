"""All frame features of a mix in one pass, block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixer.dsp.blocks import peak, root_hann
from mixer.dsp.fourier import rfft
from mixer.dsp.threads import stop_if_asked
from mixer.errors import InputError
from mixer.meters.dynamics import dynamic_frames
from mixer.meters.frames import HOP_LENGTH, N_FFT, SHORTEST_SAMPLES, whole_frames
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs
from mixer.meters.panning import panning_frames
from mixer.meters.spectral import SpectralFrames, join_frames, spectral_frames

NORMALISED_PEAK_DBFS = -1.0
LOW_PASS_HZ = 1_000.0
LOW_PASS_ORDER = 4
LOWEST_RATE_HZ = 8_000
# Keeps empty bins from counting as low frequencies.
_RATIO_FLOOR = 1e-5
# The low-pass has rung out by 400 dB before.
_GUARD_SAMPLES = 1_024
_BLOCK_FRAMES = 32


@dataclass(frozen=True)
class MixFeatures:
    """The features of a mix that the paper compares; frames are of the mix at a peak of -1 dBFS.

    Attributes:
        spectral: per channel and frame.
        panning: float64 `(4, frames)`, see `panning_frames`.
        rms_dbfs, dynamic_spread_db, crest_factor: float64 `(frames,)`.
        low_ratio: float64 `(frames,)`, magnitudes below about 1 kHz against all, summed over bins.
        loudness_lufs: integrated, of the mix as it came, with `COOKBOOK_FILTER`.
        peak_dbfs: of the mix as it came.
    """

    spectral: SpectralFrames
    panning: np.ndarray
    rms_dbfs: np.ndarray
    dynamic_spread_db: np.ndarray
    crest_factor: np.ndarray
    low_ratio: np.ndarray
    loudness_lufs: float
    peak_dbfs: float


def measure_features(audio: np.ndarray, sample_rate: int) -> MixFeatures:
    """Measure the features of a mix, a block of frames at a time.

    Args:
        audio: float32 or float64 `(1 or 2, samples)`; mono counts as two equal channels. Frames are
            transformed in double precision: what lies between a lossy codec's cut-off and 22 kHz
            is told apart from rounding.
        sample_rate: Hz, 8000 or more; the paper's is 44 100.

    Raises:
        InputError: less than about a second, silent, or neither mono nor stereo.
    """
    _refuse_unmeasurable(audio, sample_rate)
    if audio.shape[0] == 1:
        audio = np.broadcast_to(audio, (2, audio.shape[1]))
    largest = peak(audio)
    gain = 10.0 ** (NORMALISED_PEAK_DBFS / 20.0) / largest
    window = root_hann(N_FFT, np.float64)
    # Not above: it loads statistics and more, and a render measures none of this.
    from scipy.signal import butter, filtfilt

    low_pass = butter(LOW_PASS_ORDER, LOW_PASS_HZ / (0.5 * sample_rate))
    spectral: list[SpectralFrames] = []
    rest: list[np.ndarray] = []
    n_frames = whole_frames(audio.shape[1])
    for first in range(0, n_frames, _BLOCK_FRAMES):
        stop_if_asked()
        n_block = min(_BLOCK_FRAMES, n_frames - first)
        start = first * HOP_LENGTH
        stop = start + (n_block - 1) * HOP_LENGTH + N_FFT
        before, after = min(start, _GUARD_SAMPLES), min(audio.shape[1] - stop, _GUARD_SAMPLES)
        guarded = audio[:, start - before : stop + after].astype(np.float64) * gain
        block = guarded[:, before : before + stop - start]
        magnitude = _magnitudes(block, window)
        low = filtfilt(*low_pass, guarded)[:, before : before + stop - start]
        ratio = _magnitudes(low, window)
        ratio /= magnitude + _RATIO_FLOOR
        low_ratio = ratio.sum(axis=-1).mean(axis=0)
        spectral.append(spectral_frames(magnitude, sample_rate))
        panning = panning_frames(magnitude, sample_rate)
        rest.append(np.vstack([panning, *dynamic_frames(block), low_ratio]))
    frames = np.concatenate(rest, axis=-1)
    return MixFeatures(
        spectral=join_frames(spectral),
        panning=frames[:4],
        rms_dbfs=frames[4],
        dynamic_spread_db=frames[5],
        crest_factor=frames[6],
        low_ratio=frames[7],
        loudness_lufs=integrated_loudness_lufs(audio, sample_rate, COOKBOOK_FILTER),
        peak_dbfs=20.0 * float(np.log10(largest)),
    )


def _magnitudes(block: np.ndarray, window: np.ndarray) -> np.ndarray:
    """|rfft| of every frame, float64 `(channels, frames, bins)`."""
    frames = np.lib.stride_tricks.sliding_window_view(block, N_FFT, axis=-1)[:, ::HOP_LENGTH]
    return np.abs(rfft(frames * window, axis=-1))


def _refuse_unmeasurable(audio: np.ndarray, sample_rate: int) -> None:
    if audio.ndim != 2 or audio.shape[0] not in (1, 2):
        raise InputError(
            f"audio must have the shape (1, samples) or (2, samples), not {audio.shape}"
        )
    if sample_rate < LOWEST_RATE_HZ:
        raise InputError(
            f"a sample rate of {sample_rate} Hz is too low: resample to {LOWEST_RATE_HZ} Hz or more"
        )
    if audio.shape[1] < SHORTEST_SAMPLES:
        raise InputError(
            f"{audio.shape[1] / sample_rate:.2f} s of audio are too short: the measures average "
            f"over 40 frames, so give {SHORTEST_SAMPLES / sample_rate:.2f} s or more"
        )
    largest = peak(audio)
    if not np.isfinite(largest):
        raise InputError("a mix holds NaN or infinite samples; export it again")
    if largest == 0.0:
        raise InputError("a mix is silent: every sample is zero, so it cannot be measured")
