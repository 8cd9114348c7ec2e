"""Processing of one track from its recordings to its group: the model's strip, then the user's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.track_settings import ConsoleSettings, TrackSettings
from mixer.rendering.tracks.kept_tracks import KeptGroup, KeptTracks
from mixer.rendering.tracks.placed_track import PlacedTrack
from mixer.rendering.tracks.track_hand_strips import Handled, HandStrips
from mixer.rendering.tracks.track_strip import run_track_strip
from mixer.song.tracks import Track, read_track


def wet_key(track: Track, settings: TrackSettings, n_samples: int, sample_rate: int) -> str:
    """Key of everything that determines the output of the model's strip, except the recordings."""
    return repr((track, settings, n_samples, sample_rate))


class TrackChain:
    """The tracks of one mix; may be called from several threads at once."""

    def __init__(
        self,
        tracks: Sequence[Track],
        levels: Sequence[TrackLevels],
        settings: ConsoleSettings,
        hand: HandStrips,
        n_samples: int,
        sample_rate: int,
        kept: KeptTracks | None,
    ) -> None:
        """Prepare the chain; arguments as in `mixer.rendering.tracks.track_material.mix_tracks`."""
        self._tracks, self._levels, self._settings = tracks, levels, settings
        self._hand, self._kept = hand, kept
        self._n_samples, self._sample_rate = n_samples, sample_rate

    def run(self, index: int) -> Handled | None:
        """Make a track as it is in its group; None if it is silent or not heard.

        Raises:
            InputError: a recording is damaged.
        """
        name = self._tracks[index].name
        if not self._hand.is_heard(name) or not np.isfinite(self._levels[index].loudness_lufs):
            return None
        if self._kept is None:
            wet = self._wet(index)
        else:
            key = self._wet_key(index)
            wet = PlacedTrack(self._kept.track(name, key, lambda: self._wet(index).whole()))
        return self._hand(name, wet)

    def find_group(self, stem: str, own: Sequence[int]) -> FloatArray | None:
        """A group after its bus from an earlier mix, float32 (2, samples); None if not cached.

        Args:
            stem: of the group.
            own: indices of its tracks.
        """
        if self._kept is None:
            return None
        found = self._kept.group(stem, self._group_key(stem, own))
        if found is None:
            return None
        self._hand.report.update(found.report)
        return found.audio

    def keep_group(self, stem: str, own: Sequence[int], audio: FloatArray) -> None:
        """Cache a group after its bus for the next mix; arguments as in `find_group`."""
        if self._kept is None:
            return
        names = [self._tracks[index].name for index in own]
        report = {name: self._hand.report[name] for name in names if name in self._hand.report}
        self._kept.keep_group(stem, KeptGroup(self._group_key(stem, own), audio, report))

    def _group_key(self, stem: str, own: Sequence[int]) -> str:
        """Key of everything that determines the output of a group's bus, except the recordings."""
        settings = self._settings
        of_tracks = [(self._wet_key(i), self._hand.key(self._tracks[i].name)) for i in own]
        return repr((of_tracks, settings.space, settings.groups[stem]))

    def _wet_key(self, index: int) -> str:
        settings = self._settings.tracks[index]
        return wet_key(self._tracks[index], settings, self._n_samples, self._sample_rate)

    def _wet(self, index: int) -> PlacedTrack:
        audio = read_track(self._tracks[index], self._n_samples, self._sample_rate)
        settings, levels = self._settings.tracks[index], self._levels[index]
        return run_track_strip(audio, self._sample_rate, settings, levels)
