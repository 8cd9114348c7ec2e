"""The temporal block of the latent-space mixer (Conv-TasNet, Luo and Mesgarani 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mixer.network.fxnorm.parameters import NORM_EPSILON


class TemporalBlock(nn.Module):
    """1x1 conv, PReLU, norm, depthwise dilated conv, PReLU, norm, then a skip and a residual 1x1.

    Args:
        channels: number of channels of the residual stream.
        hidden_channels: number of channels inside the block.
        skip_channels: number of channels of the skip output.
        kernel_frames: odd length of the depthwise filter.
        dilation_frames: distance between the filter's taps in frames.

    The last block of a network keeps its residual weights, for the sake of the published parameter
    names, but does not use them.
    """

    def __init__(
        self,
        channels: int,
        hidden_channels: int,
        skip_channels: int,
        kernel_frames: int,
        dilation_frames: int,
    ) -> None:
        super().__init__()
        self.conv1x1 = nn.Conv1d(channels, hidden_channels, 1)
        self.nonlinearity1 = nn.PReLU()
        self.norm1 = nn.GroupNorm(1, hidden_channels, eps=NORM_EPSILON)
        self.depthwise_conv = nn.Conv1d(
            hidden_channels,
            hidden_channels,
            kernel_frames,
            padding=(kernel_frames - 1) // 2 * dilation_frames,
            dilation=dilation_frames,
            groups=hidden_channels,
        )
        self.nonlinearity2 = nn.PReLU()
        self.norm2 = nn.GroupNorm(1, hidden_channels, eps=NORM_EPSILON)
        self.skip_out = nn.Conv1d(hidden_channels, skip_channels, 1)
        self.res_out = nn.Conv1d(hidden_channels, channels, 1)

    def forward(self, stream: Tensor, *, residual: bool = True) -> tuple[Tensor, Tensor]:
        """Advance the residual stream.

        Args:
            stream: (batch, channels, frames).
            residual: False in the last block, which only feeds the skips.

        Returns:
            The stream (unchanged without residual) and this block's skip (batch, skip, frames).
        """
        hidden = self.norm1(self.nonlinearity1(self.conv1x1(stream)))
        hidden = self.norm2(self.nonlinearity2(self.depthwise_conv(hidden)))
        skip = self.skip_out(hidden)
        return (stream + self.res_out(hidden) if residual else stream), skip


class SqueezeExcitation(nn.Module):
    """sigmoid(W2 relu(W1 mean + b1) + b2), one gain a filter (Hu et al. 2018).

    Args:
        n_filters: number of filters, and of gains.
        ratio: number of hidden units per filter.
    """

    def __init__(self, n_filters: int, ratio: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(n_filters, n_filters * ratio),
            nn.ReLU(),
            nn.Linear(n_filters * ratio, n_filters),
            nn.Sigmoid(),
        )

    def forward(self, mean_abs: Tensor) -> Tensor:
        """Gains in 0 to 1 (batch, filters) from mean magnitudes (batch, filters)."""
        gains: Tensor = self.net(mean_abs)
        return gains


def chrono_initialise(lstm: nn.LSTM, longest_frames: float = 32.0) -> None:
    """Spread the memory of an LSTM over 1 to `longest_frames` (Tallec and Ollivier, 1804.11188).

    Forget biases are log u, input biases -log u, u uniform in 1 ... longest_frames. PyTorch adds
    two bias vectors; the heuristic goes into the first, the second is zero at these gates.
    """
    hidden = lstm.hidden_size
    if lstm.weight_hh_l0.is_meta:
        return  # no values to set, and PyTorch would load its compiler first: seconds
    with torch.no_grad():
        for name, bias in lstm.named_parameters():
            if not name.startswith("bias_"):
                continue
            if name.startswith("bias_hh"):
                bias[: 2 * hidden].zero_()  # gates in the order input, forget, cell, output
            else:
                forget = torch.empty(hidden).uniform_(1.0, longest_frames).log_()
                bias[hidden : 2 * hidden] = forget
                bias[:hidden] = -forget
