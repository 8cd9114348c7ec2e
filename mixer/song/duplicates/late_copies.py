"""Copies of a recording with a delay longer than its excerpts.

The same recording exported with another start equals the other one at no common time. Level and
spectrum, which do not depend on the start, select the pairs that are compared further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mixer.song.duplicates.found import FEWEST_EXCERPTS
from mixer.song.duplicates.late_mixes import spectrum_differs_by_db
from mixer.song.duplicates.near_copies import (
    LONGEST_MOVE_S,
    MOVED_BELOW_DB,
    find_lag,
    levels_by_excerpt,
)

# More is heard as an echo, and bars repeat from here on.
LONGEST_COPY_MOVE_S = 0.5
_COMPARED_S = 0.3
LATE_EXCERPT_S = _COMPARED_S + 2 * LONGEST_COPY_MOVE_S
_N_COMPARED = 4
# Tolerances: of levels from excerpt to excerpt, and of the spectrum over all.
_LIKE_LEVELS_FROM = 0.4
_LIKE_SPECTRUM_DB = 4.0

# (recording, excerpts) to float32 (excerpts, samples) of LATE_EXCERPT_S around their middles
ReadAround = Callable[[int, np.ndarray], np.ndarray]


def late_copies(
    excerpts: np.ndarray,
    sounding: np.ndarray,
    among: Sequence[int],
    read_around: ReadAround,
    sample_rate: int,
) -> dict[int, tuple[int, float]]:
    """Find copies with a long delay: index of the original, and the delay in seconds.

    Args:
        excerpts: float32 (recordings, excerpts, samples), of one channel.
        sounding: bool (recordings, excerpts).
        among: the recordings to compare, in order of preference: the first of two stays.
        read_around: reads more of a recording around some of the excerpts.
        sample_rate: of all, Hz.
    """
    levels = levels_by_excerpt(excerpts)
    reach = round(LONGEST_COPY_MOVE_S * sample_rate)
    found: dict[int, tuple[int, float]] = {}
    for place, index in enumerate(among):
        for other in among[:place]:
            both = np.flatnonzero(sounding[index] & sounding[other])
            if other in found or both.size < FEWEST_EXCERPTS:
                continue
            if float(levels[index] @ levels[other]) < _LIKE_LEVELS_FROM:
                continue
            differs_db = spectrum_differs_by_db(excerpts[index], excerpts[other], sample_rate)
            if differs_db > _LIKE_SPECTRUM_DB:
                continue
            loudest = np.sort(both[np.argsort(levels[other, both])[-_N_COMPARED:]])
            own, its = read_around(index, loudest), read_around(other, loudest)
            lag = find_lag(own, its, reach, MOVED_BELOW_DB)
            if lag is not None and abs(lag.samples) > 0.9 * LONGEST_MOVE_S * sample_rate:
                found[index] = (other, lag.samples / sample_rate)
                break
    return found
