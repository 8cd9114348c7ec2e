"""The paper's baseline: a Wave-U-Net for mixing, by Martínez-Ramírez, Stoller and Moffat.

"A deep learning approach to intelligent drum mixing with the Wave-U-Net", JAES 69(3), 2021, after
Stoller, Ewert and Dixon's Wave-U-Net (ISMIR 2018) with valid convolutions and skip connections that
are cropped to the centre. Parameter names and shapes are the published ones, so published state
dicts load as they are. The published network never decimates: its resampling blocks have a stride
of 1, and at that stride their sinc low-pass is the identity.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mixer.network.wave_u_net.parameters import (
    NORM_CHANNELS,
    NORM_EPSILON,
    WaveUNetParameters,
)

# Far below the resolution of float32 beside a centre tap of one.
_TRANSPARENT = 1e-12


class WaveUNet(nn.Module):
    """Network from stems to a mix that is `margin_samples` shorter at both ends.

    Args:
        hyper: the hyper-parameters; the published ones by default.

    Attributes:
        hyper: the hyper-parameters.
    """

    def __init__(self, hyper: WaveUNetParameters | None = None) -> None:
        super().__init__()
        self.hyper = hyper = hyper or WaveUNetParameters()
        # The published names begin with network.waveunets.ALL: one network for all sources.
        self.network = nn.ModuleDict({"waveunets": nn.ModuleDict({"ALL": _Levels(hyper)})})

    def forward(self, stems: Tensor) -> Tensor:
        """The mix.

        Args:
            stems: (batch, stems * channels, samples), stem by stem; at least
                `2 * margin_samples + filter_samples` samples, `input_samples` as published.

        Returns:
            (batch, channels, samples - 2 * margin_samples); within -1 to 1 in evaluation mode, not
            limited in training mode, where the gradient of a clipped sample would be lost.

        Raises:
            ValueError: the input is too short.
        """
        shortest = 2 * self.hyper.margin_samples + self.hyper.filter_samples
        if stems.shape[-1] < shortest:
            raise ValueError(
                f"{stems.shape[-1]} samples are too few: a Wave-U-Net needs {shortest}"
            )
        mix: Tensor = self.levels(stems)
        return mix if self.training else mix.clamp(-1.0, 1.0)

    def mix_whole(self, stems: Tensor) -> Tensor:
        """Mix a whole song at once (batch, channels, samples), zero-padded at its edges.

        This differs from training: the norms then span the song instead of a segment.
        """
        margin = self.hyper.margin_samples
        mix: Tensor = self(functional.pad(stems, (margin, margin)))
        return mix

    @property
    def levels(self) -> _Levels:
        """The U of the network, under its published name."""
        found = self.network.get_submodule("waveunets.ALL")
        assert isinstance(found, _Levels)
        return found


class _Levels(nn.Module):
    """Down to the bottleneck and up again, a skip connection across each level but the lowest."""

    def __init__(self, hyper: WaveUNetParameters) -> None:
        super().__init__()
        channels, kernel, taps = hyper.level_channels, hyper.kernel_samples, hyper.filter_samples
        inputs = (hyper.n_inputs, *channels[1:])
        self.downsampling_blocks = nn.ModuleList(
            DownBlock(inputs[level], channels[level], channels[level + 1], kernel, taps)
            for level in range(hyper.n_levels - 1)
        )
        self.upsampling_blocks = nn.ModuleList(
            UpBlock(channels[level + 1], channels[level], kernel, taps)
            for level in reversed(range(hyper.n_levels - 1))
        )
        lowest = inputs[0] if hyper.n_levels == 1 else channels[-1]
        self.bottlenecks = nn.ModuleList([ConvLayer(lowest, channels[-1], kernel)])
        self.output_conv = nn.Conv1d(channels[0], hyper.n_channels, 1)

    def forward(self, stream: Tensor) -> Tensor:
        shortcuts: list[Tensor] = []
        for block in self.downsampling_blocks:
            stream, shortcut = block(stream)
            shortcuts.append(shortcut)
        for bottleneck in self.bottlenecks:
            stream = bottleneck(stream)
        for block, shortcut in zip(self.upsampling_blocks, reversed(shortcuts), strict=True):
            stream = block(stream, shortcut)
        mix: Tensor = self.output_conv(stream)
        return mix


class ConvLayer(nn.Module):
    """Valid convolution, group norm over 8 channels and all samples, ReLU."""

    def __init__(self, n_inputs: int, n_outputs: int, kernel_samples: int) -> None:
        super().__init__()
        self.filter = nn.Conv1d(n_inputs, n_outputs, kernel_samples)
        self.norm = nn.GroupNorm(n_outputs // NORM_CHANNELS, n_outputs, eps=NORM_EPSILON)

    def forward(self, stream: Tensor) -> Tensor:
        """(batch, inputs, samples) -> (batch, outputs, samples - kernel + 1)."""
        return functional.relu(self.norm(self.filter(stream)))


class LowPass(nn.Module):
    """The fixed low-pass of a resampling block: every channel by itself, edges reflected.

    At a stride of 1 the cut-off is half the sample rate and the sinc is a single tap; a filter that
    changes nothing is not run. This is checked again when weights are loaded.
    """

    def __init__(self, channels: int, taps: int) -> None:
        super().__init__()
        sinc = torch.from_numpy(sinc_filter(taps)).to(torch.get_default_device())
        self.filter = nn.Parameter(sinc.repeat(channels, 1, 1), requires_grad=False)
        self.transparent = True
        self.register_load_state_dict_post_hook(lambda module, _: module.look())

    def look(self) -> None:
        """Check whether the filter changes anything."""
        taps = self.filter.shape[-1]
        centre = functional.one_hot(torch.tensor(taps // 2), taps).to(self.filter)
        self.transparent = bool((self.filter - centre).abs().amax() < _TRANSPARENT)

    def forward(self, stream: Tensor) -> Tensor:
        """Filter (batch, channels, samples); the shape stays the same."""
        if self.transparent:
            return stream
        reach = self.filter.shape[-1] // 2
        padded = functional.pad(stream, (reach, reach), mode="reflect")
        return functional.conv1d(padded, self.filter, groups=stream.shape[1])


class DownBlock(nn.Module):
    """Two convolutions, the shortcut taken between them, and the low-pass."""

    def __init__(
        self, n_inputs: int, n_shortcut: int, n_outputs: int, kernel_samples: int, taps: int
    ) -> None:
        super().__init__()
        self.pre_shortcut_convs = nn.ModuleList([ConvLayer(n_inputs, n_shortcut, kernel_samples)])
        self.post_shortcut_convs = nn.ModuleList([ConvLayer(n_shortcut, n_outputs, kernel_samples)])
        self.downconv = LowPass(n_outputs, taps)

    def forward(self, stream: Tensor) -> tuple[Tensor, Tensor]:
        """Return the stream for the level below, and the skip connection."""
        shortcut = self.pre_shortcut_convs[0](stream)
        return self.downconv(self.post_shortcut_convs[0](shortcut)), shortcut


class UpBlock(nn.Module):
    """The low-pass, a convolution, the shortcut's centre beside it, and another convolution."""

    def __init__(self, n_inputs: int, n_outputs: int, kernel_samples: int, taps: int) -> None:
        super().__init__()
        self.upconv = LowPass(n_inputs, taps)
        self.pre_shortcut_convs = nn.ModuleList([ConvLayer(n_inputs, n_outputs, kernel_samples)])
        self.post_shortcut_convs = nn.ModuleList(
            [ConvLayer(2 * n_outputs, n_outputs, kernel_samples)]
        )

    def forward(self, stream: Tensor, shortcut: Tensor) -> Tensor:
        """(batch, inputs, samples) and a longer (batch, outputs, ...) -> (batch, outputs, ...)."""
        stream = self.pre_shortcut_convs[0](self.upconv(stream))
        crop = (shortcut.shape[-1] - stream.shape[-1]) // 2
        centre = shortcut[..., crop : crop + stream.shape[-1]]
        mixed: Tensor = self.post_shortcut_convs[0](torch.cat([centre, stream], dim=1))
        return mixed


def sinc_filter(taps: int) -> np.ndarray:
    """A Blackman-windowed sinc with its cut-off at half the sample rate: float32 (1, 1, taps).

    Its zeros fall on every tap but the middle one; their values are rounding errors below 1e-16.
    """
    distance = np.arange(taps) - taps // 2
    window = np.blackman(taps) if taps > 1 else np.ones(1)
    sinc = np.sinc(distance) * window
    return (sinc / sinc.sum()).astype(np.float32)[None, None]
