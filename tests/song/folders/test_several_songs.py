"""Songs that lie in one folder are not mixed into one; parts of one song are not several."""

import pytest

from mixer.errors import InputError
from mixer.song.folders.song_folders import find_song_folders
from mixer.song.load import load_song


def test_songs_inside_a_folder_of_multitracks_are_songs(tree) -> None:
    folder = tree("Multitracks/Home/Kick.wav", "Multitracks/Home/Vox.wav", "Mixes/Home.wav",
                  "Multitracks/Stay/Kick.wav", "Multitracks/Stay/Bass.wav")  # fmt: skip
    with pytest.raises(InputError, match=r"holds songs.*Multitracks/Home, Multitracks/Stay"):
        load_song(folder)
    assert [path.name for path in find_song_folders(folder).songs] == ["Home", "Stay"]


def test_songs_sorted_by_instrument_are_not_mixed_into_one(tree) -> None:
    titles = ("Home.wav", "Neon Rain.wav")
    for folders in (("Vocals", "Instrumental"), ("bass", "drums", "vocals", "other")):
        names = [f"{folder}/{title}" for folder in folders for title in titles]
        folder = tree(*names, folder="-".join(folders))
        with pytest.raises(
            InputError, match=r"songs by instrument .Home, Neon Rain.; make a folder"
        ):
            load_song(folder)
        found = find_song_folders(folder)
        assert not found.songs
        assert len(found.left_out) == len(folders)
    # Parts under equal names are one song's.
    for titles in (("Verse.wav", "Chorus.wav"), ("Lead.wav", "Low.wav"), ("1.wav", "2.wav")):
        names = [f"{name}/{title}" for name in ("Gtrs", "Keys", "Vocals") for title in titles]
        assert len(load_song(tree(*names, folder=f"of {titles[0]}")).recordings) == len(names)


def test_pieces_of_one_download_are_not_songs(tree) -> None:
    folder = tree(
        "Home-20240131T101500Z-001/Home/Kick.wav", "Home-20240131T101500Z-001/Home/Vox.wav",
        "Home-20240131T101500Z-002/Home/Bass.wav", "Home-20240131T101500Z-002/Home/Gtr.wav",
    )  # fmt: skip
    found = find_song_folders(folder)
    assert not found.songs
    assert all("one of 2 pieces of a download" in why for _, why in found.left_out)
    with pytest.raises(InputError, match="put what is in them into one folder"):
        load_song(folder)
    alone = tree("Home-20240131T101500Z-001/Home/Kick.wav", folder="alone")
    assert len(find_song_folders(alone).songs) == 1


@pytest.mark.parametrize(
    "names",
    [
        [f"{song}_({stem})_model_ep_317" for song in ("Neon Rain", "Sugar Day")
         for stem in ("Vocals", "Instrumental")],
        [f"Anna - {song} - {stem}" for song in ("Neon Rain", "Sugar Day")
         for stem in ("vocals", "drums", "bass", "other")],
        [f"{song}_{stem}" for song in ("neon", "sugar", "salt")
         for stem in ("vocals", "no_vocals", "drums")],
    ],
)  # fmt: skip
def test_parts_of_several_songs_in_one_folder_are_not_mixed(tree, names: list[str]) -> None:
    folder = tree(*(f"out/{name}.wav" for name in names), "out/Home/Kick.wav", "out/Home/Vox.wav")
    with pytest.raises(InputError, match=r"of several songs in one folder .*make a folder for"):
        load_song(folder / "out")
    found = find_song_folders(folder)
    assert [path.name for path in found.songs] == ["Home"]
    assert [path.name for path, _ in found.left_out] == ["out"]


@pytest.mark.parametrize(
    "names",
    [
        [f"{part} {stem}" for part in ("Verse", "Chorus") for stem in ("vocals", "drums", "bass")],
        [f"{player} {stem}" for player in ("Anna", "Bernd") for stem in ("vocals", "guitar")],
        ["Neon_(Vocals)_A", "Neon_(Vocals)_B", "Neon_(Instrumental)_A", "Neon_(Instrumental)_B"],
        ["Neon vocals", "Neon drums", "Neon bass", "Sugar vocals", "Sugar guitar"],
    ],
)
def test_parts_of_one_song_are_not_several(tree, names: list[str]) -> None:
    assert len(load_song(tree(*(f"{name}.wav" for name in names)), listen=False).recordings) > 1
