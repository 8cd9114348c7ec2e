"""A raw track is held until its strong moments differ by no more than those of finished ones."""

import numpy as np
import pytest

from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.holding import (
    HELD,
    held,
    range_of_moments_db,
    reduction_db,
)
from mixer.network.track_mixer.human import USUAL
from mixer.network.track_mixer.track_settings import Compression
from mixer.rendering.tracks.track_strip import run_compressor

RATE = 44_100
BEAT = RATE // 2
N_BEATS = 48


def row(**controls: float) -> dict[str, float]:
    rest = {"gain_db": -3.0, "shape": 0.0, "ride": 0.0, "threshold_db": 0.0, "ratio": 1.0}
    return {**rest, **controls}


def syllables(apart_db: float, n_channels: int = 1, gain: float = 1.0) -> np.ndarray:
    """Half-second swells, every third one louder, of the same noise."""
    noise = np.random.default_rng(3).standard_normal(BEAT) * np.hanning(BEAT)
    levels_db = np.where(np.arange(N_BEATS) % 3 == 0, apart_db, 0.0)
    audio = (10.0 ** (levels_db[:, None] / 20.0) * noise).reshape(1, -1)
    return np.repeat(0.02 * gain * audio, n_channels, axis=0).astype(np.float32)


def heard(audio: np.ndarray) -> TrackLevels:
    levels = listen_to(audio, RATE)
    return TrackLevels(levels.powers, levels.frame_db, levels.peak_db, len(audio))


def range_db(audio: np.ndarray) -> float:
    return range_of_moments_db(heard(audio).frame_db.astype(np.float64))


def test_an_uneven_raw_voice_is_held_to_the_range_of_finished_ones_and_is_as_loud():
    audio = syllables(7.0)
    assert range_db(audio) == pytest.approx(7.0, abs=0.1)
    done = held(row(), heard(audio), "lead_vocal", 1.0)
    usual = USUAL["lead_vocal"]
    compression = Compression(
        done["threshold_db"], done["ratio"], usual.attack_ms, usual.release_ms
    )
    wet = audio.copy()
    run_compressor(wet, RATE, compression)
    assert range_db(wet) == pytest.approx(HELD["lead_vocal"].range_db, abs=0.6)
    louder_db = done["gain_db"] - row()["gain_db"]
    lost_db = heard(audio).loudness_lufs - heard(wet).loudness_lufs
    assert louder_db == pytest.approx(lost_db, abs=0.6)


def test_a_threshold_moves_with_the_level_of_the_recording():
    loud, soft = (held(row(), heard(syllables(7.0, 1, g)), "lead_vocal", 1.0) for g in (1.0, 0.1))
    assert loud["threshold_db"] - soft["threshold_db"] == pytest.approx(20.0, abs=0.1)
    assert loud["gain_db"] == pytest.approx(soft["gain_db"], abs=0.05)


@pytest.mark.parametrize(
    ("apart_db", "n_channels", "role", "amount"),
    [
        (1.5, 1, "lead_vocal", 1.0),
        (7.0, 2, "lead_vocal", 1.0),
        (7.0, 1, "lead_vocal", 0.0),
        (7.0, 1, "electric_guitar", 1.0),
    ],
)
def test_even_and_finished_tracks_and_those_that_few_engineers_hold_stay_as_they_are(
    apart_db: float, n_channels: int, role: str, amount: float
):
    assert held(row(), heard(syllables(apart_db, n_channels)), role, amount) == row()


def test_half_of_the_amount_is_half_of_the_way():
    audio = syllables(7.0)
    levels = heard(audio)
    ranges = [
        range_of_moments_db(_left_db(levels, held(row(), levels, "lead_vocal", amount)))
        for amount in (0.5, 1.0)
    ]
    assert ranges == pytest.approx([5.0, 3.0], abs=0.1)


def test_loud_moments_lose_no_more_than_an_engineer_takes():
    levels = heard(syllables(11.0))
    taken_db = levels.frame_db - _left_db(levels, held(row(), levels, "kick", 1.0))
    assert 5.0 < taken_db.max() < 6.01


def test_a_compressor_that_holds_enough_is_kept_and_one_that_does_not_is_lowered():
    levels = heard(syllables(7.0))
    done = held(row(), levels, "lead_vocal", 1.0)
    stronger = row(threshold_db=done["threshold_db"] - 3.0, ratio=4.0)
    assert held(stronger, levels, "lead_vocal", 1.0) == stronger
    weaker = row(threshold_db=done["threshold_db"] + 6.0, ratio=4.0)
    lowered = held(weaker, levels, "lead_vocal", 1.0)
    assert lowered["ratio"] == 4.0
    assert lowered["threshold_db"] < weaker["threshold_db"]


@pytest.mark.parametrize("n_samples", [0, 1, 3_000, RATE])
def test_silence_and_shortness_are_not_held(n_samples: int):
    levels = heard(np.zeros((1, n_samples), np.float32))
    assert held(row(), levels, "lead_vocal", 1.0) == row()


def _left_db(levels: TrackLevels, done: dict[str, float]) -> np.ndarray:
    compression = Compression(done["threshold_db"], done["ratio"])
    return levels.frame_db - reduction_db(levels.peak_db.astype(np.float64), compression)
