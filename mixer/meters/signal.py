"""A mix as measures take it: what several of them read is measured once, and when first asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mixer.dsp.blocks import peak_dbfs
from mixer.meters.features import MixFeatures, measure_features
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.paper import compare_features
from mixer.meters.stereo_spectrum import StereoSpectrum, band_density_db, measure_stereo_spectrum
from mixer.meters.true_peak import true_peak_dbtp


@dataclass(frozen=True)
class Signal:
    """A mix.

    Attributes:
        audio: float32 `(1 or 2, samples)`, not silent.
        sample_rate: Hz.
    """

    audio: np.ndarray
    sample_rate: int

    @cached_property
    def loudness_lufs(self) -> float:
        """Integrated, ITU-R BS.1770-4; -inf for silence."""
        return integrated_loudness_lufs(self.audio, self.sample_rate)

    @cached_property
    def true_peak_dbtp(self) -> float:
        """ITU-R BS.1770-4, annex 2."""
        return true_peak_dbtp(self.audio, self.sample_rate)

    @cached_property
    def peak_dbfs(self) -> float:
        """Largest sample."""
        return peak_dbfs(self.audio)

    @cached_property
    def spectrum(self) -> StereoSpectrum:
        return measure_stereo_spectrum(self.audio, self.sample_rate)

    @cached_property
    def curve_db(self) -> np.ndarray:
        """Power density at `CURVE_BANDS_HZ`."""
        return band_density_db(self.spectrum)

    @cached_property
    def features(self) -> MixFeatures:
        """The features that the paper's measures compare."""
        return measure_features(self.audio, self.sample_rate)


@dataclass(frozen=True)
class SignalPair:
    """A mix and what it is held against: of one length, aligned to the sample."""

    mix: Signal
    reference: Signal

    @cached_property
    def paper(self) -> Mapping[str, float]:
        """The paper's measures by name; all of them share their running means."""
        return compare_features(self.mix.features, self.reference.features)
