"""The Wave-U-Net: published names and answers, valid convolutions, and that it learns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from mixer.network.wave_u_net.parameters import WaveUNetParameters
from training.networks.wave_u_net import LowPass, WaveUNet, sinc_filter

SMALL = WaveUNetParameters(n_features=8, n_levels=3, output_samples=2000)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors: threads would only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def network() -> WaveUNet:
    torch.manual_seed(3)
    return WaveUNet(SMALL).eval()


def test_published_size_and_geometry() -> None:
    with torch.device("meta"):
        state = WaveUNet().state_dict()
    assert sum(value.numel() for value in state.values()) == 2_477_162
    hyper = WaveUNetParameters()
    assert (hyper.input_samples, hyper.output_samples) == (441_068, 441_000)
    assert hyper.level_channels == (24, 48, 96, 192, 384)


@pytest.mark.shared
def test_published_names_and_shapes(shared: Path) -> None:
    published = json.loads((shared / "figures/wave_u_net_keys.json").read_text())
    with torch.device("meta"):
        state = WaveUNet().state_dict()
    assert {name: list(value.shape) for name, value in state.items()} == published


@pytest.mark.shared
@pytest.mark.parametrize("transparent", [True, False])
def test_answers_as_the_reference(shared: Path, transparent: bool) -> None:
    network = WaveUNet(SMALL).eval()
    weights = torch.load(shared / "oracle/wave_u_net_small.params", weights_only=True)
    network.load_state_dict(weights)
    filters = [module for module in network.modules() if isinstance(module, LowPass)]
    assert len(filters) == 4
    assert all(low_pass.transparent for low_pass in filters)
    for low_pass in filters:
        low_pass.transparent = transparent  # False runs the filters that do nothing
    oracle = np.load(shared / "oracle/wave_u_net_small.npz")
    with torch.inference_mode():
        mix = network(torch.from_numpy(oracle["input"])).numpy()
    assert np.abs(mix - oracle["mix"]).max() < 1e-5


@pytest.mark.parametrize(("n_levels", "kernel_samples"), [(1, 3), (2, 5), (3, 7), (5, 5)])
def test_output_is_the_centre_of_the_input(n_levels: int, kernel_samples: int) -> None:
    hyper = WaveUNetParameters(
        n_stems=2,
        n_features=8,
        n_levels=n_levels,
        kernel_samples=kernel_samples,
        output_samples=100,
    )
    mix = WaveUNet(hyper)(torch.zeros(1, hyper.n_inputs, hyper.input_samples))
    assert mix.shape == (1, 2, 100)
    assert hyper.margin_samples * 2 == (4 * (n_levels - 1) + 1) * (kernel_samples - 1)


def test_a_sample_is_seen_within_the_margin_alone(network: WaveUNet) -> None:
    """Norms aside, which see everything: they are taken out."""
    for name in [name for name, _ in network.named_modules()]:
        if name.endswith(".norm"):
            network.set_submodule(name, torch.nn.Identity())
    stems = torch.randn(1, 8, 300, requires_grad=True)
    margin = SMALL.margin_samples
    at = 100
    network(stems)[0, 0, at].backward()
    assert stems.grad is not None
    seen = stems.grad[0].abs().sum(0).nonzero().flatten()
    assert (int(seen.min()), int(seen.max())) == (at, at + 2 * margin)


def test_the_low_pass_at_stride_one_is_the_identity() -> None:
    sinc = sinc_filter(15)[0, 0]
    assert sinc[7] == 1.0
    assert np.abs(np.delete(sinc, 7)).max() < 1e-16


def test_a_filter_that_does_something_is_run() -> None:
    low_pass = LowPass(3, 5)
    stream = torch.randn(2, 3, 50)
    assert torch.equal(low_pass(stream), stream)
    kernel = torch.tensor([0.1, 0.2, 0.4, 0.2, 0.1]).expand(3, 1, 5)
    low_pass.load_state_dict({"filter": kernel})
    padded = functional.pad(stream, (2, 2), mode="reflect")
    taps = sum(weight * padded[..., i : i + 50] for i, weight in enumerate(kernel[0, 0]))
    assert torch.allclose(low_pass(stream), taps, atol=1e-6)


def test_limits_in_evaluation_and_not_in_training(network: WaveUNet) -> None:
    with torch.no_grad():
        network.levels.output_conv.weight.mul_(50.0)
    stems = torch.randn(1, 8, 500)
    assert network(stems).abs().max() == 1.0
    assert network.train()(stems).abs().max() > 1.0


def test_whole_songs_keep_their_length(network: WaveUNet) -> None:
    stems = torch.randn(1, 8, 777)
    margin = SMALL.margin_samples
    padded = functional.pad(stems, (margin, margin))
    assert torch.equal(network.mix_whole(stems), network(padded))
    assert network.mix_whole(stems).shape == (1, 2, 777)


def test_too_short_an_input_is_refused(network: WaveUNet) -> None:
    with pytest.raises(ValueError, match="needs 51"):
        network(torch.zeros(1, 8, 50))


def test_it_learns_to_sum_its_stems() -> None:
    torch.manual_seed(0)
    network = WaveUNet(SMALL)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(weights, 3e-3)
    margin = SMALL.margin_samples
    losses = []
    for _ in range(40):
        stems = 0.1 * torch.randn(2, 8, 300)
        target = stems.unflatten(1, (4, 2)).sum(1)[..., margin:-margin]
        loss = functional.l1_loss(network(stems), target)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        assert all(weight.grad is not None for weight in weights)
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.5 * losses[0]
    # The low-passes are fixed.
    assert {name for name, weight in network.named_parameters() if weight.grad is None} == {
        name for name, _ in network.named_parameters() if name.endswith("conv.filter")
    }


def test_hyper_parameters_go_through_json() -> None:
    hyper = WaveUNetParameters(n_features=16, n_levels=4, output_samples=12_345)
    assert WaveUNetParameters.from_json(json.loads(json.dumps(hyper.to_json()))) == hyper
    values = hyper.to_json()
    for name, value, word in [
        ("n_features", 12, "multiple of 8"),
        ("kernel_samples", 4, "odd"),
        ("n_channels", 1, "stereo"),
        ("n_levels", 0, "n_levels"),
        ("n_levels", 12, "channels"),
        ("output_samples", 1 << 40, "output_samples"),
        ("n_stems", 1.5, "integer"),
        ("depth", 1, "unknown"),
    ]:
        with pytest.raises(ValueError, match=word):
            WaveUNetParameters.from_json({**values, name: value})
    del values["n_stems"]
    with pytest.raises(ValueError, match="lacks"):
        WaveUNetParameters.from_json(values)
