"""Microphones on one source, as loud against each other as they were recorded.

The level of a raw recording does not show how loud it belongs among the instruments. Among the
microphones of one instrument it does: in 90 human mixes (MixologyDB) engineers keep the balance in
which these were recorded within 3.4 dB (26 pairs of microphones above and below a snare, a mean
over songs), 4.5 (56 inside and outside a kick), 5.4 (18 of a bass's line and amplifier), 4.9 (58 at
guitar amplifiers) and 5.7 (32 in front of one and in its room), where equal levels are 5.3, 5.8,
8.5, 5.2 and 8.4 dB off. A file normalised by itself has lost it: then what is below a drum or comes
by a line is as far below the others in loudness as engineers put it, whatever its peaks are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.network.track_mixer.features import TrackLevels

# Means over the songs of MixologyDB: below a snare (7 songs), by a line rather than a microphone
# (basses of 5 songs; an electric and an acoustic guitar -8.3 and -7.4).
BELOW_DRUM_DB = -3.4
LINE_DB = -7.7


@dataclass(frozen=True)
class OneSource:
    """Tracks that are microphones on one source.

    Attributes:
        members: places of the tracks, at least two, of one stem and role.
        behind_db: of each, how far its loudness is below that of the others, less than 0; 0 for
            those others. None if the files' levels are those of the recording, whose balance is
            kept.
    """

    members: tuple[int, ...]
    behind_db: tuple[float, ...] | None = None


def balanced_as_recorded(
    tracks: Sequence[TrackLevels], sources: Sequence[OneSource], gains_db: Sequence[float]
) -> list[float]:
    """Faders with the microphones of each source in balance, the source as loud as it was.

    Args:
        tracks: features.
        sources: of the tracks, none with a member of another.
        gains_db: of each track's fader.
    """
    balanced = list(gains_db)
    for source in sources:
        behind_db = source.behind_db or (0.0,) * len(source.members)
        heard = [
            (i, behind)
            for i, behind in zip(source.members, behind_db, strict=True)
            if np.isfinite(tracks[i].loudness_lufs)
        ]
        if len(heard) < 2:
            continue
        own, behind = zip(*heard, strict=True)
        lufs = np.array([tracks[i].loudness_lufs for i in own])
        before_lu = lufs + [gains_db[i] for i in own]
        wanted_lu = lufs if source.behind_db is None else _behind(before_lu, np.array(behind))
        as_before_db = _sum_lu(before_lu) - _sum_lu(wanted_lu)
        for i, gain_db in zip(own, wanted_lu - lufs + as_before_db, strict=True):
            balanced[i] = float(gain_db)
    return balanced


def _behind(before_lu: np.ndarray, behind_db: np.ndarray) -> np.ndarray:
    """Those that stand behind others moved to their distance from them, the others as before."""
    others = before_lu[behind_db == 0.0]
    front_lu = float(np.mean(np.sort(others if len(others) else before_lu)))
    return np.where(behind_db == 0.0, before_lu, front_lu + behind_db)


def _sum_lu(levels_lu: np.ndarray) -> float:
    # Sorted, so that the sum does not depend on the tracks' order.
    return float(10.0 * np.log10(np.sort(10.0 ** (levels_lu / 10.0)).sum()))
