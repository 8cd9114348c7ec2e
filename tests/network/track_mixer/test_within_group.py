"""No fader leaves a track further from its role's place than people do."""

import numpy as np
import pytest

from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.human import USUAL
from mixer.network.track_mixer.within_group import (
    MOST_ABOVE_DB,
    MOST_BELOW_DB,
    drawn_into_group,
)
from tests.network.track_mixer.heard import heard_as

ROLES = ["kick", "snare", "hihat", "toms", "overheads"]
STEMS = ["drums"] * len(ROLES)


@pytest.fixture(scope="module")
def heard() -> list[TrackLevels]:
    rng = np.random.default_rng(5)
    audio = 0.05 * rng.standard_normal((1, 44_100)).astype(np.float32)
    return [listen_to(audio * np.float32(gain), 44_100) for gain in (0.3, 1.0, 0.1, 0.6, 0.8)]


def faders(heard: list[TrackLevels], apart_db: list[float]) -> list[float]:
    """That put each drum so far from its usual place."""
    return [
        USUAL[role].level_lu + apart - track.loudness_lufs
        for role, apart, track in zip(ROLES, apart_db, heard, strict=True)
    ]


def together_lu(heard: list[TrackLevels], gains_db: list[float]) -> float:
    levels = [track.loudness_lufs + gain for track, gain in zip(heard, gains_db, strict=True)]
    return float(10.0 * np.log10(np.sum(10.0 ** (np.array(levels) / 10.0))))


def test_what_people_do_is_left_alone(heard: list[TrackLevels]):
    gains_db = faders(heard, [6.0, 0.0, -14.0, -3.0, 2.0])
    assert drawn_into_group(heard_as(heard, ROLES, STEMS), gains_db) == gains_db
    # Two tracks have no middle one.
    wild = faders(heard, [40.0, 0.0, -40.0, 0.0, 0.0])[:2]
    assert drawn_into_group(heard_as(heard[:2], ROLES[:2], STEMS[:2]), wild) == wild


def test_what_nobody_does_is_drawn_back_and_the_group_stays_as_loud(heard: list[TrackLevels]):
    gains_db = faders(heard, [30.0, 0.0, -40.0, 0.0, 1.0])
    drawn = drawn_into_group(heard_as(heard, ROLES, STEMS), gains_db)
    usual = faders(heard, [0.0] * len(ROLES))
    apart = np.subtract(drawn, usual)
    assert apart[0] - np.median(apart) == pytest.approx(MOST_ABOVE_DB)
    assert apart[2] - np.median(apart) == pytest.approx(-MOST_BELOW_DB)
    assert together_lu(heard, drawn) == pytest.approx(together_lu(heard, gains_db))
    back = [2, 0, 4, 3, 1]
    others = heard_as([heard[i] for i in back], [ROLES[i] for i in back], STEMS)
    shuffled = drawn_into_group(others, [gains_db[i] for i in back])
    assert shuffled == pytest.approx([drawn[i] for i in back], abs=1e-9)
