"""The full-rate ends of the network: gradients of the plain layers, less memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch.nn import functional

from mixer.network.fxnorm.parameters import HyperParameters
from tests.training.networks.plain_fxnorm import plain_forward
from training.networks import filterbank
from training.networks.fxnorm import FxNormNetwork

SMALL = {
    "n_filters": 6,
    "bottleneck_channels": 5,
    "hidden_channels": 4,
    "skip_channels": 3,
    "n_blocks": 2,
    "n_repeats": 1,
    "blstm_layers": 1,
    "se_ratio": 2,
}
PLAIN = HyperParameters(kernel_samples=8, pool_frames=8, smoothing_frames=16, **SMALL)
STRIDED = HyperParameters(
    kernel_samples=10, stride_samples=4, pool_frames=7, smoothing_frames=19, **SMALL
)
LONG_SMOOTHING = HyperParameters(kernel_samples=4, pool_frames=4, smoothing_frames=23, **SMALL)
SHAPES = pytest.mark.parametrize(
    "hyper", [PLAIN, STRIDED, LONG_SMOOTHING], ids=["plain", "strided", "long smoothing"]
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Many chunks even in short signals, on one thread."""
    monkeypatch.setattr(filterbank, "_CHUNK_FRAMES", 30)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def gradients(network: FxNormNetwork, value: torch.Tensor) -> dict[str, torch.Tensor]:
    network.zero_grad()
    value.backward()
    return {
        name: parameter.grad.clone()
        for name, parameter in network.named_parameters()
        if parameter.grad is not None
    }


@SHAPES
@pytest.mark.parametrize("n_samples", [5, 301])
@pytest.mark.parametrize("wet", [False, True], ids=["mix", "wet stems"])
def test_gradients_are_those_of_the_plain_layers(
    hyper: HyperParameters, n_samples: int, wet: bool
) -> None:
    torch.manual_seed(5)
    network = FxNormNetwork(hyper).double()
    stems = torch.randn(2, hyper.n_inputs, n_samples, dtype=torch.float64, requires_grad=True)
    shape = (2, 2, n_samples) if not wet else (2, 4, 2, n_samples)
    weights = torch.randn(shape, dtype=torch.float64)
    found = network.wet_stems(stems) if wet else network.mix_before_tanh(stems)
    ours = gradients(network, (found * weights).sum())
    assert stems.grad is not None
    ours["stems"] = stems.grad.clone()
    stems.grad = None
    before, stems_out = plain_forward(network, stems)
    plain = gradients(network, ((stems_out if wet else before) * weights).sum())
    plain["stems"] = stems.grad
    assert ours.keys() == plain.keys()
    for name, gradient in plain.items():
        scale = gradient.abs().max().item()
        assert torch.allclose(ours[name], gradient, rtol=0.0, atol=1e-10 * max(1.0, scale)), name


@SHAPES
def test_pre_training_is_the_unpooled_peaks(hyper: HyperParameters) -> None:
    """Against max-unpooling of the smoothed magnitude, values and gradients."""
    torch.manual_seed(6)
    network = FxNormNetwork(hyper).double()
    stems = torch.randn(2, hyper.n_inputs, 150, dtype=torch.float64)
    weights = torch.randn(2, 8, 150, dtype=torch.float64)
    found = network.pretrain(stems).flatten(1, 2)
    ours = gradients(network, (found * weights).sum())
    missing = -stems.shape[-1] % hyper.hop_samples
    padded = functional.pad(stems, (hyper.left_samples, hyper.right_samples + missing))
    front = network.conv_1(padded)
    sides = (hyper.smoothing_left_frames, hyper.smoothing_right_frames)
    z = functional.softplus(network.conv_2(functional.pad(front.abs(), sides)))
    pooled, where = functional.max_pool1d(z, hyper.pool_frames, return_indices=True)
    masked = front * functional.max_unpool1d(pooled, where, hyper.pool_frames)
    masked = masked.clone()
    masked[..., : hyper.first_whole_frame] = 0.0
    masked[..., masked.shape[-1] - hyper.frames_after_last_whole :] = 0.0
    decoded = functional.conv_transpose1d(
        masked, network.conv_1.weight, stride=hyper.stride_samples
    )[..., hyper.left_samples :][..., :150]
    assert torch.allclose(found, decoded, rtol=0.0, atol=1e-12)
    plain = gradients(network, (decoded * weights).sum())
    assert ours.keys() == plain.keys() == {"conv_1.weight", "conv_2.0.weight"}
    for name, gradient in plain.items():
        assert torch.allclose(ours[name], gradient, rtol=1e-9, atol=1e-10), name


def test_the_size_of_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(7)
    network = FxNormNetwork(PLAIN).double()
    stems = torch.randn(1, 8, 1000, dtype=torch.float64)
    chunked = gradients(network, network(stems).square().sum())
    monkeypatch.setattr(filterbank, "_CHUNK_FRAMES", 1 << 20)
    whole = gradients(network, network(stems).square().sum())
    for name, gradient in whole.items():
        assert torch.allclose(chunked[name], gradient, rtol=1e-9, atol=1e-12), name


def test_only_p_is_kept_at_full_rate() -> None:
    """What waits for the backward pass: plain layers keep five times the front-end or more."""
    shape = SMALL | {"n_filters": 24, "pool_frames": 32, "smoothing_frames": 16}
    hyper = HyperParameters(kernel_samples=8, **shape)
    network = FxNormNetwork(hyper)
    stems = torch.randn(1, 8, 32_000)
    front = hyper.n_filters * stems.shape[-1]

    def kept(forward: object) -> int:
        sizes: dict[int, int] = {}

        def remember(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes() // 4
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
            result = forward()  # type: ignore[operator]
        full_rate = sum(size for size in sizes.values() if size >= front)
        assert result.requires_grad
        return full_rate

    ours = kept(lambda: network.mix_before_tanh(stems))
    plain = kept(lambda: plain_forward(network, stems)[0])
    assert front <= ours < 1.1 * front
    assert plain > 4 * front


@pytest.mark.parametrize("kind", [torch.bfloat16])
def test_half_precision_stays_near(kind: torch.dtype) -> None:
    torch.manual_seed(8)
    network = FxNormNetwork(PLAIN)
    stems = 0.3 * torch.randn(2, 8, 800)
    exact = gradients(network, network(stems).square().sum())
    with torch.autocast("cpu", kind):
        mix = network(stems)
    assert (mix.float() - network(stems)).abs().max() < 0.03 * network(stems).abs().max()
    rough = gradients(network, mix.float().square().sum())
    for name in ("conv_1.weight", "conv_2.0.weight"):
        cosine = functional.cosine_similarity(exact[name].flatten(), rough[name].flatten(), 0)
        assert cosine > 0.99, name
        assert rough[name].dtype == torch.float32
