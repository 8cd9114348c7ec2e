"""What is on the tracks sums to the mix, and names and colours are fit for any workstation."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from mixer.audio import AudioSource
from mixer.dsp.blocks import db_to_gain
from mixer.errors import SettingsError
from mixer.output.daw.daw_session import plain_name
from mixer.output.daw.strips.native_strip import Strip
from mixer.output.daw.wet_session import DRY, REFERENCE, WET, wet_session
from mixer.song.recording import Recording


def play(tracks) -> np.ndarray:
    """What a workstation makes of the tracks: fader, balance, sum."""
    total = 0.0
    for clip in (clip for track in tracks for clip in track.clips):
        audio = soundfile.read(clip.path, always_2d=True)[0].T
        sides = clip.gain * np.array([min(1.0, 1.0 - clip.pan), min(1.0, 1.0 + clip.pan)])
        total = total + np.broadcast_to(audio, (2, audio.shape[1])) * sides[:, None]
    return total


def test_what_is_not_muted_sums_to_the_mix(written, session) -> None:
    mix, _ = written
    heard = [track for track in session.tracks if not track.strip.muted]
    assert [track.name for track in heard] == [*mix.wet_stems, "residual"]
    assert {(track.strip, track.group) for track in heard} == {(Strip(), WET)}
    assert np.abs(play(heard) - mix.audio).max() <= 1e-6


def test_the_dry_originals_sum_to_the_plain_sum_of_the_recordings(written, session) -> None:
    from mixer.song.samples import read_sum

    mix, _ = written
    dry = [track for track in session.tracks if track.group == DRY]
    assert all(track.strip.muted for track in dry)
    assert len(dry) == len(mix.song.recordings) == 6
    clips = {track.name: track.clips[0] for track in dry}
    louder = {name: clip.gain for name, clip in clips.items() if clip.gain != 1.0}
    assert louder == {"bass (dry)": pytest.approx(db_to_gain(7.5))}
    sides = {name: clip.pan for name, clip in clips.items() if clip.pan}
    assert sides == {"Git L (dry)": -1.0, "Git R (dry)": 1.0}
    plain = read_sum(mix.song.recordings, mix.song.n_samples, mix.sample_rate)
    assert np.abs(play(dry) - plain).max() <= 1e-5


def test_the_mix_is_a_muted_reference(session) -> None:
    (reference,) = [track for track in session.tracks if track.group == REFERENCE]
    assert reference.strip.muted
    assert reference.clips[0].path.name == "free.wav"
    assert session.tracks[-1] is reference


def test_lengths_tempo_and_markers_come_along(session) -> None:
    assert (session.title, session.tempo_bpm) == ('Free & "Easy"', 97.5)
    assert session.duration_s == 1.0
    assert {clip.heard_s for track in session.tracks for clip in track.clips} == {1.0}
    assert [(m.name, m.time_s) for m in session.markers] == [
        ("Verse 'A' \"B\"", 0.25),
        ("Chorus <1>", 0.75),
    ]


def test_colours_tell_stems_apart_and_dry_from_wet(session) -> None:
    colors = {track.name: track.color for track in session.tracks}
    assert len({colors[n] for n in ("vocals", "bass", "drums", "other", "residual", "mix")}) == 6
    assert colors["Git L (dry)"] == colors["other (dry)"]
    light = {n: sum(int(c[i : i + 2], 16) for i in (1, 3, 5)) for n, c in colors.items()}
    assert all(light[f"{n} (dry)"] > light[n] for n in ("vocals", "bass", "drums", "other"))


def test_a_mix_without_wet_stems_makes_no_session(written) -> None:
    mix, recipe = written
    files = {"mix": recipe["output"]["files"]["mix"]}
    alone = {**recipe, "output": {**recipe["output"], "files": files}}
    with pytest.raises(SettingsError, match=r"free\.wav has no wet stems"):
        wet_session(mix, alone)


def test_equal_names_are_told_apart(written) -> None:
    mix, recipe = written
    first = mix.song.recordings[0]
    same = [replace(first, file=name) for name in ("Kick.wav", "kick.flac", "KICK.aif", "x" * 300)]
    song = replace(mix.song, recordings=(*same, same[-1]))
    session = wet_session(replace(mix, plan=replace(mix.plan, song=song)), recipe)
    names = [track.name for track in session.tracks if track.group == DRY]
    assert names[:3] == ["Kick (dry)", "kick (dry) 2", "KICK (dry) 3"]
    assert len({name.casefold() for name in names}) == 5
    assert max(map(len, names)) <= 80


def test_streams_of_a_container_are_left_out_and_named(written, tmp_path) -> None:
    """A workstation would open its first stream, the mixture, on every track."""
    mix, recipe = written
    container = tmp_path / "song.stem.mp4"
    streams = [
        Recording(
            AudioSource(container, n, 44_100, 2, 10, "aac"), f"song.stem.mp4#{n}", "drums", ""
        )
        for n in range(1, 3)
    ]
    song = replace(mix.song, recordings=(*mix.song.recordings, *streams))
    session = wet_session(replace(mix, plan=replace(mix.plan, song=song)), recipe)
    assert session.left_out == ("song.stem.mp4#1", "song.stem.mp4#2")
    assert container not in {clip.path for track in session.tracks for clip in track.clips}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Lead\tVox \n2 ", "Lead Vox 2"),
        ("nul\0 esc\x1b[2J \x85\u2028x", "nul esc [2J x"),
        ("Snare \udcff", "Snare ?"),
        ("u\u0308ber", "\u00fcber"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", "?"),
    ],
)
def test_names_are_one_plain_line(text, name) -> None:
    assert plain_name(text) == name
