"""What presets, songs and the command line say of single tracks and of their roles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mixer.batch.requests.columns import find_column
from mixer.errors import PresetError
from mixer.preset.assignments import parse_key, read_assignment
from mixer.preset.find import Found
from mixer.preset.layer import read_layer, song_layer
from mixer.preset.merge import merge_strip, resolve
from mixer.preset.preset_writing import preset_text
from mixer.preset.schema import plain_table, read_console
from mixer.preset.trust import names_plugins

PRESET = """
[roles.kick]
gain_db = 1
compressor = { ratio = 4, threshold_db = -20 }
[roles.backing_vocals]
reverb_db = -14
[tracks."Gtr *"]
pan = 0.3
compressor = "none"
[[tracks."Gtr *".eq]]
frequency_hz = 400
gain_db = -3
[tracks."Lead Vox.wav".eq.0]
gain_db = 2
"""


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(PRESET)
    return path


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    try:
        read_layer(Found("wrong", path))
    except PresetError as error:
        return list(error.lines)
    return []


def test_what_a_preset_says_comes_back_from_its_text_and_from_a_recipe(
    preset: Path, tmp_path: Path
) -> None:
    resolved = resolve([preset])
    console = resolved.console
    assert dict(console.roles)["kick"]["compressor"] == {"ratio": 4, "threshold_db": -20}
    assert dict(console.tracks)["Gtr *"]["compressor"] == "none"
    assert read_console(json.loads(json.dumps(resolved.table)), "recipe") == console
    again = tmp_path / "again.toml"
    again.write_text(preset_text(resolved.table))
    assert plain_table(resolve([again]).console) == resolved.table
    assert resolved.table["reverb"]["decay_s"] > 0.0  # it is sent to, so it is written out


def test_later_layers_win_key_by_key(preset: Path) -> None:
    sets = ['tracks."Gtr *".eq.0.q=2', 'tracks."Gtr *".pan=-0.3', "roles.kick.compressor.ratio=2"]
    console = resolve([preset], {"tracks": {"Gtr *": {"gain_db": 1}}}, sets).console
    gtr = dict(console.tracks)["Gtr *"]
    assert (gtr["pan"], gtr["gain_db"], gtr["compressor"]) == (-0.3, 1, "none")
    assert gtr["eq"] == [{"frequency_hz": 400, "gain_db": -3, "q": 2}]
    assert dict(console.roles)["kick"]["compressor"] == {"ratio": 2, "threshold_db": -20}


def test_a_list_that_is_not_there_has_no_second_place() -> None:
    with pytest.raises(PresetError, match=r"tracks\.Kick\.eq\.1 does not exist: there are 0"):
        merge_strip([(("tracks", "Kick"), {"eq": {"1": {"gain_db": 2}}})])


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ('tracks."Lead Vox".gain_db', ("tracks", "Lead Vox", "gain_db")),
        ("tracks.'Lead Vox'.gain_db", ("tracks", "Lead Vox", "gain_db")),
        ("tracks.Lead Vox.gain_db", ("tracks", "Lead Vox", "gain_db")),
        ('tracks."Drums/Kick.wav".eq.0.q', ("tracks", "Drums/Kick.wav", "eq", "0", "q")),
        ("tracks.Bob's Gtr.mute", ("tracks", "Bob's Gtr", "mute")),
    ],
)
def test_a_name_with_points_stands_in_quotes(key: str, parts: tuple[str, ...]) -> None:
    assert parse_key(key)[0] == parts
    assert find_column(key).name == key


def test_a_name_may_hold_an_equals_sign_in_quotes() -> None:
    layer = read_assignment('tracks."a=b".gain_db=+2')
    assert layer.table == {"tracks": {"a=b": {"gain_db": 2.0}}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[roles.kik]\ngain_db=1", "line 1: roles.kik is unknown; did you mean 'kick'?"),
        ("[roles.kick]\ngain=1", "line 2: roles.kick.gain is unknown; did you mean 'gain_db'?"),
        ('[tracks."Lead Vox"]\npan=2', "line 2: tracks.'Lead Vox'.pan must be a number from -1"),
        ("[tracks.Kick.duck]\nby='bass'", "line 1: tracks.Kick.duck is unknown; choose from"),
        ("[tracks]\nKick=1", "line 2: tracks.Kick must be a table"),
    ],
)
def test_mistakes_name_their_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    (mistake,) = mistakes(tmp_path, text)
    assert message in mistake


@pytest.mark.parametrize("part", ["tracks", "roles"])
def test_plug_ins_of_tracks_are_programs_too(part: str, tmp_path: Path) -> None:
    table = {part: {"kick": {"plugins": [{"path": "a.vst3"}]}}}
    assert names_plugins(table)
    with pytest.raises(PresetError, match=rf"{part}\.kick\.plugins is not for a song's folder"):
        song_layer(table, None)
    path = tmp_path / "mine.toml"
    path.write_text(f"[[{part}.kick.plugins]]\npath = 'a.vst3'\n")
    console = resolve([path]).console
    (said,) = dict(getattr(console, part)).values()
    assert said["plugins"][0]["path"] == str(tmp_path / "a.vst3")
