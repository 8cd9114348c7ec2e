"""Engineers' measures of a mix: loudness and its range, peaks, width, balance, masking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixer.meters.measure import figures
from mixer.meters.measures import READINGS
from mixer.meters.signal import Signal
from mixer.meters.stereo_spectrum import BandFigures, band_figures


@dataclass(frozen=True)
class Engineering:
    """Figures of one mix, as it came.

    Attributes:
        readings: the figure of each of `READINGS`, by its name.
        bands: share, width and correlation by band.
        curve_db: power density at `CURVE_BANDS_HZ`.
    """

    readings: Mapping[str, float]
    bands: tuple[BandFigures, ...]
    curve_db: np.ndarray

    def figures(self, gain_db: float = 0.0) -> dict[str, float]:
        """Flat name to value, as the mix would read after a gain; curves are left out."""
        values = dict(self.readings)
        for measure in READINGS:
            if measure.is_level:
                values[measure.name] += gain_db
        for band in self.bands:
            values[f"share_{band.name}_db"] = band.share_db
            values[f"width_{band.name}"] = band.width
            values[f"correlation_{band.name}"] = band.correlation
        return values


def measure_engineering(signal: Signal) -> Engineering:
    """Measure a mix that is not silent."""
    return Engineering(
        readings=figures(READINGS, signal),
        bands=tuple(band_figures(signal.spectrum)),
        curve_db=signal.curve_db,
    )
