"""EQ normalisation: bring the mean spectrum of each channel to the profile's shape.

Source: Martinez-Ramirez et al., ISMIR 2022; spectral matching after Ma, Reiss, Black, AES 134.
"""

from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np

from mixer.dsp.blocks import (
    FloatArray,
    are_equal,
    convolve,
    db_to_gain,
    peak,
    peak_dbfs,
    root_hann,
    stft_blocks,
)
from mixer.dsp.fir import magnitude_taps
from mixer.fxnorm.curves import spectrum_curve_db
from mixer.fxnorm.edges import extend
from mixer.fxnorm.profile import LARGEST_BOOST_DB, StemFields
from mixer.fxnorm.stage import SILENCE_PEAK_DBFS, EffectReport, Measured, Stage, Task
from mixer.meters.loudness import (
    COOKBOOK_FILTER,
    gated_loudness_lufs,
    integrated_loudness_lufs,
    step_energies,
)

N_FFT = 65_536
HOP_LENGTH = N_FFT // 4
N_TAPS = 1_001
WORKING_LOUDNESS_LUFS = -30.0

TargetCurve = Callable[[np.ndarray], np.ndarray]


def measure_spectrum(audio: FloatArray, sample_rate: int) -> np.ndarray | None:
    """Mean STFT magnitude over channels and frames, the audio brought to -30 LUFS.

    As the published profile was measured: with one window of silence on both sides, and not
    above full scale, so that very peaky audio stays below -30 LUFS.

    Args:
        audio: float32 `(channels, samples)`.
        sample_rate: Hz.

    Returns:
        float64 `(N_FFT // 2 + 1,)`, or None if the audio has no loudness.
    """
    loudness_lufs = integrated_loudness_lufs(audio, sample_rate, COOKBOOK_FILTER, N_FFT)
    if not np.isfinite(loudness_lufs):
        return None
    gain = float(db_to_gain(WORKING_LOUDNESS_LUFS - loudness_lufs))
    return _mean_magnitude(audio) * min(gain, 1.0 / peak(audio))


class EqualizationReport(TypedDict):
    """Equalisation of a channel: its change of level, and the filter's largest gains."""

    level_db: float
    largest_boost_db: float
    largest_cut_db: float


def match_equalization(
    audio: FloatArray,
    sample_rate: int,
    target: TargetCurve,
    out: FloatArray | None = None,
    between_zeros: bool = False,
    largest_boost_db: float = LARGEST_BOOST_DB,
) -> tuple[FloatArray, list[EqualizationReport | None]]:
    """Filter each channel so that its mean spectrum takes the target's shape, at -30 LUFS.

    The filter is a linear-phase FIR applied forwards and backwards: zero phase, `target /
    measured` in all. Its level is chosen so that the channel's energy stays that at -30 LUFS. A
    channel below -50 dBFS peak or without loudness is left unchanged.

    Audio cut out of a song begins and ends at a step, of which a large boost would make a click:
    for the filter it is carried on beyond its ends.

    Args:
        audio: float32 `(channels, samples)`.
        sample_rate: Hz.
        target: magnitude (linear, any level) at frequencies in Hz.
        out: where to put the result; may be `audio` itself.
        between_zeros: filter between zeros instead, with those clicks, as the published code does;
            for comparisons with it only.
        largest_boost_db: bound on the filter's gain, the channel's level aside.

    Returns:
        The filtered audio, float32 `(channels, samples)`, and for each channel what was done, or
        None if nothing was.
    """
    identical = audio.shape[0] == 2 and are_equal(audio)
    if out is None:
        out = np.array(audio, dtype=np.float32)
    elif out is not audio:
        out[:] = audio
    heard = out[:1] if identical else out
    # All channels in one pass, which takes two for the time of one.
    energies = step_energies(heard, sample_rate, COOKBOOK_FILTER, N_FFT)
    done = []
    for place in range(len(heard)):
        channel = slice(place, place + 1)
        loudness_lufs = gated_loudness_lufs(energies[channel], sample_rate)
        done.append(
            _match_channel(
                heard[channel], sample_rate, loudness_lufs, target, between_zeros, largest_boost_db
            )
        )
    if identical:
        out[1] = out[0]
        return out, done * 2
    return out, done


