"""Cache of one song and one model, which the studio keeps on disk while the song is open."""

from __future__ import annotations

from pathlib import Path

from mixer.rendering.kept.kept_arrays import KeptArrays
from mixer.rendering.kept.kept_material import KeptMaterial
from mixer.rendering.tracks.kept_tracks import KeptTracks

# Limits of what the network heard and made, and of wet tracks.
_MOST_KEPT_BYTES, _MOST_TRACK_BYTES = 4 << 30, 12 << 30


class SongCache:
    """Cache of one song and one model.

    Attributes:
        identity: of the song and the model; another one needs a new cache.
        material: stems before and after the network, and features of tracks.
        tracks: wet tracks and groups.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        """Open a cache.

        Args:
            folder: of the session, for its scratch files.
            identity: see above.
        """
        self.identity = identity
        self.material = KeptMaterial(KeptArrays(folder / "kept", identity, _MOST_KEPT_BYTES))
        self.tracks = KeptTracks(folder / "tracks", _MOST_TRACK_BYTES)
