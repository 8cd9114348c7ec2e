"""The wet material of a mix, as whatever makes it hands it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mixer.network.output import StemRecord

if TYPE_CHECKING:
    from mixer.fxnorm.chain import StemReport
    from mixer.rendering.doubts.doubt import Doubts
    from mixer.rendering.levels.incoming_levels import IncomingLevels
    from mixer.rendering.tracks.track_console import TrackMix


@dataclass
class Material:
    """Material of a mix, beside the recordings.

    Attributes:
        mix: float32 (2, samples); None if nothing is wet.
        wet_stems: stem name to float32 (2, samples); empty if they are not needed.
        normalised: the sum of the normalised stems, float32 (2, samples); None unless wanted.
        device: what ran the network; None without one.
        measurements: of each stem's normalisation, ready for JSON.
        settings: what a network set by stem, ready for JSON; empty for one that sets nothing.
        output_curve: what makes `mix` of the wet stems' sum; None if that sum is the mix.
        tracks: what was set, and every wet track if they are wanted; None for a mix of stems.
        levels: how incoming levels were interpreted; None if no model asked.
        doubts: how sure the model is; None unless requested.
    """

    mix: np.ndarray | None = None
    wet_stems: dict[str, np.ndarray] = field(default_factory=dict)
    normalised: np.ndarray | None = None
    device: str | None = None
    measurements: dict[str, StemReport] = field(default_factory=dict)
    settings: Mapping[str, StemRecord] = field(default_factory=dict)
    output_curve: Callable[[np.ndarray], np.ndarray] | None = None
    tracks: TrackMix | None = None
    levels: IncomingLevels | None = None
    doubts: Doubts | None = None
