"""The user's own defaults: the weakest of all that is said, and one line for what is odd."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mixer.cli.main import run
from mixer.output.config import Config


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "own" / "config.toml"
    path.parent.mkdir()
    monkeypatch.setenv("MIXER_CONFIG", str(path))
    return path


@pytest.fixture
def song(write_song, rng) -> Path:
    audio = {n: 0.1 * rng.standard_normal((2, 44_100)).astype(np.float32) for n in ("a", "b")}
    return write_song({"drums.wav": audio["a"], "bass.wav": audio["b"]})


def rendered(song: Path, folder: Path, *arguments: str) -> tuple[dict, dict]:
    """Settings and output of a mix's recipe."""
    assert run(["render", str(song), "-o", f"{folder}/", "-q", *arguments]) == 0
    recipe = json.loads((folder / "song.mix.json").read_text("utf-8"))
    return recipe["settings"], recipe["output"]


def test_own_defaults_count_and_the_recipe_keeps_them(config, song, tmp_path, capsys) -> None:
    config.write_text('format = "flac"\nmodel = "none"\n[render]\nbit_depth = 16\namount = 0.5\n')
    out = tmp_path / "out"
    out.mkdir()
    settings, output = rendered(song, out)
    assert (settings["model"], settings["amount"]) == ("none", 0.5)
    assert (output["format"], output["bit_depth"]) == ("flac", "16")
    # A replay asks for nothing but the recipe.
    config.write_text('format = "mp3"\namount = 0.1\n')
    assert run(["replay", str(out / "song.mix.json"), "-o", str(tmp_path / "again")]) == 0
    assert "bit for bit the same" in capsys.readouterr().out


def test_whatever_is_said_elsewhere_wins(config, song, tmp_path) -> None:
    config.write_text('model = "none"\nplatform = "spotify"\nbitrate_kbps = 128\n')
    for name in "abcd":
        (tmp_path / name).mkdir()
    assert rendered(song, tmp_path / "a")[0]["loudness_lufs"] == -14.0
    assert rendered(song, tmp_path / "b", "--loudness", "-20")[0]["loudness_lufs"] == -20.0
    (song / "song.toml").write_text("[console.master]\nloudness_lufs = -18\n")
    assert rendered(song, tmp_path / "c")[0]["loudness_lufs"] == -18.0
    # A default that the format does not know is no mistake of this render.
    assert rendered(song, tmp_path / "d", "--format", "ogg")[1]["format"] == "ogg"


