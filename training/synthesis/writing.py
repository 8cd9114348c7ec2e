"""Draw tempo, key, form and chords of a song from its genre."""

from __future__ import annotations

import numpy as np

from training.synthesis.genres import Genre
from training.synthesis.harmony import SCALES, chord_pitch_classes
from training.synthesis.score import Chord, Section, Sheet

# The last chord rings on after the last bar line.
TAIL_S = 1.2
# Sections with their share of the song and their energy; drawn as often as they are listed.
_FORMS: tuple[tuple[tuple[str, float, float], ...], ...] = (
    (("intro", 1, 0.4), ("verse", 3, 0.5), ("chorus", 3, 0.95), ("outro", 1, 0.6)),
    (
        ("intro", 1, 0.35), ("verse", 2, 0.45), ("chorus", 2, 0.85), ("bridge", 1, 0.3),
        ("chorus", 2, 1.0),
    ),
    (
        ("verse", 2, 0.4), ("prechorus", 1, 0.65), ("chorus", 2, 0.9), ("verse", 1, 0.55),
        ("chorus", 2, 1.0), ("outro", 1, 0.35),
    ),
    (("chorus", 2, 0.8), ("verse", 2, 0.45), ("prechorus", 1, 0.6), ("chorus", 3, 1.0)),
    (("verse", 2, 0.5), ("chorus", 2, 0.85), ("solo", 2, 0.75), ("chorus", 2, 1.0)),
    (("intro", 2, 0.25), ("verse", 2, 0.55), ("bridge", 2, 0.2), ("chorus", 3, 1.0)),
)  # fmt: skip
_ENERGY_SPREAD = 0.05
_TWO_LOOPS_CHANCE = 0.6


def write_sheet(genre: Genre, duration_s: float, rng: np.random.Generator) -> Sheet:
    """A song of a genre that lasts about `duration_s`, its ringing tail included."""
    groove_is_waltz = genre.name == "folk" and rng.random() < 0.2
    beats_per_bar = 3 if groove_is_waltz else 4
    tempo_bpm = float(np.round(rng.uniform(*genre.tempo_bpm), 1))
    bar_s = beats_per_bar * 60.0 / tempo_bpm
    n_bars = max(2, int((duration_s - TAIL_S) / bar_s))
    sections = _form(n_bars, rng)
    mode = str(rng.choice(genre.modes))
    tonic = int(rng.integers(12))
    loops = _loops(genre, mode, rng)
    chords = _chords(sections, loops, tonic, beats_per_bar)
    return Sheet(
        genre=genre.name,
        tempo_bpm=tempo_bpm,
        beats_per_bar=beats_per_bar,
        swing=float(rng.uniform(*genre.swing)),
        swing_beats=genre.swing_beats,
        tonic=tonic,
        scale=SCALES[mode],
        sections=sections,
        chords=chords,
    )


def _form(n_bars: int, rng: np.random.Generator) -> tuple[Section, ...]:
    """A form stretched over the bars; its cuts fall on even bars, what does not fit goes."""
    form = _FORMS[int(rng.integers(len(_FORMS)))]
    ends = np.cumsum([share for _, share, _ in form])
    cuts = [0, *(2 * round(0.5 * n_bars * float(end / ends[-1])) for end in ends)]
    cuts[-1] = n_bars
    sections = []
    for (name, _, energy), start, stop in zip(form, cuts[:-1], cuts[1:], strict=True):
        stop = min(stop, n_bars)
        if stop > start:
            spread = float(np.clip(rng.normal(0.0, _ENERGY_SPREAD), -0.1, 0.1))
            level = float(np.clip(energy + spread, 0.05, 1.0))
            sections.append(Section(name, start, stop - start, level))
    return tuple(sections)


def _loops(genre: Genre, mode: str, rng: np.random.Generator) -> dict[str, list[str]]:
    """The chord loop of each kind of section, in the song's mode if there is a choice."""
    is_minor = SCALES[mode][2] == 3
    fitting = [loop for loop in genre.progressions if _is_minor(loop.split()) == is_minor] or list(
        genre.progressions
    )
    first, second, third = (str(rng.choice(fitting)).split() for _ in range(3))
    if rng.random() > _TWO_LOOPS_CHANCE:
        second = first
    return {
        "intro": first, "verse": first, "outro": second, "prechorus": third, "bridge": third,
        "chorus": second, "solo": second,
    }  # fmt: skip


def _is_minor(loop: list[str]) -> bool:
    return any(numeral.rstrip("5679").startswith(("i", "b")) and numeral[:2] != "ii"
               and not numeral.startswith("iii") for numeral in loop)  # fmt: skip


def _chords(
    sections: tuple[Section, ...], loops: dict[str, list[str]], tonic: int, beats_per_bar: int
) -> tuple[Chord, ...]:
    chords = []
    for section in sections:
        loop = loops[section.name]
        for bar in range(section.n_bars):
            beat = float((section.first_bar + bar) * beats_per_bar)
            pitches = chord_pitch_classes(loop[bar % len(loop)], tonic)
            chords.append(Chord(beat, float(beats_per_bar), pitches))
    # Songs come home: the last bar is the tonic, as the loop spells it.
    home = next((c for loop in loops.values() for c in loop if c[:1] in "iI" and
                 c[:2] not in ("ii", "II", "iv", "IV", "iV")), loops["chorus"][0])  # fmt: skip
    last = chords[-1]
    chords[-1] = Chord(last.beat, last.beats, chord_pitch_classes(home, tonic))
    return tuple(chords)
