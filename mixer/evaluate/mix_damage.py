"""Damage: what is wrong with a mix whatever it was meant to be. Needs no true mix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from mixer.meters.best_filter import fit_best_filter
from mixer.meters.clicks import find_clicks
from mixer.meters.gain_speed import measure_gain_speed
from mixer.meters.measure import figures
from mixer.meters.measures import DAMAGE
from mixer.meters.segment import Segment, StemPart
from mixer.meters.signal import Signal

# A wet stem this far below its mix is not heard: what was done to it is not damage.
_HEARD_DB = -40.0


def measure_damage(
    inputs: Mapping[str, np.ndarray],
    wet: Mapping[str, np.ndarray],
    mix: np.ndarray,
    segments: Sequence[tuple[int, int]],
    sample_rate: int,
    limited_share: float = math.nan,
) -> list[dict[str, float]]:
    """Look for damage, segment by segment.

    Args:
        inputs, wet: stem name to float32 `(2, samples)`; stems in both are looked at.
        mix: float32 `(2, samples)`.
        segments: first and end sample of each. Filters are fitted to the whole length, since what
            a filter does to a song does not change within it.
        sample_rate: Hz.
        limited_share: of the render, see `mixer.console.master.MasterReport`.

    Returns:
        For each segment the figures of `DAMAGE` by name; NaN where undefined.
    """
    parts: list[list[StemPart]] = [[] for _ in segments]
    heard = 10.0 ** (_HEARD_DB / 10.0)
    mix_energies = [_energy(mix[:, first:end]) for first, end in segments]
    # A filter may make a recording's own spikes stand out more: that does not make them clicks.
    without_clicks = list(inputs.values())
    for name, audio in inputs.items():
        if name not in wet:
            continue
        predicted = fit_best_filter(audio, wet[name])
        without_clicks.append(predicted)
        times_s, speed = measure_gain_speed(predicted, wet[name], audio, sample_rate)
        for index, (first, end) in enumerate(segments):
            own = wet[name][:, first:end]
            if _energy(own) > heard * mix_energies[index]:
                inside = _within(times_s, first, end, sample_rate)
                parts[index].append(StemPart(own, predicted[:, first:end], speed[inside]))
    clicks_s = find_clicks(mix, without_clicks, sample_rate)
    return [
        figures(
            DAMAGE,
            Segment(
                mix=Signal(mix[:, first:end], sample_rate),
                stems=tuple(stems),
                n_clicks=int(np.count_nonzero(_within(clicks_s, first, end, sample_rate))),
                limited_share=limited_share,
            ),
        )
        for (first, end), stems in zip(segments, parts, strict=True)
    ]


def _within(times_s: np.ndarray, first: int, end: int, sample_rate: int) -> np.ndarray:
    return (times_s >= first / sample_rate) & (times_s < end / sample_rate)


def _energy(audio: np.ndarray) -> float:
    return sum(float(np.dot(channel, channel)) for channel in audio)
