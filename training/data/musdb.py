"""MUSDB18's official split: the training songs that are used for validation.

The data set comes as two folders, `train` (100 songs) and `test` (50). Fourteen of the training
songs are the validation set of the `musdb` package (its `mus.yaml`), which leaves 86 to train on.
Source: Rafii, Liutkus, Stoeter, Mimilakis, Bittner, "The MUSDB18 corpus for music separation",
2017; sigsep/sigsep-mus-db.
"""

from __future__ import annotations

VALIDATION_SONGS = frozenset(
    {
        "Actions - One Minute Smile",
        "Alexander Ross - Goodbye Bolero",
        "ANiMAL - Rockshow",
        "Clara Berry And Wooldog - Waltz For My Victims",
        "Fergessen - Nos Palpitants",
        "James May - On The Line",
        "Johnny Lokke - Promises & Lies",
        "Leaf - Summerghost",
        "Meaxic - Take A Step",
        "Patrick Talbot - A Reason To Leave",
        "Skelpolu - Human Mistakes",
        "Traffic Experiment - Sirens",
        "Triviul - Angelsaint",
        "Young Griffo - Pennies",
    }
)


def is_validation_song(name: str) -> bool:
    """Whether a song of the `train` folder is in the official validation set; case is ignored."""
    return name.casefold() in {song.casefold() for song in VALIDATION_SONGS}
