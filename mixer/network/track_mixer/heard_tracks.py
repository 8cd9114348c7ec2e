"""Tracks of a song as a track mixer is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.one_source import OneSource
from mixer.network.track_mixer.parameters import ROUGH
from mixer.roles import FINISHED_STEM


@dataclass(frozen=True)
class HeardTracks:
    """Features of the tracks of a song, what each is, and what incoming levels mean.

    Attributes:
        features: of each track.
        roles: of each, one of `mixer.roles.ROLE_NAMES`.
        stems: the group that each is summed into; what a person said goes before the role's own.
        sides: "left" or "right" of a track that is one half of a pair, else None.
        levels: how much incoming levels mean, 0 (raw) to 1 (a finished mix).
        dry: the tracks are known to be dry recordings.
        sources: those with several microphones.
    """

    features: tuple[TrackLevels, ...]
    roles: tuple[str, ...]
    stems: tuple[str, ...]
    sides: tuple[str | None, ...]
    levels: float
    dry: bool
    sources: tuple[OneSource, ...] = ()

    def __len__(self) -> int:
        return len(self.features)

    def sounding(self) -> list[int]:
        """Places of the tracks that are not silent."""
        return [i for i, each in enumerate(self.features) if np.isfinite(each.loudness_lufs)]


def finished_stems(features: Sequence[TrackLevels], stems: Sequence[str]) -> HeardTracks:
    """Finished stems, as a track mixer is told of them.

    Args:
        features: of each stem.
        stems: their names.
    """
    roles = tuple(FINISHED_STEM[stem] for stem in stems)
    return HeardTracks(tuple(features), roles, tuple(stems), (None,) * len(stems), ROUGH, dry=False)
