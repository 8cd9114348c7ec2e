"""Families of sources that words in track names stand for: kick, overheads, lead vocal, organ.

A family is finer than a stem, and has the name of its role (`mixer.roles`) if there is one. A
family with a stem's name is for words that identify only the stem ("drums", "vox").
"""

from typing import Literal

from mixer.stems import Stem

Family = Literal[
    "vocals", "lead_vocal", "vocal_double", "backing_vocals",
    "bass",
    "drums", "kick", "snare", "hihat", "toms", "cymbals", "overheads", "room", "percussion",
    "other", "guitar", "electric_guitar", "acoustic_guitar", "keys", "organ", "synth", "pad",
    "strings", "brass", "woodwind", "mallets", "fx",
]  # fmt: skip

FAMILIES_OF_STEM: dict[Stem, tuple[Family, ...]] = {
    "vocals": ("vocals", "lead_vocal", "vocal_double", "backing_vocals"),
    "bass": ("bass",),
    "drums": (
        "drums", "kick", "snare", "hihat", "toms", "cymbals", "overheads", "room", "percussion",
    ),
    "other": (
        "other", "guitar", "electric_guitar", "acoustic_guitar", "keys", "organ", "synth", "pad",
        "strings", "brass", "woodwind", "mallets", "fx",
    ),
}  # fmt: skip
STEM_OF_FAMILY: dict[Family, Stem] = {
    family: stem for stem, families in FAMILIES_OF_STEM.items() for family in families
}
# Families that a word of a wider one may stand for: a sum of "vox" holds lead and backing vocals.
PARTS_OF_FAMILY: dict[Family, tuple[Family, ...]] = {
    "vocals": FAMILIES_OF_STEM["vocals"],
    "drums": FAMILIES_OF_STEM["drums"],
    "guitar": ("guitar", "electric_guitar", "acoustic_guitar"),
    "keys": ("keys", "organ"),
    "synth": ("synth", "pad"),
    "lead_vocal": ("lead_vocal", "vocal_double"),
}