def test_a_batch_takes_them_where_its_rows_say_nothing(config, song, tmp_path) -> None:
    config.write_text(
        'amount = 0.2\n[batch]\nformat = "flac"\nmodel = "none"\n'
        "loudness_lufs = -20\nstems = true\n"
    )
    manifest = tmp_path / "m.csv"
    rows = f"{song},a,,\n{song},b,-15,wav\n"
    manifest.write_text(f"song,id,loudness_lufs,format\n{rows}")
    out = tmp_path / "out"
    assert run(["batch", str(manifest), "-o", str(out), "-q", "-j", "1"]) == 0
    first, second = (json.loads((out / f"{n}.mix.json").read_text("utf-8")) for n in "ab")
    assert (first["settings"]["loudness_lufs"], first["output"]["format"]) == (-20.0, "flac")
    assert (second["settings"]["loudness_lufs"], second["output"]["format"]) == (-15.0, "wav")
    assert first["settings"]["amount"] == second["settings"]["amount"] == 0.2
    assert "drums" in first["output"]["files"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("formt = 'wav'", "line 1: formt is unknown; did you mean 'format'?"),
        ("format = 'wma'", "line 1: format is refused: unknown format 'wma'"),
        ("amount = 'much'", "line 1: amount is refused: amount must be a number"),
        ("amount = 7", "amount is refused: amount must be from 0 to 1, not 7"),
        ("dry = true", "dry is a setting of one song; set it in its song.toml"),
        ("[batch]\ndevice = 'cpu'", "line 2: batch.device is only for mixer render"),
        ("render = 3", "render must be a table"),
        ("format = ", "not valid TOML"),
        ("quality = 3\nbitrate_kbps = 320", "contradict each other; keep one"),
    ],
)
def test_what_is_odd_is_one_line(config, song, capsys, text: str, said: str) -> None:
    config.write_text(text + "\n")
    assert run(["render", str(song)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert str(config) in told
    assert len(told.splitlines()) == 1


def test_show_says_where_each_value_comes_from(config, capsys) -> None:
    config.write_text('format = "flac"\n[batch]\nformat = "mp3"\n')
    assert run(["config", "path"]) == 0
    assert capsys.readouterr().out == f"{config}\n"
    for asked, value, place in (([], "flac", ""), (["--batch"], "mp3", " [batch]")):
        assert run(["config", "show", "--json", *asked]) == 0
        settings = json.loads(capsys.readouterr().out)["settings"]
        assert settings["format"] == {"value": value, "from": f"{config}{place}"}
        assert settings["amount"] == {"value": 1.0, "from": "built in"}
    assert run(["config", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["format", "flac", str(config)] for line in lines)


def test_a_platform_yields_to_targets_and_they_to_it() -> None:
    config = Config(settings={"platform": "spotify", "loudness_lufs": -9.0, "amount": 0.5})
    assert config.settings_beside({"platform": "youtube"}) == {"amount": 0.5}
    assert config.settings_beside({"true_peak_dbtp": -2.0}) == {
        "loudness_lufs": -9.0,
        "amount": 0.5,
    }
    assert config.settings_beside({"amount": 1.0}) == {"platform": "spotify", "loudness_lufs": -9.0}


def test_set_and_unset_change_one_line(config, capsys) -> None:
    config.write_text('# mine\nformat = "flac"  # lossless\n')
    assert run(["config", "set", "loudness_lufs", "-14"]) == 0
    assert run(["config", "set", "batch.stems", "yes"]) == 0
    assert config.read_text() == (
        '# mine\nformat = "flac"  # lossless\nloudness_lufs = -14\n\n[batch]\nstems = true\n'
    )
    assert capsys.readouterr().out.splitlines()[0] == f"{config}: loudness_lufs = -14"
    assert run(["config", "unset", "format"]) == 0
    assert run(["config", "unset", "batch.stems"]) == 0
    assert config.read_text() == "# mine\nloudness_lufs = -14\n\n[batch]\n"


def test_set_makes_the_file_and_follows_a_link(config, tmp_path, capsys) -> None:
    kept = tmp_path / "kept" / "mixer.toml"
    config.symlink_to(kept)
    assert run(["config", "set", "daw", "reaper,ardour"]) == 0
    assert run(["config", "set", "render.daw", "reaper"]) == 0
    assert config.is_symlink()
    assert kept.read_text() == 'daw = ["reaper", "ardour"]\n\n[render]\ndaw = ["reaper"]\n'
    capsys.readouterr()
    assert run(["config", "set", "daw", "dawproject"]) == 0
    assert "render.daw is also set, and takes precedence" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "formt", "wav"], "'formt' is unknown; did you mean 'format'?"),
        (["set", "format", "wma"], "unknown format 'wma'; choose from wav"),
        (["set", "amount", "7"], "amount must be from 0 to 1, not 7"),
        (["set", "amount", "much"], "amount must be a number, not 'much'"),
        (["set", "stems", "perhaps"], "stems must be true or false, not 'perhaps'"),
        (["set", "dry", "yes"], "'dry' is a setting of one song; set it in its song.toml"),
        (["set", "batch.device", "cpu"], "is only for mixer render"),
        (["set", "quality", "3"], "bitrate_kbps and quality contradict each other"),
        (["unset", "bitrate"], "does not set 'bitrate'; did you mean 'bitrate_kbps'?"),
    ],
)
def test_a_refused_change_leaves_the_file_alone(config, capsys, arguments, said) -> None:
    config.write_text("bitrate_kbps = 320\n")
    assert run(["config", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert config.read_text() == "bitrate_kbps = 320\n"


def test_a_file_with_a_mistake_can_be_mended_by_unset(config, capsys) -> None:
    config.write_text('formt = "wav"\n')
    assert run(["config", "set", "format", "wav"]) == 2
    assert "formt is unknown" in capsys.readouterr().err
    assert run(["config", "unset", "formt"]) == 0
    assert config.read_text() == ""


def test_a_folder_in_place_of_the_file_is_refused(config, song, tmp_path, capsys) -> None:
    config.mkdir()
    assert run(["render", str(song), "-o", f"{tmp_path}/a.wav"]) == 2
    assert f"{config}: not a file; give a config.toml" in capsys.readouterr().err
