"""Genres: tempo, harmony, form, groove and instruments.

Tempo ranges, forms and line-ups are the commonplaces of popular music, chosen for variety rather
than measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest


@dataclass(frozen=True)
class Chair:
    """A player's part in the line-up of a genre.

    Attributes:
        instruments: names in `training.synthesis.instruments.INSTRUMENTS`; one is drawn.
        parts: names in `training.synthesis.parts.PARTS`; one is drawn for each kind of section.
        chance: probability that the part is played at all, 0 to 1.
        from_energy: plays in sections of at least this energy.
        n_takes: 2 for a part that is doubled and panned to both sides.
    """

    instruments: tuple[str, ...]
    parts: tuple[str, ...]
    chance: float = 1.0
    from_energy: float = 0.0
    n_takes: int = 1


@dataclass(frozen=True)
class Genre:
    """A genre.

    Attributes:
        tempo_bpm: lowest and highest, in quarters a minute.
        swing: least and most, see `Sheet.swing`; `swing_beats` is the swung note.
        modes: names in `training.synthesis.harmony.SCALES`.
        progressions: chords of a bar each, as roman numerals; a loop a section.
        grooves: keys of `training.synthesis.grooves.GROOVES`.
        kits: names in `training.synthesis.players.drum_kits.KITS`.
        basses: names in `INSTRUMENTS`, with the parts they play in `bass_parts`.
        chairs: all other players.
        vocal: "sung", "rap", "hook" (occasional phrases) or "screamed".
        backing_chance, double_chance: probabilities of backing vocals and of a doubled lead voice.
        drum_chance: probability of drums.
    """

    name: str
    tempo_bpm: tuple[float, float]
    modes: tuple[str, ...]
    progressions: tuple[str, ...]
    grooves: tuple[str, ...]
    kits: tuple[str, ...]
    basses: tuple[str, ...]
    bass_parts: tuple[str, ...]
    chairs: tuple[Chair, ...]
    swing: tuple[float, float] = (0.5, 0.52)
    swing_beats: float = 0.25
    vocal: str = "sung"
    backing_chance: float = 0.6
    double_chance: float = 0.5
    drum_chance: float = 1.0


_MAJOR_LOOPS = ("I V vi IV", "vi IV I V", "I IV vi V", "I iii IV V", "I vi IV V", "IV I V vi")
_MINOR_LOOPS = (
    "i bVI bIII bVII",
    "i bVII bVI bVII",
    "i iv bVI v",
    "i bIII bVII iv",
    "bVI bVII i i",
)

GENRES: dict[str, Genre] = {
    genre.name: genre
    for genre in (
        Genre(
            "rock",
            (104.0, 152.0),
            ("major", "mixolydian", "minor"),
            (*_MAJOR_LOOPS, *_MINOR_LOOPS, "I bVII IV I", "I IV I V"),
            ("rock",),
            ("acoustic", "gm_standard", "gm_power", "gm_room"),
            ("finger_bass", "pick_bass", "plucked_bass"),
            ("roots", "kick_locked"),
            (
                Chair(("crunch_guitar", "high_gain_guitar"), ("power", "strum"), 1.0, 0.4, 2),
                Chair(("clean_guitar", "crunch_guitar"), ("arpeggio", "riff"), 0.8, 0.2),
                Chair(("rock_organ", "piano"), ("pad", "comp"), 0.5, 0.6),
                Chair(("lead_guitar",), ("lead",), 0.6, 0.3),
            ),
        ),
        Genre(
            "pop",
            (88.0, 128.0),
            ("major", "minor"),
            (*_MAJOR_LOOPS, *_MINOR_LOOPS, "Iadd9 V6 vi7 IVmaj7"),
            ("pop",),
            ("gm_standard", "acoustic", "machine", "gm_electronic"),
            ("finger_bass", "synth_bass", "sub_bass"),
            ("roots", "kick_locked", "octaves"),
            (
                Chair(("piano", "electric_piano"), ("comp", "pad", "arpeggio"), 0.9, 0.0),
                Chair(("warm_pad", "supersaw", "string_section"), ("pad",), 0.9, 0.5),
                Chair(("acoustic_guitar", "nylon_guitar"), ("strum", "arpeggio"), 0.7, 0.3, 2),
                Chair(("clean_guitar", "muted_guitar"), ("riff", "arpeggio"), 0.5, 0.4),
                Chair(("pluck_synth", "bell_synth"), ("arpeggio", "riff"), 0.6, 0.6),
                Chair(("riser",), ("swell",), 0.5, 0.0),
            ),
            backing_chance=0.85,
            double_chance=0.8,
        ),
        Genre(
            "funk",
            (92.0, 120.0),
            ("dorian", "mixolydian"),
            ("i9 i9 IV9 IV9", "I9 I9 IV9 I9", "i7 IV7 i7 IV7", "ii7 V9 ii7 V9", "i7 bVII i7 v7"),
            ("funk",),
            ("acoustic", "gm_standard", "gm_room"),
            ("slap_bass", "finger_bass", "plucked_bass"),
            ("sixteenths", "kick_locked"),
            (
                Chair(("clean_guitar", "muted_guitar"), ("skank", "riff"), 1.0, 0.0),
                Chair(("clavinet", "electric_piano"), ("comp", "skank"), 0.9, 0.2),
                Chair(("brass_section",), ("stabs",), 0.8, 0.6),
                Chair(("drawbar_organ",), ("pad",), 0.5, 0.5),
                Chair(("sax",), ("lead",), 0.5, 0.4),
            ),
            swing=(0.5, 0.58),
        ),
        Genre(
            "house",
            (118.0, 130.0),
            ("minor", "dorian"),
            (*_MINOR_LOOPS, "i7 iv7 i7 v7", "bVImaj7 bVII i7 i7"),
            ("house",),
            ("machine", "gm_electronic", "gm_808"),
            ("synth_bass", "sub_bass", "acid_bass"),
            ("octaves", "offbeats", "kick_locked"),
            (
                Chair(("supersaw", "warm_pad"), ("stabs", "pad"), 1.0, 0.2),
                Chair(("piano", "electric_piano"), ("stabs", "comp"), 0.6, 0.5),
                Chair(("pluck_synth", "saw_arp"), ("arpeggio",), 0.9, 0.3),
                Chair(("square_lead", "saw_lead"), ("lead", "riff"), 0.7, 0.6),
                Chair(("riser",), ("swell",), 0.8, 0.0),
            ),
            vocal="hook",
            double_chance=0.4,
        ),
        Genre(
            "hip_hop",
            (74.0, 100.0),
            ("minor", "dorian", "phrygian"),
            ("i i bVI v", "i7 iv7 i7 iv7", "i bVI i bVII", "ii7 V7 i7 i7", "i i i bII"),
            ("hip_hop",),
            ("machine", "gm_808", "acoustic", "gm_electronic"),
            ("sub_bass", "synth_bass", "finger_bass"),
            ("held", "kick_locked"),
            (
                Chair(("electric_piano", "piano", "bell_synth"), ("comp", "arpeggio"), 1.0, 0.0),
                Chair(("string_section", "warm_pad", "choir_pad"), ("pad",), 0.7, 0.5),
                Chair(("saw_lead", "bell_synth", "flute"), ("riff", "lead"), 0.7, 0.4),
                Chair(("brass_section",), ("stabs",), 0.3, 0.7),
            ),
            swing=(0.5, 0.6),
            vocal="rap",
            double_chance=0.8,
        ),
        Genre(
            "folk",
            (80.0, 132.0),
            ("major", "mixolydian", "minor"),
            ("I IV I V", "I V vi IV", "I IV V I", "vi IV I V", "i bVII i bVII", "I ii IV I"),
            ("folk", "waltz"),
            ("acoustic", "gm_brush", "gm_standard"),
            ("upright_bass", "finger_bass", "plucked_bass"),
            ("roots", "root_fifth"),
            (
                Chair(("acoustic_guitar", "nylon_guitar"), ("strum", "arpeggio"), 1.0, 0.0, 2),
                Chair(("banjo", "mandolin", "nylon_guitar"), ("arpeggio",), 0.7, 0.4),
                Chair(("fiddle", "flute", "accordion"), ("lead",), 0.8, 0.3),
                Chair(("string_section", "piano"), ("pad", "comp"), 0.5, 0.6),
            ),
            swing=(0.5, 0.6),
            swing_beats=0.5,
            drum_chance=0.8,
        ),
        Genre(
            "ballad",
            (62.0, 88.0),
            ("major", "minor"),
            (
                "Imaj7 vi7 ii7 V7",
                "Imaj7 iii7 IVmaj7 V7",
                "I V6 vi7 IVmaj7",
                "i7 iv7 bVImaj7 V7",
                "Imaj9 IVmaj7 iii7 vi7",
                "ii7 V7 Imaj7 vi7",
            ),
            ("ballad",),
            ("gm_jazz", "gm_brush", "acoustic", "gm_room"),
            ("fretless_bass", "upright_bass", "finger_bass"),
            ("held", "root_fifth", "walking"),
            (
                Chair(("piano", "electric_piano"), ("comp", "arpeggio", "pad"), 1.0, 0.0),
                Chair(("string_section", "slow_strings"), ("pad",), 0.9, 0.5),
                Chair(("nylon_guitar", "clean_guitar"), ("arpeggio",), 0.7, 0.3),
                Chair(("sax", "flute", "muted_trumpet"), ("lead",), 0.5, 0.4),
                Chair(("choir_pad",), ("pad",), 0.3, 0.8),
            ),
            swing=(0.5, 0.64),
            swing_beats=0.5,
        ),
        Genre(
            "metal",
            (112.0, 184.0),
            ("minor", "phrygian"),
            ("i5 i5 bVI5 bVII5", "i5 bII5 i5 bVII5", "i5 bIII5 bVI5 bVII5", "i5 iv5 bVI5 v5"),
            ("metal",),
            ("gm_power", "acoustic", "gm_standard"),
            ("pick_bass", "driven_bass"),
            ("roots", "sixteenths"),
            (
                Chair(("high_gain_guitar",), ("chug", "power"), 1.0, 0.2, 2),
                Chair(("high_gain_guitar", "crunch_guitar"), ("power",), 0.5, 0.8, 2),
                Chair(("lead_guitar",), ("lead", "riff"), 0.7, 0.5),
                Chair(("clean_guitar",), ("arpeggio",), 0.4, 0.0),
                Chair(("choir_pad", "string_section"), ("pad",), 0.4, 0.7),
            ),
            vocal="screamed",
            double_chance=0.7,
            backing_chance=0.4,
        ),
        Genre(
            "soul",
            (76.0, 116.0),
            ("major", "dorian"),
            (
                "I iii7 IV V7",
                "Imaj7 vi7 ii7 V9",
                "i7 IV9 i7 IV9",
                "I7 IV7 I7 V7",
                "vi7 ii7 V7 Imaj7",
            ),
            ("soul",),
            ("acoustic", "gm_standard", "gm_room", "gm_jazz"),
            ("finger_bass", "upright_bass", "plucked_bass"),
            ("kick_locked", "walking", "root_fifth"),
            (
                Chair(("electric_piano", "drawbar_organ"), ("comp", "pad"), 1.0, 0.0),
                Chair(("clean_guitar",), ("skank", "riff"), 0.9, 0.2),
                Chair(("brass_section",), ("stabs",), 0.8, 0.6),
                Chair(("string_section",), ("pad",), 0.5, 0.7),
                Chair(("sax", "muted_trumpet"), ("lead",), 0.5, 0.3),
            ),
            swing=(0.5, 0.62),
            swing_beats=0.25,
            backing_chance=0.85,
        ),
        Genre(
            "synthwave",
            (84.0, 116.0),
            ("minor", "dorian"),
            (*_MINOR_LOOPS, "i bVII bVI iv"),
            ("pop", "house"),
            ("machine", "gm_electronic"),
            ("acid_bass", "synth_bass"),
            ("sixteenths", "octaves"),
            (
                Chair(("supersaw", "warm_pad"), ("pad",), 1.0, 0.0),
                Chair(("saw_arp", "pluck_synth"), ("arpeggio",), 0.9, 0.3),
                Chair(("square_lead", "saw_lead"), ("lead",), 0.8, 0.5),
                Chair(("lead_guitar", "clean_guitar"), ("riff", "arpeggio"), 0.4, 0.5),
                Chair(("riser",), ("swell",), 0.4, 0.0),
            ),
            double_chance=0.7,
        ),
    )
}
# Never trained on: for tests and for the benchmark of the shipped models.
HELD_OUT_GENRES = ("soul", "metal")
# Those of which models may learn.
LEARNT_GENRES = tuple(genre for genre in GENRES if genre not in HELD_OUT_GENRES)


def genre_named(name: str) -> Genre:
    """The genre of a name. Raises SettingsError that suggests one or lists them all."""
    if name not in GENRES:
        raise SettingsError(f"unknown genre {quote(name)}; {suggest(name, GENRES)}")
    return GENRES[name]
