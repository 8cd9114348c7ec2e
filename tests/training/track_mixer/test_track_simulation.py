"""Powers behind a strip are those of audio that went through one."""

import numpy as np
import pytest
import torch

from mixer.console.stereo import pan_gains
from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.graph_inputs import describe_bands
from mixer.network.track_mixer.parameters import TRACK_CONTROLS, TrackMixerParameters
from training.networks.track_mixer import TrackMixer
from training.track_mixer.simulation import simulate

RATE = 44_100
NEUTRAL = {"width": 1.0, "ratio": 1.0, "high_pass_hz": 20.0, "widen_db": -40.0,
           "short_room_db": -40.0, "long_room_db": -40.0, "echo_db": -40.0}  # fmt: skip


def simulated(audio: np.ndarray, **settings: float) -> tuple[np.ndarray, np.ndarray]:
    """Mid and side in bands, in dB."""
    network = TrackMixer(TrackMixerParameters(channels=16, n_heads=2, n_layers=1))
    row = [{**NEUTRAL, **settings}.get(name, 0.0) for name in TRACK_CONTROLS]
    bands = torch.from_numpy(describe_bands(listen_to(audio, RATE).powers))[None, None]
    is_mono = torch.tensor([[float(len(audio) == 1)]])
    wet = simulate(network, bands, is_mono, torch.tensor([[row]]))
    return tuple(
        10 * np.log10(np.maximum(each[0, 0].numpy(), 1e-12)) for each in vars(wet).values()
    )


def measured(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _, _, mid, side = describe_bands(listen_to(audio, RATE).powers)
    return mid, side


def noise(channels: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    return (0.1 * rng.standard_normal((channels, 3 * RATE))).astype(np.float32)


@pytest.mark.parametrize("pan", [0.0, 0.4, 1.0])
def test_pan_of_a_mono_track(pan: float):
    mono = noise(1)
    left, right = pan_gains(pan)
    mid, side = measured(np.concatenate([left * mono, right * mono]))
    found = simulated(mono, spread=pan, gain_db=0.0)
    np.testing.assert_allclose(found[0], mid, atol=0.05)
    if pan:
        np.testing.assert_allclose(found[1], side, atol=0.05)


def test_fader_and_width_of_a_stereo_track():
    stereo = noise(2)
    mid = 0.5 * (stereo[0] + stereo[1])
    side = 0.4 * 0.5 * (stereo[0] - stereo[1])
    expected = measured(2.0 * np.stack([mid + side, mid - side]).astype(np.float32))
    found = simulated(stereo, width=0.4, gain_db=float(20 * np.log10(2.0)))
    np.testing.assert_allclose(found[0], expected[0], atol=0.1)
    np.testing.assert_allclose(found[1], expected[1], atol=0.1)


def test_a_send_at_rest_sends_nothing_and_one_that_is_up_makes_width():
    mono = noise(1)
    assert simulated(mono)[1].max() < -100.0
    mid, side = simulated(mono, long_room_db=-10.0)
    middle = slice(20, 28)
    np.testing.assert_allclose(side[middle] - mid[middle], -13.0, atol=1.0)
