"""Who wins: presets in their order, the song, the command line; and where presets are found."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from mixer.console.settings import Band, Console, Duck, Strip
from mixer.errors import PresetError
from mixer.preset.find import find_preset, is_name, list_presets, user_folder
from mixer.preset.merge import resolve
from mixer.song.song_file import read_song_file

Write = Callable[[str, str], Path]
strip_of = Console.strip


def test_command_line_beats_song_beats_presets_in_order(write_preset: Write) -> None:
    write_preset("one", "[vocals]\ngain_db = 1\npan = 0.1\nwidth = 1.1\nreverb_db = -10")
    write_preset("two", "[vocals]\ngain_db = 2\npan = 0.2\nwidth = 1.2")
    song = {"vocals": {"gain_db": 3, "pan": 0.3}}
    strip = strip_of(resolve(["one", "two"], song, ["vocals.gain_db=4"]).console, "vocals")
    assert (strip.gain_db, strip.pan, strip.width, strip.reverb_db) == (4.0, 0.3, 1.2, -10.0)
    strip = strip_of(resolve(["two", "one"]).console, "vocals")
    assert (strip.gain_db, strip.pan, strip.width) == (1.0, 0.1, 1.1)
    assert strip_of(resolve(sets=["bass.pan=1", "bass.pan=-1"]).console, "bass").pan == -1.0


def test_tables_are_merged_key_by_key_and_lists_replaced(write_preset: Write) -> None:
    write_preset(
        "base",
        "[drums.compressor]\nratio = 3\nattack_ms = 5\n"
        "[[drums.eq]]\nfrequency_hz = 60\ngain_db = 2\n[[drums.eq]]\nfrequency_hz = 400\n",
    )
    write_preset("child", 'extends = "base"\n[drums.compressor]\nratio = 4')
    drums = strip_of(resolve(["child"]).console, "drums")
    assert drums.compressor is not None
    assert (drums.compressor.ratio, drums.compressor.attack_ms) == (4.0, 5.0)
    assert [band.frequency_hz for band in drums.eq] == [60.0, 400.0]
    other = write_preset("other", 'extends = ["base"]\n[[drums.eq]]\nfrequency_hz = 900')
    assert [b.frequency_hz for b in strip_of(resolve([str(other)]).console, "drums").eq] == [900.0]


def test_a_number_changes_one_band_and_one_past_the_last_adds_one(write_preset: Write) -> None:
    write_preset("base", "[[drums.eq]]\nfrequency_hz = 60\ngain_db = 2\n[[drums.eq]]\nq = 2")
    sets = ["drums.eq.0.gain_db=-2", "drums.eq.2.type=high_shelf", "drums.eq.2.gain_db=1"]
    expected = (Band("peak", 60.0, -2.0), Band(q=2.0), Band("high_shelf", gain_db=1.0))
    assert strip_of(resolve(["base"], sets=sets).console, "drums").eq == expected
    path = write_preset("by-table", 'extends = "base"\n[drums.eq.1]\nq = 3')
    assert strip_of(resolve([str(path)]).console, "drums").eq[1] == Band(q=3.0)
    with pytest.raises(PresetError, match=r"drums\.eq\.3 does not exist: there are 2, the next is"):
        resolve(["base"], sets=["drums.eq.3.q=1"])


def test_none_takes_away_what_an_earlier_layer_set(write_preset: Write) -> None:
    write_preset("base", "[vocals]\nreverb_db = -10\ngate = {}\neq = [{ q = 1 }]\ngain_db = 1")
    write_preset("dry", 'extends="base"\n[vocals]\nreverb_db = "none"\ngate = "none"\neq = "none"')
    assert strip_of(resolve(["dry"]).console, "vocals") == Strip(gain_db=1.0)
    sets = ["vocals.reverb_db=none", "vocals.gate=none", "vocals.eq=none"]
    assert strip_of(resolve(["base"], sets=sets).console, "vocals") == Strip(gain_db=1.0)
    # an effect that comes back begins anew, not with what it had before
    gate = resolve(["base"], sets=["vocals.gate.ratio=3", "vocals.gate=none", "vocals.gate={}"])
    assert gate.console == resolve(["base"]).console


def test_all_stems_go_before_the_own_table_of_their_layer_and_after_earlier_layers(
    write_preset: Write,
) -> None:
    write_preset("base", "[vocals]\ngain_db = 5\npan = 0.5")
    write_preset("all", "[vocals]\ngain_db = 1\n[all_stems]\ngain_db = -3\nduck = {amount_db = 4}")
    console = resolve(["base", "all"]).console
    assert [strip_of(console, s).gain_db for s in ("vocals", "bass", "drums", "other")] == [
        1,
        -3,
        -3,
        -3,
    ]
    assert strip_of(console, "vocals").pan == 0.5
    # nobody makes way for himself
    assert strip_of(console, "vocals").duck is None
    assert strip_of(console, "drums").duck == Duck("vocals", 4.0)
    assert strip_of(resolve(["all"], sets=["all_stems.gain_db=2"]).console, "vocals").gain_db == 2.0


def test_sources_are_the_files_that_had_a_say(write_preset: Write) -> None:
    paths = [write_preset("a", "[vocals]\npan = 1"), write_preset("b", 'extends = "a"')]
    resolved = resolve(["b", "a"], None, ["vocals.pan=0.5"])
    assert [source["name"] for source in resolved.sources] == ["a", "b"]
    for source, path in zip(resolved.sources, paths, strict=True):
        assert source["path"] == str(path)
        assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_circles_and_endless_growth_are_refused(write_preset: Write) -> None:
    a = write_preset("a", 'extends = "b"')
    b = write_preset("b", '\nextends = ["neutral", "a"]')
    with pytest.raises(PresetError, match=f"{b}: line 2: extends.1 is circular: a"):
        resolve(["a"])
    a.write_text('extends = "a.toml"')
    with pytest.raises(PresetError, match="is circular"):
        resolve(["a"])
    for i in range(12):
        write_preset(f"x{i}", f'extends = ["x{i + 1}", "x{i + 1}"]')
    write_preset("x12", "[bass]\npan = 0")
    with pytest.raises(PresetError, match="extends more than 100 presets"):
        resolve(["x0"])


def test_an_own_preset_hides_a_shipped_one_and_may_extend_it(write_preset: Write) -> None:
    shipped = resolve(["rock"]).console
    own = write_preset("rock", 'extends = "rock"\n[bass]\ngain_db = -7')
    write_preset("No Name", "")
    (found,) = [p for p in list_presets() if p.name == "rock"]
    assert (found.path, found.shipped, found.hides) == (own, False, True)
    assert "No Name" not in [p.name for p in list_presets()]
    console = resolve(["rock"]).console
    assert strip_of(console, "bass").gain_db == -7.0
    assert strip_of(console, "drums") == strip_of(shipped, "drums")


def test_a_name_is_never_a_way_out_of_the_folder(write_preset: Write, tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text("[vocals]\npan = 1")
    for name in ("../secret", "..", "", "/etc/passwd", "a/b", "Rock", "a" * 65, "-x"):
        assert not is_name(name)
        with pytest.raises(PresetError, match="unknown preset"):
            find_preset(name)
    for target in ("../secret.toml", str(tmp_path / "secret.toml"), "..\\secret.toml"):
        path = write_preset("thief", f"extends = '{target}'")
        with pytest.raises(
            PresetError, match=f"{path}: line 1: extends cannot be used: .* lies in another folder"
        ):
            resolve(["thief"])
    with pytest.raises(PresetError, match="did you mean 'vocal-forward'"):
        find_preset("vocals-forward")


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX home")
@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        (Unix, {"XDG_CONFIG_HOME": "/x/cfg"}, "/x/cfg/mixer/presets"),
        (Unix, {}, "/home/me/.config/mixer/presets"),
        (MacOS, {}, "/home/me/Library/Application Support/mixer/presets"),
        (Unix, {"XDG_CONFIG_HOME": "/x/cfg", "MIXER_PRESETS": "/own"}, "/own"),
    ],
)
def test_own_presets_are_where_the_platform_keeps_such_things(
    monkeypatch: pytest.MonkeyPatch, platform: type, variables: dict[str, str], folder: str
) -> None:
    for name in ("XDG_CONFIG_HOME", "MIXER_PRESETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert user_folder() == Path(folder)


def test_a_songs_own_table_is_checked_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "song.toml"
    path.write_text('title = "x"\n[console]\nextends = "wide"\n[console.vocals]\ngain_db = 1.5\n')
    table = read_song_file(tmp_path, []).console
    resolved = resolve((), table, song_path=path)
    assert strip_of(resolved.console, "vocals").gain_db == 1.5
    assert strip_of(resolved.console, "bass").width == 0.0
    assert [source["name"] for source in resolved.sources] == ["wide", "song.toml"]
    path.write_text('title = "x"\n[console.vocals]\ngain_db = 99\n')
    with pytest.raises(PresetError, match=r"song\.toml: line 3: console\.vocals\.gain_db must be"):
        resolve((), read_song_file(tmp_path, []).console, song_path=path)
    assert resolve((), {}, song_path=path).console == Console()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[console.vocals.plugins]]\npath = 'evil.vst3'", "plugins is not for a song's folder"),
        ("[console.all_stems.plugins.0]\npath = 'evil.vst3'", "plugins is not for a song's"),
        ("[console]\nextends = 'evil.toml'", "must be the name of a preset in a song's folder"),
        ("[console]\nsummary = 'x'", "console.summary is unknown"),
    ],
)
def test_a_songs_folder_starts_no_programs(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "song.toml"
    path.write_text(text)
    (tmp_path / "evil.toml").write_text("[[vocals.plugins]]\npath = 'evil.vst3'")
    with pytest.raises(PresetError, match=message):
        resolve((), read_song_file(tmp_path, []).console, song_path=path)


def test_plug_ins_are_looked_for_beside_the_preset_that_names_them(
    write_preset: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_preset("fx", "[[vocals.plugins]]\npath = 'A.vst3'\npreset = '/abs/b.vstpreset'")
    monkeypatch.chdir(tmp_path)
    (plugin,) = strip_of(resolve(["fx"]).console, "vocals").plugins
    assert plugin.path == str(path.parent / "A.vst3")
    assert plugin.preset == "/abs/b.vstpreset"
    sets = ["vocals.plugins.0.path=C.vst3", "vocals.plugins.0.parameters.mix=0.5"]
    (plugin,) = strip_of(resolve(["fx"], sets=sets).console, "vocals").plugins
    assert plugin.path == str(tmp_path / "C.vst3")
    assert plugin.parameters == (("mix", 0.5),)


def test_all_mistakes_of_presets_song_and_command_line_are_told_at_once(tmp_path: Path) -> None:
    base = tmp_path / "base.toml"
    base.write_text("[drums]\ngian_db = 1\n")
    preset = tmp_path / "mine.toml"
    preset.write_text('extends = ["base.toml", "rokc"]\n[vocals]\ngain_db = 99\npan = "left"\n')
    song = tmp_path / "song.toml"
    song.write_text('dry = true\n[console]\nextends = "no-such"\n[console.bass]\nmuet = true\n')
    with pytest.raises(PresetError) as found:
        resolve(
            [preset, "vocal-forwrad"],
            {"extends": "no-such", "bass": {"muet": True}},
            ["vocals.gian_db=1", "drums.gain_db=loud", "bass.gain_db=1", "mute"],
            song_path=song,
        )
    told = [line.replace(f"{tmp_path}/", "") for line in found.value.lines]
    starts = [
        "mine.toml: line 3: vocals.gain_db must be a number from -60 to 24",
        "mine.toml: line 4: vocals.pan must be a number from -1 to 1",
        "mine.toml: line 1: extends.1 cannot be used: unknown preset 'rokc'; did you mean 'rock'?",
        "unknown preset 'vocal-forwrad'; did you mean 'vocal-forward'?",
        "song.toml: line 5: console.bass.muet is unknown; did you mean 'mute'?",
        "song.toml: line 3: console.extends cannot be used: unknown preset 'no-such'",
        "--set: 'vocals.gian_db': unknown key 'gian_db' of vocals; did you mean 'gain_db'?",
        "--set: drums.gain_db must be a number from -60 to 24",
        "--set 'mute' has no =; write key=value, such as vocals.gain_db=+1.5",
    ]
    assert [line[: len(start)] for line, start in zip(told, starts, strict=True)] == starts


def test_mistakes_of_several_extended_presets_are_told_at_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text("[drums]\ngian_db = 1\n")
    preset = tmp_path / "mine.toml"
    preset.write_text('extends = ["one.toml", "two.toml"]\n')
    with pytest.raises(PresetError) as found:
        resolve([preset])
    assert [line.partition(": ")[0] for line in found.value.lines] == [
        str(tmp_path / "one.toml"),
        str(tmp_path / "two.toml"),
    ]


def test_places_that_are_not_in_a_list_are_told_for_each_layer() -> None:
    with pytest.raises(PresetError) as found:
        resolve(sets=["vocals.eq.3.gain_db=1", "drums.eq.4.gain_db=1"])
    assert ["eq.3" in found.value.lines[0], "eq.4" in found.value.lines[1]] == [True, True]
