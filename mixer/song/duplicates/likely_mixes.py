"""Recordings that sound like the sum of all others, though they are not exactly that.

A mix with reverb, compression or automated levels is not a sum of its parts, but its waveform still
correlates with theirs, which a single part hardly does. Such files are reported, not left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ALREADY_A_MIX_ABOVE = 0.9  # correlation with the sum of all others


def like_all_others(excerpts: np.ndarray, among: Sequence[int]) -> list[int]:
    """Recordings whose waveform correlates with the sum of all others.

    Args:
        excerpts: float32 (recordings, excerpts, channels, samples), the same stretches of time of
            each as it is in the mix: half a pair sounds on its own side, and is compared there.
        among: the recordings that would be mixed.
    """
    if len(among) < 2:
        return []
    total = excerpts[list(among)].sum(axis=0)
    found = []
    for index in among:
        sides = excerpts[index].any(axis=(0, 2))
        own = excerpts[index][:, sides]
        rest = total[:, sides] - own
        scale = float(np.sqrt(float(np.vdot(own, own)) * float(np.vdot(rest, rest))))
        if scale > 0.0 and float(np.vdot(own, rest)) / scale > ALREADY_A_MIX_ABOVE:
            found.append(index)
    return found
