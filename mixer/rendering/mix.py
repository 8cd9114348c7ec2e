"""A finished mix, and how it came about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixer.console.settings import Console
from mixer.dsp.blocks import peak_dbfs
from mixer.meters.loudness import integrated_loudness_lufs, true_peak_dbtp
from mixer.rendering.settings import RenderSettings
from mixer.song.song import Song


@dataclass(frozen=True)
class Mix:
    """A finished mix and how it came about.

    Attributes:
        audio: float32 (2, samples).
        sample_rate: in Hz.
        song: what it is a mix of.
        settings: what was asked for.
        wet_stems: stem name to float32 (2, samples) as it stands in the mix, its strip included,
            before the bus; empty unless asked for.
        device: what ran the network, e.g. "cpu", "cuda:0" or "cuda:0 in fp16"; None without one.
        model: name of the bundle and hash of its manifest; None without a network.
        measurements: of each stage, ready for JSON; loudness None means silence.
        seconds: wall-clock time of each stage.
        console: what the desk was set to.
        presets: name, path and sha256 of every preset file that had a say in it.
        stages: "input" and "normalised", the sums of the recordings and of the normalised stems,
            float32 (2, samples); empty unless asked for.
    """

    audio: np.ndarray
    sample_rate: int
    song: Song
    settings: RenderSettings
    wet_stems: Mapping[str, np.ndarray]
    device: str | None
    model: Mapping[str, Any] | None
    measurements: Mapping[str, Any]
    seconds: Mapping[str, float]
    console: Console = field(default_factory=Console)
    presets: Sequence[Mapping[str, str]] = ()
    stages: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def residual(self) -> np.ndarray:
        """What the mix has beyond the sum of its wet stems: the bus, the output curve, the limiter.

        Computed so that wet stems and residual, summed in this order in float32, give the mix.
        """
        return self.audio - sum(self.wet_stems.values())

    @property
    def real_time_factor(self) -> float:
        """Seconds of music for each second of rendering."""
        return self.song.duration_s / max(sum(self.seconds.values()), 1e-9)


def measure_levels(audio: np.ndarray, sample_rate: int) -> dict[str, float | None]:
    """Peak, true peak and loudness for the record; None where silent."""
    levels = {
        "peak_dbfs": float(peak_dbfs(audio)),
        "true_peak_dbtp": true_peak_dbtp(audio, sample_rate),
        "loudness_lufs": integrated_loudness_lufs(audio, sample_rate),
    }
    return {name: value if math.isfinite(value) else None for name, value in levels.items()}
