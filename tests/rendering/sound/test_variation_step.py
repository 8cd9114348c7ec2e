"""A mix as a named variation: what `mixer variations` makes of it, from a setting of one render."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import InputError, RenderSettings, SettingsError, load_song, render, revise
from mixer.audio import read_audio
from mixer.cli.main import run
from mixer.output.recipe_reader import read_recipe
from mixer.output.replay import replay
from tests.signals import band, noise

RATE_HZ = 44_100


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "song", band(rng, 3.0, RATE_HZ))
    return tmp_path


def write(song: Path, stems: dict[str, np.ndarray]) -> None:
    song.mkdir()
    for name, audio in stems.items():
        soundfile.write(song / f"{name}.wav", audio.T, RATE_HZ, subtype="FLOAT")


@pytest.mark.parametrize(
    ("model", "name"),
    [("default", "brighter"), ("default", "vocals-up"), ("tracks", "denser"), ("none", "wider")],
)
def test_it_is_the_variation_that_the_command_makes_and_replays_bit_for_bit(
    folder: Path, model: str, name: str
) -> None:
    """The first has a desk of its own, and a loudness that it is held to."""
    asked = ["--variation", name, "--model", model, "--set", "drums.gain_db=-2", "-q"]
    asked += ["--loudness", "-14"] if model == "none" else []
    assert run(["variations", "song", *asked, "-o", "first/song.wav"]) == 0
    assert run(["render", "song", *asked, "-o", "one/song.wav"]) == 0
    made, _ = read_audio(folder / "one" / "song.wav")
    expected, _ = read_audio(folder / "first" / "song.var1.wav")
    assert np.array_equal(made, expected)
    recipe = json.loads((folder / "one" / "song.mix.json").read_text())
    beside = json.loads((folder / "first" / "song.var1.mix.json").read_text())
    assert recipe["settings"]["variation"] == name
    assert recipe["measurements"]["variation"] == beside["take"]["variation"]
    again = replay(read_recipe(folder / "one" / "song.mix.json"), folder / "again")
    assert again.is_same, [str(one) for one in again.differences]


def test_a_take_of_it_moves_from_where_it_stands(folder: Path) -> None:
    assert run(["render", "song", "--variation", "darker", "-o", "mix.wav", "-q"]) == 0
    done = revise(folder / "mix.wav", "drums.gain_db=-2")
    assert done.take["different"] == ["drums"]
    (shelf,) = read_recipe(folder / "mix.take2.mix.json").settings.console.master.eq
    assert shelf.gain_db == pytest.approx(-1.97)


def test_a_column_of_a_manifest_asks_for_it_also_on_an_album(
    folder: Path, rng: np.random.Generator
) -> None:
    write(folder / "two", band(rng, 3.0, RATE_HZ))
    for name in ("darker", "wider"):
        assert run(["render", "song", "--variation", name, "-o", f"{name}.wav", "-q"]) == 0
    (folder / "songs.csv").write_text(
        "id,song,output,variation,album,loudness_lufs\n"
        "1,song,dark.wav,darker,,\n2,song,wide.wav,Wider,,\n"
        "3,song,a.wav,brighter,record,-16\n4,two,b.wav,,record,-16\n"
    )
    assert run(["batch", "songs.csv", "-o", "out", "-q"]) == 0
    for name, file in (("darker", "dark"), ("wider", "wide")):
        alone, batch = (folder / f"{name}.wav", folder / "out" / f"{file}.wav")
        assert np.array_equal(read_audio(alone)[0], read_audio(batch)[0])
    recorded = read_recipe(folder / "out" / "a.mix.json")
    assert recorded.settings.console.master.eq
    again = replay(recorded, folder / "again")
    assert again.is_same, [str(one) for one in again.differences]


def test_what_cannot_be_is_said_in_a_line(
    folder: Path, rng: np.random.Generator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "song", "--variation", "brigter"]) == 2
    assert "unknown variation 'brigter'; did you mean 'brighter'?" in capsys.readouterr().err
    with pytest.raises(SettingsError, match="unknown variation 'loud'; choose from vocals-up, "):
        RenderSettings(variation="loud")
    settings = RenderSettings(model="none", variation="vocals-up")
    write(folder / "drums", {"drums": noise(rng, 2.0, RATE_HZ), "bass": noise(rng, 2.0, RATE_HZ)})
    with pytest.raises(SettingsError, match="the vocals of this mix cannot be changed"):
        render(load_song(folder / "drums"), settings)
    write(folder / "silent", {"vocals": np.zeros((2, RATE_HZ), np.float32)})
    with pytest.raises(InputError, match="a silent mix has no variations"):
        render(load_song(folder / "silent"), settings)
