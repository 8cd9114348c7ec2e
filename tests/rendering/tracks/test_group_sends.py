"""What tracks are sent to: two rooms of their own lengths, and an echo as loud as its send."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.fxnorm.rooms import measure_reverberation_time_s
from mixer.network.track_mixer.track_settings import SEND_OFF_DB, SpaceSettings, TrackSettings
from mixer.rendering.tracks.group_sends import RoomReturns

RATE_HZ = 44_100
SPACE = SpaceSettings(
    short_decay_s=0.4,
    long_decay_s=1.6,
    short_pre_delay_ms=0.0,
    long_pre_delay_ms=50.0,
    echo_s=0.1,
    echo_feedback=0.6,
)


def answer(name: str, duration_s: float = 2.5) -> np.ndarray:
    impulse = np.zeros((2, round(duration_s * RATE_HZ)), np.float32)
    impulse[:, 0] = 1.0
    return RoomReturns(SPACE, RATE_HZ).come_back(name, impulse)


@pytest.mark.parametrize(("name", "decay_s"), [("short_room", 0.4), ("long_room", 1.6)])
def test_each_room_decays_in_its_own_time(name: str, decay_s: float) -> None:
    assert measure_reverberation_time_s(answer(name), RATE_HZ) == pytest.approx(decay_s, rel=0.25)


def test_each_room_begins_after_its_own_pre_delay() -> None:
    begins = {
        name: int(np.flatnonzero(np.abs(answer(name)).max(axis=0) > 1e-4)[0])
        for name in ("short_room", "long_room")
    }
    assert begins["short_room"] < 0.002 * RATE_HZ
    assert 0.05 * RATE_HZ <= begins["long_room"] < 0.052 * RATE_HZ


def test_all_echoes_together_are_as_loud_as_their_send() -> None:
    settings = TrackSettings(echo_db=-12.0, short_room_db=-20.0, long_room_db=SEND_OFF_DB)
    levels = dict(RoomReturns(SPACE, RATE_HZ).levels(settings))
    assert set(levels) == {"echo", "short_room"}
    assert levels["short_room"] == pytest.approx(10.0 ** (-20.0 / 20.0))
    echoes = levels["echo"] * SPACE.echo_feedback ** np.arange(100)
    assert np.sum(echoes**2) == pytest.approx(10.0 ** (-12.0 / 10.0), rel=1e-5)
