"""The constants: tracks at the medians of their roles, groups at those of theirs."""

import json

import numpy as np
import pytest

from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.human import GROUP_LUFS, USUAL
from mixer.network.track_mixer.level_settings import level_settings
from mixer.network.track_mixer.track_settings import (
    CURVE_HZ,
    BusSettings,
    Compression,
    TrackSettings,
    as_json,
    curve_at,
    high_pass_db,
)
from mixer.roles import ROLE_NAMES, STEM_OF_ROLE
from tests.network.track_mixer.heard import heard_as

RATE = 44_100
ROLES = ("kick", "snare", "bass", "lead_vocal", "electric_guitar", "electric_guitar")


def tracks() -> list:
    rng = np.random.default_rng(9)
    gains = 10.0 ** (rng.uniform(-20, 0, len(ROLES)) / 20)
    return [
        listen_to((0.1 * gain * rng.standard_normal((1, 2 * RATE))).astype(np.float32), RATE)
        for gain in gains
    ]


def test_raw_levels_do_not_count():
    heard = tracks()
    stems = [STEM_OF_ROLE[role] for role in ROLES]
    settings = level_settings(heard_as(heard, ROLES, stems))
    wet = [t.loudness_lufs + s.gain_db for t, s in zip(heard, settings.tracks, strict=True)]
    assert wet[0] - wet[1] == pytest.approx(USUAL["kick"].level_lu - USUAL["snare"].level_lu)
    power = 10.0 ** (np.array(wet) / 10.0)
    drums, bass = power[:2].sum(), power[2]
    assert 10 * np.log10(drums / bass) == pytest.approx(
        GROUP_LUFS["drums"] - GROUP_LUFS["bass"], abs=0.05
    )
    assert 10 * np.log10(power.sum()) == pytest.approx(-18.0, abs=0.05)


def test_every_role_has_its_usual_treatment():
    assert set(USUAL) == set(ROLE_NAMES)


def test_silence_is_left_alone():
    silent = listen_to(np.zeros((1, RATE), np.float32), RATE)
    settings = level_settings(heard_as([silent], ["kick"], ["drums"]))
    assert settings.tracks[0].gain_db == 0.0


def test_settings_are_bounded_and_plain():
    wild = TrackSettings(
        gain_db=1e9, pan=-7.0, curve_db=(99.0,) * len(CURVE_HZ), high_pass_hz=float("nan"),
        compression=Compression(threshold_db=3.0, ratio=0.1),
    ).bounded()  # fmt: skip
    assert (wild.gain_db, wild.pan, wild.curve_db[0], wild.high_pass_hz) == (72.0, -1.0, 12.0, 20.0)
    assert wild.compression.is_off
    plain = json.loads(json.dumps(as_json(wild), allow_nan=False))
    assert plain["compression"]["ratio"] == 1.0
    with pytest.raises(ValueError, match="9"):
        BusSettings(curve_db=(0.0,)).bounded()


def test_curves_and_filters_are_what_they_say():
    curve = tuple(float(i) for i in range(len(CURVE_HZ)))
    np.testing.assert_allclose(curve_at(curve, np.array(CURVE_HZ)), curve, atol=1e-9)
    assert high_pass_db(100.0, np.array([100.0]))[0] == pytest.approx(-3.01, abs=0.01)
    assert high_pass_db(100.0, np.array([25.0]))[0] == pytest.approx(-24.1, abs=0.1)
