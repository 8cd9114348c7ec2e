"""Microphones on one source: which belong together, what is found, and what correcting it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.signal

from mixer.errors import PresetError, SettingsError
from mixer.output.recipe_reader import read_recipe
from mixer.output.replay import replay
from mixer.output.write import write_mix
from mixer.rendering.pipeline import render
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.song.fixes import FIXES, Fix, parse_fixes
from mixer.song.inspection import inspect_song
from mixer.song.load import load_song
from mixer.song.microphones.microphone_names import microphone_groups
from mixer.song.preparation import prepare_song
from mixer.song.samples import read_sum
from mixer.song.tracks import Track, tracks_of

RATE_HZ = 44_100
DURATION_S = 8.0
Write = Callable[..., Path]


def drum(rng: np.random.Generator, pitch_hz: float = 180.0) -> np.ndarray:
    """(samples,): hits of a drum, no two alike."""
    n_samples = int(DURATION_S * RATE_HZ)
    time_s = np.arange(6_000) / RATE_HZ
    audio = np.zeros(n_samples)
    for start in rng.integers(3_000, n_samples - 10_000, 30):
        skin = np.sin(2 * np.pi * pitch_hz * rng.uniform(0.98, 1.02) * time_s)
        hit = np.exp(-time_s * 50.0) * (skin + 0.5 * rng.standard_normal(time_s.size))
        audio[start : start + time_s.size] += rng.uniform(0.1, 0.4) * hit
    return audio


def heard(source: np.ndarray, later: int = 0, gain: float = 1.0, hz: float = 8_000.0) -> np.ndarray:
    """float32 (1, samples): the source through another microphone, duller and later."""
    b, a = scipy.signal.butter(1, hz / (RATE_HZ / 2))
    return (gain * scipy.signal.lfilter(b, a, np.roll(source, later)))[None].astype(np.float32)


def groups_of(*names: str) -> list[list[str]]:
    tracks = [Track(f"{name}.wav", (None,), "drums", "unknown") for name in names]  # type: ignore[arg-type]
    return [[microphone.track.title for microphone in group] for group in microphone_groups(tracks)]


@pytest.mark.parametrize(
    "names",
    [
        ("01_KickIn", "02_KickOut", "03_Kick Sub"), ("Snare Top", "Snr Btm", "SN Under"),
        ("Bass DI", "BASS Amp", "Bass"), ("Gtr 1 57", "Gtr 1 MD421", "Gtr 1 R121"),
        ("Kick D6", "Kick RE20"), ("Tom 2 Top", "Tom 2 Bottom"), ("Snare", "Snare Room"),
        ("Gtr Mic 1", "Gtr Mic 2"), ("Kin", "KOut"),
    ],
)  # fmt: skip
def test_names_of_microphones_at_one_source(names: tuple[str, ...]) -> None:
    assert groups_of(*names, "Lead Vox", "Cowbell") == [list(names)]


@pytest.mark.parametrize(
    "names",
    [
        ("Kick 1", "Kick 2"), ("Gtr 1", "Gtr 2"), ("Gtr 1 57", "Gtr 2 57"), ("Vox", "Vox Dbl"),
        ("01_Default preset", "04_Default preset"), ("Kick In", "Snare Top"),
        ("Tom 1 Top", "Tom 2 Top"), ("Sub", "Bass"), ("Gtr L", "Gtr R"),
    ],
)  # fmt: skip
def test_names_of_parts_are_not_microphones(names: tuple[str, ...]) -> None:
    assert groups_of(*names) == []


def test_polarity_and_delay_are_found_said_and_mended(write_song: Write, rng) -> None:
    snare, kick = drum(rng), drum(rng, 60.0)
    files = {
        "Snare Top.wav": heard(snare),
        "Snare Bottom.wav": heard(snare, 13, -0.8),
        "Kick In.wav": heard(kick),
        "Kick Out.wav": heard(kick, 90, 0.9, 4_000.0),
    }
    song = load_song(write_song(files))
    as_it_is, said = prepare_song(song, trim=False)
    assert as_it_is == song
    assert [text.partition(": ")[0] for text in said] == ["Kick Out.wav", "Snare Bottom.wav"]
    assert "later than Kick In.wav; --fix delay corrects it; their sum changes by +" in said[0]
    assert "inverted and " in said[1]
    assert (
        "later than Snare Top.wav; --fix polarity,delay corrects it; their sum changes by +"
        in said[1]
    )
    repaired, said = prepare_song(song, trim=False, fixes=FIXES)
    assert all(" corrected; their sum changes by +" in text for text in said)
    by_file = {recording.file: recording for recording in repaired.recordings}
    assert by_file["Snare Bottom.wav"].inverted
    assert by_file["Snare Bottom.wav"].start_s == pytest.approx(-13 / RATE_HZ, abs=3 / RATE_HZ)
    assert by_file["Kick Out.wav"].start_s == pytest.approx(-90 / RATE_HZ, abs=5 / RATE_HZ)
    assert not by_file["Kick Out.wav"].inverted
    assert (by_file["Kick In.wav"].start_s, by_file["Snare Top.wav"].inverted) == (0.0, False)
    for source in ("Snare", "Kick"):
        before, after = (
            read_sum([r for r in s.recordings if source in r.file], s.n_samples, RATE_HZ)
            for s in (song, repaired)
        )
        gain_db = 10 * np.log10(np.mean(after**2) / np.mean(before**2))
        (text,) = (t for t in said if t.startswith(source))
        stated_db = float(text.partition("changes by ")[2].partition(" dB")[0])
        assert gain_db > 0.5
        assert stated_db == pytest.approx(gain_db, abs=1.0)
    assert not prepare_song(repaired, trim=False)[1]  # nothing is left to be repaired
    findings = {file.file: file.findings for file in inspect_song(song).files}
    assert any("--fix polarity,delay corrects it" in text for text in findings["Snare Bottom.wav"])
    assert not findings["Snare Top.wav"]
    assert not any("the same as" in text for text in findings["Snare Bottom.wav"])


def test_song_toml_has_the_last_word(write_song: Write, rng) -> None:
    snare, tom = drum(rng), drum(rng, 110.0)
    folder = write_song(
        {
            "Snare Top.wav": heard(snare),
            "Snare Bottom.wav": heard(snare, 13, -0.8),
            "Tom Top.wav": heard(tom),
            "Tom Bottom.wav": heard(tom, 13, -0.8),
        }
    )
    (folder / "song.toml").write_text(
        '[files."Snare Bottom.wav"]\nfix = "polarity"\n[files."Tom Bottom.wav"]\nfix = "none"\n'
    )
    for fixes in ((), FIXES):
        song, said = prepare_song(load_song(folder), trim=False, fixes=fixes)
        assert [r.file for r in song.recordings if r.inverted] == ["Snare Bottom.wav"]
        assert all(r.start_s == 0.0 for r in song.recordings)
        assert len(said) == 1
        assert "polarity corrected" in said[0]
    (folder / "song.toml").write_text('[files."Tom Bottom.wav"]\nfix = "phase"\n')
    with pytest.raises(PresetError, match="fix"):
        load_song(folder)


def test_the_polarity_of_most_counts(write_song: Write, rng) -> None:
    kick = drum(rng, 60.0)
    files = {
        "Kick In.wav": heard(kick, 0, -1.0),
        "Kick Out.wav": heard(kick, 50),
        "Kick Sub.wav": heard(kick, 70, 0.7, 2_000.0),
    }
    song, said = prepare_song(load_song(write_song(files)), trim=False, fixes=(Fix.POLARITY,))
    assert [r.file for r in song.recordings if r.inverted] == ["Kick In.wav"]
    assert any("Kick In.wav: inverted" in text for text in said)


def test_halves_of_a_pair_move_together_and_only_polarity_is_judged(write_song: Write, rng) -> None:
    drums = drum(rng)
    files = {"OH L.wav": heard(drums), "OH R.wav": heard(drums, 40, 0.9)}
    song = load_song(write_song(files))
    assert prepare_song(song, trim=False, fixes=FIXES) == (song, [])
    files["OH R.wav"] = -heard(drums, 2, 0.9)
    song, said = prepare_song(load_song(write_song(files, folder="b")), trim=False, fixes=FIXES)
    assert [(r.file, r.inverted, r.start_s) for r in song.recordings] == [
        ("OH L.wav", False, 0.0),
        ("OH R.wav", True, 0.0),
    ]
    assert len(said) == 1


def test_a_stereo_pair_moves_as_one(write_song: Write, rng) -> None:
    guitar = drum(rng, 330.0)
    files = {
        "Gtr DI.wav": heard(guitar),
        "Gtr Amp L.wav": heard(guitar, 100, 0.8),
        "Gtr Amp R.wav": heard(guitar, 112, 0.6),
    }
    song, _ = prepare_song(load_song(write_song(files)), trim=False, fixes=FIXES)
    starts_s = {r.file: r.start_s for r in song.recordings}
    assert starts_s["Gtr Amp L.wav"] == starts_s["Gtr Amp R.wav"]
    assert starts_s["Gtr Amp L.wav"] == pytest.approx(-100 / RATE_HZ, abs=15 / RATE_HZ)


def test_a_room_keeps_its_distance(write_song: Write, rng) -> None:
    snare = drum(rng)
    files = {"Snare.wav": heard(snare), "Snare Room.wav": heard(snare, 400, 0.7)}
    song, _ = prepare_song(load_song(write_song(files)), trim=False, fixes=FIXES)
    assert all(r.start_s == 0.0 for r in song.recordings)


def test_a_delay_beyond_microphones_is_said_and_left(write_song: Write, rng) -> None:
    bass = drum(rng, 90.0)
    files = {"Bass DI.wav": heard(bass), "Bass Amp.wav": heard(bass, 2_000, 0.8)}
    song, said = prepare_song(load_song(write_song(files)), trim=False, fixes=FIXES)
    assert all(r.start_s == 0.0 for r in song.recordings)
    assert len(said) == 1
    assert "later than Bass DI.wav; too far for microphones on one source" in said[0]


def test_what_spills_from_the_rest_of_the_kit_does_not_decide(write_song: Write, rng) -> None:
    kick, snare, hat = drum(rng, 55.0), drum(rng, 190.0), drum(rng, 3_000.0)
    files = {
        "Kick In.wav": heard(kick) + heard(snare, 70, 0.05) + heard(hat, 90, 0.05),
        "Kick Out.wav": heard(kick, 60, -0.8, 4_000.0)
        + heard(snare, 40, 0.08)
        + heard(hat, 50, 0.08),
    }
    song, _ = prepare_song(load_song(write_song(files)), trim=False, fixes=FIXES)
    out = next(r for r in song.recordings if r.file == "Kick Out.wav")
    assert out.inverted
    assert out.start_s == pytest.approx(-60 / RATE_HZ, abs=5 / RATE_HZ)


def test_two_performances_are_left_alone(write_song: Write, rng) -> None:
    files = {"Gtr 57.wav": heard(drum(rng, 330.0)), "Gtr 421.wav": -heard(drum(rng, 330.0))}
    song = load_song(write_song(files))
    assert len(microphone_groups(tracks_of(song))) == 1
    assert prepare_song(song, trim=False, fixes=FIXES) == (song, [])


def test_replay_gives_the_same_bits(write_song: Write, rng, tmp_path: Path) -> None:
    snare = drum(rng)
    files = {"Snare Top.wav": heard(snare), "Snare Bottom.wav": heard(snare, 13, -0.8)}
    folder = write_song(files)
    settings = RenderSettings(model="none", amount=0.0, fix=(Fix.POLARITY, Fix.DELAY))
    plan = plan_render(load_song(folder), settings)
    assert any("corrected" in warning for warning in plan.warnings)
    written = write_mix(render(load_song(folder), settings), tmp_path / "out" / "mix.wav")
    recipe = read_recipe(tmp_path / "out" / "mix.mix.json")
    assert recipe.inputs["Snare Bottom.wav"].inverted
    assert recipe.inputs["Snare Bottom.wav"].start_s < 0.0
    assert recipe.settings.fix == (Fix.POLARITY, Fix.DELAY)
    assert written
    again = replay(recipe, tmp_path / "again")
    assert again.is_same, [str(difference) for difference in again.differences]


def test_words_of_fixes() -> None:
    assert parse_fixes("none") == ()
    assert parse_fixes(" Delay + polarity ") == FIXES
    for text in ("", "phase", "delay,delay"):
        with pytest.raises(SettingsError):
            parse_fixes(text)


def test_parts_of_real_songs_that_play_together_are_left_alone(shared: Path) -> None:
    folder = shared / "tracks" / "CapDan-ZeroSumGame-OriginalByZakarra" / "dry"
    song = load_song(folder, listen=False)
    assert len(microphone_groups(tracks_of(song))) == 1  # strings, strings top
    assert prepare_song(song, trim=False, fixes=FIXES)[0] == song
