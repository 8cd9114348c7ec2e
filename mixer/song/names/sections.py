"""Voices of a choir and horns of a section, whose names only their neighbours explain.

A "Bass" beside Soprano, Alto and Tenor sings; an "Alto" beside trumpets is a saxophone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mixer.song.names.track_names import Classification
from mixer.song.names.track_word_tables import SOURCE
from mixer.song.names.track_words import Evidence

_VOICES = frozenset(("soprano", "mezzo", "alto", "tenor", "baritone", "bari"))
_FEWEST_VOICES = 2
_BASS = frozenset(("bass", "basse", "basso", "bassi"))
# Beside these a "Bass" is the instrument.
_OF_BANDS = frozenset(
    ("drums", "kick", "snare", "hihat", "toms", "overheads", "guitar", "electric_guitar", "synth")
)
_SUNG_DRUMS = frozenset(("beatbox", "beatboxing"))
_HORNS = ("brass", "woodwind")


def find_choir_basses(
    tokens: Mapping[int, Sequence[str]], evidence: Mapping[int, Evidence | None]
) -> dict[int, Classification]:
    """Files called bass that are the lowest voice of a choir.

    No band may be there. Beside instruments, each must be named as one of the other voices is, but
    for the voice; where only voices are named, all of them sing.

    Args:
        tokens: of each part, by its place.
        evidence: what decides each of them.
    """
    said = {place: item for place, item in evidence.items() if item is not None}
    sung = {p: item for p, item in said.items() if item.text in _VOICES and item.stem == "vocals"}
    voices = sorted({item.text for item in sung.values()})
    if len(voices) < _FEWEST_VOICES or any(
        item.family in _OF_BANDS and item.text not in _SUNG_DRUMS for item in said.values()
    ):
        return {}
    shapes = {_shape(tokens[place], item.text) for place, item in sung.items()}
    all_sing = all(item.text in _BASS or item.stem == "vocals" for item in said.values())
    reason = f"beside {voices[0]} and {voices[1]}: a voice of the choir"
    return {
        place: Classification(
            "vocals", f'word "{item.text}" {reason}', True, "backing_vocals", "backing_vocals"
        )
        for place, item in said.items()
        if item.text in _BASS and (all_sing or _shape(tokens[place], item.text) in shapes)
    }


def find_saxophones(evidence: Mapping[int, Evidence | None]) -> dict[int, Classification]:
    """Files called by a voice that are saxophones: beside horns, without a soprano of a choir."""
    said = {place: item for place, item in evidence.items() if item is not None}
    voices = {place: item for place, item in said.items() if item.text in _VOICES}
    names = {item.text for item in voices.values()}
    horns = [item.text for item in said.values() if _is_horn(item) and item.text not in _VOICES]
    is_choir = "soprano" in names and "bari" not in names
    if not horns or is_choir or any(item.text in ("choir", "chorale") for item in said.values()):
        return {}
    return {
        place: Classification(
            "other",
            f'word "{item.text}" beside the word "{horns[0]}": likely a saxophone',
            False,
            "woodwind",
            "woodwind",
        )
        for place, item in voices.items()
        if item.stem == "vocals"
    }


def _is_horn(item: Evidence) -> bool:
    return item.family in _HORNS and item.strength == SOURCE


def _shape(tokens: Sequence[str], word: str) -> tuple[str, ...]:
    """A name's words, numbers apart, with its voice replaced."""
    return tuple("*" if token == word else token for token in tokens if not token.isdigit())
