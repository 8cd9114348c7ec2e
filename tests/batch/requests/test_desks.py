"""Presets, strips and plug-ins of rows: who wins, what is refused, what renders again."""

import json

import pytest

from mixer.batch.batch_plan import WHOLE_BATCH, list_songs
from mixer.batch.batch_session import Options, plan_batch
from mixer.batch.requests.defaults import Defaults
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.requests.row_mistakes import ManifestError
from mixer.batch.states import Action, Phase
from mixer.errors import PresetError
from mixer.files.whole_file import hash_file


@pytest.fixture(autouse=True)
def no_presets_of_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXER_PRESETS", str(tmp_path / "own"))


def desks(manifest, **defaults) -> dict[str, dict]:
    listed = list_songs(manifest, manifest.parent / "out", WHOLE_BATCH, Defaults(**defaults))
    return {one.row.id: {**one.desk.console, "asked": one.row.settings} for one in listed}


def mistakes(manifest, **defaults) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        desks(manifest, **defaults)
    return caught.value.mistakes


def test_cells_win_over_options_these_over_the_song_that_over_presets(make_songs, tmp_path) -> None:
    manifest = make_songs(
        ["one", "two", "three"],
        "song,preset,vocals.gain_db,loudness_lufs\none,loud.toml,4,-20\ntwo,,,\nthree,none,,\n",
    )
    (tmp_path / "loud.toml").write_text(
        "[vocals]\ngain_db = 1\npan = 0.5\n[bass]\ngain_db = 1\n"
        "[drums]\ngain_db = 1\n[master]\nloudness_lufs = -10\ntrue_peak_dbtp = -2\n"
    )
    (tmp_path / "one" / "song.toml").write_text(
        "[console.vocals]\ngain_db = 2\n[console.bass]\ngain_db = 2\n[console.drums]\ngain_db = 2\n"
    )
    found = desks(manifest, presets=("wide",), sets=("vocals.gain_db=3", "bass.gain_db=3"))
    assert found["one"]["vocals"] == {"pan": 0.5, "gain_db": 4.0}
    assert (found["one"]["bass"], found["one"]["drums"]) == ({"gain_db": 3.0}, {"gain_db": 2.0})
    # the cell's loudness, the preset's ceiling
    assert found["one"]["asked"] == {"loudness_lufs": -20.0, "true_peak_dbtp": -2.0}
    assert found["two"]["other"] != {}
    assert found["three"] == {
        "vocals": {"gain_db": 3.0}, "bass": {"gain_db": 3.0}, "asked": {}
    }  # fmt: skip


def test_every_mistake_comes_with_row_and_column(make_songs, tmp_path) -> None:
    manifest = make_songs(
        ["one", "two", "three", "four"],
        "song,preset,vocals.eq.2.gain_db,album,loudness_lufs\n"
        "one,bad.toml + nosuch,,,\ntwo,,3,,\nthree,,,,\nfour,wide,,,\n",
    )
    (tmp_path / "bad.toml").write_text("[vocals]\ngain_db = 99\n")
    (tmp_path / "three" / "song.toml").write_text("[console.vocals]\ngian_db = 1\n")
    bad, nosuch, eq, song = mistakes(manifest)
    assert bad.startswith(f"row 2, column preset: {tmp_path / 'bad.toml'}: line 2: vocals.gain_db")
    assert nosuch.startswith("row 2, column preset: unknown preset 'nosuch'")
    assert eq.startswith("row 3, column vocals.eq.2.gain_db: vocals.eq.2 does not exist")
    assert song.startswith("row 4, column song: ")
    assert "song.toml: line 2: console.vocals.gian_db is unknown" in song
    with pytest.raises(PresetError, match="unknown preset 'nosuch'"):
        desks(manifest, presets=("nosuch",))
    with pytest.raises(PresetError, match=r"--set: .* unknown key 'gian_db'"):
        desks(manifest, sets=("vocals.gian_db=1",))


def test_an_album_has_one_target_whoever_sets_it(make_songs, batch, tmp_path) -> None:
    text = "song,album,preset,loudness_lufs\none,A,rock,\ntwo,A,,{}\n"
    manifest = make_songs(["one", "two"], text.format("-14"))
    (line,) = mistakes(manifest)
    assert line.startswith("row 3, column loudness_lufs: album 'A' has -12.0 in row 2 and -14.0")
    manifest.write_text(text.format("-12"))
    batch(manifest, tmp_path / "out")
    finishes = [order for order in batch.engine.seen if order.phase == Phase.FINISH]
    assert [order.id for order in finishes] == ["one", "two"]
    assert finishes[0].console["drums"]["gain_db"] == 1.5
    assert finishes[1].console == {}


