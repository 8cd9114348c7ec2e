"""Choose a song's players: parts, instruments, and who plays a part twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.synthesis.genres import Genre
from training.synthesis.instruments import INSTRUMENTS, Instrument

_LEAST_SEATS = 2
_SECOND_TAKE_CHANCE = 0.7


@dataclass(frozen=True)
class Seat:
    """A player for this song.

    Attributes:
        instrument: the instrument played.
        track_name: name of the track.
        parts: names in `training.synthesis.parts.PARTS`.
        from_energy: the player plays in sections of at least this energy, 0 to 1.
        number: number of the seat within the song.
        doubles: number of the seat whose part is doubled; None if it plays its own part.
    """

    instrument: Instrument
    track_name: str
    parts: tuple[str, ...]
    from_energy: float
    number: int = 0
    doubles: int | None = None


def fill_seats(genre: Genre, rng: np.random.Generator) -> list[Seat]:
    """Choose the band of a song, at least two players."""
    lots = [(rng.random(), chair) for chair in genre.chairs]
    taken = [chair for lot, chair in lots if lot < chair.chance]
    for _, chair in sorted(lots, key=lambda item: item[0] / item[1].chance):
        if len(taken) >= _LEAST_SEATS:
            break
        if chair not in taken:
            taken.append(chair)
    seats: list[Seat] = []
    for chair in taken:
        instrument = INSTRUMENTS[str(rng.choice(chair.instruments))]
        label = instrument.label
        first = len(seats)
        if chair.n_takes == 2 and rng.random() < _SECOND_TAKE_CHANCE:
            for number, side in ((first, "L"), (first + 1, "R")):
                doubles = None if number == first else first
                seats.append(
                    Seat(instrument, f"{label} Dbl {side}", chair.parts, chair.from_energy,
                         number, doubles)
                )  # fmt: skip
        else:
            seats.append(Seat(instrument, label, chair.parts, chair.from_energy, first))
    return seats
