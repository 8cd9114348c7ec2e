"""A recipe gives the same mix bit for bit, or one learns what differs; and it can do no harm."""

import json
import os
import shutil
from dataclasses import field, make_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from mixer import RenderSettings, load_song, render, write_mix
from mixer.cli.replay import command
from mixer.console.settings import Console, Plugin, Strip
from mixer.errors import InputError, OutputError, PresetError, SettingsError
from mixer.output.recipe_reader import read_recipe
from mixer.output.replay import find_differences, replay, settings_again
from mixer.output.replay_differences import _audible
from mixer.output.used_files import used_files
from tests.output.recorded import edit, write_recorded_mix


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    return write_recorded_mix(tmp_path_factory.mktemp("replay"), 0.6, seed=5)


@pytest.fixture
def recipe(original, tmp_path) -> Path:
    """A song and its mix of this test's own, with a recipe that knows where the song is now."""
    shutil.copytree(original.parents[1], tmp_path / "all")
    copied = tmp_path / "all" / "out" / "a.mix.json"
    return edit(copied, copied, lambda r: r["song"].update(folder=str(tmp_path / "all" / "song")))


def differences(recipe: Path) -> list[str]:
    return [str(difference) for difference in find_differences(read_recipe(recipe))[1]]


def test_the_same_mix_again_bit_for_bit(recipe, tmp_path) -> None:
    """From where the song is now, whatever it is called; another version of a library is told."""
    (tmp_path / "all" / "song").rename(tmp_path / "moved")
    own = tmp_path / "moved" / "song.toml"
    own.write_text(own.read_text().replace('"Free"', '"Bound"\nartist = "Somebody"'))
    edit(recipe, recipe, lambda r: r["versions"].update(numpy="1.0"))
    result = replay(read_recipe(recipe), tmp_path / "new", song_folder=tmp_path / "moved")
    assert result.is_same
    assert [(d.kind, d.what) for d in result.differences] == [("version", "numpy")]
    assert set(result.written) == {"mix", "vocals", "bass", "drums", "other", "residual"}
    for name, path in result.written.items():
        relative = path.relative_to(tmp_path / "new")
        assert path.read_bytes() == (recipe.parent / relative).read_bytes(), name
    again, recorded = (read_recipe(path) for path in (tmp_path / "new" / "a.mix.json", recipe))
    assert [(r.song_name, r.title, r.artist) for r in (again, recorded)] == [
        ("Free", "Free", None)
    ] * 2


def test_the_device_is_the_one_that_ran_then_where_it_was_chosen_by_itself(recipe) -> None:
    recorded = replace(read_recipe(recipe), device="cuda:1 (a card of then)")
    for asked, again in (("auto", "cuda:1"), ("cpu", "cpu")):
        settings = replace(recorded.settings, device=asked)
        assert settings_again(replace(recorded, settings=settings)).device == again


def test_a_recording_that_changed_is_named_and_nothing_rendered(recipe, tmp_path) -> None:
    song = tmp_path / "all" / "song"
    (song / "bass.wav").unlink()
    soundfile.write(song / "Tuba.wav", [0.0, 0.5] * 4_000, 44_100)
    with (song / "drums.wav").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x01")
    result = replay(read_recipe(recipe), tmp_path / "new")
    assert not result.is_same
    assert not (tmp_path / "new").exists()
    found = {d.what: (d.kind, d.was, d.now) for d in result.differences}
    assert set(found) == {"bass.wav", "Tuba.wav", "drums.wav"}
    assert found["bass.wav"][2] is None
    assert found["Tuba.wav"][1] is None
    assert all(part.startswith("sha256 ") for part in found["drums.wav"][1:])


