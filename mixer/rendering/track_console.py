"""What a model of tracks sets, found from what was heard, and told in words of the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.levels import level_settings
from mixer.network.track_mixer.settings import ConsoleSettings, as_json
from mixer.song.tracks import Track


@dataclass(frozen=True)
class TrackMix:
    """What became of a song's tracks.

    Attributes:
        settings: of every strip and bus, as the model set them.
        wet_tracks: name to float32 (2, samples) as it stands in its group, returns included; empty
            unless asked for.
        record: the same settings, and what was heard, ready for JSON.
    """

    settings: ConsoleSettings
    wet_tracks: dict[str, FloatArray] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)


def set_console(tracks: Sequence[Track], levels: Sequence[TrackLevels]) -> ConsoleSettings:
    """The settings of every strip and bus."""
    return level_settings(
        levels,
        [track.role for track in tracks],
        [track.stem for track in tracks],
        [None for _ in tracks],
    )


def describe(
    tracks: Sequence[Track], levels: Sequence[TrackLevels], settings: ConsoleSettings
) -> dict[str, Any]:
    """Every setting of every strip and bus, and what was heard of each track, ready for JSON."""
    described = {
        track.name: {
            "stem": track.stem,
            "role": track.role,
            "channels": track.n_channels,
            "loudness_lufs": heard.loudness_lufs if np.isfinite(heard.loudness_lufs) else None,
            "strip": as_json(strip),
        }
        for track, heard, strip in zip(tracks, levels, settings.tracks, strict=True)
    }
    used = {track.stem for track in tracks}
    return {
        "tracks": described,
        "groups": {stem: as_json(bus) for stem, bus in settings.groups.items() if stem in used},
        "mix": as_json(settings.mix),
        "space": as_json(settings.space),
    }
