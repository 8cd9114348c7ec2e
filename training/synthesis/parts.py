"""Accompaniment over the chords: strums, comping, arpeggios, riffs, pads, solos."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.synthesis.harmony import nearest, voiced
from training.synthesis.score import Note, Section, Sheet

Range = tuple[int, int]
# Onsets in quarters within a bar of four; a waltz keeps those of its first three.
_COMPS = (
    (0.0, 1.5, 2.5), (0.0, 1.0, 2.0, 3.0), (0.0, 1.5, 3.0), (0.5, 1.5, 2.5, 3.5), (0.0, 2.0),
    (0.0, 0.75, 1.5, 2.5, 3.25),
)  # fmt: skip
_STRUMS = ("D.DUDUDU", "D.D..UDU", "D.DU.UDU", "D...D.DU", "DUDUDUDU")
_CHUGS = ("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "xxx.xxx.xxx.xx..", "x..x..x..x..x.x.")
_SKANKS = ("..x...x...x...x.", "x.xx.xx.x.xx.xx.", "....x..x....x.x.", ".x.x..xx.x.x..xx")
_STRUM_S = 0.018
_STAB_CHANCE, _LEAD_GAP_CHANCE = 0.55, 0.35


def _strum(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    pattern = str(rng.choice(_STRUMS))
    spread = _STRUM_S / sheet.beat_s
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    low = range_[0] + int(rng.integers(0, 8))
    for chord in sheet.chords_in(section):
        previous = voiced(chord.pitch_classes, low, low + 24, previous)
        # Guitarists double the lower notes on the high strings.
        strings = sorted({*previous, *(n + 12 for n in previous[:2] if n + 12 <= range_[1])})
        for step in range(int(2 * chord.beats)):
            stroke = pattern[step % len(pattern)]
            if stroke == ".":
                continue
            order = strings if stroke == "D" else strings[::-1][:4]
            level = (0.78 if stroke == "D" else 0.58) + (0.1 if step % 4 == 0 else 0.0)
            for index, midi in enumerate(order):
                late = index * spread
                notes.append(Note(chord.beat + 0.5 * step + late, 0.55, midi, level))
    return notes


def _power(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    held = section.energy >= 0.85 or rng.random() < 0.4
    notes: list[Note] = []
    for chord in sheet.chords_in(section):
        root = nearest(range_[0] + 4, (chord.root,), range_[0], range_[0] + 12)
        beats = 0.5 * chord.beats if held else 0.5
        for start in np.arange(0.0, chord.beats, beats).tolist():
            for midi in (root, root + 7, root + 12):
                level = 0.9 if start % 2 == 0 else 0.75
                notes.append(Note(chord.beat + start, 0.95 * beats, midi, level))
    return notes


def _chug(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    pattern = str(rng.choice(_CHUGS))
    notes: list[Note] = []
    for chord in sheet.chords_in(section):
        root = nearest(range_[0] + 2, (chord.root,), range_[0], range_[0] + 12)
        for step in range(int(4 * chord.beats)):
            if pattern[step % len(pattern)] == ".":
                continue
            accent = step % 8 == 0
            fingers = (root, root + 7, root + 12) if accent else (root, root + 7)
            beats = 0.24 if accent else 0.12
            start = chord.beat + 0.25 * step
            notes += [Note(start, beats, midi, 0.95 if accent else 0.72) for midi in fingers]
    return notes


def _comp(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    onsets = _COMPS[int(rng.integers(len(_COMPS)))]
    with_left_hand = rng.random() < 0.6
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    for chord in sheet.chords_in(section):
        previous = voiced(chord.pitch_classes, range_[0] + 6, range_[1], previous)
        inside = [onset for onset in onsets if onset < chord.beats]
        for start, stop in zip(inside, [*inside[1:], chord.beats], strict=True):
            beats = 0.85 * (stop - start)
            level = 0.75 if start == 0.0 else 0.6
            notes += [Note(chord.beat + start, beats, midi, level) for midi in previous]
        if with_left_hand:
            root = nearest(range_[0] - 8, (chord.root,), range_[0] - 14, range_[0])
            notes.append(Note(chord.beat, 0.9 * chord.beats, root, 0.7))
    return notes


def _pad(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    for chord in sheet.chords_in(section):
        previous = voiced(chord.pitch_classes, range_[0] + 4, range_[1], previous)
        notes += [Note(chord.beat, 0.98 * chord.beats, midi, 0.65) for midi in previous]
    return notes


def _arpeggio(
    sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator
) -> list[Note]:
    step_beats = 0.25 if sheet.tempo_bpm < 130.0 and rng.random() < 0.5 else 0.5
    order = str(rng.choice(("up", "down", "up_down", "thumb")))
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    low = range_[0] + int(rng.integers(0, 8))
    for chord in sheet.chords_in(section):
        previous = voiced(chord.pitch_classes, low, range_[1], previous)
        ladder = [*previous, previous[0] + 12]
        path = {
            "up": ladder,
            "down": ladder[::-1],
            "up_down": [*ladder, *ladder[-2:0:-1]],
            "thumb": [x for note in ladder[1:] for x in (ladder[0], note)],
        }[order]
        for step in range(int(chord.beats / step_beats)):
            midi = path[step % len(path)]
            level = 0.75 if step % 4 == 0 else 0.58
            notes.append(Note(chord.beat + step * step_beats, 1.6 * step_beats, midi, level))
    return notes


def _skank(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    pattern = str(rng.choice(_SKANKS))
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    for chord in sheet.chords_in(section):
        previous = voiced(chord.pitch_classes[:4], range_[0] + 14, range_[1] + 3, previous)
        for step in range(int(4 * chord.beats)):
            if pattern[step % len(pattern)] == "x":
                start = chord.beat + 0.25 * step
                notes += [Note(start, 0.16, midi, 0.75) for midi in previous]
    return notes


def _stabs(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    onsets = tuple(
        float(x) for x in rng.choice(np.arange(0.0, 4.0, 0.5), int(rng.integers(2, 5)), False)
    )
    notes: list[Note] = []
    previous: tuple[int, ...] = ()
    for index, chord in enumerate(sheet.chords_in(section)):
        previous = voiced(chord.pitch_classes, range_[0] + 6, range_[1], previous)
        if index % 2 == 0 and rng.random() > _STAB_CHANCE:
            continue
        for onset in onsets:
            if onset < chord.beats:
                notes += [Note(chord.beat + onset, 0.35, midi, 0.85) for midi in previous]
    return notes


def _riff(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    """A motif of one bar, moved along with the chords."""
    steps = sorted(rng.choice(np.arange(8), int(rng.integers(3, 7)), replace=False))
    colours = rng.integers(0, 5, len(steps))
    notes: list[Note] = []
    home = 0.5 * (range_[0] + range_[1])
    scale = tuple((sheet.tonic + step) % 12 for step in sheet.scale)
    for chord in sheet.chords_in(section):
        for index, (step, colour) in enumerate(zip(steps, colours, strict=True)):
            if 0.5 * step >= chord.beats:
                continue
            pitches = chord.pitch_classes if colour < 4 else scale
            midi = nearest(home + 3.0 * (float(colour) - 2.0), pitches, *range_)
            end = steps[index + 1] if index + 1 < len(steps) else 8
            beats = 0.45 * max(1, int(end) - int(step))
            notes.append(Note(chord.beat + 0.5 * step, beats, midi, 0.78))
    return notes


def _lead(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    """A soloist: free in a solo, between the singer's phrases elsewhere."""
    is_free = section.name in ("solo", "intro", "bridge", "outro")
    scale = tuple((sheet.tonic + step) % 12 for step in sheet.scale)
    notes: list[Note] = []
    midi = int(0.5 * (range_[0] + range_[1]))
    for index, chord in enumerate(sheet.chords_in(section)):
        if not is_free and index % 2 == 0:
            continue
        beat = 0.0 if is_free else 0.5 * chord.beats
        while beat < chord.beats - 0.2:
            beats = float(rng.choice((0.25, 0.5, 0.5, 0.5, 1.0, 1.5)))
            if rng.random() > _LEAD_GAP_CHANCE:
                strong = beat % 1.0 == 0.0
                aim = midi + int(rng.integers(-5, 6))
                midi = nearest(aim, chord.pitch_classes if strong else scale, *range_)
                length = min(beats, chord.beats - beat)
                notes.append(Note(chord.beat + beat, 0.95 * length, midi, 0.82))
            beat += beats
    return notes