def test_plugins_of_strangers_need_a_word(make_songs, tmp_path) -> None:
    plugin = '[[vocals.plugins]]\npath = "x.vst3"\n'
    manifest = make_songs(["one", "two"], "song,preset\none,theirs.toml\ntwo,mine\n")
    (tmp_path / "theirs.toml").write_text('extends = "base.toml"\n')
    (tmp_path / "base.toml").write_text(plugin)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.toml").write_text(plugin)
    (line,) = mistakes(manifest)
    assert line.startswith("row 2, column preset: ")
    assert "base.toml" in line
    assert "is a program; add --allow-plugins" in line
    found = desks(manifest, allow_plugins=True)
    assert found["one"]["vocals"]["plugins"][0]["path"] == str(tmp_path / "x.vst3")
    with pytest.raises(PresetError, match="add --allow-plugins"):
        desks(manifest, presets=(str(tmp_path / "base.toml"),))


def test_a_changed_preset_renders_its_rows_again_and_no_others(make_songs, batch, tmp_path) -> None:
    manifest = make_songs(["one", "two", "three"], "song,preset\none,a.toml\ntwo,wide\nthree,\n")
    preset, out = tmp_path / "a.toml", tmp_path / "out"
    preset.write_text("[vocals]\ngain_db = 1\n")
    batch(manifest, out)
    batch(manifest, out)
    assert batch.engine.seen == []
    preset.write_text("[vocals]\ngain_db = 2\n")
    actions = {
        job.record.id: (job.action, job.reason) for job in plan_batch(manifest, out, Options())
    }
    assert actions["one"] == (Action.RENDER, "settings changed")
    assert {actions["two"], actions["three"]} == {(Action.SKIP, "done")}
    batch(manifest, out)
    (order,) = batch.engine.seen
    assert (order.id, order.phase, order.console) == (
        "one",
        Phase.WHOLE,
        {"vocals": {"gain_db": 2.0}},
    )
    assert order.presets[0]["sha256"] == hash_file(preset)
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert lines[0]["settings"]["presets"] == [{"name": "a", "sha256": hash_file(preset)}]
    assert "console" not in lines[2]["settings"]
    manifest.write_text("song,preset,drums.mute\none,a.toml,\ntwo,wide,\nthree,,yes\n")
    batch(manifest, out)
    assert [order.id for order in batch.engine.seen] == ["three"]


def test_a_recording_is_refused_before_anything_is_rendered(make_songs, batch, tmp_path) -> None:
    manifest = make_songs(["one", "two"], "song,output\none,two/drums\ntwo,\n")
    before = hash_file(tmp_path / "two" / "drums.wav")
    with pytest.raises(ManifestError, match=r"row 2, column output: .* song of row 3"):
        batch(manifest, tmp_path, overwrite=True)
    assert hash_file(tmp_path / "two" / "drums.wav") == before
    assert not (tmp_path / STATE_FOLDER).exists()


def test_one_song_alone_is_guarded_likewise(make_songs, tmp_path, capsys) -> None:
    from mixer.cli.main import run

    make_songs(["one"])
    (tmp_path / "own").mkdir()
    for folder in (tmp_path, tmp_path / "own"):
        (folder / "mine.toml").write_text('[[vocals.plugins]]\npath = "x.vst3"\n')
    asked = [
        "render",
        str(tmp_path / "one"),
        "-o",
        str(tmp_path / "a.wav"),
        "--dry-run",
        "--preset",
    ]
    assert run([*asked, str(tmp_path / "mine.toml")]) == 2
    assert "is a program; add --allow-plugins" in capsys.readouterr().err
    assert run([*asked, str(tmp_path / "mine.toml"), "--allow-plugins"]) == 0
    assert run([*asked, "mine"]) == 0  # the user's own


def test_what_a_model_of_stems_cannot_do_to_tracks_is_a_mistake_before_rendering(
    make_songs,
) -> None:
    text = 'song,model,"tracks.""drums"".pan",tracks.drums.gain_db\n'
    text += "one,none,0.5,\ntwo,none,,2\nthree,levels,0.5,\n"
    (said,) = mistakes(make_songs(["one", "two", "three"], text))
    assert said.startswith("row 2, column model: tracks.drums.pan: model none mixes stems")
