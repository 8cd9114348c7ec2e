"""The material and the training of the classifier by sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.audio import read_audio
from mixer.song.by_ear import read_classifier, write_classifier
from mixer.song.sound_features import RATE_HZ
from training.by_ear.disturbance import disturb
from training.by_ear.examples import (
    Examples,
    joined,
    make_examples,
    read_examples,
    write_examples,
)
from training.by_ear.fit import fit, stem_chances
from training.by_ear.judge import held_out_chances, in_words
from training.by_ear.machines import synth_tracks
from training.by_ear.recordings import Labelled, real_recordings
from training.by_ear.voices import speakers, voice_tracks

STEM = {"kick": "drums", "bass": "bass", "pad": "other", "lead_vocal": "vocals"}


def toy(rng: np.random.Generator, n: int = 40) -> Examples:
    """Roles that lie apart in the first four of twelve features; three artists."""
    roles = [list(STEM)[i % 4] for i in range(n)]
    features = rng.normal(0.0, 0.3, (n, 2, 12)).astype(np.float32)
    for row, role in enumerate(roles):
        features[row, :, list(STEM).index(role)] += 3.0
    stems = tuple(STEM[role] for role in roles)
    artists = tuple("abc"[i % 3] for i in range(n))
    return Examples(features, stems, tuple(roles), tuple(f"f/{i}" for i in range(n)), artists)


@pytest.fixture
def quick(monkeypatch) -> None:
    monkeypatch.setattr("training.by_ear.fit.STEPS", 150)


def test_what_lies_apart_is_learnt_and_comes_again(quick, rng, tmp_path: Path) -> None:
    examples = toy(rng)
    classifier = fit([(examples, 1.0)], range(2))
    chances = stem_chances(classifier, toy(np.random.default_rng(5)))
    assert (chances.max(axis=1) > 0.7).all()
    heard = classifier.chances(examples.features[:, 0])
    again = fit([(examples, 1.0)], range(2))
    # The same draws; which bits a product ends in hangs on where its arrays lie in memory.
    np.testing.assert_allclose(again.chances(examples.features[:, 0]), heard, atol=0.02)
    write_classifier(tmp_path / "w.npz", classifier)
    read = read_classifier(tmp_path / "w.npz")
    np.testing.assert_allclose(read.chances(examples.features[:, 0]), heard, atol=1e-6)


def test_held_out_groups_are_never_learnt_from(quick, rng) -> None:
    """Of an artist whose labels are turned round, all is wrong; of the others, all is right."""
    examples = toy(rng, 48)
    turned = {"drums": "vocals", "vocals": "drums", "bass": "other", "other": "bass"}
    stems = [
        turned[stem] if artist == "b" else stem
        for stem, artist in zip(examples.stems, examples.artists, strict=True)
    ]
    liar = np.array([artist == "b" for artist in examples.artists])
    roles = ("unknown",) * len(stems)
    examples = Examples(examples.features, tuple(stems), roles, examples.names, examples.artists)
    others = [(toy(np.random.default_rng(3)), 3.0)]
    chances = held_out_chances(others, examples, 0.2, examples.artists, range(1))
    text = in_words(chances, examples)
    right = chances.argmax(axis=1) == [("vocals", "bass", "drums", "other").index(s) for s in stems]
    assert not right[liar].any()
    assert right[~liar].all()
    assert text[0].startswith(f"48 recordings: {right.mean():.3f} correct")
    assert len([line for line in text if line.startswith("  f/")]) == int(liar.sum())


@pytest.mark.parametrize("n_channels", [1, 2])
def test_disturbed_recordings_stay_finite_and_about_as_long(n_channels: int, rng) -> None:
    t = np.arange(3 * RATE_HZ) / RATE_HZ
    audio = np.repeat(np.sin(2 * np.pi * 220.0 * t)[None], n_channels, axis=0).astype(np.float32)
    for seed in range(12):
        out = disturb(audio, np.random.default_rng(seed))
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        assert 0.85 < out.shape[1] / audio.shape[1] < 1.15
        assert np.abs(out).max() > 0.0
    same = [disturb(audio, np.random.default_rng(4)) for _ in range(2)]
    np.testing.assert_array_equal(*same)


def test_examples_are_listened_to_plain_and_disturbed(rng, tmp_path: Path) -> None:
    (role, audio), *_ = synth_tracks(1, rng)
    silence = np.zeros((1, RATE_HZ), np.float32)
    recordings = [
        Labelled(audio, "other", role, "s/one", "a"),
        Labelled(silence, "drums", "kick", "s/two", "a"),
        Labelled(audio[:, RATE_HZ:], "other", "other_stem", "s/three", "b"),
    ]
    examples = make_examples(recordings, 1, rng)
    assert examples.names == ("s/one", "s/three")
    assert examples.roles == ("lead_synth", "unknown")
    assert examples.features.shape[:2] == (2, 2)
    assert np.abs(examples.features[0, 0] - examples.features[0, 1]).max() > 0.0
    write_examples(tmp_path / "e.npz", joined([examples, examples]))
    assert read_examples(tmp_path / "e.npz").names == examples.names * 2


def test_syllables_are_spoken_and_sung_on_the_notes(rng, tmp_path: Path) -> None:
    """Tones as syllables: what is sung moves through pitches that none of them has."""
    folder = tmp_path / "xx"
    folder.mkdir()
    t = np.arange(round(0.6 * RATE_HZ)) / RATE_HZ
    for number in range(12):
        tone = sum(np.sin(2 * np.pi * 150.0 * n * t) / n for n in range(1, 8)) * np.hanning(len(t))
        soundfile.write(folder / f"{number}.ogg", 0.3 * tone, RATE_HZ)
    ((language, files),) = speakers(tmp_path)
    tracks = list(voice_tracks(files, 3, rng))
    assert language == "xx"
    assert [role for role, _ in tracks] == ["lead_vocal", "lead_vocal", "backing_vocals"]
    spoken, sung, choir = (audio for _, audio in tracks)
    assert spoken.shape == sung.shape == (1, 24 * RATE_HZ)
    assert choir.shape == (2, 24 * RATE_HZ)
    assert pitches(sung) > pitches(spoken) + 2


def pitches(audio: np.ndarray) -> int:
    """How many semitones the lowest strong partial of its seconds comes to lie on."""
    found = set()
    for start in range(0, audio.shape[1] - RATE_HZ, RATE_HZ // 2):
        spectrum = np.abs(
            np.fft.rfft(audio[0, start : start + RATE_HZ // 2] * np.hanning(RATE_HZ // 2))
        )
        if spectrum.max() > 1.0:
            hz = 2.0 * np.flatnonzero(spectrum > 0.5 * spectrum.max())[0]
            found.add(round(12 * np.log2(max(hz, 20.0) / 55.0)))
    return len(found)


def test_only_certain_names_are_labels(shared) -> None:
    folder = shared / "tracks" / "TameAnderson-MakeMe" / "dry"
    found = {r.name.rsplit("/", 1)[1]: (r.stem, r.role) for r in real_recordings(folder)}
    assert found["07_Tr77_kick_ds Tr77_kick"] == ("drums", "kick")
    assert found["03_Default_preset Default preset"] == ("bass", "bass")
    assert "20_Default_preset Default preset" not in found
    assert read_audio(folder / "11_shaker01_ogg shaker01.ogg")[0].size
