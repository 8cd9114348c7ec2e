"""The graph answers as PyTorch does, for any number of tracks in any order."""

import numpy as np
import onnxruntime
import pytest
import torch

from export.track_mixer_graph import settings_graph
from mixer.network.track_mixer.parameters import (
    GRAPH_INPUTS,
    N_BANDS,
    N_DYNAMICS,
    VIEWS,
    TrackMixerParameters,
)
from mixer.roles import ROLE_NAMES
from mixer.stems import STEMS
from training.networks.track_mixer import TrackMixer


def inputs(n_tracks: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(n_tracks)
    shape = (1, n_tracks)
    return {
        "bands_db": rng.uniform(-90, -10, (*shape, len(VIEWS), N_BANDS)).astype(np.float32),
        "dynamics": rng.standard_normal((*shape, N_DYNAMICS)).astype(np.float32),
        "is_mono": rng.integers(0, 2, shape).astype(np.float32),
        "role": rng.integers(0, len(ROLE_NAMES), shape),
        "group": rng.integers(0, len(STEMS), shape),
        "mask": np.ones(shape, np.float32),
        "levels": np.array([0.3], np.float32),
    }


@pytest.fixture(scope="module")
def exported() -> tuple[TrackMixer, onnxruntime.InferenceSession]:
    torch.manual_seed(8)
    network = TrackMixer(TrackMixerParameters(channels=16, n_heads=2, n_layers=1)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network, onnxruntime.InferenceSession(settings_graph(network))


@pytest.mark.parametrize("n_tracks", [1, 4, 17, 64])
def test_any_number_of_tracks_in_any_order(exported, n_tracks: int):
    network, session = exported
    given = inputs(n_tracks)
    answers = session.run(None, given)
    with torch.inference_mode():
        expected = network(*(torch.from_numpy(given[name]) for name in GRAPH_INPUTS))
    for answer, wanted in zip(answers, expected, strict=True):
        np.testing.assert_allclose(answer, wanted.numpy(), rtol=1e-4, atol=1e-4)
    order = np.random.default_rng(0).permutation(n_tracks)
    shuffled = {k: v if k == "levels" else v[:, order] for k, v in given.items()}
    np.testing.assert_allclose(
        session.run(None, shuffled)[0], answers[0][:, order], rtol=1e-4, atol=1e-4
    )
