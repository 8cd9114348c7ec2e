"""A network that begins as a filter bank sums its stems, band by band, and can learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mixer.network.fxnorm.parameters import HyperParameters
from training.networks.filter_bank_start import bank_kernel, start_as_filter_bank
from training.networks.fxnorm import FxNormNetwork
from training.run.config_reader import find_config, read_config
from training.run.kinds import choose_trained

BANDS = 8
HYPER = HyperParameters(
    n_filters=8 * BANDS,
    kernel_samples=4 * BANDS,
    stride_samples=BANDS // 2,
    pool_frames=16,
    smoothing_frames=8,
    bottleneck_channels=8,
    hidden_channels=8,
    skip_channels=8,
    n_blocks=2,
    n_repeats=1,
    blstm_layers=2,
    se_ratio=1,
)


@pytest.fixture
def started() -> FxNormNetwork:
    torch.manual_seed(1)
    network = FxNormNetwork(HYPER)
    start_as_filter_bank(network)
    return network


def noise(n_samples: int = 4000) -> torch.Tensor:
    return 0.1 * torch.randn(1, 8, n_samples, generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def test_what_goes_in_comes_out(started: FxNormNetwork) -> None:
    stems = noise()
    wet = started.wet_stems(stems).flatten(1, 2)
    inner = slice(HYPER.kernel_samples, -HYPER.kernel_samples)
    assert (wet - stems)[..., inner].abs().max() < 1e-6


@pytest.mark.parametrize("config", ["paper-la", "paper-small"])
def test_the_shipped_configurations_fit_it(config: str) -> None:
    """The small one that begins so, and the paper's own size, which may."""
    hyper = HyperParameters(**read_config(find_config(config)).network.hyper_parameters)
    kernel = bank_kernel(hyper, mid_side=True).reshape(hyper.n_filters, -1)
    assert np.all(np.linalg.norm(kernel, axis=1) > 0.0)


@torch.no_grad()
def test_side_filters_are_the_width_of_their_stem_and_nothing_else(started: FxNormNetwork) -> None:
    """With the second stem's side filters at zero its left and right become the same."""
    kernel = started.conv_1.weight.view(8, BANDS, 8, -1)
    kernel[3] = 0.0
    stems = noise()
    wet = started.wet_stems(stems)[0][..., HYPER.kernel_samples : -HYPER.kernel_samples]
    dry = stems.view(4, 2, -1)[..., HYPER.kernel_samples : -HYPER.kernel_samples]
    mid = dry[1].mean(0)
    np.testing.assert_allclose(wet[1, 0], mid, atol=1e-6)
    np.testing.assert_allclose(wet[1, 1], mid, atol=1e-6)
    np.testing.assert_allclose(wet[[0, 2, 3]], dry[[0, 2, 3]], atol=1e-6)


def test_masks_and_gains_have_a_gradient_from_the_first_step(started: FxNormNetwork) -> None:
    started(noise()).square().mean().backward()
    for name in ("se_block.net.2.bias", "blstm.weight_ih_l1", "blstm.bias_ih_l1"):
        gradient = started.get_parameter(name).grad
        assert gradient is not None
        assert gradient.abs().max() > 0.0, name


def test_a_fixed_front_end_leaves_the_other_gradients_as_they_are(started: FxNormNetwork) -> None:
    gradients = []
    for fixed in (False, True):
        choose_trained(started, "train", fixed_front_end=fixed)
        started.zero_grad(set_to_none=True)
        started.wet_stems(noise()).square().mean().backward()
        gradients.append({n: p.grad for n, p in started.named_parameters() if p.grad is not None})
    free, behind = gradients
    assert set(free) - set(behind) == {"conv_1.weight", "conv_2.0.weight"}
    for name, value in behind.items():
        assert torch.equal(value, free[name]), name


def test_a_kernel_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="kernel = 4 x bands"):
        bank_kernel(replace(HYPER, n_filters=32), mid_side=True)
