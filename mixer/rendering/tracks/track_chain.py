"""Processing of one track from its recordings to its group: the model's strip, then the user's."""

from __future__ import annotations

from collections.abc import Sequence

from mixer.dsp.blocks import FloatArray
from mixer.rendering.tracks.kept_tracks import KeptGroup, KeptTracks
from mixer.rendering.tracks.placed_track import PlacedTrack
from mixer.rendering.tracks.tracks_to_mix import TracksToMix
from mixer.rendering.tracks.user_strip_chain import Handled, UserStripChain


class TrackChain:
    """The tracks of one mix; may be called from several threads at once."""

    def __init__(self, to_mix: TracksToMix, user: UserStripChain, kept: KeptTracks | None) -> None:
        """Prepare the chain; arguments as in `mixer.rendering.tracks.track_material.mix_tracks`."""
        self._to_mix, self._user, self._kept = to_mix, user, kept

    def run(self, index: int) -> Handled | None:
        """Make a track as it is in its group; None if it is silent or not heard.

        Raises:
            InputError: a recording is damaged.
        """
        name = self._to_mix.tracks[index].name
        if not self._user.is_heard(name) or self._to_mix.is_silent(index):
            return None
        if self._kept is None:
            wet = self._to_mix.wet(index)
        else:
            key = self._to_mix.key(index)
            wet = PlacedTrack(self._kept.track(name, key, lambda: self._to_mix.wet(index).whole()))
        return self._user(name, wet)

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
        self._user.report.update(found.report)
        return found.audio

    def keep_group(self, stem: str, own: Sequence[int], audio: FloatArray) -> None:
        """Cache a group after its bus for the next mix; arguments as in `find_group`."""
        if self._kept is None:
            return
        names = [self._to_mix.tracks[index].name for index in own]
        report = {name: self._user.report[name] for name in names if name in self._user.report}
        self._kept.keep_group(stem, KeptGroup(self._group_key(stem, own), audio, report))

    def _group_key(self, stem: str, own: Sequence[int]) -> str:
        """Key of everything that determines the output of a group's bus, except the recordings."""
        tracks, settings = self._to_mix.tracks, self._to_mix.settings
        of_tracks = [(self._to_mix.key(i), self._user.key(tracks[i].name)) for i in own]
        return repr((of_tracks, settings.space, settings.groups[stem]))