def test_what_song_toml_now_says_otherwise_is_named(recipe, tmp_path) -> None:
    (tmp_path / "all" / "song" / "song.toml").write_text(
        'dry = true\n[files."bass.wav"]\ngain_db = -2\n[files."drums.wav"]\nstem = "other"\n'
        '[files."other.wav"]\nignore = true\n'
    )
    assert differences(recipe) == [
        "song bass.wav, gain_db: 0.0 -> -2.0",
        "song drums.wav, stem: drums -> other",
        "input other.wav: a recording of the song -> left out (ignored in song.toml)",
        "song dry: false -> true",
        "song tempo_bpm: 100 -> absent",
    ]


def test_model_profile_and_versions_are_compared(recipe, tmp_path) -> None:
    def change(table) -> None:
        table["settings"]["model"] = "default"
        table["model"] = {"name": "default", "manifest_sha256": "0" * 64, "learnt_to_mix": True}
        table["measurements"]["profile_sha256"] = "1" * 64
        table["versions"] |= {"numpy": "1.0", "gone": "7", "processor": "6502"}
        table["versions"]["blas"] = "by hand"
        table["platform"] = "Amiga"

    found = differences(edit(recipe, recipe, change))
    assert any(f.startswith("model default: sha256 000000000000 -> sha256 ") for f in found)
    assert any(f.startswith("profile to normalise to: sha256 111111111111 ->") for f in found)
    assert any(f.startswith("version numpy: 1.0 -> ") for f in found)
    assert "version gone: 7 -> absent" in found
    assert any(f.startswith("version processor: 6502 -> ") for f in found)
    assert any(f.startswith("version blas: by hand -> ") for f in found)
    assert any(f.startswith("platform of the render: Amiga -> ") for f in found)

    def lose(table) -> None:
        table["settings"]["model"] = table["model"]["name"] = "nosuch"

    found = differences(edit(recipe, recipe, lose))
    assert any(f.startswith("model nosuch: sha256 000000000000 -> not here: ") for f in found)


def test_another_result_is_told_with_how_far_it_is_off(recipe, tmp_path) -> None:
    edit(recipe, recipe, lambda r: r["settings"].update(seed=6))
    result = replay(read_recipe(recipe), tmp_path / "new")
    assert not result.is_same
    (mix,) = [d for d in result.differences if d.what == "mix"]
    assert mix.kind == "output"
    # another dither: two steps of 16 bit at most, -84 dB, and one at least, -90 dB
    level_db = float(mix.now.split("at most ")[1].split(" dBFS")[0])
    assert -90.4 <= level_db <= -84.2


def test_without_the_recorded_file_nothing_is_said_of_samples(recipe, tmp_path) -> None:
    recorded = read_recipe(recipe).outputs["mix"]
    recorded.path.write_bytes(b"other")
    assert "samples were not compared" in _audible(recorded, recorded.path)


def test_a_song_that_moved_is_found_where_one_says(recipe, tmp_path) -> None:
    (tmp_path / "all" / "song").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"if the song has moved, give its folder with --song"):
        find_differences(read_recipe(recipe))
    assert find_differences(read_recipe(recipe), tmp_path / "elsewhere")[1] == []


