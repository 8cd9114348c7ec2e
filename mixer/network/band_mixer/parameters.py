"""The hyper-parameters of the band mixer: a console whose knobs a network turns.

The front-end is a short-time Fourier transform whose power is read in bands; the latent mixer
predicts gains for every stem and band; the back-end turns them on the spectra. See
`mixer.network.band_mixer.run`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixer.network.flat_integers import FlatIntegers, check_ranges
from mixer.setting_changes import POINT_KEYS

# Signals whose power is measured: left, right, and their half sum and half difference.
VIEWS = ("left", "right", "mid", "side")
# The network's outputs for a stem as a whole, in this order: see
# `mixer.network.band_mixer.controls`.
STRIP_CONTROLS = ("shape", "width_db", "room_db")
# Settings of `mixer.setting_changes.StripChanges` that it has; gains hold fader and curve.
CURVE_KEYS = ("gain_db", "curve_db", *POINT_KEYS, "motion")
CHANGES = (*CURVE_KEYS, "balance_db", "side_db", "shape", "widen_db", "room_db")
# Far above any network of this kind: a header may not claim memory or time without a bound.
_LARGEST = {
    "n_stems": 64,
    "n_fft": 1 << 16,
    "n_bands": 512,
    "block_frames": 1024,
    "n_curve_points": 512,
    "stem_channels": 4096,
    "channels": 4096,
    "n_temporal_blocks": 32,
    "recurrent_units": 4096,
}


@dataclass(frozen=True)
class BandMixerParameters(FlatIntegers):
    """All hyper-parameters of the network and of its controls.

    Attributes:
        n_stems: stems, in the model's order.
        n_channels: channels a stem and of the mix, 2.
        n_fft: length of the transform's window in samples, even; the hop is half of it.
        n_bands: bands, evenly spaced on the ERB scale; a multiple of 4.
        block_frames: frames of the transform that one step of the latent mixer spans.
        n_curve_points: points of each stem's EQ, balance and side curve, evenly on the same scale.
        stem_channels: channels in which a stem is described to the mixer.
        channels: of the temporal blocks.
        n_temporal_blocks: dilated by 1, 2, 4 ...
        recurrent_units: of the BLSTM, in each direction.

    Raises:
        ValueError: a value is out of range.
    """

    n_stems: int = 4
    n_channels: int = 2
    n_fft: int = 2048
    n_bands: int = 48
    block_frames: int = 8
    n_curve_points: int = 16
    stem_channels: int = 48
    channels: int = 96
    n_temporal_blocks: int = 6
    recurrent_units: int = 48

    def __post_init__(self) -> None:
        check_ranges(self, _LARGEST)
        if self.n_channels != 2:
            raise ValueError(f"n_channels is {self.n_channels}; it must be 2, as stems are stereo")
        if self.n_bands % 4:
            raise ValueError(f"n_bands is {self.n_bands}; it must be a multiple of 4")
        if self.n_fft % 2 or self.n_fft < 64:
            raise ValueError(f"n_fft is {self.n_fft}; it must be even and at least 64")
        # Levels then take no more memory than the audio does.
        if self.n_bands > self.n_fft // 4:
            raise ValueError(
                f"n_bands is {self.n_bands}; at most a quarter of n_fft ({self.n_fft})"
            )

    @property
    def n_inputs(self) -> int:
        """Input channels: the stems' channels, stem by stem."""
        return self.n_stems * self.n_channels

    @property
    def hop_samples(self) -> int:
        """Samples from one frame to the next."""
        return self.n_fft // 2
