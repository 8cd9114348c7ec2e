"""Hyper-parameters of the network, and the reach of its convolutions.

Three clocks: samples at 44.1 kHz; front-end frames, one every `stride_samples`; latent frames, one
every `pool_frames` front-end frames. A front-end frame f sees the samples f * stride - left ...
f * stride - left + kernel - 1, zeros outside the signal. The signal is zero-padded at its end to a
whole number of latent frames.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixer.network.flat_integers import FlatIntegers, check_ranges

# Epsilon of every norm in the latent-space mixer, which the runtime applies.
NORM_EPSILON = 1e-8
# Far above any network of this kind: a header may not claim memory or time without a bound.
_LARGEST = {
    "n_stems": 64,
    "n_channels": 2,
    "tcn_kernel_frames": 63,
    "n_blocks": 16,
    "n_repeats": 16,
    "blstm_layers": 8,
    "se_ratio": 256,
}
_LARGEST_LENGTH = 4096  # of everything else: channels, filters in samples or frames
_FURTHEST_REACH_FRAMES = 1 << 15


@dataclass(frozen=True)
class HyperParameters(FlatIntegers):
    """All hyper-parameters of the network; the defaults are the paper's.

    Attributes:
        n_stems: stems, in the model's order.
        n_channels: channels a stem, 2.
        n_filters: channels of the front-end, of the latent and of the mask; even.
        kernel_samples: length of the front-end's filters.
        stride_samples: samples between front-end frames; 1 in the paper.
        pool_frames: front-end frames in a latent frame.
        smoothing_frames: length of the smoothing filters on the rectified front-end.
        bottleneck_channels: of the residual stream.
        hidden_channels: inside the temporal blocks.
        skip_channels: of the summed skips.
        tcn_kernel_frames: odd length of the depthwise filters.
        n_blocks: blocks a repeat, dilations 1, 2, 4 ...
        n_repeats: repeats.
        blstm_layers: layers of the bidirectional LSTM, n_filters / 2 units a direction.
        se_ratio: hidden units a filter in squeeze-and-excitation.

    Raises:
        ValueError: a value is out of range, or two do not match.
    """

    n_stems: int = 4
    n_channels: int = 2
    n_filters: int = 128
    kernel_samples: int = 64
    stride_samples: int = 1
    pool_frames: int = 64
    smoothing_frames: int = 128
    bottleneck_channels: int = 256
    hidden_channels: int = 128
    skip_channels: int = 64
    tcn_kernel_frames: int = 3
    n_blocks: int = 6
    n_repeats: int = 4
    blstm_layers: int = 3
    se_ratio: int = 16

    def __post_init__(self) -> None:
        check_ranges(self, _LARGEST, _LARGEST_LENGTH)
        # Twice the stems of one channel would have the same shapes.
        if self.n_channels != 2:
            raise ValueError(f"n_channels is {self.n_channels}; it must be 2, as stems are stereo")
        if self.kernel_samples < self.stride_samples:
            raise ValueError(
                f"kernel_samples is {self.kernel_samples}; it must be at least stride_samples"
                f" ({self.stride_samples}), or samples would be skipped"
            )
        if self.hop_samples < self.kernel_samples:
            raise ValueError(
                f"stride_samples x pool_frames is {self.hop_samples}; it must be at least"
                f" kernel_samples ({self.kernel_samples})"
            )
        if self.n_filters % 2:
            raise ValueError(
                f"n_filters is {self.n_filters}; it must be even, half for each direction"
            )
        if self.tcn_kernel_frames % 2 == 0:
            raise ValueError(f"tcn_kernel_frames is {self.tcn_kernel_frames}; it must be odd")
        if self.n_tcn_blocks < 2:
            raise ValueError("n_blocks x n_repeats is 1; it must be at least 2")
        if self.tcn_reach_frames > _FURTHEST_REACH_FRAMES:
            raise ValueError(
                f"the temporal blocks reach {self.tcn_reach_frames} frames; at most"
                f" {_FURTHEST_REACH_FRAMES} are allowed, so lower n_blocks or tcn_kernel_frames"
            )

    @property
    def n_tcn_blocks(self) -> int:
        """Temporal blocks in all."""
        return self.n_blocks * self.n_repeats

    @property
    def tcn_reach_frames(self) -> int:
        """Latent frames on each side that the widest depthwise filter sees."""
        return int(self.tcn_kernel_frames // 2 * 2 ** (self.n_blocks - 1))

    @property
    def n_inputs(self) -> int:
        """Input channels: the stems' channels, stem by stem."""
        return self.n_stems * self.n_channels

    @property
    def hop_samples(self) -> int:
        """Samples in a latent frame."""
        return self.stride_samples * self.pool_frames

    @property
    def left_samples(self) -> int:
        """Zeros in front of the signal for the front-end's filters."""
        return (self.kernel_samples - self.stride_samples) // 2

    @property
    def right_samples(self) -> int:
        """Zeros after the (whole frames of) signal for the front-end's filters."""
        return self.kernel_samples - self.stride_samples - self.left_samples

    @property
    def first_whole_frame(self) -> int:
        """The first front-end frame whose filter lies wholly inside the signal."""
        return -(-self.left_samples // self.stride_samples)

    @property
    def frames_after_last_whole(self) -> int:
        """Front-end frames at the end whose filter reaches after the signal."""
        return -(-self.right_samples // self.stride_samples)

    @property
    def smoothing_left_frames(self) -> int:
        """Zeros in front of the rectified front-end for the smoothing filters."""
        return (self.smoothing_frames - 1) // 2

    @property
    def smoothing_right_frames(self) -> int:
        """Zeros after the rectified front-end for the smoothing filters."""
        return self.smoothing_frames - 1 - self.smoothing_left_frames

    @property
    def context_frames(self) -> int:
        """Latent frames a chunk needs on each side, for smoothing and for overlap-add alike."""
        reach = max(self.smoothing_left_frames, self.smoothing_right_frames)
        # A sample is rebuilt by the frames whose filters cover it.
        before = -(-(self.kernel_samples - 1 - self.left_samples) // self.stride_samples)
        after = self.left_samples // self.stride_samples
        return -(-max(reach, before, after) // self.pool_frames)

    def latent_frames(self, n_samples: int) -> int:
        """Latent frames of a signal of `n_samples`: whole ones, the last zero-padded."""
        return -(-n_samples // self.hop_samples)

    def chunk_samples(self, chunk_frames: int) -> int:
        """Input samples that a chunk of `chunk_frames` latent frames needs, context included."""
        frames = chunk_frames + 2 * self.context_frames
        return frames * self.hop_samples + self.kernel_samples - self.stride_samples
