"""The moves that bring a mix towards a reference: of each stem, and of all stems alike.

They are all linear, so that the stems stay parts of the mix: a fader and an equaliser of third
octaves a stem, the width by third octaves, and a slow ride of the level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mixer.files.fields import entries, number

# Third octaves, from 25 Hz to 16 kHz: those of `mixer.meters.stereo_spectrum.CURVE_BANDS_HZ`.
N_NODES = 29
# A band of a stem, a stem's fader, and the width of a band are moved by no more.
MOST_EQ_DB = 6.0
MOST_FADER_DB = 6.0
MOST_WIDTH_DB = 6.0
# The ride; a level that comes on top of everything, to hold the loudness.
MOST_RIDE_DB = 3.0
MOST_LEVEL_DB = 40.0
_MOST_BLOCKS = 48 * 3600


@dataclass(frozen=True)
class StemMoves:
    """One stem's fader, and its equaliser at the third octaves from 25 Hz to 16 kHz, in dB."""

    gain_db: float = number(0.0, -MOST_FADER_DB, MOST_FADER_DB)
    eq_db: tuple[float, ...] = entries(
        number(low=-MOST_EQ_DB, high=MOST_EQ_DB), default=(0.0,) * N_NODES,
        least=N_NODES, most=N_NODES,
    )  # fmt: skip


@dataclass(frozen=True)
class Moves:
    """All moves.

    Attributes:
        stems: by name; a stem that is not listed has no moves of its own.
        width_db: of the side signal of all stems, at the third octaves.
        ride_db: gain of the ride at the middle of each half second; empty for no ride.
        level_db: gain of all stems that keeps the loudness.
        loudness_lufs: target of the mix after the moves; None leaves it.
    """

    stems: Mapping[str, StemMoves] = entries(default={})
    width_db: tuple[float, ...] = entries(
        number(low=-MOST_WIDTH_DB, high=MOST_WIDTH_DB), default=(0.0,) * N_NODES,
        least=N_NODES, most=N_NODES,
    )  # fmt: skip
    ride_db: tuple[float, ...] = entries(
        number(low=-MOST_RIDE_DB, high=MOST_RIDE_DB), default=(), most=_MOST_BLOCKS
    )
    level_db: float = number(0.0, -MOST_LEVEL_DB, MOST_LEVEL_DB)
    loudness_lufs: float | None = number(None, -70.0, 0.0)

    def stem(self, name: str) -> StemMoves:
        """A stem's own."""
        return self.stems.get(name, StemMoves())