def _swell(sheet: Sheet, section: Section, range_: Range, rng: np.random.Generator) -> list[Note]:
    """One long rise into the next section, over its last two bars at most."""
    beats = float(min(2, section.n_bars) * sheet.beats_per_bar)
    start = sheet.bar(section.first_bar + section.n_bars) - beats
    return [Note(start, beats, 60, 0.8)] if section.n_bars >= 2 else []


PARTS: dict[str, Callable[[Sheet, Section, Range, np.random.Generator], list[Note]]] = {
    "strum": _strum,
    "power": _power,
    "chug": _chug,
    "comp": _comp,
    "pad": _pad,
    "arpeggio": _arpeggio,
    "skank": _skank,
    "stabs": _stabs,
    "riff": _riff,
    "lead": _lead,
    "swell": _swell,
}


def write_part(
    sheet: Sheet,
    parts: tuple[str, ...],
    from_energy: float,
    range_midi: Range,
    rng: np.random.Generator,
) -> list[Note]:
    """A chair's notes in order of time; equal sections are played alike."""
    chosen: dict[str, tuple[str, int]] = {}
    notes: list[Note] = []
    for section in sheet.sections:
        if section.name not in chosen:
            chosen[section.name] = (str(rng.choice(parts)), int(rng.integers(2**31)))
        part, seed = chosen[section.name]
        if section.energy < from_energy:
            continue
        loud = 0.8 + 0.2 * section.energy
        for note in PARTS[part](sheet, section, range_midi, np.random.default_rng(seed)):
            notes.append(Note(note.beat, note.beats, note.midi, note.velocity * loud))
    return sorted(notes, key=lambda note: (note.beat, note.midi))
