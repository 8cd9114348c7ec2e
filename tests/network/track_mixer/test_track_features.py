"""What is heard of a track: its loudness by BS.1770, whatever the blocks it is read in."""

import numpy as np
import pytest

from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.track_mixer.features import TrackListener, listen_to
from mixer.network.track_mixer.graph_inputs import describe_bands, describe_dynamics, graph_inputs
from mixer.network.track_mixer.parameters import N_DYNAMICS
from tests.network.track_mixer.heard import heard_as

RATE = 44_100


def bursts(seconds: float = 8.0, channels: int = 2) -> np.ndarray:
    """Noise that plays half of the time, some of it in common left and right."""
    rng = np.random.default_rng(5)
    n = round(seconds * RATE)
    plays = (np.arange(n) // (RATE // 2)) % 2
    common = rng.standard_normal(n)
    audio = 0.05 * plays * (common + 0.5 * rng.standard_normal((channels, n)))
    return audio.astype(np.float32)


def test_loudness_is_that_of_bs_1770():
    audio = bursts()
    assert listen_to(audio, RATE).loudness_lufs == pytest.approx(
        integrated_loudness_lufs(audio, RATE), abs=0.3
    )


def test_blocks_do_not_matter():
    audio = bursts(3.0)
    whole = TrackListener(RATE, 2)
    whole.listen(audio)
    pieces = TrackListener(RATE, 2)
    for start in range(0, audio.shape[1], 777):
        pieces.listen(audio[:, start : start + 777])
    expected, found = whole.finish(), pieces.finish()
    np.testing.assert_allclose(found.powers, expected.powers, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(found.frame_db, expected.frame_db, atol=1e-3)
    np.testing.assert_array_equal(found.peak_db, expected.peak_db)


def test_a_mono_track_stands_for_two_equal_channels():
    mono = bursts(channels=1)
    once, twice = listen_to(mono, RATE), listen_to(np.repeat(mono, 2, axis=0), RATE)
    np.testing.assert_allclose(once.powers, twice.powers, rtol=1e-4, atol=1e-9)
    # Wherever it is put, two equal channels are put there as one.
    assert (once.n_channels, twice.n_channels) == (1, 1)
    apart = np.concatenate([mono, 0.9 * mono])
    assert listen_to(apart, RATE).n_channels == 2


def test_peaks_are_of_samples():
    audio = np.zeros((1, RATE), np.float32)
    audio[0, 20_000] = -0.5
    levels = listen_to(audio, RATE)
    assert levels.peak_db.max() == pytest.approx(20 * np.log10(0.5), abs=1e-3)
    assert levels.peak_db.shape == levels.frame_db.shape


@pytest.mark.parametrize("n_samples", [0, 1, 3_000, RATE])
def test_silence_and_shortness_are_heard_without_complaint(n_samples: int):
    levels = listen_to(np.zeros((2, n_samples), np.float32), RATE)
    assert levels.loudness_lufs == -np.inf
    assert not describe_dynamics(levels.frame_db, levels.peak_db).any()
    inputs = graph_inputs(heard_as([levels], ["kick"], ["drums"]))
    assert inputs["mask"].tolist() == [[0.0]]


def test_views_are_those_of_left_right_mid_and_side():
    audio = bursts()
    audio[1] = -audio[0]
    left, right, mid, side = describe_bands(listen_to(audio, RATE).powers)
    loud = left > left.max() - 30
    np.testing.assert_allclose(right[loud], left[loud], atol=0.01)
    np.testing.assert_allclose(side[loud], left[loud], atol=0.01)
    assert (mid[loud] < left[loud] - 40).all()


def test_dynamics_do_not_depend_on_level():
    audio = bursts()
    soft, loud = (listen_to(gain * audio, RATE) for gain in (np.float32(0.05), np.float32(1.0)))
    described = [describe_dynamics(each.frame_db, each.peak_db) for each in (soft, loud)]
    assert described[0].shape == (N_DYNAMICS,)
    np.testing.assert_allclose(described[0], described[1], atol=0.02)


def test_dither_alone_does_not_make_a_soft_mono_recording_stereo():
    rng = np.random.default_rng(4)
    soft = 0.005 * rng.standard_normal(RATE)
    steps = rng.integers(-1, 2, (2, RATE)) / 32_768
    assert listen_to((soft + steps).astype(np.float32), RATE).n_channels == 1
    assert listen_to((soft + 4.0 * steps).astype(np.float32), RATE).n_channels == 2


def test_a_model_is_told_the_hint_of_a_role_that_it_does_not_know():
    levels = listen_to(bursts(), RATE)
    inputs = graph_inputs(heard_as([levels] * 3, ["rim", "percussion", "unknown"], ["drums"] * 3))
    rim, percussion, unknown = inputs["role"][0].tolist()
    assert rim == percussion
    # The last that the shipped graph's table holds.
    assert unknown == 30
