"""The network begins with what engineers usually do, and cares for no order."""

import numpy as np
import pytest
import torch

from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.graph_inputs import graph_inputs
from mixer.network.track_mixer.level_settings import level_settings
from mixer.network.track_mixer.parameters import (
    GRAPH_INPUTS,
    TRACK_CONTROLS,
    TrackMixerParameters,
)
from mixer.roles import STEM_OF_ROLE
from tests.network.track_mixer.heard import heard_as
from training.networks.track_mixer import TrackMixer

RATE = 44_100
ROLES = ("kick", "snare", "hihat", "bass", "lead_vocal", "electric_guitar", "electric_guitar")


@pytest.fixture
def network() -> TrackMixer:
    torch.manual_seed(3)
    return TrackMixer(TrackMixerParameters(channels=16, n_heads=2, n_layers=1)).eval()


def heard() -> list:
    rng = np.random.default_rng(4)
    tracks = []
    for _ in ROLES:
        pulse = (np.arange(2 * RATE) % (RATE // 4)) < RATE // 8
        noise = rng.uniform(0.01, 0.2) * pulse * rng.standard_normal((1, 2 * RATE))
        tracks.append(listen_to(noise.astype(np.float32), RATE))
    return tracks


def ask(network: TrackMixer, tracks: list, roles: tuple[str, ...], levels: float) -> list:
    stems = [STEM_OF_ROLE[role] for role in roles]
    inputs = graph_inputs(heard_as(tracks, roles, stems, levels))
    with torch.inference_mode():
        return network(*(torch.from_numpy(inputs[name]) for name in GRAPH_INPUTS))


def column(answer: torch.Tensor, name: str) -> np.ndarray:
    return answer[0, :, TRACK_CONTROLS.index(name)].numpy()


def test_it_begins_as_the_constants(network):
    tracks = heard()
    gains = column(ask(network, tracks, ROLES, 0.0)[0], "gain_db")
    usual = level_settings(heard_as(tracks, ROLES, [STEM_OF_ROLE[role] for role in ROLES]))
    # But for the high-pass and the little that a compressor at rest takes.
    np.testing.assert_allclose(gains, [strip.gain_db for strip in usual.tracks], atol=1.0)


def test_order_does_not_matter(network):
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    tracks = heard()
    order = np.random.default_rng(1).permutation(len(tracks))
    answer, _, _ = ask(network, tracks, ROLES, 0.5)
    shuffled, _, _ = ask(network, [tracks[i] for i in order], tuple(ROLES[i] for i in order), 0.5)
    np.testing.assert_allclose(shuffled[0].numpy(), answer[0].numpy()[order], atol=1e-4)


def test_raw_levels_do_not_count_and_finished_ones_stay(network):
    tracks = heard()
    loud = tracks[1]
    gained = type(loud)(100.0 * loud.powers, loud.frame_db + 20, loud.peak_db + 20, 1)
    raw = [column(ask(network, each, ROLES, 0.0)[0], "gain_db")
           for each in (tracks, [tracks[0], gained, *tracks[2:]])]  # fmt: skip
    assert raw[1][1] - raw[0][1] == pytest.approx(-20.0, abs=0.01)
    with torch.no_grad():
        network.trust[1] = 20.0
    finished, _, _ = ask(network, tracks, ROLES, 1.0)
    gains = column(finished, "gain_db")
    np.testing.assert_allclose(gains, gains[0], atol=0.01)
    for name, rest in (("spread", 0.0), ("width", 1.0), ("ratio", 1.0), ("high_pass_hz", 20.0)):
        np.testing.assert_allclose(column(finished, name), rest, atol=1e-5)


def test_silence_beside_music_changes_nothing_of_it(network):
    tracks = heard()
    silent = listen_to(np.zeros((1, RATE), np.float32), RATE)
    alone, _, _ = ask(network, tracks, ROLES, 0.0)
    beside, _, _ = ask(network, [*tracks, silent], (*ROLES, "keys"), 0.0)
    np.testing.assert_allclose(beside[0, :-1].numpy(), alone[0].numpy(), atol=1e-4)
    assert beside[0, -1, TRACK_CONTROLS.index("gain_db")] == 0.0
