"""Names and texts of a stranger's on the terminal and in tables."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from mixer.batch.tree import manifest_text
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
