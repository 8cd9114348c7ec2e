"""Whole songs: the contract of their tracks, the seed, folders on disk and going on with them."""

import json
from pathlib import Path

import numpy as np
import pytest

from mixer.audio import read_audio
from mixer.errors import OutputError, SettingsError
from mixer.stems import STEMS
from training.data.multitracks import find_multitracks
from training.synthesis.compose import compose
from training.synthesis.run import SYNTHESIS_FILE, SynthesisSettings, plan_songs, synthesise
from training.synthesis.song_folder import DECISIONS_FILE
from training.synthesis.tracks import ROLES, STEM_OF_ROLE

RATE = 22_050


def test_a_song_keeps_the_contract_and_its_seed(soundfont: Path) -> None:
    song = compose(4, genre="soul", duration_s=16.0, sample_rate=RATE, soundfont=soundfont)
    again = compose(4, genre="soul", duration_s=16.0, sample_rate=RATE, soundfont=soundfont)
    assert (song.title, song.tempo_bpm) == (again.title, again.tempo_bpm)
    assert {track.stem for track in song.tracks} == set(STEMS)
    assert len({track.name for track in song.tracks}) == len(song.tracks)
    for track, same in zip(song.tracks, again.tracks, strict=True):
        assert np.array_equal(track.audio, same.audio)
        assert track.audio.dtype == np.float32
        assert track.audio.shape == (2, 16 * RATE)
        assert 0.0 < np.abs(track.audio).max() < 1.0
        assert track.role in ROLES
        assert STEM_OF_ROLE[track.role] == track.stem
        assert np.array_equal(track.audio[0], track.audio[1]) != track.is_stereo
    starts, ends = zip(*((start, end) for _, start, end in song.sections), strict=True)
    assert starts == (0.0, *ends[:-1])
    assert ends[-1] == 16.0


def test_bass_and_drums_keep_time_together(soundfont: Path) -> None:
    """Onsets of the kick fall on the grid of sixteenths, far better than chance."""
    song = compose(2, genre="house", duration_s=15.0, sample_rate=RATE, soundfont=soundfont)
    kick = next(track for track in song.tracks if track.role == "kick").audio[0]
    block = 64
    power = np.square(kick[: len(kick) // block * block]).reshape(-1, block).mean(axis=1)
    loud = power > 0.05 * power.max()
    onsets_s = np.flatnonzero(loud[1:] & ~loud[:-1]) * block / RATE
    onsets_s = onsets_s[np.diff(onsets_s, prepend=-1.0) > 0.1]
    step_s = 60.0 / song.tempo_bpm
    off_s = (onsets_s + 0.5 * step_s) % step_s - 0.5 * step_s
    assert len(onsets_s) >= 8
    # House: on the beat. By chance half would be more than a quarter of a beat off.
    assert np.mean(np.abs(off_s) < 0.03) > 0.8


def test_songs_do_not_depend_on_how_many_there_are() -> None:
    settings = SynthesisSettings(seed=7, hold_out=("metal",))
    few, many = plan_songs(settings, 40), plan_songs(settings, 400)
    assert many[:40] == few
    assert {song.split for song in many if song.genre == "metal"} == {"test"}
    others = [song.split for song in many if song.genre != "metal"]
    # 10 % each, within four standard deviations of a binomial of 360.
    for split in ("valid", "test"):
        assert others.count(split) == pytest.approx(36, abs=23)
    counts = [sum(song.genre == genre for song in many) for genre in settings.genres]
    assert max(counts) - min(counts) <= 1
    assert len({song.seed for song in many}) == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"genres": ("skiffle",)},
        {"genres": ("rock",), "hold_out": ("rock",)},
        {"genres": ("rock",), "hold_out": ("pop",)},
        {"hold_out_share": 0.6},
        {"duration_s": 2.0},
        {"seed": -1},
        {"genres": ()},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(SettingsError):
        SynthesisSettings(**wrong)
    with pytest.raises(SettingsError, match="songs"):
        plan_songs(SynthesisSettings(), 0)


def test_songs_on_disk_are_read_as_multitracks_and_stay(soundfont: Path, tmp_path: Path) -> None:
    settings = SynthesisSettings(
        genres=("hip_hop",), hold_out_share=0.0, duration_s=15.0, sample_rate=RATE
    )
    out = tmp_path / "songs"
    made = synthesise(out, settings, 1, soundfont=soundfont, n_jobs=1)
    assert made["left_out"] == []
    (song,) = find_multitracks([out], "mixture")[0]
    assert set(song.song.stems) == set(STEMS)
    folder = song.song.folder
    sums = sum(read_audio(folder / f"{stem}.flac")[0] for stem in STEMS)
    mixture = read_audio(folder / "mixture.flac")[0]
    # Five files of 16 bits, each with dither of two steps at most.
    assert np.abs(sums - mixture).max() < 5 * 2 / 2**15
    assert np.abs(mixture).max() > 0.1
    assert {p.stem for p in (folder / "dry").iterdir()} == set(STEMS)
    decisions = json.loads((folder / DECISIONS_FILE).read_text())
    assert decisions["genre"] == "hip_hop"
    assert decisions["mix"]["tracks"]

    before = (folder / "mixture.flac").stat().st_mtime_ns
    half_made = folder.with_name(".1-00001-hip_hop.partial")
    half_made.mkdir()
    again = synthesise(out, settings, 1, soundfont=soundfont, n_jobs=1)
    assert again == made == json.loads((out / SYNTHESIS_FILE).read_text())
    assert (folder / "mixture.flac").stat().st_mtime_ns == before
    assert not half_made.exists()

    other = SynthesisSettings(seed=2, duration_s=15.0)
    with pytest.raises(OutputError, match="made with other settings"):
        synthesise(out, other, 1, soundfont=soundfont)


def test_a_folder_with_something_else_is_left_alone(soundfont: Path, tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(OutputError, match="other files"):
        synthesise(tmp_path, SynthesisSettings(), 1, soundfont=soundfont)
    assert [p.name for p in tmp_path.iterdir()] == ["holiday.jpg"]
