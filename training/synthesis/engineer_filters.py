"""The engineer's equaliser: the console's filters, and what they do to each band."""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.signal

from mixer.console.settings import Band, Filter
from mixer.dsp.biquad import butterworth, eq_band
from training.synthesis.engineer_hearing import BANDS_HZ


@dataclasses.dataclass(frozen=True)
class Equaliser:
    """High-pass and bands of one track; their numbers are constant."""

    high_pass: Filter
    bands: tuple[Band, ...] = ()

    def plus(self, *bands: Band) -> Equaliser:
        """The same with more bands."""
        return Equaliser(self.high_pass, (*self.bands, *bands))


def sections(equaliser: Equaliser, sample_rate: int) -> np.ndarray:
    """Second-order sections `(sections, 6)`, float64: those of the console."""
    high_pass = equaliser.high_pass
    designs = [
        butterworth(
            "high_pass",
            np.atleast_1d(high_pass.frequency_hz),
            high_pass.slope_db_per_octave,
            sample_rate,
        )
    ]
    for band in equaliser.bands:
        frequency_hz, gain_db, q = (
            np.atleast_1d(value) for value in (band.frequency_hz, band.gain_db, band.q)
        )
        designs.append(eq_band(band.type, frequency_hz, gain_db, q, sample_rate))
    return np.asarray(np.concatenate(designs, axis=1)[0])


def response_db(equaliser: Equaliser, sample_rate: int) -> np.ndarray:
    """Gain at the centres of the engineer's bands in dB, `(bands,)`."""
    _, response = scipy.signal.sosfreqz(
        sections(equaliser, sample_rate), np.minimum(BANDS_HZ, 0.499 * sample_rate), fs=sample_rate
    )
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(response), 1e-6)))


def equalise(audio: np.ndarray, sample_rate: int, equaliser: Equaliser) -> np.ndarray:
    """Audio through the equaliser, float32 `(channels, samples)`; minimum phase, no latency."""
    filtered = scipy.signal.sosfilt(
        sections(equaliser, sample_rate), audio.astype(np.float64), axis=-1
    )
    return np.asarray(filtered, dtype=np.float32)
