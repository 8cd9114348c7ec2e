"""How references are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixer.errors import SettingsError
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ
from mixer.reference.moves import N_NODES
from mixer.reference.reference_text import (
    ASPECTS,
    parse_reference,
    parse_references,
    reference_from,
)


def test_a_path_alone_asks_for_every_aspect_in_full() -> None:
    asked = parse_reference("a song.wav")
    assert asked.path == "a song.wav"
    assert dict(asked.amounts) == dict.fromkeys(ASPECTS, 1.0)


def test_aspects_have_amounts_of_their_own() -> None:
    asked = parse_reference("a.wav:tone=0.7, width,loudness=0")
    assert dict(asked.amounts) == {"tone": 0.7, "width": 1.0, "loudness": 0.0}


@pytest.mark.parametrize("path", ["C:\\songs\\a.wav", "C:/songs/a.wav", "odd:name/a.wav"])
def test_colons_of_paths_stay_theirs(path: str) -> None:
    assert parse_reference(path).path == path
    assert dict(parse_reference(f"{path}:width").amounts) == {"width": 1.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.wav:tones", "did you mean 'tone'?"),
        ("a.wav:tone=1.5", "must be from 0 to 1, not '1.5'"),
        ("a.wav:tone=nan", "must be from 0 to 1"),
        ("a.wav:tone=loud", "must be from 0 to 1, not 'loud'"),
        ("", "needs a file or a folder"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_reference(text)
    assert words in str(refused.value)


def test_a_cell_holds_several_with_semicolons() -> None:
    assert parse_references("a.wav:tone; b.wav:width,level") == ("a.wav:tone", "b.wav:width,level")
    assert parse_references("none") == ()


def test_a_path_is_meant_from_a_folder() -> None:
    assert reference_from("a.wav:tone=0.7", Path("/sheets")) == "/sheets/a.wav:tone=0.7"
    assert parse_reference(reference_from("a.wav", Path("/sheets"))).path == "/sheets/a.wav"


def test_moves_have_the_third_octaves_of_the_meters() -> None:
    assert len(CURVE_BANDS_HZ) == N_NODES
