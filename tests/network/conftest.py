"""Small networks with lively weights, exported to bundles once a session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from export.bundle import Description, write_bundle
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.model import Bundle
from mixer.network.session import Network
from training.networks.fxnorm import FxNormNetwork

PAPER_LIKE = HyperParameters(
    n_filters=16,
    bottleneck_channels=12,
    hidden_channels=10,
    skip_channels=8,
    n_blocks=4,
    n_repeats=2,
    blstm_layers=3,
    se_ratio=2,
)
STRIDED = HyperParameters(
    n_filters=12,
    kernel_samples=10,
    stride_samples=4,
    pool_frames=7,
    smoothing_frames=19,
    bottleneck_channels=6,
    hidden_channels=5,
    skip_channels=4,
    tcn_kernel_frames=5,
    n_blocks=2,
    n_repeats=2,
    blstm_layers=2,
    se_ratio=2,
)


@pytest.fixture(scope="session", autouse=True)
def one_torch_thread() -> Iterator[None]:
    """Small tensors: torch's threads would only wait for each other on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Exported:
    """A network in PyTorch and the same one in the runtime."""

    torch_network: FxNormNetwork
    bundle: Bundle
    network: Network

    def whole_file(self, stems: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
        """PyTorch's (mix, wet stems as (stems, 2, samples))."""
        with torch.inference_mode():
            batch = torch.from_numpy(stems[None])
            wet = self.torch_network.wet_stems(batch)[0].numpy()
            return self.torch_network(batch)[0].numpy(), wet


def lively_network(hyper: HyperParameters, seed: int) -> FxNormNetwork:
    """Random weights whose mask moves with the signal and whose mix is not small."""
    torch.manual_seed(seed)
    network = FxNormNetwork(hyper)
    with torch.no_grad():
        network.conv_1.weight.mul_(2.0)
        network.conv_2[0].weight.mul_(4.0)
        for name, parameter in network.named_parameters():
            if name.startswith(("blstm.weight", "output.1.weight")):
                parameter.mul_(2.0)
    return network.eval()


@pytest.fixture(scope="session")
def profile_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small profile of one's own."""
    figures = {"loudness_lufs": -30.0, "onset_peak_dbfs": [-12.0, 3.0]}
    curves = {"spectrum_db": [-20.0, -30.0], "panning_phi": [1.0, 0.9]}
    path = tmp_path_factory.mktemp("profile") / "profile.json"
    stems = {"vocals": {**figures, **curves}}
    path.write_text(json.dumps({"bands_hz": [50.0, 5000.0], "stems": stems}))
    return path


@pytest.fixture(scope="session", params=["paper-like", "strided"])
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, profile_path: Path
) -> Exported:
    network = lively_network(PAPER_LIKE if request.param == "paper-like" else STRIDED, seed=7)
    description = Description(
        name=request.param, effects=("eq", "loudness"), provenance="test", licence="none"
    )
    folder = tmp_path_factory.mktemp("bundles") / request.param
    bundle = write_bundle(network, folder, description, profile=profile_path)
    return Exported(network, bundle, Network(bundle, "cpu"))
