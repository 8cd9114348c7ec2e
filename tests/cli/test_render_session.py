"""`mixer render SESSION.rpp`: anybody's session as a song."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from mixer import audio as audio_io
from mixer import load_song
from mixer.cli.main import run
from mixer.errors import InputError, OutputError
from mixer.output.daw.session_reading import read_session
from mixer.output.daw.song_folder import write_song_folder
from tests.signals import band

RATE_HZ = 44_100


def item(file: str, position: float = 0.0, length: float = 9.0, more: str = "") -> str:
    return f"<ITEM\nPOSITION {position}\nLENGTH {length}\n{more}<SOURCE WAVE\nFILE {file!r}\n>\n>\n"


@pytest.fixture
def session(tmp_path) -> Path:
    """A project with a folder of drums, an edited track, a fader, a mute and a marker."""
    folder = tmp_path / "project"
    (folder / "Audio Files").mkdir(parents=True)
    sounds = band(np.random.default_rng(2), 1.5, RATE_HZ)
    files = {"0001.wav": sounds["drums"], "0002.wav": sounds["vocals"][:1],
             "0003.wav": sounds["bass"][:1], "0004.wav": sounds["other"]}  # fmt: skip
    for name, audio in files.items():
        soundfile.write(folder / "Audio Files" / name, audio.T, RATE_HZ, subtype="PCM_24")
    cut = item("Audio Files/0001.wav", 0.0, 0.5) + item(
        "Audio Files/0001.wav", 1.0, 0.25, "SOFFS 0.5\nVOLPAN 1 0 0.5 -1\n"
    )
    text = (
        '<REAPER_PROJECT 0.1 "7.0"\nTEMPO 91 4 4\nMARKER 1 0.5 Chorus 0\n'
        "<TRACK\nNAME Drums\nISBUS 1 1\nVOLPAN 0.5 0\n>\n"
        f"<TRACK\nNAME Kick\nISBUS 2 -1\n{cut}>\n"
        f"<TRACK\nNAME 'Lead Vox'\nVOLPAN 0.25 -0.5\n{item('Audio Files/0002.wav')}>\n"
        f"<TRACK\nNAME 'Bass DI'\n{item('Audio Files/0003.wav')}>\n"
        f"<TRACK\nNAME Rough\nMUTESOLO 1 0 0\n{item('Audio Files/0004.wav')}>\n>\n"
    )
    (folder / "demo.rpp").write_text(text)
    return folder / "demo.rpp"


def test_tracks_faders_and_markers_become_a_song(session, tmp_path) -> None:
    made = write_song_folder(read_session(session), tmp_path / "a.song")
    song = load_song(made.path, listen=False)
    assert {r.file: r.stem for r in song.recordings} == {
        "Drums/Kick.wav": "drums", "Lead Vox.wav": "vocals", "Bass DI.wav": "bass",
    }  # fmt: skip
    gains = {r.file: r.gain_db for r in song.recordings}
    assert gains["Drums/Kick.wav"] == pytest.approx(-6.02, abs=0.01)
    assert gains["Lead Vox.wav"] == pytest.approx(-12.04, abs=0.01)
    assert gains["Bass DI.wav"] == 0.0
    assert (song.tempo_bpm, song.markers[0].name, song.markers[0].time_s) == (91.0, "Chorus", 0.5)
    assert made.remarks == ("Rough: muted in the session, left out",)


def test_clips_lie_where_they_did(session, tmp_path) -> None:
    made = write_song_folder(read_session(session), tmp_path / "a.song")
    joined, rate = soundfile.read(made.path / "Drums" / "Kick.wav")
    source, _ = soundfile.read(session.parent / "Audio Files" / "0001.wav")
    half, quarter = rate // 2, rate // 4
    assert len(joined) == rate + quarter
    np.testing.assert_allclose(joined[:half], source[:half], atol=1e-6)
    assert not joined[half:rate].any()
    np.testing.assert_allclose(joined[rate:], 0.5 * source[half : half + quarter], atol=1e-6)


def test_it_is_mixed_with_its_faders_as_a_rough_mix(session, tmp_path, capsys) -> None:
    out = tmp_path / "mixes" / "demo.wav"
    assert run(["render", str(session), "--model", "tracks", "-o", str(out), "--json"]) == 0
    recipe = Path(json.loads(capsys.readouterr().out)["recipe"])
    assert json.loads(recipe.read_text())["measurements"]["levels"]["taken_for"] == "rough"
    assert out.is_file()
    assert (tmp_path / "mixes" / "demo.song" / "song.toml").is_file()
    assert run(["render", str(session), "--model", "levels", "-o", str(out), "-q"]) == 1
    again = ["render", str(session), "--model", "levels", "-o", str(out), "-q", "--overwrite"]
    assert run(again) == 0


def test_a_dry_run_leaves_nothing(session, tmp_path, capsys) -> None:
    assert run(["render", str(session), "-o", str(tmp_path / "m" / "a.wav"), "--dry-run"]) == 0
    assert "Drums/Kick.wav" in capsys.readouterr().out
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("file", ["../secret.wav", "link.wav", "{absolute}"])
def test_nothing_outside_of_its_folder_is_read_unasked(session, tmp_path, capsys, file) -> None:
    secret = tmp_path / "secret.wav"
    soundfile.write(secret, np.zeros((RATE_HZ, 1)) + 0.1, RATE_HZ)
    (session.parent / "link.wav").symlink_to(secret)
    text = session.read_text().replace("Audio Files/0003.wav", file.format(absolute=secret))
    session.write_text(text)
    asked = ["render", str(session), "--model", "levels", "-o", str(tmp_path / "a.wav"), "-q"]
    assert run(asked) != 0
    assert "--allow-outside" in capsys.readouterr().err
    assert not (tmp_path / "demo.song").exists()
    assert run([*asked, "--allow-outside"]) == 0


def test_a_file_that_is_not_there_and_one_that_is_no_session(session, tmp_path, capsys) -> None:
    (session.parent / "Audio Files" / "0003.wav").unlink()
    assert run(["render", str(session), "-o", str(tmp_path / "a.wav")]) != 0
    assert "0003.wav is missing" in capsys.readouterr().err
    (tmp_path / "a.txt").write_text("x")
    assert run(["render", str(tmp_path / "a.txt")]) == 2
    assert "a session (.dawproject or .rpp)" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["zero.wav", "a\0b.wav"])
def test_a_session_that_fails_leaves_no_folder(session, tmp_path, capsys, damage) -> None:
    (session.parent / "zero.wav").write_bytes(b"no audio at all")
    session.write_text(session.read_text().replace("Audio Files/0003.wav", damage))
    asked = ["render", str(session), "--model", "levels", "-o", str(tmp_path / "a.wav"), "-q"]
    assert run(asked) == 1
    assert "internal error" not in capsys.readouterr().err
    assert not (tmp_path / "demo.song").exists()


def test_a_few_words_do_not_fill_the_disk(session, tmp_path, monkeypatch) -> None:
    text = session.read_text().replace("POSITION 0.0", "POSITION 21000")
    session.write_text(text.replace("SOFFS 0.5", "SOFFS 1e308"))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1 << 30))
    with pytest.raises(OutputError, match=r"needs \d+\.\d MB, but its disk has 1073\.7 MB left"):
        write_song_folder(read_session(session), tmp_path / "a.song")
    assert not (tmp_path / "a.song").exists()


def test_made_again_a_folder_has_the_new_tracks_alone(session, tmp_path) -> None:
    made = write_song_folder(read_session(session), tmp_path / "a.song")
    (made.path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.wav").write_bytes(b"mine")
    session.write_text(session.read_text().replace("'Bass DI'", "Bass"))
    write_song_folder(read_session(session), tmp_path / "a.song", overwrite=True)
    names = {path.name for path in made.path.rglob("*.wav")}
    assert names >= {"Kick.wav", "Lead Vox.wav", "Bass.wav"}
    assert "Bass DI.wav" not in names
    assert (tmp_path / "elsewhere" / "mine.wav").read_bytes() == b"mine"


def test_a_folder_that_is_not_ours_is_never_replaced(session, tmp_path) -> None:
    mine = tmp_path / "demo.song"
    mine.mkdir()
    (mine / "keep.wav").write_bytes(b"mine")
    asked = ["render", str(session), "-o", str(tmp_path / "a.wav"), "--overwrite", "-q"]
    assert run(asked) != 0
    assert (mine / "keep.wav").read_bytes() == b"mine"


def test_a_container_keeps_its_audio_inside(session, tmp_path) -> None:
    path = tmp_path / "b.dawproject"
    xml = (
        '<Project version="1.0"><Structure><Track id="t" name="Snare"><Channel id="c">'
        '<Volume id="v" unit="linear" value="0.5"/></Channel></Track></Structure><Arrangement>'
        '<Lanes timeUnit="seconds"><Lanes track="t"><Clips><Clip time="0.5" duration="0.5">'
        '<Audio channels="2" duration="1.5" sampleRate="44100"><File path="{}"/></Audio></Clip>'
        "</Clips></Lanes></Lanes></Arrangement></Project>"
    )
    for inner, is_there in (("audio/s.wav", True), ("../../etc/passwd", False)):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("project.xml", xml.format(inner))
            archive.write(session.parent / "Audio Files" / "0001.wav", "audio/s.wav")
        if is_there:
            made = write_song_folder(read_session(path), tmp_path / "b.song")
            assert soundfile.info(made.path / "Snare.wav").frames == RATE_HZ
        else:
            with pytest.raises(Exception, match="is not in it"):
                write_song_folder(read_session(path), tmp_path / "c.song")


def test_a_file_is_read_once_however_often_it_is_heard(session, tmp_path, monkeypatch) -> None:
    """A few megabytes of clips of one long file would else be decoded for days."""
    passes: list[str] = []
    read = audio_io.read_resampled_blocks

    def counted(source, rate):
        passes.append(source.path.name)
        return read(source, rate)

    monkeypatch.setattr(audio_io, "read_resampled_blocks", counted)
    many = "".join(
        item("Audio Files/0001.wav", 0.01 * i, 0.02, f"SOFFS {0.9 - 0.01 * i}\n") for i in range(60)
    )
    session.write_text(f'<REAPER_PROJECT 0.1 "7.0"\n<TRACK\nNAME Kick\n{many}>\n>\n')
    made = write_song_folder(read_session(session), tmp_path / "a.song")
    assert passes == ["0001.wav"]
    joined, rate = soundfile.read(made.path / "Kick.wav")
    source, _ = soundfile.read(session.parent / "Audio Files" / "0001.wav")
    expected, length = np.zeros_like(joined), round(0.02 * rate)
    for i in range(60):
        first, begins = round(0.01 * i * rate), round((0.9 - 0.01 * i) * rate)
        expected[first : first + length] += source[begins : begins + length]
    np.testing.assert_allclose(joined, expected, atol=1e-6)


def test_clips_that_would_take_days_to_read_are_refused(session, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mixer.output.daw.song_folder._MOST_READ_S", 3.0)
    with pytest.raises(InputError, match="its clips take 0 hours of recordings, more than 0"):
        write_song_folder(read_session(session), tmp_path / "a.song")
    assert not (tmp_path / "a.song").exists()


def test_a_name_that_is_longer_than_any_file_s_is_one_short_line(session, tmp_path) -> None:
    text = session.read_text().replace("Audio Files/0003.wav", "x" * 5_000)
    session.write_text(text)
    with pytest.raises(InputError, match=r"x\.\.\. is missing; put it") as refusal:
        write_song_folder(read_session(session), tmp_path / "a.song")
    assert len(str(refusal.value)) < 600
