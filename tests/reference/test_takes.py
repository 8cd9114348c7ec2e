"""What a reference made of a mix is in its recipe: replays and takes do it again, bit for bit."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.files.whole_file import hash_file
from tests.reference.songs import another_song
from tests.signals import band

RATE_HZ = 44_100


@pytest.fixture
def place(tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a song, and a reference beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIXER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "song").mkdir()
    for stem, audio in band(rng, 6.0, RATE_HZ).items():
        soundfile.write(tmp_path / f"song/{stem}.wav", audio.T, RATE_HZ, subtype="PCM_16")
    soundfile.write(tmp_path / "ref.wav", another_song(6.0).T, RATE_HZ, subtype="PCM_24")
    return tmp_path


RENDER = ["render", "song", "--model", "none", "-o", "mix.wav", "-q"]


def recipe(name: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(Path(name).read_text())
    return found


def test_a_replay_gives_the_same_bits_without_the_reference(place: Path) -> None:
    asked = ["--reference", "ref.wav:tone=0.7,loudness", "--reference", "ref.wav:width"]
    assert run([*RENDER, *asked]) == 0
    made = recipe("mix.mix.json")
    assert made["settings"]["reference"] == ["ref.wav:tone=0.7,loudness", "ref.wav:width"]
    assert made["reference"]["rows"]
    Path("ref.wav").unlink()
    assert run(["replay", "mix.mix.json", "-o", "again"]) == 0
    assert hash_file(Path("mix.wav")) == hash_file(Path("again/mix.wav"))


def test_a_revision_moves_what_it_is_asked_for_alone(place: Path) -> None:
    assert run([*RENDER, "--reference", "ref.wav:tone,width"]) == 0
    assert run(["revise", "mix.mix.json", "vocals.gain_db=+2"]) == 0
    take = recipe("mix.take2.mix.json")
    assert set(take["take"]["same"]) == {"drums", "bass", "other"}
    assert take["take"]["different"] == ["vocals"]
    assert take["reference"]["moves"] == recipe("mix.mix.json")["reference"]["moves"]


def test_moves_beyond_their_bounds_are_no_recipe(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*RENDER, "--reference", "ref.wav:tone"]) == 0
    made = recipe("mix.mix.json")
    moves = made["reference"]["moves"]
    assert isinstance(moves, dict)
    moves["level_db"] = 4_000.0
    Path("mix.mix.json").write_text(json.dumps(made))
    assert run(["replay", "mix.mix.json", "-o", "again"]) != 0
    assert "level_db" in capsys.readouterr().err


def test_the_report_and_json_tell(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in RENDER if word != "-q"]
    assert run([*words, "--reference", "ref.wav", "--json", "--report"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["aspect"] for row in told["reference"]["rows"]} >= {"tone", "width", "loudness"}
    assert any(
        "the vocals cannot be separated from the rest" in line
        for line in told["reference"]["cannot"]
    )
    (page,) = place.glob("*.html")
    assert "tone: 1 kHz" in page.read_text()


def test_a_batch_has_a_column_and_sees_when_a_reference_changes(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("sheet.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["song", "model", "reference"], ["song", "none", "ref.wav:tone=0.5; ref.wav:width"]]
        )
    assert run(["batch", "sheet.csv", "-o", "out", "-q"]) == 0
    made = recipe("out/song.mix.json")
    assert [Path(str(one["path"])).name for one in made["reference"]["sources"]] == ["ref.wav"] * 2
    capsys.readouterr()
    assert run(["batch", "sheet.csv", "-o", "out", "--dry-run"]) == 0
    assert "settings changed" not in capsys.readouterr().out
    audio, _ = soundfile.read("ref.wav")
    soundfile.write("ref.wav", audio[::-1], RATE_HZ, subtype="PCM_24")
    assert run(["batch", "sheet.csv", "-o", "out", "--dry-run"]) == 0
    assert "settings changed" in capsys.readouterr().out
    Path("ref.wav").unlink()
    assert run(["batch", "sheet.csv", "-o", "out", "-q"]) == 2
    assert "'ref.wav' does not exist" in capsys.readouterr().err
