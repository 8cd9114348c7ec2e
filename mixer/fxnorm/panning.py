"""Panning normalisation: bring the similarity of left and right, bin by bin, to the profile's.

Source: Martinez-Ramirez et al., ISMIR 2022; similarity and stereo panning spectrum after Avendano,
WASPAA 2003, and Tzanetakis et al., ISMIR 2007.
"""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from mixer.dsp.blocks import FloatArray, db_to_gain, filter_stft, root_hann, stft_blocks
from mixer.dsp.running import running_mean
from mixer.fxnorm.curves import phi_curve
from mixer.fxnorm.profile import StemFields
from mixer.fxnorm.stage import EffectReport, Measured, Stage, Task

N_FFT = 2_048
HOP_LENGTH = N_FFT // 2
MEASURE_N_FFT = 65_536
MEASURE_HOP_LENGTH = MEASURE_N_FFT // 4
# Share of the profile's similarity that is aimed at, as published.
TARGET_SHARE = 0.9
OFFSET_PAN = 0.7
SIDE_BAND_HZ = (50.0, 2_500.0)
SMOOTHING_BINS = 501
MAX_FREQUENCY_HZ = {"drums": 6_000.0}
DEFAULT_MAX_FREQUENCY_HZ = 16_000.0
QUIET_FRAME_DB = -10.0
# Channels 0.4 dB apart lean by this much. A smaller mean lean is mostly chance, and rounding must
# not decide the side: the louder channel does.
CLEAR_LEAN = 1e-3
# Channels closer than this are equal: what is left is rounding, of 16 bits of a soft stem as well.
EQUAL_CHANNELS_DB = 0.01
# Bins that lean against the stem's side would be boosted without bound by the published rule.
MAX_BOOST_DB = 20.0
_EQUAL_SHARE = 1.0 - 10.0 ** (-EQUAL_CHANNELS_DB / 10.0)
# The published code works on a signal with this much silence before it.
_REFERENCE_PADDING_SAMPLES = 65_536


