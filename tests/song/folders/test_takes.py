"""Takes of one session are told from the parts of one song by their lengths."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.errors import InputError
from mixer.song.folders.folder import list_song_folder
from mixer.song.folders.song_folders import find_song_folders
from mixer.song.load import load_song

MICROPHONES = ("hi-hat", "kick", "overhead_L", "snare", "tom_1")
TAKES = ("001_hits_snare-drum_x1", "002_hits_bass-drum", "036_phrase_disco", "120_solo_toms")
BAND = ("Kick", "Snare", "Bass", "Vox")
JAMS = ("Jam 1", "Jam 2", "Jam 3")


def write(folder: Path, name: str, length_s: float) -> None:
    path = folder / f"{name}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(round(8_000 * length_s), 0.1), 8_000)


def write_grid(folder: Path, takes, parts, name: Callable[[str, str], str], by_take=True) -> Path:
    """A file for each take and part; lengths differ by take, or else by part."""
    for n_take, take in enumerate(takes):
        for n_part, part in enumerate(parts):
            write(folder, name(take, part), 0.3 + 0.1 * (n_take if by_take else n_part))
    return folder


@pytest.mark.parametrize(
    ("takes", "parts", "name"),
    [
        (TAKES, MICROPHONES, lambda take, part: f"{part}/{take}"),
        (TAKES, MICROPHONES, lambda take, part: f"audio/{part}/{take}"),
        (JAMS, BAND, lambda take, part: f"{part}/{take}"),
        (JAMS, BAND, lambda take, part: f"{part}/{part}_{take[-1]}"),
        (JAMS, BAND, lambda take, part: f"{part}/{take[-1]}_{part.lower()}"),
        (JAMS, BAND, lambda take, part: f"{part}/Day {take[-1]}/T1"),
        (JAMS, ("Drums/Kick", "Drums/Snare", "Vox"), lambda take, part: f"{part}/{take}"),
    ],
)
def test_takes_in_folders_of_parts_are_not_one_song(tmp_path: Path, takes, parts, name) -> None:
    folder = write_grid(tmp_path / "session", takes, parts, name)
    with pytest.raises(InputError, match=r"with (takes|songs) by instrument .*make a folder for"):
        load_song(folder)
    files = list_song_folder(folder)
    assert len(files) == len(takes) * len(parts)
    assert all(file.reason is not None and file.may_be_a_part for file in files)
    found = find_song_folders(folder)
    assert not found.songs
    n_folders = len({part.split("/")[0] for part in parts})
    assert [why for _, why in found.left_out if "by instrument" not in why] == []
    assert len(found.left_out) == n_folders


@pytest.mark.parametrize("above", ["", "drummer_1/"])
def test_folders_of_takes_are_songs(tmp_path: Path, above: str) -> None:
    folder = write_grid(
        tmp_path / "session", TAKES, MICROPHONES, lambda take, part: f"{above}{take}/{part}"
    )
    if above:
        write_grid(
            folder / "drummer_2", TAKES[::-1], MICROPHONES, lambda take, part: f"{take}/{part}"
        )
    songs = find_song_folders(folder).songs
    assert len(songs) == (2 * len(TAKES) if above else len(TAKES))
    assert all(len(load_song(song).recordings) == len(MICROPHONES) for song in songs)
    with pytest.raises(InputError, match="holds songs, not the parts of one"):
        load_song(folder)


def test_takes_of_several_parts_in_one_folder_are_not_one_song(tmp_path: Path) -> None:
    folder = write_grid(tmp_path / "session", JAMS, BAND, lambda take, part: f"{take}_{part}")
    with pytest.raises(InputError, match=r"of several takes in one folder .*make a folder"):
        load_song(folder)
    assert [why for _, why in find_song_folders(folder).left_out] == [
        "holds parts of several takes in one folder (jam 1, jam 2 and 1 more); "
        "make a folder for each take"
    ]


@pytest.mark.parametrize(
    ("takes", "parts", "name", "by_take"),
    [
        # Of each part's own length, as of exports that end with their last clip.
        (JAMS, BAND, lambda take, part: f"{part}/{take[-1]}", False),
        (JAMS, BAND, lambda take, part: f"{part}/{part} {take[-1]}", False),
        (("1", "2", "3"), BAND, lambda take, part: f"{part} {take}", False),
        # Two signals of one performance, one of them with a tail.
        (("DI", "Amp"), ("Gtr 1", "Gtr 2", "Bass"), lambda take, part: f"{part}/{take}", True),
        (("Verse", "Chorus"), ("Gtr", "Keys", "Vox"), lambda take, part: f"{part}/{take}", True),
    ],
)
def test_parts_of_one_song_are_not_takes(tmp_path: Path, takes, parts, name, by_take) -> None:
    folder = write_grid(tmp_path / "song", takes, parts, name, by_take)
    assert len(load_song(folder, listen=False).recordings) == len(takes) * len(parts)
    assert find_song_folders(folder).songs == (folder,)
