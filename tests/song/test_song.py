"""A folder becomes a song: grouped, aligned, padded, and honest about what it leaves out."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.errors import InputError, PresetError
from mixer.song.load import load_song
from mixer.song.samples import read_stem, read_sum
from mixer.song.song_file import Marker, read_song_file
from tests.audio.test_audio import encode_aac
from tests.signals import noise, sine


def stems_of(folder: Path) -> dict[str, str | None]:
    song = load_song(folder)
    files = (*song.recordings, *song.left_out)
    return {r.file: r.stem for r in files if r.file != "song.toml"}


def test_raw_tracks_and_exact_stems_are_grouped(write_song) -> None:
    tone = sine(200.0, 0.5, 44_100)
    names = {
        "01_KickIn.wav": "drums",
        "02 BASS DI.wav": "bass",
        "Song - Lead Vox (dbl).aiff": "vocals",
        "10_ElecGtrMic1.wav": "other",
        "vocals.flac": "vocals",
        "Rough Mix.wav": None,
        "click.wav": None,
    }
    lossless = {n: tone for n in names if not n.endswith("flac")}
    folder = write_song(lossless, subtype="PCM_16")
    write_song({"vocals.flac": tone}, subtype="PCM_24")
    assert stems_of(folder) == names


def test_a_take_of_logic_has_the_role_of_its_name(write_song) -> None:
    tone = sine(200.0, 0.1, 44_100)
    song = load_song(write_song({"Backing Vox#02.wav": tone, "OH Kit#1.wav": tone}), listen=False)
    assert {r.file: r.role for r in song.recordings} == {
        "Backing Vox#02.wav": "backing_vocals", "OH Kit#1.wav": "overheads",
    }  # fmt: skip


def test_the_stem_is_the_sum_of_its_files_padded_at_the_end(write_song, rng) -> None:
    kick, snare = noise(rng, 1.0, 44_100), sine(180.0, 0.4, 44_100)
    song = load_song(write_song({"Kick.wav": kick, "Snare.wav": snare}))
    expected = kick.copy()
    expected[:, : snare.shape[1]] += snare
    assert np.array_equal(read_stem(song, "drums", 44_100), expected)
    assert song.stems == ("drums",)


def test_two_mono_files_left_and_right_are_one_stereo_recording(write_song) -> None:
    left, right = sine(300.0, 0.5, 44_100), sine(500.0, 0.5, 44_100)
    for names in (("OH_L.wav", "OH_R.wav"), ("OverheadsL.wav", "OverheadsR.wav"),
                  ("Overhead Left 2.wav", "Overhead Right 2.wav")):  # fmt: skip
        folder = write_song(dict(zip(names, (left, right), strict=True)), folder=names[0])
        audio = read_stem(load_song(folder), "drums", 44_100)
        assert np.array_equal(audio, np.concatenate([left, right]))


def test_a_lone_left_file_and_stereo_pairs_stay_as_they_are(write_song, rng) -> None:
    mono = sine(300.0, 0.5, 44_100)
    song = load_song(write_song({"Room L.wav": mono, "Tom R.wav": noise(rng, 0.5, 44_100)}))
    assert [r.side for r in song.recordings] == [None, None]
    assert np.array_equal(read_sum(song.recordings[:1], 22_050, 44_100), mono.repeat(2, axis=0))


def test_the_song_has_the_highest_rate_and_the_longest_length(write_song, rng) -> None:
    folder = write_song({"bass.wav": noise(rng, 1.5, 44_100)})
    write_song({"drums.wav": noise(rng, 1.0, 48_000)}, sample_rate=48_000)
    song = load_song(folder)
    assert (song.sample_rate, song.n_samples) == (48_000, 72_000)
    assert song.n_samples_at(44_100) == 66_150
    # what is at the rate already is not resampled
    drums, _ = soundfile.read(folder / "drums.wav", dtype="float32")
    assert np.array_equal(read_stem(song, "drums", 48_000)[:, :48_000], drums.T)


def test_song_toml_overrides(write_song) -> None:
    tone = sine(200.0, 0.5, 44_100)
    folder = write_song({"Kick.wav": tone, "Take 7.wav": tone, "noise1.wav": tone})
    (folder / "song.toml").write_text(
        'title = "Free"\ndry = true\ntempo_bpm = 128\n'
        '[files."Take 7.wav"]\nstem = "vocals"\ngain_db = 6.0206\n'
        '[files."noise*.wav"]\nignore = true\n'
    )
    song = load_song(folder)
    assert (song.name, song.dry, song.tempo_bpm) == ("Free", True, 128.0)
    assert stems_of(folder) == {"Kick.wav": "drums", "Take 7.wav": "vocals", "noise1.wav": None}
    vocals = read_stem(song, "vocals", 44_100)
    assert vocals.max() == pytest.approx(2 * tone.max(), rel=1e-5)


def test_a_role_in_song_toml_says_the_stem_where_none_is_said(write_song) -> None:
    tone = sine(200.0, 0.5, 44_100)
    folder = write_song({"Kick.wav": tone, "Take 7.wav": tone[:, :9_000], "b.wav": tone[:, 9_000:]})
    (folder / "song.toml").write_text(
        '[files."Take 7.wav"]\nrole = "lead_vocal"\n'
        '[files."b.wav"]\nrole = "percussion"\nstem = "other"\n'
    )
    found = {r.file: (r.stem, r.role, r.reason) for r in load_song(folder).recordings}
    assert found["Take 7.wav"] == ("vocals", "lead_vocal", "song.toml says lead_vocal")
    assert found["b.wav"] == ("other", "percussion", "song.toml says other, percussion")
    assert found["Kick.wav"][:2] == ("drums", "kick")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[files."Kick.wav"]\nrole = "kik"', "not 'kik'; did you mean 'kick'"),
        ("tempo = 3", "tempo is unknown; did you mean 'tempo_bpm'"),
        ("dry = 1", "dry must be true or false"),
        ("tempo_bpm = 1000", "from 10 to 400"),
        ("dry = ", "not valid TOML"),
        ("title = " + "[" * 5_000, "not valid TOML"),
        ('title = "a\\nb"', "title must be one line"),
        ("a." * 100_000 + "a = 1", "a key has more than 100 parts"),
        ("tempo_bpm = " + "9" * 5_000, "not valid TOML"),
        (
            '[files."Kik.wav"]\nignore = true',
            "no file in the folder; did you mean 'Kick.wav'",
        ),
        (
            '[files."Kick.wav"]\nstem = "drum"',
            "vocals, bass, drums, other, not 'drum'; did you mean 'drums'",
        ),
        ('[files."Kick.wav"]\ngain_db = "loud"', "gain_db must be a number from -60 to 24"),
        ('[files."Kick.wav"]\ngain = 1', "did you mean 'gain_db'"),
        ("console = 1", "console must be a table, not 1"),
        ("markers = 1", "markers must be a list of tables, not 1"),
        ("markers = [1]", "markers.0 must be a table, not 1"),
        ('[[markers]]\nname = "a"', "time_s is missing; give the seconds"),
        ("[[markers]]\ntime_s = 1", "name is missing"),
        ('[[markers]]\nname = "a\\nb"\ntime_s = 1', "name must be one line"),
        ('[[markers]]\nname = "a"\ntime_s = -1', "time_s must be a number from 0 to 360000"),
        ('[[markers]]\nname = "a"\ntime = 1', "did you mean 'time_s'"),
    ],
)
def test_mistakes_in_song_toml_are_named(write_song, text: str, message: str) -> None:
    folder = write_song({"Kick.wav": sine(100.0, 0.5, 44_100)})
    (folder / "song.toml").write_text(text)
    with pytest.raises(PresetError, match="song.toml.*" + message):
        load_song(folder)


def test_song_toml_has_a_console_and_markers(tmp_path: Path) -> None:
    (tmp_path / "song.toml").write_text(
        "[console.vocals]\ngain_db = 1.5\n"
        '[[markers]]\nname = "chorus"\ntime_s = 43.2\n[[markers]]\nname = "verse"\ntime_s = 0\n'
    )
    settings = read_song_file(tmp_path, [])
    assert settings.console == {"vocals": {"gain_db": 1.5}}
    assert settings.markers == (Marker("verse", 0.0), Marker("chorus", 43.2))


def test_song_toml_of_a_windows_editor_is_read(write_song) -> None:
    folder = write_song({"Kick.wav": sine(100.0, 0.5, 44_100)})
    (folder / "song.toml").write_text("\ufeffdry = true\n", encoding="utf-8")
    assert load_song(folder).dry
    (folder / "song.toml").write_text("dry = true\n", encoding="utf-16")
    with pytest.raises(PresetError, match="save it as UTF-8"):
        load_song(folder)


def test_names_that_say_nothing_go_to_other_or_fail_when_strict(write_song) -> None:
    folder = write_song({"xyzzy.wav": sine(100.0, 0.5, 44_100)})
    (recording,) = load_song(folder).recordings
    assert (recording.stem, recording.certain) == ("other", False)
    with pytest.raises(InputError, match=r"xyzzy\.wav: unrecognised file name"):
        load_song(folder, strict=True)


def test_links_out_of_the_folder_are_not_followed(write_song, tmp_path) -> None:
    folder = write_song({"Kick.wav": sine(100.0, 0.5, 44_100)})
    write_song({"Snare.wav": sine(100.0, 0.5, 44_100)}, folder="elsewhere")
    (folder / "Snare.wav").symlink_to(tmp_path / "elsewhere" / "Snare.wav")
    (folder / "Tom.wav").symlink_to(folder / "Kick.wav")
    song = load_song(folder)
    assert {r.file: r.stem for r in song.recordings} == {"Kick.wav": "drums", "Tom.wav": "drums"}
    assert [(r.file, r.reason, r.certain) for r in song.left_out] == [
        ("Snare.wav", "a link that leaves the song folder; copy what it leads to here", False)
    ]


def test_pipes_and_dead_links_are_left_out_and_never_opened(write_song) -> None:
    folder = write_song({"Kick.wav": sine(100.0, 0.5, 44_100)})
    os.mkfifo(folder / "Snare.wav")
    (folder / "Tom.wav").symlink_to(folder / "nowhere.wav")
    (folder / "Hat.wav").symlink_to(folder / "Hat.wav")
    song = load_song(folder)
    assert [r.file for r in song.recordings] == ["Kick.wav"]
    dead = "a broken link; put the file itself here"
    assert {r.file: r.reason for r in song.left_out} == {
        "Hat.wav": dead,
        "Snare.wav": "not a file but a pipe or a device; put a file here",
        "Tom.wav": dead,
    }


def test_a_mix_of_ours_in_the_folder_is_not_mixed_again(write_song) -> None:
    folder = write_song({n: sine(100.0, 0.5, 44_100) for n in ("Kick.wav", "song.wav")})
    (folder / "song.mix.json").write_text("{}")
    song = load_song(folder)
    assert [(r.file, r.reason) for r in song.left_out] == [
        ("song.mix.json", "written by mixer"),
        ("song.wav", "a mix that mixer made"),
    ]


def test_a_faulty_file_is_an_error_unless_one_only_looks(write_song) -> None:
    folder = write_song({"Kick.wav": sine(100.0, 0.5, 44_100)})
    (folder / "Snare.wav").write_bytes(b"")
    (folder / "Tom.wav").write_text("text")
    with pytest.raises(InputError, match=r"Snare\.wav: the file is empty; .* \(and 1 more"):
        load_song(folder)
    song = load_song(folder, leave_out_faulty=True)
    assert [r.file for r in song.recordings] == ["Kick.wav"]
    assert all(r.fault and r.stem == "drums" for r in song.left_out)


def test_an_empty_folder_says_what_to_do(tmp_path) -> None:
    with pytest.raises(InputError, match="no audio files in it; give a folder of WAV"):
        load_song(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match="no audio files in it; give a folder of WAV"):
        load_song(tmp_path)
    (tmp_path / "kick.wav.part").touch()
    with pytest.raises(InputError, match=r"nothing to mix; left out kick\.wav\.part \(an unfini"):
        load_song(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        load_song(tmp_path / "nowhere")


def test_a_folder_of_mixes_alone_is_refused(write_song) -> None:
    folder = write_song({"Final Master.wav": sine(100.0, 0.5, 44_100)})
    with pytest.raises(InputError, match=r"nothing to mix; left out Final Master\.wav"):
        load_song(folder)


def test_a_stem_container_is_a_song(tmp_path, rng) -> None:
    av = pytest.importorskip("av")
    streams = [sine(hz, 1.0, 44_100).repeat(2, axis=0) for hz in (100, 200, 300, 400, 500)]
    encode_aac(av, tmp_path / "Artist - Title.stem.mp4", streams)
    song = load_song(tmp_path)
    assert song.stems == ("vocals", "bass", "drums", "other")
    assert [r.file for r in song.left_out] == ["Artist - Title.stem.mp4#mixture"]
    for stem, hz in (("drums", 200), ("bass", 300), ("other", 400), ("vocals", 500)):
        spectrum = np.abs(np.fft.rfft(read_stem(song, stem, 44_100)[0, :44_100]))
        assert abs(int(spectrum.argmax()) - hz) <= 1


@pytest.mark.shared
def test_every_track_of_a_real_session_finds_its_stem(shared) -> None:
    song = load_song(shared / "audio" / "tracks" / "lithium", strict=True)
    assert len(song.recordings) == 38
    assert song.stems == ("vocals", "bass", "drums", "other")
