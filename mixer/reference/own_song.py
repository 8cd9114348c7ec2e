"""Whether a reference is the song itself: one of its recordings, or a mix of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from mixer.audio import AudioSource, probe
from mixer.errors import InputError, SettingsError
from mixer.files.wording import visible
from mixer.song.duplicates.late_mixes import likely_places, sketch_all
from mixer.song.song import Song

# Mixes of one song correlate by 0.5 to 0.9 at the right place, other songs by 0.3 at the most.
OWN_MIX_ABOVE = 0.5


class OwnSong:
    """The song to be mixed, to be distinguished from references.

    Args:
        song: from `load_song`.
    """

    def __init__(self, song: Song) -> None:
        self._song = song

    def refuse_recording(self, path: Path) -> None:
        """Raise if a path is the song's folder, or a recording of the song.

        Raises:
            SettingsError: saying which.
        """
        real = path.resolve()
        if real == self._song.folder.resolve():
            raise SettingsError(
                f"reference {visible(str(path))}: is the song's own folder; give another song's"
            )
        for recording in self._song.recordings:
            if real == recording.source.path.resolve():
                raise SettingsError(
                    f"reference {visible(str(path))}: is a recording of the song itself; give "
                    "another song's"
                )

    def refuse_mix(self, path: Path, sources: Sequence[tuple[AudioSource, float]] = ()) -> None:
        """Raise if a recording, or the sum of some, sounds like a mix of the song itself.

        Args:
            path: of the reference.
            sources: its stems with where each begins in seconds; empty for the path's own audio.

        Raises:
            SettingsError: it does.
        """
        try:
            whole, _ = sketch_all(sources or [(probe(path)[0], 0.0)], ())
        except InputError:  # told by whoever reads it in earnest
            return
        places = likely_places(whole, self._sketch)
        if places and places[0][1] > OWN_MIX_ABOVE:
            raise SettingsError(
                f"reference {visible(str(path))}: is a mix of this song itself, by its sound "
                f"(correlation {places[0][1]:.2f} with the sum of its recordings); give another "
                "song's"
            )

    @cached_property
    def _sketch(self) -> np.ndarray:
        return sketch_all([(r.source, r.start_s) for r in self._song.recordings], ())[0]
