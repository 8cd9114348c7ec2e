"""Which mix belongs to which reference."""

from pathlib import Path

import pytest

from mixer.errors import InputError
from mixer.evaluate.pairing import FilePair, audio_by_name, find_pairs, read_pairs, unpaired


@pytest.fixture
def folders(tmp_path) -> tuple[Path, Path]:
    mixes, references = tmp_path / "mixes", tmp_path / "references"
    for folder, names in ((mixes, ["a.wav", "b.flac", "c.wav"]), (references, ["a.mp3", "b.wav"])):
        folder.mkdir()
        for name in [*names, "notes.txt", ".hidden.wav"]:
            (folder / name).write_bytes(b"")
        (folder / "d.wav").mkdir()
    return mixes, references


def test_folders_pair_by_name_without_ending(folders) -> None:
    mixes, references = folders
    assert find_pairs(*folders) == [
        FilePair("a", "mix", mixes / "a.wav", references / "a.mp3"),
        FilePair("b", "mix", mixes / "b.flac", references / "b.wav"),
    ]
    assert unpaired(*folders) == [mixes / "c.wav"]


def test_two_files_are_a_pair(folders) -> None:
    (pair,) = find_pairs(folders[0] / "c.wav", folders[1] / "a.mp3")
    assert (pair.song, pair.reference.name) == ("c", "a.mp3")
    assert unpaired(pair.mix, pair.reference) == []


def test_what_does_not_pair_is_an_error(folders, tmp_path) -> None:
    mixes, references = folders
    with pytest.raises(InputError, match="give two files or two folders"):
        find_pairs(mixes, references / "a.mp3")
    with pytest.raises(InputError, match="no such file"):
        find_pairs(mixes, tmp_path / "nowhere")
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(InputError, match="no audio files"):
        find_pairs(mixes, other)
    (other / "z.wav").write_bytes(b"")
    with pytest.raises(InputError, match="no file name is in both"):
        find_pairs(mixes, other)
    (other / "z.flac").write_bytes(b"")
    with pytest.raises(InputError, match=r"z\.flac and z\.wav share a name"):
        audio_by_name(other)


def test_a_table_of_pairs(folders, tmp_path) -> None:
    table = tmp_path / "pairs.csv"
    text = "system,mix,reference\nx,mixes/a.wav,references/a.mp3\ny,mixes/b.flac,references/a.mp3\n"
    table.write_text("\ufeff" + text, encoding="utf-8")
    assert [(p.song, p.system, p.mix.name) for p in read_pairs(table)] == [
        ("a", "x", "a.wav"),
        ("a", "y", "b.flac"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "column 'mix' is missing"),
        (b"mix,ref\n", "column 'reference' is missing"),
        (b"mix,reference\n", "has only a header"),
        (b"mix,reference\nmixes/a.wav,\n", "line 2: reference is empty"),
        (b"mix,reference\nmixes/a.wav\n", "line 2: reference is empty"),
        (b"mix,reference\nmixes/a.wav,nowhere.wav\n", "line 2: .*nowhere.wav is not a file"),
        (b"mix,reference\n" + b"mixes/a.wav,references/a.mp3\n" * 2, "song 'a' appears twice"),
        (b"\xff\xfe,\n", "cannot be read as a CSV"),
    ],
)
def test_a_bad_table_says_what_and_where(folders, tmp_path, text, message) -> None:
    table = tmp_path / "pairs.csv"
    table.write_bytes(text)
    with pytest.raises(InputError, match=message):
        read_pairs(table)
