"""What engineers read off a mix: loudness and its range, peaks, width, balance, masking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixer.dsp.blocks import peak_dbfs
from mixer.meters.loudness import integrated_loudness_lufs, true_peak_dbtp
from mixer.meters.loudness_range import loudness_range_lu
from mixer.meters.masking import bark_powers, self_masked_share
from mixer.meters.stereo_spectrum import (
    BandFigures,
    band_density_db,
    band_figures,
    measure_stereo_spectrum,
)


@dataclass(frozen=True)
class Engineering:
    """Figures of one mix, as it came.

    Attributes:
        loudness_lufs: integrated, ITU-R BS.1770-4; -inf for silence.
        loudness_range_lu: EBU Tech 3342.
        true_peak_dbtp: ITU-R BS.1770-4, annex 2.
        peak_dbfs: largest sample.
        crest_factor_db: peak over RMS level of the whole mix.
        peak_to_loudness_lu: true peak over integrated loudness.
        bands: share, width and correlation by band.
        curve_db: power density at `CURVE_BANDS_HZ`.
        self_masked_share: see `self_masked_share`, 0 to 1.
    """

    loudness_lufs: float
    loudness_range_lu: float
    true_peak_dbtp: float
    peak_dbfs: float
    crest_factor_db: float
    peak_to_loudness_lu: float
    bands: tuple[BandFigures, ...]
    curve_db: np.ndarray
    self_masked_share: float

    def figures(self, gain_db: float = 0.0) -> dict[str, float]:
        """Flat name to value, as the mix would read after a gain; curves are left out."""
        figures = {
            "loudness_lufs": self.loudness_lufs + gain_db,
            "loudness_range_lu": self.loudness_range_lu,
            "true_peak_dbtp": self.true_peak_dbtp + gain_db,
            "peak_dbfs": self.peak_dbfs + gain_db,
            "crest_factor_db": self.crest_factor_db,
            "peak_to_loudness_lu": self.peak_to_loudness_lu,
            "self_masked_share": self.self_masked_share,
        }
        for band in self.bands:
            figures[f"share_{band.name}_db"] = band.share_db
            figures[f"width_{band.name}"] = band.width
            figures[f"correlation_{band.name}"] = band.correlation
        return figures


def measure_engineering(audio: np.ndarray, sample_rate: int) -> Engineering:
    """Measure a mix.

    Args:
        audio: float32 `(1 or 2, samples)`, not silent.
        sample_rate: Hz.
    """
    spectrum = measure_stereo_spectrum(audio, sample_rate)
    loudness_lufs = integrated_loudness_lufs(audio, sample_rate)
    true_peak = true_peak_dbtp(audio, sample_rate)
    sample_peak = peak_dbfs(audio)
    energy = sum(float(np.dot(channel, channel)) for channel in audio)
    return Engineering(
        loudness_lufs=loudness_lufs,
        loudness_range_lu=loudness_range_lu(audio, sample_rate),
        true_peak_dbtp=true_peak,
        peak_dbfs=sample_peak,
        crest_factor_db=sample_peak - 10.0 * float(np.log10(energy / audio.size)),
        peak_to_loudness_lu=true_peak - loudness_lufs,
        bands=tuple(band_figures(spectrum)),
        curve_db=band_density_db(spectrum),
        self_masked_share=self_masked_share(bark_powers(audio, sample_rate)),
    )
