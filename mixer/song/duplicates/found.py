"""Findings about a recording by its samples, and the excerpts that count for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

# Waveforms up to 4 kHz tell recordings apart, and are left alone by lossy encoders.
EXCERPTS_RATE_HZ = 8_000
# Left over, in dB of the recording's own power. Exact copies and sums of 16-bit files leave less
# than -60 dB, lossy twins of a file -20 to -30 dB; two microphones on one source leave -15 dB and
# more, a bus that was compressed or equalised -5 to -20 dB.
CERTAIN_BELOW_DB = -30.0
# One excerpt alone may agree by chance (a held tone is the sum of two others of its pitch).
FEWEST_EXCERPTS = 3
SILENT_BELOW = 1e-7  # mean square; -70 dBFS
QUIET_DB = -40.0  # against where the recording is loudest: proves nothing
# Sums of products in single precision are nearer to what they stand for.
ROUNDED_BY_DB = 1.0


class Relation(StrEnum):
    """Relation of a recording to others of its folder."""

    COPY = "copy"
    SUM = "sum"
    MIX = "mix"
    TAKE = "take"
    COPIED = "copied from"
    MOVED = "moved"


@dataclass(frozen=True)
class Found:
    """One recording that others make unnecessary.

    Attributes:
        index: of the recording.
        relation: kind of relation.
        others: the recordings, the largest part first; for a take, the comp that contains it.
        left_over_db: residual that the others do not explain, in dB relative to its power.
        certain: False if the residual is too large for a copy (a bus effect): then it is
            reported, not left out.
        inverted: of opposite polarity, which would cancel the original.
        reversible: a sum whose parts cancel in part: one of them may be the difference instead.
        later_s: its delay against the others, in seconds.
    """

    index: int
    relation: Relation
    others: tuple[int, ...]
    left_over_db: float
    certain: bool = True
    inverted: bool = False
    reversible: bool = False
    later_s: float = 0.0


def sounding_excerpts(power: np.ndarray) -> np.ndarray:
    """Excerpts in which a recording plays: bool, of its power by excerpt."""
    return power > max(SILENT_BELOW, power.max() * 10.0 ** (QUIET_DB / 10.0))


def split_channels(excerpts: np.ndarray, channels: int) -> np.ndarray:
    """Split the last axis into channels: (recordings, excerpts, channels, samples)."""
    n_samples = excerpts.shape[2] // channels
    return excerpts.reshape(*excerpts.shape[:2], channels, n_samples)
