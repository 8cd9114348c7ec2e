"""The paper's mixing network: adaptive front-end, latent-space mixer, mixing back-end.

Martínez-Ramírez et al., "Automatic music mixing with deep learning and out-of-domain data", ISMIR
2022. Parameter names and shapes are the published ones, so published state dicts load as they are.
The forward pass uses algebra that changes nothing but time: the pool comes before the (monotonic)
softplus, squeeze-and-excitation scales the mask at the latent rate, and for a mix the transposed
kernels are summed over stems. Layers at the sample rate are in `training.networks.filterbank`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mixer.network.fxnorm.parameters import NORM_EPSILON, HyperParameters
from training.networks.blocks import SqueezeExcitation, TemporalBlock, chrono_initialise
from training.networks.filterbank import Analysis, analyse, synthesise


class FxNormNetwork(nn.Module):
    """Network from stems to a mix: `(batch, stems * channels, samples)`, float32, stem by stem.

    Args:
        hyper: the hyper-parameters; the paper's by default.

    The output has as many samples as the input, which may be of any length: the end is zero-padded
    to whole latent frames and cropped afterwards.
    """

    def __init__(self, hyper: HyperParameters | None = None) -> None:
        super().__init__()
        self.hyper = hyper = hyper or HyperParameters()
        filters = hyper.n_filters
        self.conv_1 = nn.Conv1d(
            hyper.n_inputs, filters, hyper.kernel_samples, hyper.stride_samples, bias=False
        )
        # Published as the first module of a sequence: its parameter is conv_2.0.weight.
        self.conv_2 = nn.Sequential(
            nn.Conv1d(filters, filters, hyper.smoothing_frames, groups=filters, bias=False)
        )
        self.layerNorm = nn.GroupNorm(1, filters, eps=NORM_EPSILON)
        self.bottleneck_conv1x1 = nn.Conv1d(filters, hyper.bottleneck_channels, 1)
        self.repeats = nn.ModuleList(
            nn.ModuleList(
                TemporalBlock(
                    hyper.bottleneck_channels,
                    hyper.hidden_channels,
                    hyper.skip_channels,
                    hyper.tcn_kernel_frames,
                    dilation_frames=2**block,
                )
                for block in range(hyper.n_blocks)
            )
            for _ in range(hyper.n_repeats)
        )
        self.output = nn.Sequential(nn.PReLU(), nn.Conv1d(hyper.skip_channels, filters, 1))
        self.blstm = nn.LSTM(
            filters, filters // 2, hyper.blstm_layers, bidirectional=True, batch_first=True
        )
        self.se_block = SqueezeExcitation(filters, hyper.se_ratio)
        chrono_initialise(self.blstm)

    def forward(self, stems: Tensor) -> Tensor:
        """Compute the mix (batch, channels, samples), within -1 to 1."""
        return torch.tanh(self.mix_before_tanh(stems))

    def mix_before_tanh(self, stems: Tensor) -> Tensor:
        """Sum of the wet stems (batch, channels, samples), before the tanh."""
        hyper = self.hyper
        kernel = self.conv_1.weight  # (filters, stems * channels, kernel)
        summed = kernel.view(hyper.n_filters, hyper.n_stems, hyper.n_channels, -1).sum(1)
        return self._mixed(stems, summed)

    def wet_stems(self, stems: Tensor) -> Tensor:
        """Compute the wet stems whose sum is the mix: (batch, stems, channels, samples)."""
        wet = self._mixed(stems, self.conv_1.weight)
        return wet.view(wet.shape[0], self.hyper.n_stems, self.hyper.n_channels, -1)

    def pretrain(self, stems: Tensor) -> Tensor:
        """Reconstruct the stems (batch, stems, channels, samples) with the front-end alone.

        The mask is z max-unpooled: z at the peak of each latent frame, zero elsewhere.
        """
        hyper = self.hyper
        analysis = self._analysed(stems)
        # (batch, filters, latent frames, pool), of which one frame in a pool is not zero
        frames = analysis.front.unflatten(-1, (-1, hyper.pool_frames))
        where = analysis.where.unsqueeze(-1)
        z = functional.softplus(analysis.peaks).unsqueeze(-1)
        peaks = frames.gather(-1, where) * z.to(frames.dtype)
        sparse = torch.zeros_like(frames).scatter(-1, where, peaks).flatten(-2)
        wet = self._decoded(
            sparse, torch.ones_like(analysis.peaks), self.conv_1.weight, stems.shape[-1]
        )
        return wet.view(wet.shape[0], hyper.n_stems, hyper.n_channels, -1)

    def mask_of(self, latent: Tensor) -> Tensor:
        """Mask (batch, filters, latent frames), at least 0, for a latent of the same shape."""
        stream = self.bottleneck_conv1x1(self.layerNorm(latent))
        skips: Tensor | None = None
        blocks = [block for repeat in self.repeats for block in repeat]
        for index, block in enumerate(blocks):
            stream, skip = block(stream, residual=index + 1 < len(blocks))
            skips = skip if skips is None else skips + skip
        features = functional.softplus(self.output(skips))
        recurrent, _ = self.blstm(features.transpose(1, 2))  # (batch, frames, filters)
        return functional.softplus(recurrent).transpose(1, 2)

    def _analysed(self, stems: Tensor) -> Analysis:
        hyper = self.hyper
        missing = -stems.shape[-1] % hyper.hop_samples
        padded = functional.pad(stems, (hyper.left_samples, hyper.right_samples + missing))
        return analyse(padded, self.conv_1.weight, self.conv_2[0].weight, hyper)

    def _mixed(self, stems: Tensor, kernel: Tensor) -> Tensor:
        analysis = self._analysed(stems)
        # softplus grows with its argument, so it may follow the pool: 1 / pool of the work.
        mask = self.mask_of(functional.softplus(analysis.peaks))
        # The mask is constant in a latent frame and not negative: mean |p mask| at the latent rate.
        gains = self.se_block((mask * analysis.mean_abs).mean(-1))
        return self._decoded(analysis.front, mask * gains.unsqueeze(-1), kernel, stems.shape[-1])

    def _decoded(self, front: Tensor, mask: Tensor, kernel: Tensor, n_samples: int) -> Tensor:
        left = self.hyper.left_samples
        return synthesise(front, mask, kernel, self.hyper)[..., left : left + n_samples]
