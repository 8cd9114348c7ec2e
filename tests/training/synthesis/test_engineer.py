"""The whole mix: sums, levels, what does and does not change it, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.signal

from mixer.errors import InputError
from mixer.meters.loudness import integrated_loudness_lufs
from tests.training.synthesis.test_engineer_band import RATE_HZ, play_band
from training.synthesis.engineer import EngineeredMix, engineer
from training.synthesis.engineer_levels import USUAL_LEVELS_LU
from training.synthesis.tracks import Multitrack


@pytest.fixture(scope="module")
def band() -> Multitrack:
    return play_band()


def cut(band: Multitrack, duration_s: float, leave_out: tuple[str, ...] = ()) -> Multitrack:
    """The beginning of a band without some of its stems."""
    stop = round(duration_s * RATE_HZ)
    tracks = [replace(t, audio=t.audio[:, :stop]) for t in band.tracks if t.stem not in leave_out]
    return replace(band, tracks=tuple(tracks))


@pytest.fixture(scope="module")
def mix(band: Multitrack) -> EngineeredMix:
    return engineer(band, 1)


def test_the_mixture_is_the_sum_of_the_wet_stems(band: Multitrack, mix: EngineeredMix) -> None:
    stems = list(mix.wet_stems.values())
    assert np.array_equal(mix.mixture, ((stems[0] + stems[1]) + stems[2]) + stems[3])
    assert list(mix.wet_stems) == list(mix.dry_stems) == ["vocals", "bass", "drums", "other"]
    for audio in (mix.mixture, *stems, *mix.dry_stems.values()):
        assert audio.dtype == np.float32
        assert audio.shape == band.tracks[0].audio.shape
        assert np.abs(audio).max() < 1.0
    assert -23.0 < integrated_loudness_lufs(mix.mixture, RATE_HZ) < -14.0


def test_the_decisions_are_plain_json(mix: EngineeredMix) -> None:
    again = json.loads(json.dumps(mix.decisions, allow_nan=False))
    assert len(again["tracks"]) == 14
    assert -30.0 < again["stems"]["vocals"]["reverb_send_db"] < -3.0
    assert again["stems"]["bass"]["reverb_send_db"] is None


def test_stems_have_the_levels_that_were_decided(mix: EngineeredMix) -> None:
    """By the meter of the recommendation, stem against stem; the bus compressor moves some."""
    decided = mix.decisions["bus"]["levels_lu"]
    error_lu = [
        integrated_loudness_lufs(audio, RATE_HZ) - decided[stem]
        for stem, audio in mix.wet_stems.items()
    ]
    assert np.ptp(error_lu) < 0.7
    assert sum(10.0 ** (level / 10.0) for level in decided.values()) == pytest.approx(1.0)
    for stem, level_lu in decided.items():
        assert abs(level_lu - USUAL_LEVELS_LU[stem]) < 4.5


def test_the_same_seed_mixes_the_same_and_another_does_not(
    band: Multitrack, mix: EngineeredMix
) -> None:
    again, other = engineer(band, 1), engineer(band, 2)
    assert np.array_equal(again.mixture, mix.mixture)
    assert again.decisions == mix.decisions
    assert other.decisions["style"] != mix.decisions["style"]


def test_the_gain_of_a_recording_does_not_matter(band: Multitrack, mix: EngineeredMix) -> None:
    """An engineer sets faders by ear: a kick recorded 9 dB lower is mixed the same."""
    gains = {"kick": np.float32(0.35), "lead_vocal": np.float32(0.5)}
    quieter = [replace(t, audio=gains.get(t.name, np.float32(1.0)) * t.audio) for t in band.tracks]
    same = engineer(replace(band, tracks=tuple(quieter)), 1)
    for stem, wet in mix.wet_stems.items():
        error = same.wet_stems[stem] - wet
        assert np.sqrt(np.mean(error**2) / np.mean(wet**2)) < 0.02


def test_what_must_be_centred_is(mix: EngineeredMix) -> None:
    pans = {track["name"]: track["pan"] for track in mix.decisions["tracks"]}
    assert pans["lead_vocal"] == pans["bass"] == pans["kick"] == pans["snare"] == 0.0
    assert pans["electric_guitar"] * pans["electric_guitar 2"] < -0.05
    low = scipy.signal.sosfilt(scipy.signal.butter(8, 120.0, fs=RATE_HZ, output="sos"), mix.mixture)
    assert np.corrcoef(low)[0, 1] > 0.95
    left, right = np.square(mix.mixture).sum(axis=-1)
    assert abs(10.0 * np.log10(right / left)) < 1.0


def test_dry_stems_of_mono_tracks_are_centred(mix: EngineeredMix) -> None:
    for stem in ("vocals", "bass", "other"):
        assert np.array_equal(mix.dry_stems[stem][0], mix.dry_stems[stem][1])


def test_mono_fold_down_keeps_the_loudness(mix: EngineeredMix) -> None:
    folded = np.repeat(mix.mixture.mean(axis=0, keepdims=True), 2, axis=0)
    loss_lu = integrated_loudness_lufs(mix.mixture, RATE_HZ) - integrated_loudness_lufs(
        folded, RATE_HZ
    )
    assert 0.0 < loss_lu < 1.0


def test_stems_and_tracks_may_be_missing_or_silent(band: Multitrack) -> None:
    band = cut(band, 3.0, ("vocals", "bass"))
    silent = replace(band.tracks[0], audio=np.zeros_like(band.tracks[0].audio))
    mix = engineer(replace(band, tracks=(silent, *band.tracks[1:])), 3)
    assert list(mix.wet_stems) == ["drums", "other"]
    assert "kick" not in [track["name"] for track in mix.decisions["tracks"]]
    assert np.isfinite(mix.mixture).all()


def test_a_silent_stem_stays_silent(band: Multitrack) -> None:
    band = cut(band, 3.0, ("vocals",))
    tracks = tuple(
        replace(t, audio=np.zeros_like(t.audio)) if t.stem == "bass" else t for t in band.tracks
    )
    mix = engineer(replace(band, tracks=tracks), 3)
    assert not mix.wet_stems["bass"].any()
    assert "bass" not in mix.decisions["bus"]["levels_lu"]
    json.dumps(mix.decisions, allow_nan=False)


def test_a_track_that_is_nothing_of_its_role_is_mixed_all_the_same(band: Multitrack) -> None:
    """A hat's high-pass would leave nothing of a deep hum at -55 LUFS."""
    band = cut(band, 2.0)
    hum = 0.02 * np.sin(2 * np.pi * 30.0 * np.arange(2 * RATE_HZ) / RATE_HZ)
    hum = np.stack([hum, hum]).astype(np.float32)
    tracks = [replace(t, audio=hum) if t.role == "hat" else t for t in band.tracks]
    mix = engineer(replace(band, tracks=tuple(tracks)), 1)
    assert np.isfinite(mix.mixture).all()
    json.dumps(mix.decisions, allow_nan=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": "kazoo"}, "unknown role 'kazoo'"),
        ({"stem": "strings"}, "unknown stem 'strings'"),
        ({"audio": np.zeros((2, 100), np.float32)}, "one length"),
        ({"audio": np.full((2, 2 * RATE_HZ), np.nan, np.float32)}, "holds NaN or Inf"),
    ],
)
def test_what_cannot_be_mixed_is_refused(band: Multitrack, change: dict, words: str) -> None:
    band = cut(band, 2.0, ("vocals", "other"))
    tracks = (*band.tracks[:-1], replace(band.tracks[-1], **change))
    with pytest.raises(InputError, match=words):
        engineer(replace(band, tracks=tracks), 1)


def test_silence_is_refused(band: Multitrack) -> None:
    band = cut(band, 2.0, ("vocals", "other"))
    tracks = tuple(replace(t, audio=np.zeros_like(t.audio)) for t in band.tracks)
    with pytest.raises(InputError, match="silent"):
        engineer(replace(band, tracks=tracks), 1)
    with pytest.raises(InputError, match="no tracks"):
        engineer(replace(band, tracks=()), 1)
