"""Groups stand where they are meant to, however their tracks take turns."""

import numpy as np
import pytest

from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.human import GROUP_LUFS
from mixer.network.track_mixer.level_settings import level_settings
from mixer.network.track_mixer.together import louder_apart_db
from tests.network.track_mixer.heard import heard_as

RATE = 44_100


def noise(seconds: int, plays: slice, seed: int) -> np.ndarray:
    audio = np.zeros((1, seconds * RATE), np.float32)
    span = audio[:, plays.start * RATE : plays.stop * RATE]
    span[:] = 0.1 * np.random.default_rng(seed).standard_normal(span.shape)
    return audio


def heard(*tracks: np.ndarray) -> list[TrackLevels]:
    return [listen_to(track, RATE) for track in tracks]


def apart_db(tracks: list[TrackLevels], stems: list[str], gains_db: list[float]) -> list[float]:
    return louder_apart_db(heard_as(tracks, ["percussion"] * len(tracks), stems), gains_db)


def test_two_that_take_turns_add_up_to_one():
    tracks = heard(noise(8, slice(0, 4), 1), noise(8, slice(4, 8), 2))
    assert apart_db(tracks, ["drums"] * 2, [3.0, 3.0]) == pytest.approx([3.01] * 2, abs=0.3)


def test_two_that_play_all_the_time_or_stand_alone_are_not_moved():
    both = heard(noise(4, slice(0, 4), 1), noise(4, slice(0, 4), 2))
    assert apart_db(both, ["drums"] * 2, [0.0, -6.0]) == pytest.approx([0.0] * 2, abs=0.05)
    assert apart_db(both, ["drums", "bass"], [0.0, 0.0]) == [0.0, 0.0]


def test_silence_and_a_track_that_is_too_short_for_a_block_are_no_trouble():
    silent = noise(4, slice(0, 0), 1)
    tracks = heard(silent, noise(4, slice(0, 4), 2), silent[:, :2_000], silent[:, :0])
    assert apart_db(tracks, ["other"] * 4, [0.0] * 4) == [0.0, pytest.approx(0.0), 0.0, 0.0]


def test_groups_come_out_as_loud_as_people_put_them():
    tracks = [
        noise(8, slice(0, 3), 1), noise(8, slice(3, 6), 2), noise(8, slice(5, 8), 3),
        noise(8, slice(0, 8), 4),
    ]  # fmt: skip
    stems = ["drums", "drums", "drums", "bass"]
    roles = ["kick", "snare", "percussion", "bass"]
    settings = level_settings(heard_as(heard(*tracks), roles, stems))
    wet = [
        np.repeat(track, 2, axis=0) * np.float32(10.0 ** (strip.gain_db / 20.0))
        for track, strip in zip(tracks, settings.tracks, strict=True)
    ]
    drums, bass = (integrated_loudness_lufs(a, RATE) for a in (wet[0] + wet[1] + wet[2], wet[3]))
    assert drums - bass == pytest.approx(GROUP_LUFS["drums"] - GROUP_LUFS["bass"], abs=0.2)
