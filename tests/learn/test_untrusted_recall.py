"""A recall sheet may be anybody's: what no strip has is refused in one line, nothing is written."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mixer.cli.main import run
from mixer.errors import InputError
from mixer.learn.recall_reader import read_recall
from mixer.output.daw.recall import RECALL_VERSION

ROW = {
    "name": "Kick",
    "source": "kick.wav",
    "role": "kick",
    "gain_db": 0.0,
    "pan": 0.0,
    "width": 1.0,
    "muted": False,
    "soloed": False,
    "bands": [["bell", 100.0, 3.0, 1.0]],
    "automation": [[0.0, 1.0]],
    "sends": {"Reverb": -12.0},
    "user": {"gain_db": 1.0},
}
SESSION = '<REAPER_PROJECT 0.1 "7.0"\n<TRACK\nNAME Kick\nVOLPAN {} 0 -1 -1 1\n>\n>\n'


def write_recall(folder: Path, **of_row: Any) -> Path:
    (folder / "song").mkdir(exist_ok=True)
    own = {"tracks": [ROW | of_row], "groups": [], "others": []}
    table = {
        "version": RECALL_VERSION,
        "song": str(folder / "song"),
        "mixes_tracks": True,
        "loudness_lufs": -14.0,
        "sessions": {"reaper": own},
        "files": {},
    }
    path = folder / "mix.recall.json"
    path.write_text(json.dumps(table))
    return path


def test_what_mixer_writes_is_read(tmp_path: Path) -> None:
    (row,) = read_recall(write_recall(tmp_path), "reaper").tracks
    assert (row.name, row.user, row.strip.bands[0].kind) == ("Kick", {"gain_db": 1.0}, "bell")


@pytest.mark.parametrize(
    "of_row",
    [
        {"gain_db": 10**400},
        {"gain_db": float("inf")},
        {"gain_db": 1e308},
        {"gain_db": "3"},
        {"pan": float("nan")},
        {"width": -1.0},
        {"bands": [["bell", 0.0, 0.0, 0.0]]},
        {"bands": [["evil", 100.0, 3.0, 1.0]]},
        {"bands": [[["bell"], 100.0, 3.0, 1.0]]},
        {"bands": [["bell", 100.0]]},
        {"automation": [[0.0, -1.0]]},
        {"automation": [[1e308, 1.0]]},
        {"sends": ["Reverb"]},
        {"user": {"eq": [1, 2]}},
        {"user": {"gain_db": [[0]]}},
        {"user": {"eq": [{"plugins": [{"path": "/bin/sh"}]}]}},
        {"user": [1]},
    ],
    ids=str,
)
def test_what_no_strip_has_is_refused(tmp_path: Path, of_row: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"mix\.recall\.json") as refused:
        read_recall(write_recall(tmp_path, **of_row), "reaper")
    assert len(refused.value.lines) == 1


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "{}", "\xff", '{"version": NaN}', "[," * 10])
def test_what_is_not_a_recall_sheet_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mix.recall.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="recall"):
        read_recall(path, "reaper")


def test_more_rows_than_a_session_has_tracks_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.learn.recall_reader.MOST_TRACKS", 0)
    with pytest.raises(InputError, match="is not a recall sheet that mixer wrote"):
        read_recall(write_recall(tmp_path), "reaper")


@pytest.mark.parametrize(
    ("of_row", "volume", "code"),
    [
        ({}, 0.5, 0),
        ({}, 1e308, 0),
        ({"gain_db": -400.0}, 1e308, 0),
        ({"source": "two\nlines.wav"}, 0.5, 2),
        ({"source": 'a"]\n[files."*"]\nignore = true'}, 0.5, 2),
    ],
)
def test_a_song_file_stays_valid(
    tmp_path: Path, of_row: dict[str, Any], volume: float, code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    write_recall(tmp_path, **of_row)
    (tmp_path / "song" / str((ROW | of_row)["source"])).touch()
    session = tmp_path / "mix.rpp"
    session.write_text(SESSION.format(volume))
    assert run(["learn", str(session)]) == code
    assert "internal error" not in capsys.readouterr().err
    assert (tmp_path / "song" / "song.toml").exists() == (code == 0)


@pytest.mark.parametrize("source", ["kick.wav", "../elsewhere.wav", "", "."])
def test_a_folder_without_the_recordings_is_not_written_into(
    tmp_path: Path, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_recall(tmp_path, source=source)
    (tmp_path / "elsewhere.wav").touch()
    session = tmp_path / "mix.rpp"
    session.write_text(SESSION.format(0.5))
    assert run(["learn", str(session)]) == 1
    error = capsys.readouterr().err
    assert "holds none of the session's recordings" in error
    assert "give the song's folder with --song" in error
    assert not list((tmp_path / "song").iterdir())
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "kick.wav").touch()
    if source == "kick.wav":
        assert run(["learn", str(session), "--song", str(moved)]) == 0
        assert (moved / "song.toml").is_file()


def test_a_fade_to_silence_is_learnt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its last point is 0, which has no number in dB."""
    write_recall(tmp_path)
    (tmp_path / "song" / "kick.wav").touch()
    session = tmp_path / "mix.rpp"
    fade = "<VOLENV2\nACT 1\nPT 0 1 0\nPT 4 0 0\n>\n"
    session.write_text(SESSION.format(1).replace("VOLPAN", f"{fade}VOLPAN"))
    assert run(["learn", str(session)]) == 0, capsys.readouterr().err
    song = tomllib.loads((tmp_path / "song" / "song.toml").read_text())
    assert song["console"]["tracks"]["kick.wav"]["gain_db"] == [[0.0, 1.0], [4.0, -60.0]]


@pytest.mark.parametrize("limit", ["MOST_BANDS", "MOST_POINTS"])
def test_more_than_any_strip_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"mixer.learn.recall_reader.{limit}", 0)
    with pytest.raises(InputError, match="is not a recall sheet that mixer wrote"):
        read_recall(write_recall(tmp_path), "reaper")


def test_half_a_character_in_a_name_is_only_another_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_recall(tmp_path, name="half \ud800 a character")
    session = tmp_path / "mix.rpp"
    session.write_text(SESSION.format(0.5))
    assert run(["learn", str(session)]) == 0
    assert "nothing was changed" in capsys.readouterr().err
