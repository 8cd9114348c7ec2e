"""A group without its leading part stands lower than a whole one."""

import numpy as np
import pytest

from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.human import GROUP_LUFS
from mixer.network.track_mixer.leading_roles import below_whole_db
from mixer.network.track_mixer.level_settings import level_settings
from tests.network.track_mixer.heard import heard_as

RATE = 44_100


def test_whole_groups_stand_where_they_do():
    roles = ["lead_vocal", "backing_vocals", "kick", "percussion", "bass", "keys"]
    stems = ["vocals", "vocals", "drums", "drums", "bass", "other"]
    assert set(below_whole_db(roles, stems).values()) == {0.0}
    finished = below_whole_db(["vocal_stem", "drum_stem"], ["vocals", "drums"])
    assert finished == {"vocals": 0.0, "drums": 0.0}


def test_more_backing_voices_are_louder_and_none_louder_than_a_singer():
    below = [below_whole_db(["choir"] * n, ["vocals"] * n)["vocals"] for n in (1, 2, 8)]
    assert below == pytest.approx([-5.5, -2.5, 0.0], abs=0.1)
    assert below_whole_db(["percussion"], ["drums"])["drums"] == -4.0


def test_the_constants_put_a_choir_below_the_instruments():
    rng = np.random.default_rng(8)
    heard = [
        listen_to((0.1 * rng.standard_normal((1, 2 * RATE))).astype(np.float32), RATE)
        for _ in range(2)
    ]
    settings = level_settings(heard_as(heard, ["choir", "keys"], ["vocals", "other"]))
    choir, keys = (
        track.loudness_lufs + strip.gain_db
        for track, strip in zip(heard, settings.tracks, strict=True)
    )
    usual = GROUP_LUFS["vocals"] - GROUP_LUFS["other"]
    assert choir - keys == pytest.approx(usual - 5.5, abs=0.05)
