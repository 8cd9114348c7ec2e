"""Every measure, a line each. A new one is a function in a file of its own and a line here.

`mixer evaluate` shows, tests, draws and writes the readings and the errors; the benchmark averages
the errors of stems and mixes against a true mix, and the signs of damage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mixer.meters.best_filter import mean_residual_db
from mixer.meters.clicks import clicks_per_minute
from mixer.meters.crest_factor import crest_factor_db
from mixer.meters.fold_down import fold_down_loss_lu, low_correlation
from mixer.meters.gain_speed import fastest_gain_db_s
from mixer.meters.loudness_range import loudness_range_lu
from mixer.meters.masking import bark_powers, self_masked_share
from mixer.meters.measure import PERCENT, Better, Measure
from mixer.meters.segment import Segment
from mixer.meters.signal import Signal, SignalPair
from mixer.meters.stem_errors import (
    StemPair,
    balance_difference_db,
    crest_difference_db,
    level_difference_db,
    spectrum_distance_db,
    width_distance_db,
)
from mixer.meters.target import signal_balance_error_db

LOWER, HIGHER, NEITHER = Better.LOWER, Better.HIGHER, Better.NEITHER


def _of_audio(function: Callable[[np.ndarray, int], float]) -> Callable[[Signal], float]:
    return lambda signal: function(signal.audio, signal.sample_rate)


def _of_mix(function: Callable[[np.ndarray, int], float]) -> Callable[[Segment], float]:
    return lambda segment: function(segment.mix.audio, segment.mix.sample_rate)


def _of_paper(name: str) -> Callable[[SignalPair], float]:
    return lambda pair: pair.paper[name]


def _paper(
    name: str, label: str, *, is_summary: bool = False, is_drawn: bool = True
) -> Measure[SignalPair]:
    function = _of_paper(name)
    return Measure(
        name, function, label, PERCENT, LOWER, 2, is_summary=is_summary, is_drawn=is_drawn
    )


def _families_mean(pair: SignalPair) -> float:
    """Mean of the families that do not depend on level, those that are undefined left out."""
    families = [measure.function(pair) for measure in MIX_ERRORS[:-1]]
    defined = [error for error in families if np.isfinite(error)]
    return float(np.mean(defined)) if defined else float("nan")


# Measures of a single mix.
READINGS: tuple[Measure[Signal], ...] = (
    Measure("loudness_lufs", lambda s: s.loudness_lufs, "loudness", "LUFS", NEITHER, 1),
    Measure("loudness_range_lu", _of_audio(loudness_range_lu), "loudness range", "LU", NEITHER, 1),
    Measure("true_peak_dbtp", lambda s: s.true_peak_dbtp, "true peak", "dBTP", LOWER, 1),
    Measure("peak_dbfs", lambda s: s.peak_dbfs, "sample peak", "dBFS", LOWER, 1),
    Measure("crest_factor_db", crest_factor_db, "crest factor", "dB", NEITHER, 1),
    Measure(
        "peak_to_loudness_lu",
        lambda s: s.true_peak_dbtp - s.loudness_lufs,
        "peak to loudness",
        "LU",
        NEITHER,
        1,
    ),
    Measure(
        "self_masked_share",
        lambda s: self_masked_share(bark_powers(s.audio, s.sample_rate)),
        "masked by itself",
        PERCENT,
        LOWER,
        1,
    ),
)

# A mix against a reference, as the paper has it: see `mixer.meters.paper`.
PAPER_ERRORS: tuple[Measure[SignalPair], ...] = (
    _paper("spectral.centroid_mean", "centroid"),
    _paper("spectral.bandwidth_mean", "bandwidth"),
    _paper("spectral.contrast_l_mean", "contrast, low"),
    _paper("spectral.contrast_m_mean", "contrast, mid"),
    _paper("spectral.contrast_h_mean", "contrast, high"),
    _paper("spectral.contrast_mean", "contrast"),
    _paper("spectral.rolloff_mean", "roll-off"),
    _paper("spectral.flatness_mean", "flatness"),
    _paper("spectral.mape_mean", "spectral", is_summary=True),
    _paper("panning.P_t_mean", "whole band"),
    _paper("panning.P_l_mean", "0-250 Hz"),
    _paper("panning.P_m_mean", "250-2500 Hz"),
    _paper("panning.P_h_mean", "2500-22050 Hz"),
    _paper("panning.mape_mean", "panning", is_summary=True),
    _paper("dynamic.rms_mean", "RMS level"),
    _paper("dynamic.dyn_mean", "dynamic spread"),
    _paper("dynamic.crest_mean", "crest factor"),
    _paper("dynamic.l_ratio_mean_mape", "low ratio"),
    Measure(
        "dynamic.l_ratio_mean_l2",
        _of_paper("dynamic.l_ratio_mean_l2"),
        "low ratio, squared",
        "",
        LOWER,
        4,
        is_drawn=False,
    ),
    _paper("dynamic.mape_mean", "dynamic", is_summary=True),
    _paper("loudness.d_lufs", "LUFS", is_summary=True),
    # A share of a level that is near 0 dBFS may be many times 100 %.
    _paper("loudness.d_peak", "peak", is_summary=True, is_drawn=False),
)
# The paper's table of objective measures: by family, those whose mean stands for the family, then
# that mean. Loudness has no mean: the two say different things.
PAPER_TABLE: Mapping[str, tuple[str, ...]] = {
    "spectral": ("centroid_mean", "bandwidth_mean", "contrast_mean", "rolloff_mean",
                 "flatness_mean", "mape_mean"),
    "panning": ("P_t_mean", "P_l_mean", "P_m_mean", "P_h_mean", "mape_mean"),
    "dynamic": ("rms_mean", "dyn_mean", "crest_mean", "mape_mean"),
    "loudness": ("d_lufs", "d_peak"),
}  # fmt: skip
# A mix against a reference: all that is compared.
ERRORS: tuple[Measure[SignalPair], ...] = (
    *PAPER_ERRORS,
    Measure(
        "balance.error_db",
        signal_balance_error_db,
        "third octaves",
        "dB",
        LOWER,
        2,
        short="balance",
        is_summary=True,
    ),
)

# The benchmark: a stem against the true stem,
STEM_ERRORS: tuple[Measure[StemPair], ...] = (
    Measure(
        "level_error_db",
        level_difference_db,
        "level of a stem",
        "dB",
        short="level,",
        is_signed=True,
    ),
    Measure(
        "balance_error_db",
        balance_difference_db,
        "left/right balance of a stem",
        "dB",
        short="to the right,",
        is_signed=True,
    ),
    Measure(
        "spectrum_error_db",
        spectrum_distance_db,
        "third-octave spectrum of a stem",
        "dB",
        short="spectrum,",
    ),
    Measure("width_error_db", width_distance_db, "width of a stem", "dB", short="width,"),
    Measure(
        "crest_error_db",
        crest_difference_db,
        "crest factor of a stem",
        "dB",
        short="crest,",
        is_signed=True,
    ),
)
# a mix against the true mix,
MIX_ERRORS: tuple[Measure[SignalPair], ...] = (
    Measure("spectral_family", _of_paper("spectral.mape_mean"), "paper, spectral", "", LOWER, 3),
    Measure("panning_family", _of_paper("panning.mape_mean"), "paper, panning", "", LOWER, 3),
    Measure("dynamic_family", _of_paper("dynamic.mape_mean"), "paper, dynamic", "", LOWER, 3),
    Measure("families_mean", _families_mean, "paper, mean of the three", "", LOWER, 3),
)
# and what is wrong with a mix whatever it was meant to be.
DAMAGE: tuple[Measure[Segment], ...] = (
    Measure("low_correlation", _of_mix(low_correlation), "correlation below 120 Hz", "", HIGHER, 2),
    Measure("fold_down_loss_lu", _of_mix(fold_down_loss_lu), "mono fold-down loss", "LU", LOWER, 2),
    Measure("gain_speed_db_s", fastest_gain_db_s, "fastest gain outside onsets", "dB/s", LOWER, 0),
    Measure("clicks_per_minute", clicks_per_minute, "clicks a minute", "", LOWER, 1),
    Measure("filter_residual_db", mean_residual_db, "residual of the best filter", "dB", LOWER, 1),
    Measure("limited_share", lambda s: s.limited_share, "samples limited", PERCENT, LOWER, 2),
)
