"""The score of a song: sections, chords, notes and strokes, and when a beat sounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A note: `beat` and `beats` in quarters from the song's start, `velocity` 0-1."""

    beat: float
    beats: float
    midi: int
    velocity: float


@dataclass(frozen=True)
class Hit:
    """A stroke on one piece of a kit (`training.synthesis.grooves.PIECES`), `velocity` 0-1."""

    piece: str
    beat: float
    velocity: float


@dataclass(frozen=True)
class Chord:
    """A chord: pitch classes 0-11 from its root up."""

    beat: float
    beats: float
    pitch_classes: tuple[int, ...]

    @property
    def root(self) -> int:
        """Pitch class of the root."""
        return self.pitch_classes[0]


@dataclass(frozen=True)
class Section:
    """A part of the form; bars count from 0. `energy` 0-1 says how much is going on."""

    name: str
    first_bar: int
    n_bars: int
    energy: float


@dataclass(frozen=True)
class Sheet:
    """The chords and form that all players share.

    Attributes:
        genre: its name.
        tempo_bpm: quarters a minute.
        beats_per_bar: quarters in a bar.
        swing: where the second of two swung notes falls, 0.5 (straight) to 0.67 (triplets).
        swing_beats: the length of a swung note: 0.5 for eighths, 0.25 for sixteenths.
        tonic: pitch class of the key.
        scale: semitones of the key's scale above the tonic.
        sections: in order, end to end.
        chords: in order, end to end.
    """

    genre: str
    tempo_bpm: float
    beats_per_bar: int
    swing: float
    swing_beats: float
    tonic: int
    scale: tuple[int, ...]
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]

    @property
    def beat_s(self) -> float:
        """Seconds a quarter."""
        return 60.0 / self.tempo_bpm

    @property
    def n_bars(self) -> int:
        """Bars of the whole song."""
        last = self.sections[-1]
        return last.first_bar + last.n_bars

    def seconds(self, beat: float) -> float:
        """Time of a beat, swing included."""
        pair = 2.0 * self.swing_beats
        whole, within = divmod(beat, pair)
        late = 2.0 * self.swing * min(within, self.swing_beats)
        rest = 2.0 * (1.0 - self.swing) * max(0.0, within - self.swing_beats)
        return (whole * pair + late + rest) * self.beat_s

    def bar(self, bar: int) -> float:
        """Beat on which a bar starts."""
        return float(bar * self.beats_per_bar)

    def chords_in(self, section: Section) -> list[Chord]:
        """The chords of a section."""
        start = self.bar(section.first_bar)
        stop = self.bar(section.first_bar + section.n_bars)
        return [chord for chord in self.chords if start <= chord.beat < stop]

    def chord_at(self, beat: float) -> Chord:
        """The chord that sounds at a beat; the last one goes on for ever."""
        found = self.chords[0]
        for chord in self.chords:
            if chord.beat > beat + 1e-6:
                break
            found = chord
        return found
