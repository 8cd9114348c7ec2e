"""Tracks as a track mixer is told of them, for tests that care about a part of it."""

from __future__ import annotations

from collections.abc import Sequence

from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.heard_tracks import HeardTracks


def heard_as(
    features: Sequence[TrackLevels], roles: Sequence[str], stems: Sequence[str], levels: float = 0.0
) -> HeardTracks:
    """Tracks of no side that are not known to be dry."""
    sides = (None,) * len(features)
    return HeardTracks(tuple(features), tuple(roles), tuple(stems), sides, levels, dry=False)
