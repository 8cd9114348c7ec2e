"""The paper's objective measures of a mix against a reference mix.

Four families, each a mean absolute percentage error of 40-frame running means: spectral, panning,
dynamic, loudness. All but the last look at mixes brought to a peak of -1 dBFS, so that they do not
depend on level; loudness compares the mixes as they are.

Source: Martinez-Ramirez et al., "Automatic music mixing with deep learning and out-of-domain data",
ISMIR 2022, section 4.3, and what its published evaluation computes.
"""

from __future__ import annotations

import numpy as np

from mixer.errors import InputError
from mixer.meters.features import MixFeatures, measure_features
from mixer.meters.frames import percentage_error, running_mean
from mixer.meters.panning import BAND_NAMES
from mixer.meters.spectral import SpectralFrames


def paper_measures(mix: np.ndarray, reference: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Measure a mix against a reference of the same song, sample-aligned and of one length.

    Args:
        mix, reference: float32 or float64 `(1 or 2, samples)`.
        sample_rate: of both, Hz.

    Returns:
        "family.measure" to error as a fraction (0.1 is 10 %), 0 for equal mixes; in
        `dynamic.l_ratio_mean_l2` to a mean squared error. NaN if the reference has nothing to
        compare with, as a mono reference has no panning.

    Raises:
        InputError: different lengths, or see `measure_features`.
    """
    if mix.shape[-1] != reference.shape[-1]:
        raise InputError(
            f"mix and reference have {mix.shape[-1]} and {reference.shape[-1]} samples: "
            "align them and cut both to the part that they share"
        )
    return compare_features(
        measure_features(mix, sample_rate), measure_features(reference, sample_rate)
    )


def compare_features(mix: MixFeatures, reference: MixFeatures) -> dict[str, float]:
    """The measures of `paper_measures` from features that are already measured."""
    measures = {
        f"{family}.{name}": value
        for family, values in (
            ("spectral", _compare_spectral(mix.spectral, reference.spectral)),
            ("panning", _compare_panning(mix.panning, reference.panning)),
            ("dynamic", _compare_dynamics(mix, reference)),
            ("loudness", _compare_loudness(mix, reference)),
        )
        for name, value in values.items()
    }
    return {name: float(value) for name, value in measures.items()}


def _compare_spectral(mix: SpectralFrames, reference: SpectralFrames) -> dict[str, float]:
    def error(of_reference: np.ndarray, of_mix: np.ndarray) -> float:
        """Mean over channels `(channels, frames)` of the error of running means."""
        means = zip(running_mean(of_reference), running_mean(of_mix), strict=True)
        return _mean([percentage_error(r, m) for r, m in means])

    reference_db, mix_db = reference.contrast_db, mix.contrast_db
    contrast = {
        "contrast_l_mean": error(reference_db[0], mix_db[0]),
        "contrast_m_mean": error(reference_db[1:4].mean(axis=0), mix_db[1:4].mean(axis=0)),
        "contrast_h_mean": error(reference_db[4], mix_db[4]),
    }
    # One more hertz, or one dB down from 1, keeps the percentages of silence finite.
    measures = {
        "centroid_mean": error(reference.centroid_hz + 1.0, mix.centroid_hz + 1.0),
        "bandwidth_mean": error(reference.bandwidth_hz + 1.0, mix.bandwidth_hz + 1.0),
        **contrast,
        "contrast_mean": _mean(list(contrast.values())),
        "rolloff_mean": error(reference.rolloff_hz + 1.0, mix.rolloff_hz + 1.0),
        "flatness_mean": error(1.0 - reference.flatness_db, 1.0 - mix.flatness_db),
    }
    combined = ("centroid_mean", "bandwidth_mean", "contrast_mean", "rolloff_mean", "flatness_mean")
    measures["mape_mean"] = _mean([measures[name] for name in combined])
    return measures


def _compare_panning(mix: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    # Frames that are mono or silent in the reference have no width to compare with.
    wide = reference[0] > 0.0
    of_reference, of_mix = running_mean(reference[:, wide]), running_mean(mix[:, wide])
    measures = {
        f"P_{name}_mean": percentage_error(r, m)
        for name, r, m in zip(BAND_NAMES, of_reference, of_mix, strict=True)
    }
    measures["mape_mean"] = _mean(list(measures.values()))
    return measures


def _compare_dynamics(mix: MixFeatures, reference: MixFeatures) -> dict[str, float]:
    def means(values: np.ndarray) -> np.ndarray:
        return running_mean(values)

    low_r, low_m = means(reference.low_ratio), means(mix.low_ratio)
    spread_r, spread_m = reference.dynamic_spread_db, mix.dynamic_spread_db
    measures = {
        "rms_mean": percentage_error(means(1.0 - reference.rms_dbfs), means(1.0 - mix.rms_dbfs)),
        "dyn_mean": percentage_error(means(1.0 - spread_r), means(1.0 - spread_m)),
        "crest_mean": percentage_error(means(reference.crest_factor), means(mix.crest_factor)),
    }
    combined = _mean(list(measures.values()))
    measures["l_ratio_mean_mape"] = percentage_error(low_r, low_m)
    measures["l_ratio_mean_l2"] = float(np.mean((low_r - low_m) ** 2))
    return {**measures, "mape_mean": combined}


def _compare_loudness(mix: MixFeatures, reference: MixFeatures) -> dict[str, float]:
    def error(of_reference: float, of_mix: float) -> float:
        if not np.isfinite([of_reference, of_mix]).all():
            return float("nan")
        return percentage_error(np.array([of_reference]), np.array([of_mix]))

    return {
        "d_lufs": error(reference.loudness_lufs, mix.loudness_lufs),
        "d_peak": error(reference.peak_dbfs, mix.peak_dbfs),
    }


def _mean(values: list[float]) -> float:
    """Mean of what is defined; NaN if nothing is."""
    defined = [value for value in values if np.isfinite(value)]
    return float(np.mean(defined)) if defined else float("nan")
