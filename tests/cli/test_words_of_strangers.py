"""Names and texts of a stranger's on the terminal and in tables."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
import soundfile

from mixer.batch.requests.tree import manifest_text
from mixer.cli.console import talk
from mixer.cli.main import run


def test_an_endless_line_is_cut(capsys) -> None:
    talk("first\n" + "x" * 100_000)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "first"
    assert second.endswith("xxx... (100000 characters)")
    assert len(second) < 2_100


@pytest.mark.parametrize(
    "arguments",
    [
        ["render", "song", "-o", ""],
        ["check", ""],
        ["demo", ""],
        ["batch", "m.csv", "-o", ""],
        ["replay", ""],
    ],
)
def test_an_empty_name_is_not_the_current_folder(
    tmp_path: Path, monkeypatch, capsys, arguments: list[str]
) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "m.csv").write_text("song\nsong\n")
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    assert "an empty name is not a path" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.csv", "song"]


def test_a_folder_called_like_a_formula_is_one_path_of_a_manifest(write_song, tmp_path: Path, rng):
    folder = write_song({"drums.wav": rng.standard_normal((1, 4_410)).astype("float32") * 0.1})
    folder.rename(tmp_path / "=cmd()")
    text, left_out = manifest_text(tmp_path, tmp_path)
    _, row = csv.reader(io.StringIO(text))
    assert row[0] == "./=cmd()"
    assert not left_out


def test_a_fault_of_a_folders_only_file_is_told(tmp_path: Path, capsys) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "drums.wav").write_bytes(b"RIFF")
    assert run(["check", str(tmp_path / "song")]) == 1
    assert "drums.wav: cannot be read as audio" in capsys.readouterr().err


def test_a_control_character_does_not_reach_the_terminal_by_a_manifest(write_song, tmp_path, rng):
    folder = write_song({"drums.wav": rng.standard_normal((1, 4_410)).astype("float32") * 0.1})
    folder.rename(tmp_path / "a\x1b[2J")
    write_song({"drums.wav": rng.standard_normal((1, 4_410)).astype("float32") * 0.1})
    text, left_out = manifest_text(tmp_path, tmp_path)
    assert left_out == ["a\\x1b[2J: its name holds a control character; rename it"]
    assert [sign for sign in text if not sign.isprintable()] == ["\n", "\n"]


@pytest.mark.skipif(os.name == "nt", reason="a current folder cannot be deleted there")
@pytest.mark.parametrize("arguments", [["check", "../song"], ["demo", "song"]])
def test_a_deleted_current_folder_is_named_as_the_cause(
    tmp_path: Path, monkeypatch, capsys, arguments: list[str]
) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run(arguments) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert told == "mixer: the current folder no longer exists; change to another one"


def test_a_link_that_leads_nowhere_is_called_one(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("song").symlink_to("nowhere")
    assert run(["check", "song"]) == 2
    assert "'song' is a broken link" in capsys.readouterr().err


def test_a_demo_that_cannot_be_written_asks_for_another_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert run(["demo", "file/song"]) == 1
    assert (
        capsys.readouterr().err.strip().endswith("is a file, not a folder; choose another folder")
    )


@pytest.mark.skipif(os.name == "nt", reason="paths are shorter there")
def test_a_path_longer_than_libsndfile_reads_is_named(tmp_path: Path, capsys) -> None:
    folder = tmp_path.joinpath(*["x" * 200] * 6)
    folder.mkdir(parents=True)
    soundfile.write(tmp_path / "drums.wav", [0.5, -0.5] * 4_000, 44_100)
    (tmp_path / "drums.wav").rename(folder / "drums.wav")
    assert run(["check", str(folder)]) == 1
    assert "move the song to a folder with a shorter path" in capsys.readouterr().err


def test_one_finding_is_one_finding(write_song, rng, capsys) -> None:
    audio = rng.standard_normal((1, 44_100)).astype("float32") * 0.1
    folder = write_song({"drums.wav": audio, "vocals.wav": 0 * audio})
    assert run(["check", str(folder)]) == 0
    assert capsys.readouterr().out.rstrip().endswith(", 1 finding")
