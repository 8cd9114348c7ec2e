"""Keys and chords: roman numerals to pitch classes, and pitch classes to voicings."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from mixer.errors import SettingsError

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
_NUMERALS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_THIRDS = {True: 4, False: 3}
# Notes that a suffix adds to a triad with the given third, or puts in its place.
_SUFFIXES = {
    "": lambda third: (0, third, 7),
    "5": lambda third: (0, 7),
    "6": lambda third: (0, third, 7, 9),
    "7": lambda third: (0, third, 7, 10),
    "9": lambda third: (0, third, 7, 10, 2),
    "maj7": lambda third: (0, third, 7, 11),
    "maj9": lambda third: (0, third, 7, 11, 2),
    "add9": lambda third: (0, third, 7, 2),
    "sus4": lambda third: (0, 5, 7),
    "sus2": lambda third: (0, 2, 7),
    "dim": lambda third: (0, 3, 6),
    "m7b5": lambda third: (0, 3, 6, 10),
}


def chord_pitch_classes(numeral: str, tonic: int) -> tuple[int, ...]:
    """Pitch classes of a roman numeral, root first.

    `numeral` counts degrees of the major scale, so that a minor key writes `i bVI bIII bVII`;
    capitals are major; suffixes as in `_SUFFIXES`. `tonic` is a pitch class. Raises SettingsError
    for anything else.
    """
    found = re.fullmatch(r"(b|#)?([ivIV]+)(.*)", numeral)
    if not found or found[2].lower() not in _NUMERALS or found[3] not in _SUFFIXES:
        raise SettingsError(f"chord {numeral!r} is not a roman numeral such as vi7 or bVII")
    accidental = {"b": -1, "#": 1}.get(found[1] or "", 0)
    root = tonic + _NUMERALS[found[2].lower()] + accidental
    third = _THIRDS[found[2].isupper()]
    return tuple((root + step) % 12 for step in _SUFFIXES[found[3]](third))


def voiced(
    pitch_classes: Sequence[int], low_midi: int, high_midi: int, previous: Sequence[int] = ()
) -> tuple[int, ...]:
    """A close voicing within [low, high], the one that moves least from `previous`."""
    best: tuple[int, ...] = ()
    best_cost = float("inf")
    aim = float(np.mean(previous)) if len(previous) else 0.5 * (low_midi + high_midi)
    for bottom in range(low_midi, low_midi + 12):
        if bottom % 12 not in pitch_classes:
            continue
        for octave in range(0, max(1, high_midi - bottom), 12):
            chord = sorted(bottom + octave + (pc - bottom) % 12 for pc in pitch_classes)
            cost = abs(float(np.mean(chord)) - aim) + 100.0 * (chord[-1] > high_midi)
            if cost < best_cost:
                best, best_cost = tuple(chord), cost
    return best


def nearest(midi: float, pitch_classes: Sequence[int], low_midi: int, high_midi: int) -> int:
    """The note of the given pitch classes in [low, high] that lies nearest to `midi`."""
    notes = [note for note in range(low_midi, high_midi + 1) if note % 12 in pitch_classes]
    return min(notes, key=lambda note: (abs(note - midi), note))