def measure_phi(audio: FloatArray) -> np.ndarray:
    """Mean similarity of left and right in each bin, 2|L R*| / (|L|^2 + |R|^2).

    The signal is taken with one window of silence on both sides, and silence counts as similar,
    as the published profile was measured.

    Args:
        audio: float32 `(2, samples)`.

    Returns:
        float64 `(MEASURE_N_FFT // 2 + 1,)`, 0 to 1.
    """
    total = np.zeros(MEASURE_N_FFT // 2 + 1)
    n_frames = 0
    window = root_hann(MEASURE_N_FFT, np.float64)
    for _, spectra in stft_blocks(audio, MEASURE_N_FFT, MEASURE_HOP_LENGTH, window, MEASURE_N_FFT):
        total += _similarity(*np.abs(spectra)).sum(axis=-1, dtype=np.float64)
        n_frames += spectra.shape[-1]
    return total / n_frames


def measure_side(audio: FloatArray, sample_rate: int, centred: int = 1) -> int:
    """Side to which the stem leans between 50 and 2500 Hz: 1 right, -1 left.

    By the majority of bins of the smoothed stereo panning spectrum; if the mean lean of all of
    them is not clear, by the energy of the channels.

    Args:
        audio: float32 `(2, samples)`.
        sample_rate: Hz.
        centred: result if the channels' energies are also within 0.01 dB.
    """
    low, high = (int(frequency_hz * N_FFT / sample_rate) for frequency_hz in SIDE_BAND_HZ)
    high = max(high, low + 1)
    total = np.zeros(N_FFT // 2 + 1)
    energies = np.zeros(2)
    n_frames = 0
    for _, spectra in stft_blocks(audio, N_FFT, HOP_LENGTH, root_hann(N_FFT), N_FFT):
        magnitude = np.abs(spectra)
        left, right = magnitude
        lean = (1.0 - _similarity(left, right)) * np.sign(right - left)
        total += lean.sum(axis=-1, dtype=np.float64)
        energies += np.square(magnitude[:, low:high]).sum(axis=(1, 2), dtype=np.float64)
        n_frames += spectra.shape[-1]
    smooth = running_mean(total / n_frames, SMOOTHING_BINS, "mirror")
    band = smooth[low:high]
    if abs(band.mean()) < CLEAR_LEAN:
        if abs(energies[1] - energies[0]) <= energies.max() * _EQUAL_SHARE:
            return centred
        return 1 if energies[1] > energies[0] else -1
    return 1 if 2 * np.count_nonzero(band >= 0.0) >= band.size else -1


class PanningReport(TypedDict):
    """The stem's side, "left" or "right", and the share of its frames that was matched."""

    side: str
    frames_matched_share: float


def match_panning(
    audio: FloatArray,
    sample_rate: int,
    phi: np.ndarray,
    max_frequency_hz: float = DEFAULT_MAX_FREQUENCY_HZ,
    limit_time_axis: bool = False,
    out: FloatArray | None = None,
    side: int | None = None,
) -> tuple[FloatArray, PanningReport]:
    """Pan the stem to its own side and bring every bin's similarity to 0.9 of the profile's.

    Args:
        audio: float32 `(2, samples)`.
        sample_rate: Hz.
        phi: the profile's similarity at the `N_FFT // 2 + 1` bin frequencies.
        max_frequency_hz: bins above stay as they are (after the offset).
        limit_time_axis: the published implementation applies that limit to the wrong axis: from
            frame number floor(max_frequency_hz * N_FFT / sample_rate) on nothing is matched, and
            all bins before. True reproduces it, for networks trained on its output.
        out: where to put the result; may be `audio` itself.
        side: 1 right or -1 left; by default what `measure_side` says of the audio. EQ makes the
            channels equally loud: after it the stem's own side is chance, so measure before.

    Returns:
        float32 `(2, samples)`, and what was done: the side, and the share of frames matched.
    """
    side = measure_side(audio, sample_rate) if side is None else side
    target = TARGET_SHARE * np.clip(phi, 0.0, 1.0).astype(np.float32)[:, np.newaxis] / 2.0
    offset = np.array([1.0 - OFFSET_PAN, OFFSET_PAN][::side], dtype=np.float32)[:, None, None]
    near = 0 if side > 0 else 1  # the channel that takes the smaller gain
    limit = int(max_frequency_hz * N_FFT / sample_rate)
    last_bin = target.shape[0] if limit_time_axis else limit
    last_frame = limit - _REFERENCE_PADDING_SAMPLES // HOP_LENGTH
    max_gain = np.float32(db_to_gain(MAX_BOOST_DB))
    quiet = np.float32(db_to_gain(QUIET_FRAME_DB))
    frames = {"matched": 0, "all": 0}

    def modify(first: int, spectra: np.ndarray) -> np.ndarray:
        spectra = spectra * offset
        magnitude = np.abs(spectra[:, :last_bin])
        observed = _similarity(magnitude[0], magnitude[1])
        observed *= np.float32(0.5)
        gains = np.empty_like(magnitude)
        np.divide(target[:last_bin], np.maximum(observed, np.float32(1e-6)), out=gains[near])
        np.minimum(gains[near], max_gain, out=gains[near])
        np.divide(1.0 - target[:last_bin], 1.0 - observed, out=gains[1 - near])
        kept = np.abs(spectra[0] + spectra[1]).max(axis=0) < quiet
        if limit_time_axis:
            kept |= first + np.arange(kept.size) >= last_frame
        gains[:, :, kept] = 1.0
        spectra[:, :last_bin] *= gains
        frames["all"] += kept.size
        frames["matched"] += kept.size - int(np.count_nonzero(kept))
        return spectra

    out = filter_stft(audio, N_FFT, modify, out)
    share = frames["matched"] / frames["all"]
    return out, {"side": "right" if side > 0 else "left", "frames_matched_share": share}


def _similarity(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Similarity of magnitudes, 1 if both are silent."""
    energy = left * left
    energy += right * right
    silent = energy < 1e-30
    similarity = 2.0 * left
    similarity *= right
    energy[silent] = 1.0
    similarity /= energy
    similarity[silent] = 1.0
    return similarity


def _apply(x: FloatArray, task: Task) -> EffectReport:
    bins_hz = np.arange(N_FFT // 2 + 1) * task.sample_rate / N_FFT
    phi = task.profile.phi_at(task.stem, bins_hz)
    limit_hz = MAX_FREQUENCY_HZ.get(task.stem, DEFAULT_MAX_FREQUENCY_HZ)
    limits_time, side = task.panning_limits_time_axis, task.own["panning"]
    return match_panning(x, task.sample_rate, phi, limit_hz, limits_time, x, side)[1]


def _own_side(audio: FloatArray, task: Task) -> int:
    """The side of the stem before any effect: EQ would make its channels equally loud.

    Centred stems go right and left in turn, by the place of their names in the alphabet, so that
    the stems of a mono song balance each other.
    """
    centred = -1 if sorted(task.profile.stems).index(task.stem) % 2 else 1
    return measure_side(audio, task.sample_rate, centred)


def _measure(audio: FloatArray, sample_rate: int) -> np.ndarray:
    del sample_rate  # bins are bins
    return measure_phi(audio)


def _fields(phi: np.ndarray, stem: str, sample_rate: int, bands_hz: Sequence[float]) -> StemFields:
    return {"panning_phi": phi_curve(phi, sample_rate, bands_hz)}


PANNING = Stage(_apply, measured=Measured(_measure, _fields), listen=_own_side)
