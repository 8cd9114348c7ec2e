"""Hyper-parameters of the Wave-U-Net baseline, and the lengths of its input and output.

Every convolution is valid: its output is `kernel_samples - 1` samples shorter than its input. There
are four on each level but the lowest (two on the way down, two on the way up) and one at the
bottom, so that the output is the centre of the input, `margin_samples` shorter on both sides.
Nothing is decimated.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixer.network.flat_integers import FlatIntegers, check_ranges

# Channels that one group of a norm holds (Stoller's implementation).
NORM_CHANNELS = 8
NORM_EPSILON = 1e-5
# Far above any network of this kind: a header may not claim memory or time without a bound.
_LARGEST = {
    "n_stems": 64,
    "n_features": 1024,
    "n_levels": 12,
    "kernel_samples": 1023,
    "filter_samples": 1023,
    "output_samples": 1 << 26,
}


@dataclass(frozen=True)
class WaveUNetParameters(FlatIntegers):
    """All hyper-parameters of the network; the defaults are the published ones.

    Attributes:
        n_stems: stems, in the model's order.
        n_channels: channels a stem and of the mix, 2.
        n_features: channels of the first level; a multiple of 8, doubled from level to level.
        n_levels: levels, the lowest included.
        kernel_samples: odd length of the convolutions.
        filter_samples: odd length of the low-pass of each resampling block.
        output_samples: length of the segments that it was trained on, at its output.

    Raises:
        ValueError: a value is out of range.
    """

    n_stems: int = 4
    n_channels: int = 2
    n_features: int = 24
    n_levels: int = 5
    kernel_samples: int = 5
    filter_samples: int = 15
    output_samples: int = 441_000

    def __post_init__(self) -> None:
        check_ranges(self, _LARGEST)
        if self.n_channels != 2:
            raise ValueError(f"n_channels is {self.n_channels}; it must be 2, as stems are stereo")
        if self.n_features % NORM_CHANNELS:
            raise ValueError(
                f"n_features is {self.n_features}; it must be a multiple of {NORM_CHANNELS}"
            )
        if max(self.level_channels) > 1 << 14:
            raise ValueError(
                f"n_features is {self.n_features}; doubled over {self.n_levels} levels it exceeds"
                f" {1 << 14} channels"
            )
        for name in ("kernel_samples", "filter_samples"):
            if getattr(self, name) % 2 == 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be odd")

    @property
    def n_inputs(self) -> int:
        """Input channels: the stems' channels, stem by stem."""
        return self.n_stems * self.n_channels

    @property
    def level_channels(self) -> tuple[int, ...]:
        """Channels of each level, from the top to the lowest."""
        return tuple(self.n_features * 2**level for level in range(self.n_levels))

    @property
    def margin_samples(self) -> int:
        """Samples of context that the input has beyond the output, on each side."""
        n_convolutions = 4 * (self.n_levels - 1) + 1
        return n_convolutions * (self.kernel_samples - 1) // 2

    @property
    def input_samples(self) -> int:
        """Length of a training segment at the input."""
        return self.output_samples + 2 * self.margin_samples

    @property
    def segment_bytes(self) -> int:
        """Memory that a segment takes while it runs, an upper estimate.

        Nothing is decimated, so the widest level decides: 2.9 times its activations were measured
        at the published size, 1.9 GB.
        """
        return 4 * (4 * max(self.level_channels) * self.input_samples)
