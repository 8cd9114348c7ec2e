"""Damage: what is wrong with a mix whatever it was meant to be. Needs no true mix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mixer.meters.best_filter import fit_best_filter, residual_db
from mixer.meters.clicks import find_clicks
from mixer.meters.fold_down import fold_down_loss_lu, low_correlation
from mixer.meters.gain_speed import measure_gain_speed

# A wet stem this far below its mix is not heard: what was done to it is no damage.
_HEARD_DB = -40.0


@dataclass(frozen=True)
class Damage:
    """Signs of damage in one segment; NaN where undefined.

    Attributes:
        low_correlation: of the mix's channels from 20 to 120 Hz, -1 to 1.
        fold_down_loss_lu: loudness lost in mono.
        gain_speed_db_s: fastest change of gain in any band of any stem outside onsets.
        clicks_per_minute: clicks that the recordings have not.
        filter_residual_db: what the best time-invariant filter of each stem leaves over, the mean
            over stems; -60 (nothing) to 0 (everything).
        limited_share: share of samples that the limiter lowers, 0 to 1.
    """

    low_correlation: float = math.nan
    fold_down_loss_lu: float = math.nan
    gain_speed_db_s: float = math.nan
    clicks_per_minute: float = math.nan
    filter_residual_db: float = math.nan
    limited_share: float = math.nan

    def figures(self) -> dict[str, float]:
        return asdict(self)


DAMAGE_MEASURES = tuple(Damage.__dataclass_fields__)


def worst_damage(name: str, values: Sequence[float]) -> float:
    """The worst of a measure's values: the least correlation, the most of all others."""
    defined = [value for value in values if not math.isnan(value)]
    if not defined:
        return math.nan
    return min(defined) if name == "low_correlation" else max(defined)


def measure_damage(
    inputs: Mapping[str, np.ndarray],
    wet: Mapping[str, np.ndarray],
    mix: np.ndarray,
    segments: Sequence[tuple[int, int]],
    sample_rate: int,
    limited_share: float = math.nan,
) -> list[Damage]:
    """Look for damage, segment by segment.

    Args:
        inputs, wet: stem name to float32 `(2, samples)`; stems in both are looked at.
        mix: float32 `(2, samples)`.
        segments: first and end sample of each. Filters are fitted to the whole length, since what
            a filter does to a song does not change within it.
        sample_rate: Hz.
        limited_share: of the render, see `mixer.console.master.MasterReport`.
    """
    speeds: list[list[float]] = [[] for _ in segments]
    residuals: list[list[float]] = [[] for _ in segments]
    heard = 10.0 ** (_HEARD_DB / 10.0)
    mix_energies = [_energy(mix[:, first:end]) for first, end in segments]
    # A filter may make a recording's own spikes stand out more: they are no clicks for that.
    without_clicks = list(inputs.values())
    for name, audio in inputs.items():
        if name not in wet:
            continue
        predicted = fit_best_filter(audio, wet[name])
        without_clicks.append(predicted)
        times_s, speed = measure_gain_speed(predicted, wet[name], audio, sample_rate)
        for index, (first, end) in enumerate(segments):
            own = wet[name][:, first:end]
            if _energy(own) <= heard * mix_energies[index]:
                continue
            residuals[index].append(residual_db(predicted[:, first:end], own))
            inside = (times_s >= first / sample_rate) & (times_s < end / sample_rate)
            speeds[index].append(worst_damage("gain_speed_db_s", speed[inside].tolist()))
    clicks_s = find_clicks(mix, without_clicks, sample_rate)
    found = []
    for index, (first, end) in enumerate(segments):
        part = mix[:, first:end]
        minutes = (end - first) / sample_rate / 60.0
        clicks = (clicks_s >= first / sample_rate) & (clicks_s < end / sample_rate)
        found.append(
            Damage(
                low_correlation=low_correlation(part, sample_rate),
                fold_down_loss_lu=fold_down_loss_lu(part, sample_rate),
                gain_speed_db_s=worst_damage("gain_speed_db_s", speeds[index]),
                clicks_per_minute=int(np.count_nonzero(clicks)) / minutes,
                filter_residual_db=(
                    float(np.mean(residuals[index])) if residuals[index] else math.nan
                ),
                limited_share=limited_share,
            )
        )
    return found


def _energy(audio: np.ndarray) -> float:
    return sum(float(np.dot(channel, channel)) for channel in audio)