def _match_channel(
    channel: FloatArray,
    sample_rate: int,
    loudness_lufs: float,
    target: TargetCurve,
    between_zeros: bool,
    largest_boost_db: float,
) -> EqualizationReport | None:
    """Match one channel `(1, samples)` in place."""
    if peak_dbfs(channel) <= SILENCE_PEAK_DBFS or not np.isfinite(loudness_lufs):
        return None
    gain = _matching_gain(_mean_magnitude(channel), sample_rate, target, largest_boost_db)
    kernel = zero_phase_kernel(gain)
    level_db = WORKING_LOUDNESS_LUFS - loudness_lufs
    kernel *= float(db_to_gain(level_db))
    reach = (kernel.shape[0] - 1) // 2
    extended = (np.pad if between_zeros else extend)(channel[0], reach)[np.newaxis]
    convolve(extended, kernel.astype(np.float32), reach, out=extended)
    channel[:] = extended[:, reach : reach + channel.shape[1]]
    gain_db = 20.0 * np.log10(gain)
    return {
        "level_db": level_db,
        "largest_boost_db": float(gain_db.max()),
        "largest_cut_db": float(gain_db.min()),
    }


def _mean_magnitude(audio: FloatArray) -> np.ndarray:
    """Mean STFT magnitude over channels and frames, float64 `(N_FFT // 2 + 1,)`."""
    total = np.zeros(N_FFT // 2 + 1)
    n_spectra = 0
    window = root_hann(N_FFT, np.float64)
    for _, spectra in stft_blocks(audio, N_FFT, HOP_LENGTH, window, N_FFT):
        total += np.abs(spectra).sum(axis=(0, 2), dtype=np.float64)
        n_spectra += spectra.shape[0] * spectra.shape[2]
    return total / n_spectra


def _matching_gain(
    spectrum: np.ndarray, sample_rate: int, target: TargetCurve, largest_boost_db: float
) -> np.ndarray:
    """Gain target / measured on the frequency-sampling grid, linear, energy kept.

    Every 32nd bin is looked at, unsmoothed: the grid of the 1001-tap frequency-sampling design.
    """
    n_grid = 1 + (1 << (N_TAPS - 1).bit_length())
    stride = (spectrum.shape[0] - 1) // (n_grid - 1)
    frequencies_hz = np.arange(spectrum.shape[0]) * sample_rate / N_FFT
    # A bin may be exactly silent; -200 dB below the largest is past what float32 can hold.
    floor = spectrum.max() * 1e-10
    grid = np.arange(n_grid) * stride
    gain = target(frequencies_hz[grid]) / np.maximum(spectrum[grid], floor)
    for _ in range(2):
        # The bound shifts the energy, the energy shifts the bound: twice settles it.
        shaped = spectrum * np.interp(frequencies_hz, frequencies_hz[grid], gain)
        gain *= np.sqrt(np.sum(spectrum**2) / np.sum(shaped**2))
        gain = np.minimum(gain, float(db_to_gain(largest_boost_db)))
    return gain


def zero_phase_kernel(gain: np.ndarray) -> np.ndarray:
    """Forwards and backwards through a linear-phase FIR of magnitude sqrt(gain), as one kernel.

    Args:
        gain: linear, at even steps from 0 Hz to half the sample rate.

    Returns:
        Float64 `(2 * N_TAPS - 1,)`, symmetric.
    """
    taps = magnitude_taps(N_TAPS, np.sqrt(gain))
    return np.convolve(taps, taps[::-1])


def _apply(x: FloatArray, task: Task) -> EffectReport:
    def magnitude(frequencies_hz: np.ndarray) -> np.ndarray:
        return task.profile.magnitude_at(task.stem, frequencies_hz)

    bound_db = task.profile.stem(task.stem).largest_boost_db
    _, channels = match_equalization(
        x, task.sample_rate, magnitude, out=x, largest_boost_db=bound_db
    )
    return {"channels": channels}


def _fields(
    magnitude: np.ndarray, stem: str, sample_rate: int, bands_hz: Sequence[float]
) -> StemFields:
    return {"spectrum_db": spectrum_curve_db(magnitude, stem, sample_rate, bands_hz)}


EQUALIZATION = Stage(_apply, measured=Measured(measure_spectrum, _fields))
