"""What an engineer changed alike in several songs, as a preset by role and by stem.

A change counts where it was made in at least half of the songs that have the role, and in at least
three of four of those in the same direction; its size is the middle one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from mixer.learn.changes import LEAST_DB, Changed
from mixer.learn.recall_reader import Written, WrittenMix
from mixer.preset.shape import ROLES
from mixer.stems import STEMS

_LEAST_SHARE, _SAME_DIRECTION = 0.5, 0.75
_LEAST_SONGS = 2
_LEAST_CHANGE_DB = 0.2


@dataclass(frozen=True)
class Habit:
    """A change that was made alike.

    Attributes:
        keys: of the console, e.g. roles, lead_vocal, gain_db.
        value_db: the middle one, in dB.
        n_made, n_songs: songs in which it was made, and that have the role or the stem.
        low_db, high_db: the smallest and the largest.
    """

    keys: tuple[str, ...]
    value_db: float
    n_made: int
    n_songs: int
    low_db: float
    high_db: float

    @property
    def words(self) -> str:
        """ "lead vocal +1.4 dB in 7 of 8 songs (+0.9 to +2.1)"."""
        what = self.keys[-2].replace("_", " ")
        return (
            f"{what} {self.value_db:+.1f} dB in {self.n_made} of {self.n_songs} songs "
            f"({self.low_db:+.1f} to {self.high_db:+.1f})"
        )


def habits_of(songs: Sequence[tuple[WrittenMix, Sequence[Changed]]]) -> list[Habit]:
    """Faders that were moved alike, by role of tracks and by stem.

    Args:
        songs: each as it was written, with what was changed.
    """
    moves: dict[tuple[str, ...], list[float]] = {}
    for written, changed in songs:
        for keys, gains_db in _moves(written, changed).items():
            moves.setdefault(keys, []).append(median(gains_db))
    habits = [_habit(keys, gains_db) for keys, gains_db in sorted(moves.items())]
    return [habit for habit in habits if habit is not None]


def taste_table(habits: Sequence[Habit]) -> dict[str, Any]:
    """Habits as a preset's tables."""
    table: dict[str, Any] = {}
    for habit in habits:
        place = table
        for key in habit.keys[:-1]:
            place = place.setdefault(key, {})
        place[habit.keys[-1]] = round(habit.value_db, 2)
    return table


def _moves(written: WrittenMix, changed: Sequence[Changed]) -> dict[tuple[str, ...], list[float]]:
    """By what a song has, how far each fader was moved; 0 where it was left."""
    moved = {
        (one.is_group, one.written.source): one.now.gain_db - one.written.strip.gain_db
        for one in changed
    }
    found: dict[tuple[str, ...], list[float]] = {}
    for row, is_group in _rows(written):
        keys = (row.source,) if is_group else (ROLES, row.role or "")
        if is_group or row.role:
            gain_db = moved.get((is_group, row.source), 0.0)
            found.setdefault((*keys, "gain_db"), []).append(gain_db)
    return found


def _rows(written: WrittenMix) -> list[tuple[Written, bool]]:
    stems = [(row, True) for row in written.groups if row.source in STEMS]
    return [*((row, False) for row in written.tracks), *stems]


def _habit(keys: tuple[str, ...], gains_db: Sequence[float]) -> Habit | None:
    made = [gain_db for gain_db in gains_db if abs(gain_db) > LEAST_DB]
    if len(made) < max(_LEAST_SONGS, _LEAST_SHARE * len(gains_db)):
        return None
    middle = median(made)
    alike = sum(gain_db * middle > 0.0 for gain_db in made)
    if abs(middle) < _LEAST_CHANGE_DB or alike < _SAME_DIRECTION * len(made):
        return None
    return Habit(keys, middle, len(made), len(gains_db), min(made), max(made))
