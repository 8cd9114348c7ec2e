"""Target curves of the spectral balance, and how far a mix is from one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mixer.errors import InputError
from mixer.meters.signal import SignalPair
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ, band_density_db, measure_stereo_spectrum

# Where balance is compared: below and above, little music and much codec.
COMPARED_HZ = (40.0, 16_000.0)


@dataclass(frozen=True)
class TargetCurve:
    """The balance that mixes are held against.

    Attributes:
        name: what it was made of.
        level_db: at `CURVE_BANDS_HZ`, its mean over the compared bands 0.
        spread_db: standard deviation over the mixes it was measured on; 0 for a profile.
        n_mixes: how many those were.
    """

    name: str
    level_db: np.ndarray
    spread_db: np.ndarray
    n_mixes: int


def balance_curve_db(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """A mix's third-octave balance at `CURVE_BANDS_HZ`, its mean over the compared bands 0 dB."""
    return centred_db(band_density_db(measure_stereo_spectrum(audio, sample_rate)))


def centred_db(level_db: np.ndarray) -> np.ndarray:
    """A curve at `CURVE_BANDS_HZ` moved so that the compared bands average 0 dB."""
    return np.asarray(level_db - level_db[compared_bands()].mean())


def compared_bands() -> np.ndarray:
    """Bands of `CURVE_BANDS_HZ` that count in a comparison: bool `(bands,)`."""
    bands_hz = np.asarray(CURVE_BANDS_HZ)
    return (bands_hz >= COMPARED_HZ[0]) & (bands_hz <= COMPARED_HZ[1])


def balance_error_db(curve_db: np.ndarray, target_db: np.ndarray) -> float:
    """Mean distance of two centred curves over the compared bands, in dB."""
    return float(np.abs(curve_db - target_db)[compared_bands()].mean())


def signal_balance_error_db(pair: SignalPair) -> float:
    """Mean third-octave distance of a mix from its reference, level aside, in dB."""
    return balance_error_db(centred_db(pair.mix.curve_db), centred_db(pair.reference.curve_db))


def measure_target(mixes: Iterable[tuple[np.ndarray, int]], name: str) -> TargetCurve:
    """Average the balance of reference mixes; memory holds one at a time.

    Args:
        mixes: audio `(channels, samples)` and its sample rate.
        name: where they come from.

    Raises:
        InputError: there is none.
    """
    curves = [balance_curve_db(audio, sample_rate) for audio, sample_rate in mixes]
    if not curves:
        raise InputError(f"{name}: no mix to measure a target curve on")
    return TargetCurve(
        name, centred_db(np.mean(curves, axis=0)), np.std(curves, axis=0), len(curves)
    )
