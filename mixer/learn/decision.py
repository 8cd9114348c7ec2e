"""Rule for learning a preference: the same change in enough songs.

It counts where it was made in at least half of the songs that have the role or the stem, and in two
at least; and where in at least three of four of those it went in the same direction, by more than
nothing. In a song with several tracks of a role it was made where it was on most of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

LEAST_DB = 0.2
_LEAST_SHARE, _SAME_DIRECTION = 0.5, 0.75
_LEAST_SONGS = 2


def why_not(changes: Sequence[float], n_songs: int, least: float) -> str:
    """Reason that a change is not a taste; empty if it is one.

    Args:
        changes: how far it went in each song in which it was made; its sign is the direction.
        n_songs: that could have it.
        least: what is too small.
    """
    if len(changes) < max(_LEAST_SONGS, _LEAST_SHARE * n_songs):
        return "too few songs"
    middle = median(changes)
    if sum(change * middle > 0.0 for change in changes) < _SAME_DIRECTION * len(changes):
        return "in different directions"
    return "by too little" if abs(middle) < least else ""


def is_most(n_made: int, n_tracks: int) -> bool:
    """Whether a song's tracks of a role were changed as a rule, given that some were."""
    return 2 * n_made > n_tracks
