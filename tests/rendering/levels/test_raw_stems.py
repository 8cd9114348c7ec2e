"""What is mono in no mix, and a voice that falls silent as in no room, tell of raw recordings."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.network.track_mixer.features import listen_to
from mixer.rendering.levels.incoming_levels import meaning_of_stems
from mixer.rendering.levels.raw_stems import sign_of_raw_features, sign_of_raw_stems

RATE_HZ = 44_100


def phrases(rng: np.random.Generator, decay_s: float | None) -> np.ndarray:
    """Eight phrases of half a second and as long rests, in a room that decays by 60 dB so fast."""
    sung = np.repeat(np.tile([1.0, 0.0], 8), RATE_HZ // 2)
    voice = 0.1 * sung * rng.standard_normal(sung.size) + 1e-5 * rng.standard_normal(sung.size)
    wet = np.stack([voice, voice])
    if decay_s is not None:
        since_s = np.arange(round(decay_s * RATE_HZ)) / RATE_HZ
        tail = 10.0 ** (-3.0 * since_s / decay_s)
        for channel in wet:
            room = tail * rng.standard_normal(tail.size)
            n_fft = voice.size + tail.size
            answer = np.fft.irfft(np.fft.rfft(voice, n_fft) * np.fft.rfft(room, n_fft), n_fft)
            answer = answer[: voice.size]
            channel += answer * 10.0**-0.75 * np.std(voice) / np.std(answer)
    return wet.astype(np.float32)


def wide(rng: np.random.Generator) -> np.ndarray:
    return (0.05 * rng.standard_normal((2, 4 * RATE_HZ))).astype(np.float32)


def test_a_mono_voice_or_kit_is_raw_and_a_mono_bass_is_not(rng: np.random.Generator):
    stems = {stem: wide(rng) for stem in ("vocals", "bass", "drums", "other")}
    stems["bass"] = stems["bass"][:1]
    assert sign_of_raw_stems(stems, RATE_HZ) is None
    drums = stems["drums"][0]
    for mono in (drums[None], np.stack([drums, drums])):
        assert sign_of_raw_stems({**stems, "drums": mono}, RATE_HZ) == "drums are mono"
    # What is equal for its first half alone is not mono.
    half = np.stack([drums, np.where(np.arange(drums.size) < drums.size // 2, drums, -drums)])
    assert sign_of_raw_stems({**stems, "drums": half}, RATE_HZ) is None


@pytest.mark.parametrize(
    ("decay_s", "is_dry"), [(None, True), (0.15, True), (0.6, True), (0.8, False), (1.2, False)]
)
def test_a_voice_that_falls_silent_after_its_phrases_is_dry(
    rng: np.random.Generator, decay_s: float | None, is_dry: bool
):
    voice = phrases(rng, decay_s)
    voice[1] += 1e-3 * rng.standard_normal(voice.shape[1]).astype(np.float32) * np.abs(voice[0])
    voice[1] *= 0.9  # two channels that differ: a stereo file
    expected = "vocals have no room" if is_dry else None
    assert sign_of_raw_stems({"vocals": voice, "drums": wide(rng)}, RATE_HZ) == expected
    heard = {"vocals": listen_to(voice, RATE_HZ), "drums": listen_to(wide(rng), RATE_HZ)}
    assert sign_of_raw_features(heard) == expected


def test_stems_are_listened_to_only_where_it_matters():
    def never() -> str | None:
        raise AssertionError("listened for nothing")

    peaks = {"vocals": -3.0, "bass": -6.0, "drums": -1.0, "other": -9.0}
    near = {"vocals": -20.0, "bass": -24.0, "drums": -22.0, "other": -20.0}
    far = {"vocals": -40.0, "bass": -12.0, "drums": -35.0, "other": -8.0}
    between = {"vocals": -28.0, "bass": -22.0, "drums": -20.0, "other": -16.0}
    assert meaning_of_stems("auto", near, peaks, never, dry=False).word == "rough"
    assert meaning_of_stems("auto", far, peaks, never, dry=False).word == "raw"
    assert meaning_of_stems("auto", between, peaks, never, dry=True).word == "raw"
    assert meaning_of_stems("rough", between, peaks, never, dry=False).word == "rough"
    assert meaning_of_stems("auto", between, peaks, lambda: None, dry=False).word == "rough"
    told = meaning_of_stems("auto", between, peaks, lambda: "vocals are mono", dry=False)
    assert told.word == "raw"
    assert told.reason.startswith("vocals are mono, and levels are ")
