"""The singer's part: made-up words and a tune over the chords, in phrases with room to breathe."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixer.demo_song.phonemes import DIPHTHONGS, VOWELS
from training.synthesis.harmony import nearest
from training.synthesis.score import Section, Sheet

_ONSETS = ("L", "M", "N", "W", "D", "HH", "S", "Z")
_ONSET_CHANCE, _CODA_CHANCE = 0.8, 0.3
_SILENT_SECTIONS = ("intro", "solo", "outro")
# A phrase of two bars at a lively tempo; a slow bar is a breath long by itself.
_LONGEST_PHRASE_S = 5.5
_HOOK_CHANCE = 0.5


@dataclass(frozen=True)
class SungSyllable:
    """A syllable: sounds are ARPABET names, `beat` is where its vowel starts."""

    beat: float
    beats: float
    midi: int
    onset: tuple[str, ...]
    vowel: str
    coda: tuple[str, ...]


@dataclass(frozen=True)
class SungPhrase:
    """Syllables in one breath; `effort` 0-1 sets loudness and brightness."""

    section: str
    effort: float
    syllables: tuple[SungSyllable, ...]


def write_voice(
    sheet: Sheet, manner: str, range_midi: tuple[int, int], rng: np.random.Generator
) -> list[SungPhrase]:
    """The lead part.

    Args:
        manner: "sung", "screamed", "rap" (many syllables, little tune) or "hook" (few phrases).
        range_midi: the singer's.
    """
    bar_s = sheet.beats_per_bar * sheet.beat_s
    phrase_bars = 2 if 2.0 * bar_s <= _LONGEST_PHRASE_S else 1
    words: dict[str, list[tuple[list[float], list[SungSyllable]]]] = {}
    phrases: list[SungPhrase] = []
    for section in sheet.sections:
        if section.name in _SILENT_SECTIONS:
            continue
        if section.name not in words:
            # Two rhythms answer each other: A B A B.
            words[section.name] = [
                _words(sheet, phrase_bars, manner, section, rng) for _ in range(2)
            ]
        for index, bar in enumerate(range(0, section.n_bars, phrase_bars)):
            if manner == "hook" and section.energy < 0.8 and rng.random() > _HOOK_CHANCE:
                continue
            if bar + phrase_bars > section.n_bars and phrase_bars > 1:
                continue
            start = sheet.bar(section.first_bar + bar)
            line = words[section.name][index % 2][1]
            phrases.append(_tune(sheet, section, line, start, manner, range_midi, rng))
    last = sheet.bar(sheet.n_bars - 1)
    return [phrase for phrase in phrases if phrase.syllables[0].beat < last]


def harmonised(
    phrases: list[SungPhrase], sheet: Sheet, shift: int, range_midi: tuple[int, int]
) -> list[SungPhrase]:
    """The same words on the chord's note nearest to `shift` semitones from the tune."""
    return [
        replace(
            phrase,
            syllables=tuple(
                replace(
                    syllable,
                    midi=nearest(
                        syllable.midi + shift,
                        sheet.chord_at(syllable.beat).pitch_classes,
                        *range_midi,
                    ),
                )
                for syllable in phrase.syllables
            ),
        )
        for phrase in phrases
    ]


def oohs(
    sheet: Sheet, from_energy: float, range_midi: tuple[int, int], rng: np.random.Generator
) -> list[SungPhrase]:
    """Held vowels on the chords of loud sections, for a choir that sings no words."""
    vowel = str(rng.choice(("UH", "AA", "OH")))
    level = int(rng.integers(range_midi[0], range_midi[1] + 1))
    phrases = []
    for section in sheet.sections:
        if section.energy < from_energy:
            continue
        for chord in sheet.chords_in(section):
            midi = nearest(level, chord.pitch_classes, *range_midi)
            held = SungSyllable(chord.beat, 0.93 * chord.beats, midi, (), vowel, ())
            phrases.append(SungPhrase(section.name, 0.45, (held,)))
    return phrases


def _words(
    sheet: Sheet, phrase_bars: int, manner: str, section: Section, rng: np.random.Generator
) -> tuple[list[float], list[SungSyllable]]:
    """A line's rhythm and words, its beats counted from the start of the phrase."""
    length = float(phrase_bars * sheet.beats_per_bar)
    grid = 0.25 if manner == "rap" or sheet.tempo_bpm < 80.0 else 0.5
    breath = float(rng.choice((1.0, 1.5, 2.0))) if manner != "rap" else 0.5
    fill = {"rap": 0.85, "hook": 0.5}.get(manner, 0.72 if section.energy < 0.7 else 0.6)
    first = float(rng.choice((0.0, 0.5, 0.5, 1.0))) if manner != "rap" else 0.0
    onsets = [
        beat
        for beat in np.arange(first, length - breath, grid)
        if rng.random() < fill * (1.2 if beat % 1.0 == 0.0 else 0.8)
    ]
    onsets = [float(beat) for beat in onsets] or [first]
    rhyme = str(rng.choice([*VOWELS, *DIPHTHONGS]))
    vowels = [str(v) for v in rng.choice([*VOWELS, *DIPHTHONGS, *DIPHTHONGS], len(onsets))]
    vowels[-1] = rhyme
    ends = [*onsets[1:], length - 0.5 * breath]
    line = []
    for beat, end, vowel in zip(onsets, ends, vowels, strict=True):
        is_short = (end - beat) * sheet.beat_s < 0.24
        onset = (str(rng.choice(_ONSETS)),) if rng.random() < _ONSET_CHANCE else ()
        coda = () if is_short or rng.random() > _CODA_CHANCE else (str(rng.choice(_ONSETS[:4])),)
        coda = coda if coda not in (("W",),) else ("N",)
        line.append(SungSyllable(beat, min(end - beat, 3.0), 0, onset, vowel, coda))
    return onsets, line


def _tune(
    sheet: Sheet,
    section: Section,
    line: list[SungSyllable],
    start: float,
    manner: str,
    range_midi: tuple[int, int],
    rng: np.random.Generator,
) -> SungPhrase:
    """The line's notes: steps of the scale, chord notes on strong beats, higher when it is loud."""
    low, high = range_midi
    scale = tuple((sheet.tonic + step) % 12 for step in sheet.scale)
    centre = low + (0.3 + 0.45 * section.energy) * (high - low)
    if manner == "rap":
        centre = low + 0.3 * (high - low)
    midi = centre + float(rng.integers(-2, 3))
    # An arch: up in the first half, down in the second.
    sung = []
    for index, syllable in enumerate(line):
        beat = start + syllable.beat
        share = index / max(1, len(line) - 1)
        if manner == "rap":
            note = round(centre + 2.0 * np.sin(np.pi * share) + rng.normal(0.0, 1.2))
            note = int(np.clip(note, low, high))
        else:
            aim = midi + rng.normal(0.0, 2.2) + 0.25 * (centre + 3.0 * np.sin(np.pi * share) - midi)
            strong = syllable.beat % 1.0 == 0.0 or syllable.beats >= 1.0
            pitches = sheet.chord_at(beat).pitch_classes if strong else scale
            note = nearest(float(aim), pitches, low, high)
        midi = note
        sung.append(replace(syllable, beat=beat, midi=note))
    effort = float(np.clip(0.15 + 0.75 * section.energy + rng.normal(0.0, 0.05), 0.2, 1.0))
    return SungPhrase(section.name, effort, tuple(sung))