def test_nothing_is_overwritten(recipe, tmp_path) -> None:
    before = (recipe.parent / "a.wav").read_bytes()
    with pytest.raises(OutputError, match=r"a\.wav already exists; choose another --output"):
        replay(read_recipe(recipe), recipe.parent)
    assert (recipe.parent / "a.wav").read_bytes() == before


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("schema_version",), 2, "reads up to 1; update mixer"),
        (("schema_version",), "1", "schema_version must be a whole number from 1"),
        (("song",), [], "song must be a table"),
        (("song", "files"), {}, "song.files must be a list"),
        (("song", "files"), [3], "song.files.0 must be a table, not 3"),
        (("song", "files", 0, "sha256"), "0" * 63, "song.files.0.sha256 must be a SHA-256"),
        (("song", "files", 0, "stem"), "tuba", "song.files.0.stem must be one of"),
        (("song", "files", 0, "gain_db"), 1e400, "gain_db must be a finite 64-bit number"),
        (("song", "folder"), "a\0b", "song.folder must be text, not"),
        (("settings", "sparkle"), 1, "settings.sparkle is unknown; a newer version"),
        (("settings", "amount"), 7, "amount must be .*from 0 to 1"),
        (("settings", "seed"), 10**300, "settings.seed must be a finite 64-bit number"),
        (("settings", "effects"), [{"a": 1}], "settings.effects.0 must be one"),
        (("settings", "effects"), {}, "settings.effects must be a list"),
        (
            ("settings", "effects"),
            ["sparkle"],
            "settings: unknown effect 'sparkle'",
        ),
        (("settings", "dry"), "yes", "settings.dry must be true or false"),
        (("settings", "console"), 3, "settings.console must be a table"),
        (("settings", "seed"), True, "settings.seed must be a whole number"),
        (("settings", "model"), "m" * 5_000, "settings.model must be at most 4096"),
        (("settings", "rooms"), "a\x1b[2Jb", "settings.rooms must be one line of text"),
        (("output", "format"), "exe", "output.format must be one of wav"),
        (("output", "files", "mix", "sha256"), None, "output.files.mix.sha256 must be a SHA-256"),
        (
            ("output", "files", "../x"),
            {"path": "x", "sha256": "0" * 64},
            "is not a valid name for a stem file",
        ),
        (("output", "files", "bass", "path"), "/etc/passwd", "is not beside the mix"),
        (("output", "files", "mix", "path"), "/", "is not beside the mix"),
        (("device",), 3, "device must be text, not 3"),
        (("model",), {"name": "x"}, "model.manifest_sha256 is missing"),
        (("platform",), "\x1b" * 9_000, "platform must be at most 4096"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_in_a_line(
    original, tmp_path, place, value, message
) -> None:
    def change(table) -> None:
        for key in place[:-1]:
            table = table[key]
        table[place[-1]] = value

    with pytest.raises(InputError, match=message) as error:
        read_recipe(edit(original, tmp_path / "a.mix.json", change))
    assert "\n" not in str(error.value)
    assert "\x1b" not in str(error.value)


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b"[" * 100_000, b"\xff\xfe", b'{"a": NaN}', b"9" * 5_000]
)
def test_a_file_that_is_no_recipe_is_refused_in_a_line(tmp_path, content) -> None:
    (tmp_path / "a.mix.json").write_bytes(content)
    refused = r"not a recipe of a mix|must be a finite 64-bit number"
    with pytest.raises(InputError, match=refused) as error:
        read_recipe(tmp_path / "a.mix.json")
    assert "\n" not in str(error.value)


def test_a_recipe_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mixer.output.recipe_reader.MOST_BYTES", 100)
    (tmp_path / "a.mix.json").write_text(json.dumps({"x": "y" * 200}))
    with pytest.raises(InputError, match="larger than"):
        read_recipe(tmp_path / "a.mix.json")


def test_files_of_the_mix_are_looked_for_beside_the_recipe_alone(recipe) -> None:
    """Wherever the recipe says that they were."""

    def change(table) -> None:
        for entry in table["output"]["files"].values():
            name = "\\".join(Path(entry["path"]).parts[-2:])
            entry["path"] = "D:\\mixes\\" + name.removeprefix("out\\")

    recorded = read_recipe(edit(recipe, recipe, change))
    assert recorded.outputs["mix"].path == recipe.parent / "a.wav"
    assert recorded.outputs["bass"].path == recipe.parent / "a.stems" / "bass.wav"


def test_plugins_of_a_recipe_are_programs_and_not_loaded_unasked(recipe, tmp_path) -> None:
    recorded = read_recipe(recipe)
    table = {"vocals": {"plugins": [{"path": "/evil\x1b.vst3"}]}}
    # any setting that carries a table, as the console's will
    recorded = replace(recorded, settings=_with_table(recorded.settings, table))
    assert recorded.plugins() == ("/evil\x1b.vst3",)
    with pytest.raises(PresetError, match="add --allow-plugins if you trust it") as error:
        replay(recorded, tmp_path / "new")
    assert "\x1b" not in str(error.value)


