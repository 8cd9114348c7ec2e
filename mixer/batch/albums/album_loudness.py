"""Albums: the songs of one share one loudness offset, so that their relative levels stay.

Each song is mixed up to the master and measured; the album's loudness is the energy of its songs,
each weighted by its length; the offset brings that to the target. A song's own target is then its
own loudness plus the offset.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mixer.console.settings import LOUDNESS_RANGE_LUFS

# Offsets closer than this are one: nobody hears it, and nothing is rendered again for it.
OFFSET_TOLERANCE_DB = 0.005


@dataclass(frozen=True)
class Measured:
    """A song of an album before the master.

    Attributes:
        premaster_lufs: integrated loudness before the master; None for silence.
        duration_s: length of the song in seconds.
    """

    premaster_lufs: float | None
    duration_s: float


def album_loudness_lufs(songs: Iterable[Measured]) -> float | None:
    """Loudness of songs as one programme; None if all are silent."""
    energy, total_s = 0.0, 0.0
    for song in songs:
        if song.premaster_lufs is not None and song.duration_s > 0.0:
            energy += song.duration_s * 10.0 ** (song.premaster_lufs / 10.0)
            total_s += song.duration_s
    return 10.0 * math.log10(energy / total_s) if total_s else None


def album_offset_db(songs: Iterable[Measured], target_lufs: float) -> float:
    """Gain in dB that brings an album to its target; 0 for silence."""
    own_lufs = album_loudness_lufs(songs)
    return 0.0 if own_lufs is None else target_lufs - own_lufs


def song_target_lufs(premaster_lufs: float | None, offset_db: float) -> float | None:
    """A song's own loudness target on its album, within the master's range; None for silence."""
    if premaster_lufs is None:
        return None
    low, high = LOUDNESS_RANGE_LUFS
    return min(max(premaster_lufs + offset_db, low), high)
