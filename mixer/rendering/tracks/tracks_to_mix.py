"""Tracks of a mix with all that the model's strips need to make them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.track_settings import ConsoleSettings
from mixer.rendering.tracks.placed_track import PlacedTrack
from mixer.rendering.tracks.track_strip import run_track_strip
from mixer.song.tracks import Track, read_track


@dataclass(frozen=True)
class TracksToMix:
    """A song's tracks, what was heard of each, and the settings of every strip and bus.

    Attributes:
        tracks: all of a song's, silent ones included.
        levels: features of each track.
        settings: of each track, in the same order, and of the groups.
        n_samples, sample_rate: of the mix.
    """

    tracks: tuple[Track, ...]
    levels: tuple[TrackLevels, ...]
    settings: ConsoleSettings
    n_samples: int
    sample_rate: int

    def is_silent(self, index: int) -> bool:
        """Whether nothing is heard on a track."""
        return not np.isfinite(self.levels[index].loudness_lufs)

    def key(self, index: int) -> str:
        """Key of everything that determines `wet` of a track, except its recordings' sound."""
        own = self.settings.tracks[index]
        return repr((self.tracks[index], own, self.n_samples, self.sample_rate))

    def wet(self, index: int, n_first: int | None = None) -> PlacedTrack:
        """A track after the model's strip.

        Args:
            index: of the track.
            n_first: make so many samples of its beginning alone; None for all of it.

        Raises:
            InputError: a recording is damaged.
        """
        is_whole = n_first is None
        n_samples = self.n_samples if n_first is None else n_first
        track, rate = self.tracks[index], self.sample_rate
        audio = read_track(track, n_samples, rate, to_the_end=is_whole)
        return run_track_strip(audio, rate, self.settings.tracks[index], self.levels[index])
