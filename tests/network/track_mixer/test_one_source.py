"""Microphones on one source keep their balance, and the source its level."""

import numpy as np
import pytest

from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.one_source import OneSource, balanced_as_recorded

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def heard() -> list[TrackLevels]:
    """The second 6 and the third 12 dB softer than the first; the fourth silent."""
    audio = 0.05 * np.random.default_rng(5).standard_normal((1, RATE_HZ)).astype(np.float32)
    return [listen_to(audio * np.float32(gain), RATE_HZ) for gain in (1.0, 0.5012, 0.2512, 0.0)]


def levels_lu(heard: list[TrackLevels], gains_db: list[float]) -> list[float]:
    return [track.loudness_lufs + gain for track, gain in zip(heard, gains_db, strict=True)]


def sum_lu(levels: list[float]) -> float:
    return float(10.0 * np.log10(np.sum(10.0 ** (np.array(levels) / 10.0))))


def test_the_recorded_balance_is_kept_and_the_source_is_as_loud(heard: list[TrackLevels]):
    equal = [0.0, 6.0, 12.0]
    balanced = balanced_as_recorded(heard[:3], [OneSource((0, 2))], equal)
    assert balanced[0] == pytest.approx(balanced[2])
    assert balanced[1] == 6.0
    before, after = (levels_lu(heard[:3], gains) for gains in (equal, balanced))
    assert sum_lu(after[::2]) == pytest.approx(sum_lu(before[::2]))


def test_of_normalised_files_the_line_stands_behind(heard: list[TrackLevels]):
    """By its loudness, whatever the faders were by the two signals' peaks."""
    for gains_db in ([0.0, 7.0], [3.0, -2.0]):
        balanced = balanced_as_recorded(heard[:2], [OneSource((0, 1), (0.0, -7.7))], gains_db)
        before, after = (levels_lu(heard[:2], gains) for gains in (gains_db, balanced))
        assert after[1] - after[0] == pytest.approx(-7.7)
        assert sum_lu(after) == pytest.approx(sum_lu(before))


def test_those_in_front_stay_as_they_are_to_each_other(heard: list[TrackLevels]):
    gains_db = [0.0, 2.0, 12.0]
    source = OneSource((0, 1, 2), (0.0, 0.0, -3.4))
    balanced = balanced_as_recorded(heard[:3], [source], gains_db)
    before, after = (levels_lu(heard[:3], gains) for gains in (gains_db, balanced))
    assert after[1] - after[0] == pytest.approx(before[1] - before[0])
    assert after[2] - np.mean(after[:2]) == pytest.approx(-3.4)


def test_two_that_stand_behind_are_apart_by_as_much(heard: list[TrackLevels]):
    balanced = balanced_as_recorded(heard[:2], [OneSource((0, 1), (-3.4, -7.7))], [0.0, 0.0])
    after = levels_lu(heard[:2], balanced)
    assert after[1] - after[0] == pytest.approx(-4.3)


def test_silence_has_no_balance(heard: list[TrackLevels]):
    assert balanced_as_recorded(heard, [OneSource((0, 3))], [1.0] * 4) == [1.0] * 4


def test_the_order_of_tracks_is_nothing(heard: list[TrackLevels]):
    gains_db, back = [3.0, -1.0, 5.0], [2, 0, 1]
    balanced = balanced_as_recorded(heard[:3], [OneSource((0, 1, 2))], gains_db)
    shuffled = balanced_as_recorded(
        [heard[i] for i in back], [OneSource((2, 0, 1))], [gains_db[i] for i in back]
    )
    assert shuffled == [balanced[i] for i in back]
