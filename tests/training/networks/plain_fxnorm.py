"""The paper's forward pass as it is described, without any of the algebra that saves time."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from training.networks.fxnorm import FxNormNetwork


def plain_forward(network: FxNormNetwork, stems: Tensor) -> tuple[Tensor, Tensor]:
    """(mix before the tanh, wet stems) of `(batch, inputs, samples)`, step by step."""
    hyper = network.hyper
    n_samples = stems.shape[-1]
    padded = functional.pad(stems, (0, -n_samples % hyper.hop_samples))
    front = functional.conv1d(
        functional.pad(padded, (hyper.left_samples, hyper.right_samples)),
        network.conv_1.weight,
        stride=hyper.stride_samples,
    )
    smoothed = functional.conv1d(
        functional.pad(front.abs(), (hyper.smoothing_left_frames, hyper.smoothing_right_frames)),
        network.conv_2[0].weight,
        groups=hyper.n_filters,
    )
    latent = functional.max_pool1d(functional.softplus(smoothed), hyper.pool_frames)
    mask = network.mask_of(latent).repeat_interleave(hyper.pool_frames, dim=-1)
    masked = front * mask
    masked = masked * network.se_block(masked.abs().mean(-1)).unsqueeze(-1)
    # Frames that reach outside the signal are not decoded.
    masked[..., : hyper.first_whole_frame] = 0.0
    masked[..., masked.shape[-1] - hyper.frames_after_last_whole :] = 0.0
    decoded = functional.conv_transpose1d(
        masked, network.conv_1.weight, stride=hyper.stride_samples
    )
    decoded = decoded[..., hyper.left_samples :][..., :n_samples]
    wet = decoded.unflatten(1, (hyper.n_stems, hyper.n_channels))
    return wet.sum(1), wet
