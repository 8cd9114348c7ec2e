"""Processing of one track from its recordings to its group: the model's strip, then the user's."""

from __future__ import annotations

from collections.abc import Sequence

from mixer.dsp.blocks import FloatArray
from mixer.rendering.tracks.kept_tracks import KeptGroup, KeptTracks
from mixer.rendering.tracks.placed_track import PlacedTrack
from mixer.rendering.tracks.track_hand_strips import Handled, HandStrips
from mixer.rendering.tracks.tracks_to_mix import TracksToMix


class TrackChain:
    """The tracks of one mix; may be called from several threads at once."""

    def __init__(self, to_mix: TracksToMix, hand: HandStrips, kept: KeptTracks | None) -> None:
        """Prepare the chain; arguments as in `mixer.rendering.tracks.track_material.mix_tracks`."""
        self._to_mix, self._hand, self._kept = to_mix, hand, kept

    def run(self, index: int) -> Handled | None:
        """Make a track as it is in its group; None if it is silent or not heard.

        Raises:
            InputError: a recording is damaged.
        """
        name = self._to_mix.tracks[index].name
        if not self._hand.is_heard(name) or self._to_mix.is_silent(index):
            return None
        if self._kept is None:
            wet = self._to_mix.wet(index)
        else:
            key = self._to_mix.key(index)
            wet = PlacedTrack(self._kept.track(name, key, lambda: self._to_mix.wet(index).whole()))
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
        names = [self._to_mix.tracks[index].name for index in own]
        report = {name: self._hand.report[name] for name in names if name in self._hand.report}
        self._kept.keep_group(stem, KeptGroup(self._group_key(stem, own), audio, report))

    def _group_key(self, stem: str, own: Sequence[int]) -> str:
        """Key of everything that determines the output of a group's bus, except the recordings."""
        tracks, settings = self._to_mix.tracks, self._to_mix.settings
        of_tracks = [(self._to_mix.key(i), self._hand.key(tracks[i].name)) for i in own]
        return repr((of_tracks, settings.space, settings.groups[stem]))
