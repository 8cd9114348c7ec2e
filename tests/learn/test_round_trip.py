"""Ten settings changed in a session's text come back in the next render, and nothing else does."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mixer.cli.main import run
from mixer.learn.recall_reader import read_recall, recall_of
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.daw.session_reading import read_session
from mixer.output.daw.strips.native import response_db
from tests.learn.edits import EDIT_TEN, Text
from tests.output.daw.test_editable import deliver, song_folder  # noqa: F401

HAND = (
    'tracks."Lead Vox".eq=[{type="peak", frequency_hz=3000, gain_db=3, q=1.2}]',
    'tracks."Lead Vox".reverb_db=-14',
    'tracks."Noise".mute=true',
    "vocals.gain_db=1.5",
)
HZ = np.geomspace(40.0, 16_000.0, 40)


@pytest.fixture
def song(song_folder, tmp_path) -> Path:  # noqa: F811
    shutil.copytree(song_folder, tmp_path / "song")
    return tmp_path / "song"


def strips(path: Path):
    return {track.name: track.strip for track in read_session(path).tracks}


@pytest.fixture(scope="module")
def delivered(song_folder, tmp_path_factory) -> tuple[Path, Path]:  # noqa: F811
    """A song and its sessions, to be put back as they were by every test that has them."""
    root = tmp_path_factory.mktemp("delivered")
    shutil.copytree(song_folder, root / "song")
    deliver(root / "song", root / "out", "tracks", HAND, daws=("reaper", "dawproject"))
    shutil.copytree(root / "out", root / "kept")
    shutil.copytree(song_folder, root / "kept song")
    return root / "song", root / "out"


@pytest.fixture
def played(delivered) -> tuple[Path, Path]:
    for folder, kept in zip(delivered, ("kept song", "kept"), strict=True):
        shutil.rmtree(folder)
        shutil.copytree(folder.with_name(kept), folder)
    return delivered


@pytest.mark.parametrize(("daw", "edit"), EDIT_TEN.values(), ids=EDIT_TEN)
def test_ten_changes_come_back_and_nothing_else(played, tmp_path, capsys, daw, edit) -> None:
    song, target = played
    session = target / f"mix{DAW_FORMATS[daw].suffix}"
    before = strips(session)
    edit(session)
    assert run(["learn", str(session), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (told,) = told["sessions"]
    assert sum(len(words) for words in told["changed"].values()) == 10
    assert not told["not_learnt"]

    again = tmp_path / "second"
    deliver(song, again, "tracks", ("vocals.gain_db=1.5",), daws=(daw,))
    now, asked = strips(again / session.name), strips(session)
    names = [row.name for row in read_recall(recall_of(session), daw).tracks]
    for name in names:
        assert now[name].gain_db == pytest.approx(asked[name].gain_db, abs=0.01), name
        assert now[name].pan == pytest.approx(asked[name].pan, abs=0.002), name
        assert (now[name].muted, now[name].soloed) == (asked[name].muted, asked[name].soloed)
        assert dict(now[name].sends) == pytest.approx(dict(asked[name].sends), abs=0.01), name
        gains_db = [response_db(s.bands, HZ, 44_100) for s in (now[name], asked[name])]
        np.testing.assert_allclose(*gains_db, atol=0.05, err_msg=name)
        if name != "Git L":
            assert now[name].automation == before[name].automation
    moved = now["Git L"].automation
    assert np.interp([0.05, 0.5, 1.5], *np.array(moved).T) == pytest.approx([1, 0.75, 0.5], abs=0.1)


def test_an_untouched_session_teaches_nothing(played, capsys) -> None:
    song, out = played
    text = (song / "song.toml").read_text()
    for name in ("mix.rpp", "mix.dawproject"):
        assert run(["learn", str(out / name)]) == 0
        assert "nothing was changed" in capsys.readouterr().err
    assert (song / "song.toml").read_text() == text


def test_what_song_toml_says_beside_the_console_stays(song, tmp_path) -> None:
    own = song / "song.toml"
    own.write_text("# mine\n" + own.read_text() + "\n[console.drums]\ngain_db = -1 # soft\n")
    deliver(song, tmp_path / "out", "levels", daws=("reaper",))
    text = Text(tmp_path / "out" / "mix.rpp")
    text.volpan("Kick", db=1.0)
    text.write()
    assert run(["learn", str(text.path)]) == 0
    said = own.read_text()
    assert said.startswith('# mine\ntitle = "Ten tracks"')
    assert "[console.drums]\ngain_db = -1\n" in said
    assert '[console.tracks."Kick.wav"]\ngain_db = 1\n' in said


def test_added_tracks_and_foreign_devices_are_named(song, tmp_path, capsys) -> None:
    deliver(song, tmp_path / "out", "levels", daws=("reaper",))
    text = Text(tmp_path / "out" / "mix.rpp")
    device = (
        '    <FXCHAIN\n      BYPASS 0 0 0\n      <VST "VST: Wonder (Foreign)" w.dll\n        AAAA\n'
    )
    text.edit(
        "Kick", lambda part: part.replace("    <ITEM", f"{device}      >\n    >\n    <ITEM", 1)
    )
    text.text = text.text.rstrip().removesuffix(">") + '  <TRACK\n    NAME "Tambourine"\n  >\n>\n'
    text.write()
    assert run(["learn", str(text.path)]) == 0
    said = capsys.readouterr().err
    assert "added track Tambourine" in said
    assert "Kick: VST: Wonder (Foreign) left alone" in said


def test_what_was_done_alike_is_a_preset(song, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("MIXER_PRESETS", str(tmp_path / "presets"))
    paths = []
    for number, db in enumerate((1.0, 1.4, 2.0)):
        deliver(song, tmp_path / f"out{number}", "levels", daws=("reaper",))
        text = Text(tmp_path / f"out{number}" / "mix.rpp")
        text.volpan("Lead Vox", db=db)
        if number == 0:
            text.volpan("Kick", db=-2.0)
        text.write()
        paths.append(str(text.path))
    assert run(["learn", *paths, "--preset", "my-taste"]) == 0
    assert "lead vocal +1.4 dB in 3 of 3 songs (+1.0 to +2.0)" in capsys.readouterr().out
    said = (tmp_path / "presets" / "my-taste.toml").read_text()
    assert "[roles.lead_vocal]\ngain_db = 1.4\n" in said
    assert "kick" not in said
    assert run(["preset", "validate", "my-taste"]) == 0


def test_folders_of_stems_come_back_by_a_model_of_stems(song, tmp_path, capsys) -> None:
    deliver(song, tmp_path / "out", "default", daws=("reaper",))
    path = tmp_path / "out" / "mix.rpp"
    before = strips(path)
    text = Text(path)
    text.volpan("drums", db=-2.0)
    text.volpan("Mix", db=1.0)
    text.band("vocals", 8, 2_000.0, 3.0, 1.0)
    text.volpan("Kick", db=1.0)
    text.volpan("Bass DI", pan=0.5)
    text.write()
    assert run(["learn", str(path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["sessions"]
    learnt = {tuple(edit["keys"]): edit["table"] for edit in told["learnt"]}
    assert learnt["drums",] == {"gain_db": -2.0}
    assert learnt["tracks", "Kick.wav"] == {"gain_db": 1.0}
    assert learnt["master",] == {"loudness_lufs": -15.0}
    (band,) = learnt["vocals",]["eq"]
    assert (band["type"], band["frequency_hz"], band["gain_db"]) == ("peak", 2_000.0, 3.0)
    assert told["not_learnt"] == ["a model that mixes stems cannot pan single tracks"]

    deliver(song, tmp_path / "again", "default", daws=("reaper",))
    now = strips(tmp_path / "again" / "mix.rpp")
    assert now["Kick"].gain_db == pytest.approx(before["Kick"].gain_db + 1.0, abs=0.01)
    assert "loudness_lufs = -15" in (song / "song.toml").read_text()


def test_what_render_replaces_can_still_be_learnt_from(song, tmp_path, capsys) -> None:
    command = ["render", str(song), "-o", str(tmp_path / "mix.wav"), "--model", "levels",
               "--daw", "reaper", "--overwrite"]  # fmt: skip
    assert run(command) == 0
    audio = (tmp_path / "mix.daw" / "residual.reaper.wav").read_bytes()
    assert run(command) == 0  # untouched: replaced
    assert not list(tmp_path.glob("*edited*"))
    text = Text(tmp_path / "mix.rpp")
    text.volpan("Kick", db=-2.0)
    text.write()
    capsys.readouterr()
    assert run([*command, "--set", "drums.gain_db=-3"]) == 0
    assert "mix.rpp was edited; it is now mix (edited 1).rpp" in capsys.readouterr().err
    kept = tmp_path / "mix (edited 1).rpp"
    assert 'FILE "mix (edited 1).daw/residual.reaper.wav"' in kept.read_text()
    assert (tmp_path / "mix (edited 1).daw" / "residual.reaper.wav").read_bytes() == audio
    assert run(["learn", str(kept)]) == 0
    learnt = (song / "song.toml").read_text()
    assert '[console.tracks."Kick.wav"]\ngain_db = -2\n' in learnt
    assert "console.drums" not in learnt
