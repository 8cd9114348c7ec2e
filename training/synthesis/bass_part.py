"""The bass player's parts: from long roots to a walking line, each a function of a section."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from training.synthesis.harmony import nearest
from training.synthesis.score import Chord, Hit, Note, Sheet

Range = tuple[int, int]
_CHORD_FROM_ENERGY = 0.2


def write_bass(
    sheet: Sheet,
    parts: Sequence[str],
    range_midi: Range,
    drums: Sequence[Hit],
    rng: np.random.Generator,
) -> list[Note]:
    """Write the whole bass line; each kind of section draws one of `parts` (of `BASS_PARTS`)."""
    chosen: dict[str, str] = {}
    kicks = [hit.beat for hit in drums if hit.piece == "kick"]
    notes: list[Note] = []
    for section in sheet.sections:
        part = chosen.setdefault(section.name, str(rng.choice(parts)))
        if section.energy < _CHORD_FROM_ENERGY:
            continue
        if section.energy < 0.35:
            part = "held"
        chords = sheet.chords_in(section)
        for chord in chords:
            after = sheet.chord_at(chord.beat + chord.beats)
            notes += BASS_PARTS[part](chord, after, range_midi, kicks, rng)
    last = sheet.chords[-1]
    notes = [note for note in notes if note.beat < last.beat]
    return [*notes, Note(last.beat, last.beats, _root(last, range_midi), 0.9)]


def _root(chord: Chord, range_midi: Range) -> int:
    low, high = range_midi
    return nearest(low + 7, (chord.root,), low, high)


def _held(
    chord: Chord, after: Chord, range_midi: Range, kicks: Sequence[float], rng: np.random.Generator
) -> list[Note]:
    root = _root(chord, range_midi)
    notes = [Note(chord.beat, 0.92 * chord.beats, root, 0.85)]
    if rng.random() < 0.3:
        notes[0] = Note(chord.beat, chord.beats - 1.05, root, 0.85)
        notes.append(Note(chord.beat + chord.beats - 1.0, 0.9, root, 0.7))
    return notes


def _roots(
    chord: Chord, after: Chord, range_midi: Range, kicks: Sequence[float], rng: np.random.Generator
) -> list[Note]:
    root = _root(chord, range_midi)
    return [
        Note(chord.beat + 0.5 * step, 0.44, root, 0.85 if step % 2 == 0 else 0.7)
        for step in range(int(2 * chord.beats))
    ]


def _sixteenths(
    chord: Chord, after: Chord, range_midi: Range, kicks: Sequence[float], rng: np.random.Generator
) -> list[Note]:
    root = _root(chord, range_midi)
    choices = [root, root, root, root + 12, root + 7, root + 10]
    notes = []
    for step in range(int(4 * chord.beats)):
        strong = step % 4 == 0
        if strong or rng.random() < 0.6:
            midi = root if strong else int(rng.choice(choices))
            midi = midi if midi <= range_midi[1] else midi - 12
            notes.append(Note(chord.beat + 0.25 * step, 0.2, midi, 0.9 if strong else 0.6))
    return notes


def _kick_locked(
    chord: Chord, after: Chord, range_midi: Range, kicks: Sequence[float], rng: np.random.Generator
) -> list[Note]:
    root = _root(chord, range_midi)
    stop = chord.beat + chord.beats
    starts = [beat for beat in kicks if chord.beat <= beat < stop] or [chord.beat]
    notes = [
        Note(beat, max(0.2, 0.9 * min(1.5, end - beat)), root, 0.85)
        for beat, end in zip(starts, [*starts[1:], stop], strict=True)
    ]
    if after.root != chord.root and rng.random() < 0.6:
        target = _root(after, range_midi)
        step = int(rng.choice((-1, 1, 2, -2)))
        midi = int(np.clip(target + step, *range_midi))
        notes = [note for note in notes if note.beat < stop - 0.5]
        notes.append(Note(stop - 0.5, 0.42, midi, 0.7))
    return notes


def _octaves(
    chord: Chord, after: Chord, range_midi: Range, kicks: Sequence[float], rng: np.random.Generator
) -> list[Note]:
    root = _root(chord, range_midi)
    high = root + 12 if root + 12 <= range_midi[1] else root
    return [
        Note(chord.beat + 0.5 * step, 0.4, high if step % 2 else root, 0.7 if step % 2 else 0.85)
        for step in range(int(2 * chord.beats))
    ]


def _offbeats(
    chord: Chord, after: Chord, range_midi: Range, kicks: Sequence[float], rng: np.random.Generator
) -> list[Note]:
    root = _root(chord, range_midi)
    return [Note(chord.beat + beat + 0.5, 0.42, root, 0.85) for beat in range(int(chord.beats))]


def _root_fifth(
    chord: Chord, after: Chord, range_midi: Range, kicks: Sequence[float], rng: np.random.Generator
) -> list[Note]:
    root = _root(chord, range_midi)
    fifth = root + 7 if root + 7 <= range_midi[1] else root - 5
    half = 2.0 if chord.beats == 4.0 else 1.0
    return [
        Note(chord.beat, 0.9 * half, root, 0.85),
        Note(chord.beat + half, 0.9 * (chord.beats - half), max(fifth, range_midi[0]), 0.72),
    ]


def _walking(
    chord: Chord, after: Chord, range_midi: Range, kicks: Sequence[float], rng: np.random.Generator
) -> list[Note]:
    root, target = _root(chord, range_midi), _root(after, range_midi)
    notes = [Note(chord.beat, 0.92, root, 0.8)]
    midi = root
    for beat in range(1, int(chord.beats) - 1):
        away = midi + int(rng.choice((-4, -3, 3, 4, 5)))
        midi = nearest(away, chord.pitch_classes, *range_midi)
        notes.append(Note(chord.beat + beat, 0.92, midi, 0.72))
    approach = int(np.clip(target + int(rng.choice((-1, 1))), *range_midi))
    return [*notes, Note(chord.beat + chord.beats - 1.0, 0.9, approach, 0.72)]


BASS_PARTS: dict[str, Callable[..., list[Note]]] = {
    "held": _held,
    "roots": _roots,
    "sixteenths": _sixteenths,
    "kick_locked": _kick_locked,
    "octaves": _octaves,
    "offbeats": _offbeats,
    "root_fifth": _root_fifth,
    "walking": _walking,
}
