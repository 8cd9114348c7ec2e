"""The shipped weights hear what is played in songs of genres that they were not made from."""

from __future__ import annotations

import shutil

import pytest

from mixer.errors import InputError
from mixer.song.by_ear import judge_sound
from training.by_ear.examples import excerpts_of
from training.by_ear.recordings import composed_recordings
from training.synthesis.genres import HELD_OUT_GENRES
from training.synthesis.players.soundfont import find_soundfont


@pytest.fixture
def soundfont() -> None:
    if shutil.which("fluidsynth") is None:
        pytest.skip("the program fluidsynth is not here")
    try:
        find_soundfont(None)
    except InputError:
        pytest.skip("no SoundFont is here")


def test_composed_tracks_of_genres_never_heard_find_their_stems(soundfont: None) -> None:
    right, believed = [], []
    for seed, genre in enumerate(HELD_OUT_GENRES, 900_001):
        for recording in composed_recordings(seed, genre):
            part = judge_sound(excerpts_of(recording.audio))
            if part is not None:
                right.append(part.stem == recording.stem)
                believed += [part.stem == recording.stem] if part.is_believed else []
    assert len(right) > 20
    assert sum(right) >= 0.9 * len(right)
    assert len(believed) > 0.6 * len(right)
    assert all(believed)
