"""The engineer's hand on single tracks: who is meant, whose word counts, and what it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer import PresetError, RenderSettings, load_song, render
from mixer.preset.merge import resolve
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import with_console
from mixer.rendering.user_strips import split_user_strips
from mixer.song.tracks import tracks_meant, tracks_of
from tests.signals import noise

RATE_HZ = 44_100
TRACKS = ("Kick", "Snare", "Bass", "Gtr 1", "Gtr 2", "Lead Vox")


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    return write_song({f"{name}.wav": 0.1 * noise(rng, 2.0, RATE_HZ)[:1] for name in TRACKS})


def settings_of(*sets: str, model: str = "levels", **more) -> RenderSettings:
    console = resolve((), None, sets).console
    return with_console(RenderSettings(model=model, true_peak_dbtp=None, **more), console)


def wet(folder: Path, *sets: str) -> dict[str, np.ndarray]:
    return dict(render(load_song(folder), settings_of(*sets), wet_tracks=True).wet_tracks)


def moved_db(before: np.ndarray, after: np.ndarray) -> float:
    return float(20 * np.log10(np.abs(after).max() / np.abs(before).max()))


def strips(folder: Path, *sets: str):
    return plan_render(load_song(folder), settings_of(*sets)).user.strips


def test_a_name_means_its_track_with_or_without_the_ending_and_a_pattern_all_that_fit(
    folder: Path,
) -> None:
    tracks = tracks_of(load_song(folder))
    meant = {
        pattern: [track.title for track in tracks_meant(pattern, tracks)]
        for pattern in ("Lead Vox", "Lead Vox.wav", "Gtr ?", "Gtr *", "*", "Gtr")
    }
    assert meant["Lead Vox"] == meant["Lead Vox.wav"] == ["Lead Vox"]
    assert meant["Gtr ?"] == meant["Gtr *"] == ["Gtr 1", "Gtr 2"]
    assert len(meant["*"]) == len(TRACKS)
    assert meant["Gtr"] == []


def test_a_tracks_gain_moves_it_and_nothing_else(folder: Path) -> None:
    before, after = wet(folder), wet(folder, 'tracks."Lead Vox".gain_db=+2')
    assert moved_db(before["Lead Vox.wav"], after["Lead Vox.wav"]) == pytest.approx(2.0, abs=1e-4)
    assert all(np.array_equal(before[n], after[n]) for n in before if n != "Lead Vox.wav")


def test_a_track_wins_over_its_role_setting_by_setting(folder: Path) -> None:
    found = strips(
        folder,
        "tracks.Kick.gain_db=1",
        'tracks."Ki*".pan=0.5',
        'tracks."*".pan=-0.5',
        "roles.kick={gain_db = 3, pan = 0.1, width = 0.5}",
    )
    kick = found["Kick.wav"]
    assert (kick.gain_db, kick.pan, kick.width) == (1.0, 0.5, 0.5)
    assert found["Snare.wav"].pan == -0.5


def test_a_track_takes_away_what_its_role_has_been_given(folder: Path) -> None:
    found = strips(folder, "roles.kick.compressor.ratio=4", "tracks.Kick.compressor=none")
    assert found["Kick.wav"].compressor is None


def test_the_name_wins_over_patterns_and_of_these_the_one_that_spells_out_most(
    folder: Path,
) -> None:
    """Whatever is said last, and however many wildcards there are."""
    said = (
        '"Lead Vox".gain_db=2',
        '"Lead Vox*".gain_db=-3',
        '"Gtr ?".gain_db=1',
        '"G*****".gain_db=4',
    )
    found = strips(folder, *(f"tracks.{one}" for one in said))
    gains_db = {name: strip.gain_db for name, strip in found.items()}
    assert gains_db == {"Lead Vox.wav": 2.0, "Gtr 1.wav": 1.0, "Gtr 2.wav": 1.0}


def test_later_words_of_the_same_name_win_and_lists_are_reached_by_number(folder: Path) -> None:
    found = strips(
        folder,
        "tracks.Kick.eq=[{frequency_hz = 60, gain_db = 2}]",
        "tracks.Kick.eq.0.gain_db=-3",
        "roles.kick.eq.0.gain_db=9",
    )
    (band,) = found["Kick.wav"].eq
    assert (band.frequency_hz, band.gain_db) == (60.0, -3.0)


def test_what_is_soloed_is_heard_alone_tracks_and_stems_alike(folder: Path) -> None:
    heard = wet(folder, "tracks.Kick.solo=true", "vocals.solo=true")
    assert [name for name, audio in heard.items() if np.any(audio)] == ["Kick.wav", "Lead Vox.wav"]
    song = load_song(folder)
    mix = render(song, settings_of("tracks.Kick.solo=true", "vocals.solo=true"), wet_stems=True)
    assert all(np.any(mix.wet_stems[stem]) for stem in ("drums", "vocals"))
    assert not np.any(mix.wet_stems["bass"])


def test_a_tracks_or_its_roles_word_on_mute_and_solo_is_stronger_than_its_stems(
    folder: Path,
) -> None:
    tracks = tracks_of(load_song(folder))

    def heard(*sets: str) -> set[str]:
        user, console = split_user_strips(resolve((), None, sets).console, tracks)
        silent = {stem for stem, strip in console.strips if strip.mute}
        return {t.title for t in tracks if t.name not in user.not_heard and t.stem not in silent}

    assert heard("drums.mute=true") == {*TRACKS} - {"Kick", "Snare"}
    assert heard("drums.mute=true", "tracks.Kick.mute=false") == {*TRACKS} - {"Snare"}
    assert heard("drums.mute=true", "roles.snare.mute=false") == {*TRACKS} - {"Kick"}
    assert heard("drums.solo=true", "tracks.Snare.solo=false") == {"Kick"}
    assert heard("drums.mute=true", "tracks.Kick.mute=false", "tracks.Kick.gain_db=1") == {
        *TRACKS
    } - {"Snare"}


def test_a_mute_is_stronger_than_a_solo_and_of_two_words_the_tracks_own_counts(
    folder: Path,
) -> None:
    song = load_song(folder)

    def not_heard(*sets: str) -> set[str]:
        return set(plan_render(song, settings_of(*sets)).user.not_heard)

    muted_solo = ('tracks."Lead Vox".solo=true', 'tracks."Lead Vox".mute=true')
    assert not_heard(*muted_solo) == {f"{name}.wav" for name in TRACKS}
    own = ("roles.lead_vocal.mute=true", 'tracks."Lead Vox".mute=false')
    assert not_heard(*own, "vocals.mute=true") == set()
    console = plan_render(song, settings_of(*own, "vocals.mute=true")).console
    assert not console.strip("vocals").mute


def test_a_change_of_what_a_model_of_tracks_does_not_set_is_told(folder: Path) -> None:
    sets = ("tracks.Kick.network.balance_db=3", "roles.kick.network.motion.scale=0.5")
    plan = plan_render(load_song(folder), settings_of(*sets, "tracks.Kick.network.pan=0.1"))
    (warning,) = plan.warnings
    assert "roles.kick.network.motion or tracks.Kick.network.balance_db could change" in warning


def test_a_muted_track_leaves_no_room_behind(folder: Path) -> None:
    mix = render(load_song(folder), settings_of("roles.snare.mute=true"), wet_tracks=True)
    assert not np.any(mix.wet_tracks["Snare.wav"])
    assert mix.measurements["tracks"]["tracks"]["Snare.wav"]["user"]["heard"] is False
    total = sum(mix.wet_tracks.values()) + mix.residual_of_tracks
    assert np.abs(total - mix.audio).max() < 1e-6


def test_a_send_of_the_hand_comes_back_on_its_track(folder: Path) -> None:
    before, after = wet(folder), wet(folder, "tracks.Bass.reverb_db=-6")
    room = after["Bass.wav"] - before["Bass.wav"]
    share_db = 10 * np.log10(np.sum(room**2) / np.sum(before["Bass.wav"] ** 2))
    assert -16.0 < share_db < -4.0
    assert np.array_equal(before["Kick.wav"], after["Kick.wav"])


def test_before_a_model_of_stems_a_track_can_be_muted_soloed_and_gained(folder: Path) -> None:
    song, dry = load_song(folder), {"amount": 0.0, "model": "none"}
    before = render(song, settings_of(**dry), wet_stems=True).wet_stems
    after = render(song, settings_of("tracks.Bass.gain_db=-6", **dry), wet_stems=True).wet_stems
    assert moved_db(before["bass"], after["bass"]) == pytest.approx(-6.0, abs=1e-3)
    alone = render(song, settings_of("tracks.Bass.solo=true", model="none"), wet_stems=True)
    assert [s for s, audio in alone.wet_stems.items() if np.any(audio)] == ["bass"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("tracks.Bass.pan=1", r"tracks\.Bass\.pan: model none mixes stems, so single tracks can"),
        ("roles.kick.eq=[{gain_db=1}]", r"roles\.kick\.eq: model none mixes stems"),
        ("tracks.Bass.gain_db=[[0,0],[1,2]]", "a gain that does not change in time"),
        ('tracks."Lead Vix".gain_db=1', "no track 'Lead Vix' in the song; did you mean 'Lead Vox'"),
        ('tracks."Synth*".gain_db=1', r"no track 'Synth\*' in the song; choose from"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_key(folder: Path, said: str, message: str) -> None:
    with pytest.raises(PresetError, match=message):
        plan_render(load_song(folder), settings_of(said, model="none"))


def test_song_toml_speaks_of_tracks(folder: Path) -> None:
    (folder / "song.toml").write_text('[console.tracks."Gtr *"]\npan = 0.25\n')
    plan = plan_render(load_song(folder), RenderSettings(model="levels"))
    assert {name: strip.pan for name, strip in plan.user.strips.items()} == {
        "Gtr 1.wav": 0.25,
        "Gtr 2.wav": 0.25,
    }


def test_a_role_that_no_track_has_is_told(folder: Path) -> None:
    plan = plan_render(load_song(folder), settings_of("roles.choir.gain_db=1", "roles.kick.pan=0"))
    assert "no track in the song has the role choir, for which there are settings" in plan.warnings
    assert plan.user.strips.keys() == {"Kick.wav"}
