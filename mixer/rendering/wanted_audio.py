"""The audio of a mix that is wanted besides the mix itself."""

from __future__ import annotations

from dataclasses import dataclass

from mixer.network.output import WetStems


@dataclass(frozen=True)
class WantedAudio:
    """Parts that a render returns besides its mix; they decide what is made, kept and forecast.

    Attributes:
        wet_stems: each stem as it is in the mix, all or those of these names.
        wet_tracks: each track as it is in its stem, of a mix of tracks.
        stages: the sums of the recordings and of the normalised stems.
    """

    wet_stems: WetStems = False
    wet_tracks: bool = False
    stages: bool = False


MIX_ALONE = WantedAudio()
