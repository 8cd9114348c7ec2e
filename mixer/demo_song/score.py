"""The song on paper: tempo, key, form and chords, and how beats become seconds.

Twelve bars of 4/4 at 96 beats a minute last thirty seconds exactly.
"""

from dataclasses import dataclass

BEATS_PER_BAR = 4
# How late the second sixteenth of each eighth comes, in beats: a light shuffle, not a triplet feel.
SWING_BEATS = 0.025


@dataclass(frozen=True)
class Note:
    """One played note: `beat` counts quarters from the start of the song, `velocity` is 0-1."""

    beat: float
    beats: float
    midi: int
    velocity: float = 0.8


@dataclass(frozen=True)
class Chord:
    """One chord: its name, where it stands, the bass player's root and the pianist's voicing."""

    name: str
    beat: float
    beats: float
    root_midi: int
    voicing_midi: tuple[int, ...]


@dataclass(frozen=True)
class Section:
    """A part of the form; bars count from 1, both ends included."""

    name: str
    first_bar: int
    last_bar: int


@dataclass(frozen=True)
class DemoSong:
    """Title, key, tempo and form of the song, for players and for display."""

    title: str
    key: str
    tempo_bpm: float
    bars: int
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]

    @property
    def beat_s(self) -> float:
        """Seconds a quarter note."""
        return 60.0 / self.tempo_bpm

    @property
    def duration_s(self) -> float:
        """Seconds the whole song lasts."""
        return self.bars * BEATS_PER_BAR * self.beat_s

    def section_of(self, beat: float) -> str:
        """Name of the section that `beat` falls in (ValueError outside the song)."""
        bar = int(beat // BEATS_PER_BAR) + 1
        for section in self.sections:
            if section.first_bar <= bar <= section.last_bar:
                return section.name
        raise ValueError(f"beat {beat} lies outside the song's {self.bars} bars")

    def describe(self) -> str:
        """The lead sheet as text: a title line, then one line a section with its chords by bar."""
        lines = [
            f"{self.title}: {self.key}, {self.tempo_bpm:g} BPM, {BEATS_PER_BAR}/4, "
            f"{self.bars} bars, {self.duration_s:g} s"
        ]
        for section in self.sections:
            bars = [self._bar_text(bar) for bar in range(section.first_bar, section.last_bar + 1)]
            lines.append(f"{section.name:<7} | " + " | ".join(bars) + " |")
        return "\n".join(lines)

    def _bar_text(self, bar: int) -> str:
        first, last = bar_beat(bar), bar_beat(bar + 1)
        return " ".join(chord.name for chord in self.chords if first <= chord.beat < last)


def bar_beat(bar: int, beat: float = 0.0) -> float:
    """Beats from the start of the song to `beat` (0 = the first) of `bar` (1 = the first)."""
    return (bar - 1) * BEATS_PER_BAR + beat


def swung(beat: float) -> float:
    """`beat` with the shuffle on it: sixteenths between the eighths come a little late."""
    sixteenth = beat * 4.0
    if abs(sixteenth - round(sixteenth)) < 1e-6 and round(sixteenth) % 2 == 1:
        return beat + SWING_BEATS
    return beat


def midi_to_hz(midi: float) -> float:
    """Frequency of a MIDI note number in equal temperament, A4 = 69 = 440 Hz."""
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


# The pianist's hands move by step: between neighbours most voices stay or go a tone.
_CHORDS = (
    Chord("Dmaj9", bar_beat(1), 4, 38, (54, 57, 61, 64)),
    Chord("Gmaj9", bar_beat(2), 4, 31, (54, 57, 59, 62)),
    Chord("Dmaj9", bar_beat(3), 4, 38, (54, 57, 61, 64)),
    Chord("Bm9", bar_beat(4), 4, 35, (54, 57, 61, 62)),
    Chord("Gmaj9", bar_beat(5), 4, 31, (54, 57, 59, 62)),
    Chord("A7sus4", bar_beat(6), 2, 33, (55, 57, 62, 64)),
    Chord("A7", bar_beat(6, 2), 2, 33, (55, 57, 61, 64)),
    Chord("Gmaj9", bar_beat(7), 4, 31, (57, 59, 62, 66)),
    Chord("A6", bar_beat(8), 4, 33, (57, 61, 64, 66)),
    Chord("F#m7", bar_beat(9), 2, 30, (57, 61, 64, 66)),
    Chord("Bm7", bar_beat(9, 2), 2, 35, (57, 59, 62, 66)),
    Chord("Em9", bar_beat(10), 2, 28, (55, 59, 62, 66)),
    Chord("A13", bar_beat(10, 2), 2, 33, (55, 59, 61, 66)),
    Chord("Gmaj7", bar_beat(11), 2, 31, (54, 59, 62, 66)),
    # The one borrowed chord: G minor in D major, the old sigh before the last cadence.
    Chord("Gm6", bar_beat(11, 2), 2, 31, (55, 58, 62, 64)),
    Chord("Dadd9", bar_beat(12), 4, 38, (54, 57, 62, 64)),
)

DEMO_SONG = DemoSong(
    title="Hello, Hello",
    key="D major",
    tempo_bpm=96.0,
    bars=12,
    sections=(
        Section("intro", 1, 2),
        Section("verse", 3, 6),
        Section("chorus", 7, 10),
        Section("ending", 11, 12),
    ),
    chords=_CHORDS,
)
