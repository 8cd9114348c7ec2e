"""A mix of tracks: each through a strip of its own, summed in groups, whatever their order."""

from __future__ import annotations

import numpy as np
import pytest

from mixer import ModelError, RenderSettings, load_song, render
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.track_mixer.track_settings import ECHO_BEATS, SpaceSettings
from tests.signals import noise

RATE_HZ = 44_100
TRACKS = ("Kick", "Snare", "Bass", "Gtr 1", "Gtr 2", "Lead Vox", "BGV")


@pytest.fixture
def folder(write_song, rng: np.random.Generator):
    """Noise of a colour each, at levels that mean nothing."""
    files = {}
    for n, name in enumerate(TRACKS):
        mono = noise(rng, 4.0, RATE_HZ)[:1]
        dark = np.apply_along_axis(np.convolve, 1, mono, np.ones(n + 1) / (n + 1), "same")
        files[f"{name}.wav"] = (10 ** (rng.uniform(-20, 0) / 20) * dark).astype(np.float32)
    return write_song(files)


def mixed(folder, **more):
    return render(load_song(folder), RenderSettings(model="levels"), **more)


def test_levels_that_came_in_mean_nothing(folder, write_song) -> None:
    import soundfile

    before = mixed(folder, wet_stems=True)
    vox, _ = soundfile.read(folder / "Lead Vox.wav", dtype="float32")
    soundfile.write(folder / "Lead Vox.wav", 0.1 * vox, RATE_HZ, subtype="FLOAT")
    after = mixed(folder, wet_stems=True)
    lufs = [
        integrated_loudness_lufs(mix.wet_stems["vocals"], RATE_HZ)
        - integrated_loudness_lufs(mix.wet_stems["bass"], RATE_HZ)
        for mix in (before, after)
    ]
    assert lufs[0] == pytest.approx(lufs[1], abs=0.1)


def test_kick_snare_bass_and_lead_stay_in_the_middle_and_guitars_go_apart(folder) -> None:
    strips = {n: t["strip"] for n, t in mixed(folder).measurements["tracks"]["tracks"].items()}
    assert all(strips[f"{n}.wav"]["pan"] == 0.0 for n in ("Kick", "Snare", "Bass", "Lead Vox"))
    assert strips["Gtr 1.wav"]["pan"] * strips["Gtr 2.wav"]["pan"] < -0.1


def test_wet_tracks_and_the_residual_are_the_mix(folder) -> None:
    mix = mixed(folder, wet_tracks=True)
    assert list(mix.wet_tracks) == [t.name for t in mix.plan.tracks]
    total = sum(mix.wet_tracks.values()) + mix.residual_of_tracks
    assert np.abs(total - mix.audio).max() < 1e-6


def test_bits_hang_on_neither_threads_nor_memory(folder) -> None:
    one, four = mixed(folder, threads=1), mixed(folder, threads=4)
    assert np.array_equal(one.audio, four.audio)


def test_a_silent_track_changes_nothing(folder, write_song) -> None:
    before = mixed(folder).audio
    write_song({"Tom.wav": np.zeros((1, 4 * RATE_HZ), np.float32)})
    assert np.array_equal(mixed(folder).audio, before)


def test_the_hand_on_stems_acts_behind_the_tracks(folder) -> None:
    song = load_song(folder)
    (folder / "song.toml").write_text("[console.vocals]\ngain_db = 3\n")
    louder = mixed(folder, wet_stems=True).wet_stems
    plain = render(song, RenderSettings(model="levels"), wet_stems=True).wet_stems
    gain_db = 20 * np.log10(np.abs(louder["vocals"]).max() / np.abs(plain["vocals"]).max())
    bass_db = 20 * np.log10(np.abs(louder["bass"]).max() / np.abs(plain["bass"]).max())
    assert gain_db - bass_db == pytest.approx(3.0, abs=0.05)


@pytest.mark.parametrize(
    ("line", "echo_s"),
    [
        ("", 0.375),
        ("tempo_bpm = 120\n", 0.375),  # a dotted eighth
        ("tempo_bpm = 128\n", 0.75 * 60 / 128),
        ("tempo_bpm = 84\n", 0.5 * 60 / 84),  # an eighth
        ("tempo_bpm = 300\n", 2 * 60 / 300),  # a half
        ("tempo_bpm = 84\n[console.space]\necho_s = { set = 0.4 }\n", 0.4),
    ],
)
def test_the_echo_is_a_note_value_of_a_known_tempo(folder, line: str, echo_s: float) -> None:
    (folder / "song.toml").write_text(line)
    space = mixed(folder).measurements["tracks"]["space"]
    assert space["echo_s"] == pytest.approx(echo_s)


def test_an_echo_in_tempo_is_never_far_from_its_own_time() -> None:
    for tempo_bpm in np.geomspace(40.0, 400.0, 50):
        space = SpaceSettings().in_tempo(float(tempo_bpm))
        assert np.abs(np.log2(space.echo_s / SpaceSettings().echo_s)) < 0.51
        assert min(np.abs(np.array(ECHO_BEATS) - space.echo_s * tempo_bpm / 60.0)) < 1e-9


def test_a_model_of_stems_has_no_wet_tracks(folder) -> None:
    with pytest.raises(ModelError, match="mixes stems, not single tracks"):
        render(load_song(folder), RenderSettings(model="none"), wet_tracks=True)


def test_part_of_the_way_wet_tracks_are_part_of_what_came_in(folder) -> None:
    settings = RenderSettings(model="levels", amount=0.0, true_peak_dbtp=None)
    mix = render(load_song(folder), settings, wet_tracks=True)
    assert list(mix.wet_tracks) == [t.name for t in mix.plan.tracks]
    assert np.abs(mix.residual_of_tracks).max() < 1e-5


def test_wet_tracks_lie_on_the_disk_as_long_as_their_mix_is_there(
    folder, tmp_path, monkeypatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    settings = RenderSettings(model="levels", loudness_lufs=-20.0)
    mix = render(load_song(folder), settings, wet_tracks=True)
    (kept,) = (tmp_path / "scratch").iterdir()
    assert len(list(kept.iterdir())) == len(TRACKS)
    assert np.abs(sum(mix.wet_tracks.values()) + mix.residual_of_tracks - mix.audio).max() < 1e-6
    del mix
    assert not list((tmp_path / "scratch").iterdir())


def test_two_channel_files_that_are_named_left_and_right_stand_there(write_song, rng) -> None:
    files = {}
    for name in ("Lead Vox", "Bass", "Gtr Dbl L", "Gtr Dbl R"):
        mono = (0.1 * noise(rng, 4.0, RATE_HZ)[:1]).astype(np.float32)
        files[f"{name}.wav"] = np.repeat(mono, 2, axis=0)
    mix = mixed(write_song(files))
    pans = {n: t["strip"]["pan"] for n, t in mix.measurements["tracks"]["tracks"].items()}
    assert pans["Gtr Dbl L.wav"] < -0.5
    assert pans["Gtr Dbl R.wav"] > 0.5


def test_raw_recordings_get_a_room_unless_the_user_says_that_they_are_wet(folder) -> None:
    song, rooms = load_song(folder), {}
    for dry in (None, True, False):
        settings = RenderSettings(model="tracks", levels="raw", dry=dry)
        tracks = render(song, settings).measurements["tracks"]["tracks"]
        rooms[dry] = tracks["Snare.wav"]["strip"]["short_room_db"]
    assert rooms[None] == rooms[True] == -21.0
    assert rooms[False] < -23.0
