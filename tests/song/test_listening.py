"""A song folder as it is heard: copies and mixes are left out, clips start where they say."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from mixer.audio import write_audio
from mixer.audio.broadcast import BroadcastInfo
from mixer.song.load import load_song
from mixer.song.samples import read_stem, read_sum
from tests.signals import band, noise

RATE_HZ = 44_100


@pytest.fixture
def stems(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {f"{name}.wav": audio for name, audio in band(rng, 5.0, RATE_HZ).items()}


def test_what_others_hold_is_left_out_and_said(write_song, stems) -> None:
    folder = write_song(
        {**stems, "Take it.wav": sum(stems.values()), "Organ part.wav": stems["other.wav"]}
    )
    song = load_song(folder)
    assert sorted(r.file for r in song.recordings) == sorted(stems)
    assert {r.file: r.reason for r in song.left_out} == {
        "Organ part.wav": "the same as other.wav; give its stem in song.toml to keep it",
        "Take it.wav": "a mix of the other files",
    }
    unheard = load_song(folder, listen=False)
    assert {r.file for r in unheard.recordings} == {*stems, "Take it.wav", "Organ part.wav"}


def test_a_layer_under_another_instrument_says_how_to_keep_it(write_song, stems) -> None:
    keys = stems.pop("other.wav")
    folder = write_song({**stems, "Piano.wav": keys, "Strings.wav": keys, "Piano 2.wav": keys})
    reasons = {r.file: r.reason for r in load_song(folder).left_out}
    assert reasons == {
        "Piano 2.wav": "the same as Piano.wav",
        "Strings.wav": "the same as Piano.wav; give its stem in song.toml to keep it",
    }
    (folder / "song.toml").write_text('[files."Strings.wav"]\nstem = "other"\n')
    assert "Strings.wav" in {r.file for r in load_song(folder).recordings}


def test_a_word_in_song_toml_is_stronger_than_the_ear(write_song, stems) -> None:
    folder = write_song({**stems, "Organ part.wav": stems["other.wav"]})
    (folder / "song.toml").write_text('[files."Organ part.wav"]\nstem = "other"\n')
    song = load_song(folder)
    remarks = {r.file: r.remarks for r in song.recordings}
    assert remarks["Organ part.wav"] == ("the same as other.wav",)


@pytest.fixture
def clips(tmp_path, rng):
    """A voice that starts 2.5 s after the drums, as its file says."""
    hour = 3600 * 48_000
    for name, length_s, start in (("Drums.wav", 4.0, hour), ("Vox.wav", 1.0, hour + 120_000)):
        info = BroadcastInfo(time_reference_samples=start)
        write_audio(tmp_path / name, noise(rng, length_s, 48_000), 48_000, broadcast=info)
    return tmp_path


def test_clips_start_where_their_time_references_say(clips) -> None:
    song = load_song(clips)
    assert {r.file: r.start_s for r in song.recordings} == {"Drums.wav": 0.0, "Vox.wav": 2.5}
    assert song.starts_are_stated
    assert "laid out by time references" in song.notes[0]
    vox, _ = soundfile.read(clips / "Vox.wav", dtype="float32", always_2d=True)
    placed = read_stem(song, "vocals", 48_000)
    assert np.array_equal(placed[:, 120_000:168_000], vox.T)
    assert not placed[:, :120_000].any()


def test_song_toml_moves_turns_and_cuts(clips) -> None:
    (clips / "song.toml").write_text(
        '[files."Vox.wav"]\nstart_s = -0.25\ninvert = true\n[files."Drums.wav"]\nstart_s = 1.5\n'
    )
    song = load_song(clips)
    assert song.n_samples == round(5.5 * 48_000)
    vox = next(r for r in song.recordings if r.file == "Vox.wav")
    read, _ = soundfile.read(clips / "Vox.wav", dtype="float32", always_2d=True)
    assert np.array_equal(read_sum([vox], 48_000, 48_000)[:, :36_000], -read.T[:, 12_000:])
