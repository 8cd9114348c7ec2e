"""The singer's part: words, tune and where to breathe. It stays inside an octave, E3 to D4."""

from dataclasses import dataclass

from mixer.demo_song.score import bar_beat


@dataclass(frozen=True)
class Syllable:
    """A sung syllable: consonants, one vowel on `beat`, consonants; `midi` is its pitch."""

    beat: float
    beats: float
    midi: int
    onset: tuple[str, ...]
    vowel: str
    coda: tuple[str, ...] = ()


@dataclass(frozen=True)
class Phrase:
    """Syllables in one breath; `effort` 0-1 sets loudness and brightness."""

    effort: float
    syllables: tuple[Syllable, ...]


def _phrase(effort: float, *rows: tuple[int, float, float, int, str]) -> Phrase:
    """Rows of bar, beat, beats, MIDI note and `onset.VOWEL.coda` with sounds joined by `-`."""
    syllables = []
    for bar, beat, beats, midi, sounds in rows:
        onset, vowel, coda = (part.split("-") if part else [] for part in sounds.split("."))
        syllables.append(
            Syllable(bar_beat(bar, beat), beats, midi, tuple(onset), vowel[0], tuple(coda))
        )
    return Phrase(effort, tuple(syllables))


# "Lay me down, low and slow; in a meadow, humming all day. So hello, hello, the sun is in the
# window, and I am home. Lay me down so slow. Hello, I am home."
LYRIC = (
    _phrase(
        0.35,
        (3, 0.0, 0.5, 54, "L.EY."),
        (3, 0.5, 0.5, 55, "M.IY."),
        (3, 1.0, 1.4, 57, "D.AW.N"),
    ),
    _phrase(
        0.4,
        (3, 3.0, 0.5, 59, "L.OW."),
        (3, 3.5, 0.5, 57, ".AE.N"),
        (4, 0.0, 1.8, 54, "S-L.OW."),
    ),
    _phrase(
        0.45,
        (4, 3.0, 0.5, 52, ".IH.N"),
        (4, 3.5, 0.5, 54, ".AX."),
        (5, 0.0, 0.5, 55, "M.EH."),
        (5, 0.5, 1.0, 59, "D.OW."),
    ),
    _phrase(
        0.45,
        (5, 2.0, 0.5, 57, "HH.AH.M"),
        (5, 2.5, 0.5, 55, ".IH.N"),
        (5, 3.0, 0.5, 54, ".AO.L"),
        (5, 3.5, 2.0, 52, "D.EY."),
    ),
    _phrase(
        0.85,
        (6, 3.0, 0.5, 57, "S.OW."),
        (6, 3.5, 0.5, 59, "HH.EH."),
        (7, 0.0, 1.5, 62, "L.OW."),
    ),
    _phrase(
        0.95,
        (7, 2.0, 0.5, 59, "HH.EH."),
        (7, 2.5, 1.0, 62, "L.OW."),
        (7, 3.5, 0.5, 61, "D.AX."),
        (8, 0.0, 1.0, 61, "S.AH.N"),
        (8, 1.0, 0.5, 59, ".IH.Z"),
        (8, 1.5, 0.5, 57, ".IH.N"),
        (8, 2.0, 0.5, 59, "D.AX."),
        (8, 2.5, 0.5, 61, "W.IH.N"),
        (8, 3.0, 1.0, 57, "D.OW."),
    ),
    _phrase(
        0.9,
        (9, 0.5, 0.5, 57, ".AE.N"),
        (9, 1.0, 0.5, 61, ".AY."),
        (9, 1.5, 0.5, 61, ".AE.M"),
        (9, 2.0, 1.0, 62, "HH.OW.M"),
    ),
    _phrase(
        0.75,
        (9, 3.5, 0.5, 59, "L.EY."),
        (10, 0.0, 0.5, 59, "M.IY."),
        (10, 0.5, 1.0, 55, "D.AW.N"),
        (10, 1.5, 0.5, 54, "S.OW."),
        (10, 2.0, 1.4, 52, "S-L.OW."),
    ),
    _phrase(
        0.4,
        (11, 0.5, 0.5, 57, "HH.EH."),
        (11, 1.0, 0.8, 59, "L.OW."),
        (11, 2.0, 1.0, 58, ".AY."),
        (11, 3.0, 1.0, 55, ".AE.M"),
        (12, 0.0, 2.9, 57, "HH.OW.M"),
    ),
)
