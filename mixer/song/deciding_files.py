"""Files that decide for the whole song alone: its length, or its sample rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.audio import AudioSource

_FAR_LONGER_FROM = 2.0  # times the median length of all others


def deciding_files(sources: Sequence[AudioSource]) -> dict[int, list[str]]:
    """What each file decides alone, by its place in the list; empty for an ordinary song."""
    found: dict[int, list[str]] = {}
    if len(sources) < 2:
        return found
    durations_s = [s.n_samples / s.sample_rate for s in sources]
    longest = int(np.argmax(durations_s))
    others_s = float(np.median(durations_s[:longest] + durations_s[longest + 1 :]))
    if durations_s[longest] > _FAR_LONGER_FROM * others_s:
        found.setdefault(longest, []).append(
            f"alone makes the song {durations_s[longest]:.1f} s long; "
            f"the others' median is {others_s:.1f} s"
        )
    rates = [s.sample_rate for s in sources]
    highest = max(rates)
    lower = [rate for rate in rates if rate < highest]
    if len(lower) == len(rates) - 1:
        found.setdefault(rates.index(highest), []).append(
            f"alone lifts the song to {highest} Hz; the others have at most {max(lower)} Hz"
        )
    return found
