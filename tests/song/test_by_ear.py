"""Recordings sorted in by their sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.signal

from mixer.audio import read_audio
from mixer.errors import InputError
from mixer.roles import UNKNOWN
from mixer.song.by_ear import BELIEVED_FROM, WEIGHTS, HeardPart, judge_sound, read_classifier
from mixer.song.load import load_song
from mixer.song.sound_features import (
    EXCERPT_S,
    N_EXCERPTS,
    RATE_HZ,
    describe_sound,
    excerpt_starts_s,
)
from mixer.song.unnamed import against_its_name

SECONDS = 20.0


def repeated(stroke: np.ndarray, every_s: float) -> np.ndarray:
    """A stroke again and again, (1, samples)."""
    track = np.zeros(round(SECONDS * RATE_HZ), np.float32)
    for start in range(0, len(track) - len(stroke), round(every_s * RATE_HZ)):
        track[start : start + len(stroke)] += stroke
    return 0.5 * track[None]


def kick() -> np.ndarray:
    t = np.arange(round(0.3 * RATE_HZ)) / RATE_HZ
    body = np.sin(2 * np.pi * (50.0 * t + 4.0 * (1.0 - np.exp(-t / 0.03)))) * np.exp(-t / 0.09)
    return repeated(body, 0.5)


def hats(rng: np.random.Generator) -> np.ndarray:
    high = scipy.signal.butter(4, 6_000.0, "high", fs=RATE_HZ, output="sos")
    n = round(0.06 * RATE_HZ)
    stroke = scipy.signal.sosfilt(high, rng.standard_normal(n)) * np.exp(-np.arange(n) / 300.0)
    return repeated(stroke, 0.25)


def bass_line() -> np.ndarray:
    notes = []
    for midi in (33, 33, 36, 31) * 10:
        t = np.arange(round(0.5 * RATE_HZ)) / RATE_HZ
        hz = 440.0 * 2.0 ** ((midi - 69) / 12)
        tone = sum(np.sin(2 * np.pi * hz * n * t) / n**2 for n in range(1, 6))
        notes.append(tone * np.minimum(1.0, np.minimum(t / 0.005, (0.5 - t) / 0.02)))
    return 0.4 * np.concatenate(notes)[None].astype(np.float32)


def chords() -> np.ndarray:
    bars = []
    for root in (57, 53, 60, 55, 57):
        t = np.arange(round(4.0 * RATE_HZ)) / RATE_HZ
        tones = [440.0 * 2.0 ** ((root + n - 69) / 12) for n in (0, 3, 7, 12)]
        bar = sum(scipy.signal.sawtooth(2 * np.pi * hz * t) for hz in tones)
        bars.append(bar * np.minimum(1.0, np.minimum(t / 0.4, (4.0 - t) / 0.4)))
    low = scipy.signal.butter(2, 1_500.0, fs=RATE_HZ, output="sos")
    return 0.1 * scipy.signal.sosfilt(low, np.concatenate(bars))[None].astype(np.float32)


def heard(audio: np.ndarray) -> HeardPart:
    length = round(EXCERPT_S * RATE_HZ)
    starts = [round(s * RATE_HZ) for s in excerpt_starts_s(audio.shape[1] / RATE_HZ)]
    part = judge_sound(np.stack([audio[:, s : s + length] for s in starts]))
    assert part is not None
    return part


def test_plain_instruments_are_known(rng) -> None:
    assert (heard(kick()).stem, heard(kick()).role) == ("drums", "kick")
    assert (heard(hats(rng)).stem, heard(hats(rng)).role) == ("drums", "hihat")
    assert heard(bass_line()).stem == "bass"
    assert heard(chords()).stem == "other"


def test_the_level_and_silence_around_change_nothing() -> None:
    loud, soft = heard(kick()), heard(0.01 * kick())
    assert soft.probability == pytest.approx(loud.probability, abs=0.02)
    assert soft.role == loud.role
    assert describe_sound(np.zeros((N_EXCERPTS, 2, 26_460), np.float32)) is None


def test_features_are_bounded_for_any_sound(rng) -> None:
    shape = (N_EXCERPTS, 2, round(EXCERPT_S * RATE_HZ))
    click = np.zeros(shape, np.float32)
    click[3, 0, 5_000] = 1.0
    side = rng.standard_normal(shape).astype(np.float32)
    side[:, 1] = -side[:, 0]
    assert describe_sound(np.full(shape, 1e30, np.float32)) is None
    assert describe_sound(np.full(shape, np.nan, np.float32)) is None
    sounds = (click, side, np.ones(shape, np.float32), 1e-3 * side[:, :1], np.sign(side))
    for excerpts in sounds:
        features = describe_sound(excerpts)
        assert features is not None
        assert np.isfinite(features).all()
        assert np.abs(features).max() <= 4.0


def test_what_is_heard_is_told_in_words() -> None:
    assert HeardPart("lead_vocal", "vocals", 0.994).in_words == "sounds like lead vocal (0.99)"
    assert HeardPart(UNKNOWN, "drums", 0.9).in_words == "sounds like drums (0.90)"
    assert HeardPart(UNKNOWN, "other", 0.9).in_words == "sounds like another instrument (0.90)"


def test_only_a_sound_that_is_plain_in_both_halves_speaks_against_a_name(
    write_song, monkeypatch
) -> None:
    folder = write_song({"Lead Vox.wav": kick(), "Kick.wav": 0.5 * kick()}, RATE_HZ)
    (folder / "song.toml").write_text('[files."Kick.wav"]\nstem = "vocals"\n')
    song = load_song(folder, listen=False)
    told = {r.file: against_its_name(r) for r in song.recordings}
    # What a person says in `song.toml` is not doubted.
    assert told["Kick.wav"] is None
    heard_parts = iter(
        [HeardPart("kick", "drums", p) for p in (0.99, 0.98, 0.99, 0.99, 0.98, 0.9)]
        + [HeardPart("lead_vocal", "vocals", 0.99)]
    )
    monkeypatch.setattr("mixer.song.by_ear.judge_sound", lambda excerpts: next(heard_parts))
    (vox,) = (r for r in song.recordings if r.file == "Lead Vox.wav")
    said = "its name says vocals, but it sounds like kick (0.99): listen to it"
    assert against_its_name(vox) == said
    assert against_its_name(vox) is None
    assert against_its_name(vox) is None


def test_the_weights_are_small_plain_and_fit_the_features() -> None:
    assert WEIGHTS.stat().st_size < 1_000_000
    classifier = read_classifier(WEIGHTS)
    features = describe_sound(np.ones((1, 1, 26_460), np.float32))
    assert features is not None
    assert classifier.mean.shape == classifier.scale.shape == features.shape
    chances = classifier.chances(features[None])
    assert chances.shape == (1, len(classifier.roles))
    assert chances.sum() == pytest.approx(1.0)


def test_weights_of_other_roles_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    with np.load(WEIGHTS, allow_pickle=False) as file:
        arrays = dict(file)
    np.savez(path, **{**arrays, "roles": np.array(["kazoo"] * len(arrays["roles"]))})
    with pytest.raises(ValueError, match="not all known roles"):
        read_classifier(path)


@pytest.fixture
def unnamed(write_song):
    return write_song({"xyzzy.wav": kick(), "Vox.wav": chords(), "plugh.wav": bass_line()}, RATE_HZ)


def test_files_whose_names_say_nothing_are_sorted_in_and_stay_uncertain(unnamed) -> None:
    found = {r.file: r for r in load_song(unnamed).recordings}
    assert (found["xyzzy.wav"].stem, found["xyzzy.wav"].role) == ("drums", "kick")
    assert found["xyzzy.wav"].reason.startswith("sounds like kick (")
    assert found["plugh.wav"].stem == "bass"
    assert not found["xyzzy.wav"].certain
    # A name that says something is not asked what it sounds like.
    assert (found["Vox.wav"].stem, found["Vox.wav"].certain) == ("vocals", True)
    with pytest.raises(InputError, match="unrecognised file name"):
        load_song(unnamed, strict=True)
    unheard = {r.file: r.stem for r in load_song(unnamed, listen=False).recordings}
    assert unheard == {"xyzzy.wav": "other", "Vox.wav": "vocals", "plugh.wav": "other"}


def test_a_word_in_song_toml_is_stronger_than_the_sound(unnamed) -> None:
    (unnamed / "song.toml").write_text('[files."xyzzy.wav"]\nrole = "toms"\n')
    found = {r.file: (r.stem, r.role) for r in load_song(unnamed).recordings}
    assert found["xyzzy.wav"] == ("drums", "toms")


def test_halves_of_a_pair_go_together_or_not_at_all(write_song, rng) -> None:
    folder = write_song({"xyzzy L.wav": kick(), "xyzzy R.wav": 0.7 * kick()}, RATE_HZ)
    recordings = load_song(folder).recordings
    assert {(r.stem, r.role) for r in recordings} == {("drums", "kick")}
    assert {r.reason.split("; ")[1] for r in recordings} == {
        "left side of a pair",
        "right side of a pair",
    }
    folder = write_song({"xyzzy L.wav": kick(), "xyzzy R.wav": bass_line()}, RATE_HZ)
    assert {r.stem for r in load_song(folder).recordings} == {"other"}


def test_real_tracks_with_their_names_taken_away(shared) -> None:
    """The shipped weights know these recordings: that they were read and fitted as shipped."""
    folder = shared / "tracks" / "StrictProduction-DearJonDoe" / "dry"
    stems = {
        "03_kick02_ogg kick02.ogg": "drums",
        "09_hihat_closed01_ogg hihat_closed01.ogg": "drums",
    }
    for name, stem in stems.items():
        audio, _ = read_audio(folder / name, RATE_HZ)
        part = heard(audio)
        assert part.stem == stem
        assert part.probability >= BELIEVED_FROM
