"""How much incoming levels mean, judged from the tracks themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixer.errors import SettingsError
from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.human import GROUP_LUFS
from mixer.rendering.choices.level_words import parse_levels
from mixer.rendering.levels.incoming_levels import meaning_of_levels, meaning_of_stems
from mixer.rendering.settings import RenderSettings
from mixer.song.tracks import Track

RATE_HZ = 44_100


def heard_at(rng: np.random.Generator, lufs: float, n_channels: int = 2) -> TrackLevels:
    """Noise, at a loudness."""
    audio = 0.01 * rng.standard_normal((n_channels, 2 * RATE_HZ)).astype(np.float32)
    gain = 10 ** ((lufs - listen_to(audio, RATE_HZ).loudness_lufs) / 20)
    return listen_to((gain * audio).astype(np.float32), RATE_HZ)


def track(role: str, stem: str) -> Track:
    return Track(f"{role}.wav", (), stem, role)


STEMS = [
    track(role, stem)
    for role, stem in zip(
        ("vocal_stem", "bass_stem", "drum_stem", "other_stem"), GROUP_LUFS, strict=True
    )
]


def test_balanced_stems_are_a_mix_and_others_are_not(rng: np.random.Generator) -> None:
    balanced = [heard_at(rng, lufs) for lufs in GROUP_LUFS.values()]
    assert meaning_of_levels("auto", STEMS, balanced, dry=False).word == "mix"
    far = [heard_at(rng, lufs) for lufs in (-40.0, -12.0, -35.0, -8.0)]
    assert meaning_of_levels("auto", STEMS, far, dry=False).word == "raw"


@pytest.mark.parametrize(
    ("apart_db", "louder_db", "word"),
    [
        (3.7, 0.0, "mix"),
        (4.3, 0.0, "rough"),
        (8.2, -20.0, "rough"),  # faders were set, as little as all of it comes to
        (8.8, -20.0, "raw"),
        (5.7, 4.0, "rough"),
        (6.3, 4.0, "raw"),  # and no faders left room for all of them
    ],
)
def test_how_far_from_a_usual_balance_is_what(
    rng: np.random.Generator, apart_db: float, louder_db: float, word: str
) -> None:
    signs = (1.0, -1.0, 1.0, -1.0)
    levels = [
        heard_at(rng, lufs + louder_db + sign * apart_db)
        for lufs, sign in zip(GROUP_LUFS.values(), signs, strict=True)
    ]
    assert meaning_of_levels("auto", STEMS, levels, dry=False).word == word


def test_mono_stems_are_raw_however_well_they_are_balanced(rng: np.random.Generator) -> None:
    mono = [heard_at(rng, lufs, 1) for lufs in GROUP_LUFS.values()]
    meaning = meaning_of_levels("auto", STEMS, mono, dry=False)
    assert (meaning.word, meaning.reason) == (
        "raw",
        "the stems are mono, unlike those of a finished mix",
    )
    # A voice and a bass are mono in many a mix.
    assert meaning_of_levels("auto", STEMS[:2], mono[:2], dry=False).word == "mix"


def test_soft_tracks_of_no_balance_at_all_are_raw(rng: np.random.Generator) -> None:
    roles = ("lead_vocal", "bass", "kick", "snare", "hihat", "keys", "electric_guitar", "pad")
    groups = ("vocals", "bass", "drums", "drums", "drums", "other", "other", "other")
    tracks = [track(*pair) for pair in zip(roles, groups, strict=True)]
    near = [heard_at(rng, lufs) for lufs in (-20, -24, -27, -27, -33, -26, -24, -28)]
    assert meaning_of_levels("auto", tracks, near, dry=False).word == "rough"
    far = [heard_at(rng, lufs) for lufs in (-44, -17, -46, -20, -22, -46, -17, -50)]
    assert meaning_of_levels("auto", tracks, far, dry=False).word == "raw"


def test_a_dry_recording_is_raw_and_a_word_is_a_word(rng: np.random.Generator) -> None:
    balanced = [heard_at(rng, lufs) for lufs in GROUP_LUFS.values()]
    assert meaning_of_levels("auto", STEMS, balanced, dry=True).word == "raw"
    assert meaning_of_levels("rough", STEMS, balanced, dry=True).value == 0.5


def test_files_normalised_one_by_one_are_raw(rng: np.random.Generator) -> None:
    tracks = [track(role, "drums") for role in ("kick", "snare", "toms", "hihat")]
    alike = []
    for _ in tracks:
        audio = rng.standard_normal((1, 2 * RATE_HZ))
        alike.append(listen_to((0.9 * audio / np.abs(audio).max()).astype(np.float32), RATE_HZ))
    meaning = meaning_of_levels("auto", tracks, alike, dry=False)
    assert meaning.word == "raw"
    assert "normalised" in meaning.reason


def test_three_equal_peaks_are_chance(rng: np.random.Generator) -> None:
    tracks = [track(role, "drums") for role in ("kick", "snare", "toms")]
    audio = rng.standard_normal((1, 2 * RATE_HZ))
    alike = listen_to((0.9 * audio / np.abs(audio).max()).astype(np.float32), RATE_HZ)
    meaning = meaning_of_levels("auto", tracks, [alike] * 3, dry=False)
    assert "normalised" not in meaning.reason


@pytest.mark.parametrize(("n_moved", "word"), [(2, "raw"), (3, "rough")])
def test_a_codec_moves_the_peaks_of_some_normalised_files(
    rng: np.random.Generator, n_moved: int, word: str
) -> None:
    roles = ("kick", "snare", "toms", "hihat", "overheads", "percussion", "drum_loop")
    tracks = [track(role, "drums") for role in roles]
    heard = []
    for number in range(len(roles)):
        audio = rng.standard_normal((1, 2 * RATE_HZ))
        peak = 0.9 * 10.0 ** (-0.15 * (number + 1)) if number < n_moved else 0.9
        heard.append(listen_to((peak * audio / np.abs(audio).max()).astype(np.float32), RATE_HZ))
    meaning = meaning_of_levels("auto", tracks, heard, dry=False)
    assert meaning.word == word
    assert ("most files have the same peak" in meaning.reason) == (word == "raw")


@pytest.mark.parametrize(("n_others", "word"), [(3, "raw"), (4, "rough")])
def test_files_brought_to_one_loudness_are_raw(
    rng: np.random.Generator, n_others: int, word: str
) -> None:
    roles = ("kick", "snare", "toms", "hihat", "overheads", "percussion", "drum_loop", "bass")
    tracks = [track(role, "drums") for role in (*roles, "keys")]
    heard = [heard_at(rng, -32.0 if n < n_others else -25.0 + 0.1 * (n % 3)) for n in range(9)]
    heard = [replace(one, peak_db=one.peak_db + 1.5 * n) for n, one in enumerate(heard)]
    meaning = meaning_of_levels("auto", tracks, heard, dry=False)
    assert (meaning.word, meaning.are_normalised) == (word, word == "raw")
    assert ("most files have the same loudness" in meaning.reason) == (word == "raw")


def test_stems_of_one_loudness_are_raw() -> None:
    def never() -> str | None:
        raise AssertionError("listened for nothing")

    peaks = {"vocals": -3.0, "bass": -6.0, "drums": -1.0, "other": -9.0}
    for bass_lufs, word in ((-23.2, "raw"), (-22.4, "rough")):
        lufs = {"vocals": -23.0, "bass": bass_lufs, "drums": -23.0, "other": -22.9}
        assert meaning_of_stems("auto", lufs, peaks, lambda: None, dry=False).word == word
    told = meaning_of_stems("auto", dict.fromkeys(lufs, -23.0), peaks, never, dry=False)
    assert told.reason == "all files have the same loudness: each was normalised separately"


def test_one_track_says_little(rng: np.random.Generator) -> None:
    assert meaning_of_levels("auto", STEMS[:1], [heard_at(rng, -20.0)], dry=False).word == "rough"


def test_other_words_are_refused_with_the_nearest() -> None:
    assert parse_levels(" Raw ") == "raw"
    with pytest.raises(SettingsError, match=r"unknown levels .rouh.; did you mean .rough.\?"):
        parse_levels("rouh")


@pytest.mark.parametrize("word", ["x", "RAW", ""])
def test_settings_have_only_words_that_are_known(word: str) -> None:
    """A recipe or an agent sets them without the command line's reading."""
    with pytest.raises(SettingsError, match="unknown levels"):
        RenderSettings(levels=word)