def _with_table(settings, table):
    wider = make_dataclass(
        "Wider",
        [("console", dict, field(default_factory=dict))],
        bases=(type(settings),),
        frozen=True,
    )
    return wider(model="none", console=table)


def test_rooms_and_plugins_that_changed_are_named(recipe, tmp_path) -> None:
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    impulse = np.zeros(4_000)
    impulse[0] = 0.9
    for name in ("hall.wav", "cave.wav"):
        soundfile.write(rooms / name, impulse, 44_100)
    song = recipe.parents[1] / "song"
    settings = RenderSettings("none", rooms=str(rooms))
    write_mix(render(load_song(song), settings), tmp_path / "out" / "b.wav")
    made = tmp_path / "out" / "b.mix.json"
    assert differences(made) == []
    impulse[9] = 0.1
    soundfile.write(rooms / "cave.wav", impulse, 44_100)
    (rooms / "hall.wav").rename(rooms / "hell.wav")
    found = find_differences(read_recipe(made))[1]
    assert [(d.kind, Path(d.what).name, d.was is None, d.now is None) for d in found] == [
        ("room", "cave.wav", False, False),
        ("room", "hall.wav", False, True),
        ("room", "hell.wav", True, False),
    ]
    assert not replay(read_recipe(made), tmp_path / "new").written


def test_files_of_plugins_are_known_by_their_bytes(tmp_path) -> None:
    bundle = tmp_path / "x.vst3"
    (bundle / "Contents").mkdir(parents=True)
    (bundle / "Contents" / "x.so").write_bytes(b"one")
    plugin = Plugin(path=str(bundle), preset=str(tmp_path / "gone.vstpreset"))
    console = Console(strips=(("vocals", Strip(plugins=(plugin,))),))
    before = used_files(RenderSettings(), console)
    assert list(before["plugins"]) == [str(bundle)]
    (bundle / "Contents" / "x.so").write_bytes(b"two")
    assert used_files(RenderSettings(), console) != before
    shutil.rmtree(bundle)
    assert used_files(RenderSettings(), console) == {"plugins": {}, "rooms": {}}


def test_a_folder_that_cannot_be_a_plugin_is_not_read_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recipe may name the root of the disk."""
    monkeypatch.setattr("mixer.output.used_files._MOST_FILES", 20)
    for number in range(30):
        (tmp_path / str(number)).write_text("x")
    console = Console(strips=(("vocals", Strip(plugins=(Plugin(path=str(tmp_path)),))),))
    assert used_files(RenderSettings(), console)["plugins"] == {}


def test_the_command_says_what_differs_and_exits_so(recipe, tmp_path) -> None:
    def call(*arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(command, [str(a) for a in arguments])
        return result.exit_code, result.stdout, result.stderr

    assert call(recipe, "--check") == (0, "nothing that the recipe records has changed\n", "")
    code, out, _ = call(recipe.parent / "a.wav", "-o", tmp_path / "b.wav", "-q", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["same"] is True
    assert answer["written"]["mix"] == str(tmp_path / "b.wav")
    assert answer["written"]["bass"] == str(tmp_path / "b.stems" / "bass.wav")
    (tmp_path / "all" / "song" / "bass.wav").unlink()
    for options, said in (
        (("--check",), "1 difference, of input\n"),
        (("-q",), "not rendered, because the mix would differ: 1 difference, of input\n"),
    ):
        code, out, err = call(recipe, *options)
        assert (code, out) == (1, said)
        assert err == "input bass.wav: a recording of the song -> absent\n"


def test_an_output_of_another_format_is_refused(recipe, tmp_path) -> None:
    result = CliRunner().invoke(command, [str(recipe), "-o", str(tmp_path / "b.flac")])
    assert isinstance(result.exception, SettingsError)
    assert "does not end in .wav" in str(result.exception)
