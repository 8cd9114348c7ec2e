"""A network that begins as a filter bank sums its stems, band by band, and can learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from mixer.network.fxnorm.parameters import HyperParameters
from training.networks.filter_bank_start import (
    bank_kernel,
    lapped_transform,
    quiet_bank,
    start_as_filter_bank,
)
from training.networks.fxnorm import FxNormNetwork
from training.run.config_reader import find_config, read_config
from training.run.kinds import choose_trained

BANDS = 8
# The error of what a bank rebuilds, against the signal.
REBUILT_DB = -70.0
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
    error, power = (audio[..., inner].square().mean() for audio in (wet - stems, stems))
    assert 10.0 * torch.log10(error / power) < REBUILT_DB


@pytest.mark.parametrize("config", ["paper-la", "paper-small"])
def test_the_shipped_configurations_fit_it(config: str) -> None:
    """The small one that begins so, and the paper's own size, which may."""
    hyper = HyperParameters(**read_config(find_config(config)).network.hyper_parameters)
    kernel = bank_kernel(hyper, quiet_bank, mid_side=True).reshape(hyper.n_filters, -1)
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
    assert torch.equal(wet[1, 0], wet[1, 1])
    for found, wanted in ((wet[1, 0], mid), (wet[[0, 2, 3]], dry[[0, 2, 3]])):
        error = (found - wanted).square().mean() / wanted.square().mean()
        assert 10.0 * torch.log10(error) < REBUILT_DB


def images_db(bank: np.ndarray, gains: np.ndarray, hz: float) -> float:
    """Power above 14 kHz that a tone leaves there, behind bands of other gains, at a stride of half
    as many samples as there are bands; in dB of the tone's, at 44.1 kHz.
    """
    bands, taps = bank.shape
    n_samples = 44_100
    tone = np.sin(2 * np.pi * hz * np.arange(n_samples) / 44_100)
    starts = np.arange(0, n_samples - taps, bands // 2)
    coefficients = np.lib.stride_tricks.sliding_window_view(tone, taps)[starts] @ bank.T
    pieces = (coefficients * gains) @ bank
    mixed = np.zeros(n_samples)
    for start, piece in zip(starts, pieces, strict=True):
        mixed[start : start + taps] += piece
    inner = slice(1000, -1000)
    window = np.blackman(n_samples - 2000)
    power, whole = (
        np.square(np.abs(np.fft.rfft(audio[inner] * window))) for audio in (mixed, tone)
    )
    above = np.fft.rfftfreq(len(window), 1 / 44_100) > 14_000.0
    return float(10.0 * np.log10(power[above].sum() / whole.sum()))


@pytest.mark.parametrize("hz", [100.0, 1000.0, 3000.0])
def test_bands_of_other_gains_leave_no_images(hz: float) -> None:
    """A bass that is turned up would sound above 14 kHz, where many a recording has nothing."""
    gains = 10.0 ** (np.random.default_rng(1).normal(0.0, 4.0, 32) / 20.0)
    quiet = images_db(quiet_bank(32), gains, hz)
    assert quiet < -85.0
    assert quiet < images_db(lapped_transform(32), gains, hz) - 30.0


@pytest.mark.parametrize("bands", [8, 16, 32])
def test_what_the_quiet_bank_rebuilds_is_flat(bands: int) -> None:
    """The filters' powers, the transposed ones' included, add up to one gain, within 0.001 dB."""
    power = np.square(np.abs(np.fft.rfft(quiet_bank(bands), 4096, axis=1))).sum(axis=0)
    inner = power[4096 // (4 * bands) : -4096 // (4 * bands)]
    assert 10.0 * np.log10(inner.max() / inner.min()) < 1e-3


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
        bank_kernel(replace(HYPER, n_filters=32), quiet_bank, mid_side=True)
