"""The first pass: every stem's levels, and as many of its spectra as there is memory for.

Spectra that are kept are read by the second pass, which computes the others again: the same samples
by the same transform, so that no bit of a mix depends on how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, are_equal
from mixer.dsp.long_audio import in_memory, memory_left_bytes
from mixer.network.band_mixer.bands import Levels, measure_levels, n_frames_of, silent_levels
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.network.output import Audio, RunOptions, is_wanted

# Less than this of a stem's frames is not worth its memory.
_LEAST_SHARE = 0.25
# Stereo arrays that the second pass fills beside wet stems: mix, width and room.
_N_BUSES = 3


@dataclass(frozen=True)
class Heard:
    """What the first pass leaves of a stem.

    Attributes:
        audio: float32 (2, samples), or (1, samples) if both channels are equal; None for a missing
            stem.
        levels: for the network.
        kept: spectra of the first frames, (channels, frames, n_fft + 2); None for none.
    """

    audio: Audio | None
    levels: Levels
    kept: FloatArray | None


def hear_stem(
    stem: Audio | None,
    n_samples: int,
    hyper: BandMixerParameters,
    weights: NDArray,
    most_bytes: int,
) -> Heard:
    """Measure a stem and keep spectra.

    Args:
        stem: float32 (2, samples); None for a missing one.
        n_samples: of the song.
        hyper: bands and transform.
        weights: from `mixer.network.band_mixer.bands.band_weights`.
        most_bytes: for spectra, from `bytes_for_spectra`.
    """
    if stem is None:
        return Heard(None, silent_levels(hyper, n_samples), None)
    audio = stem[:1] if are_equal(stem) else stem
    n_frames, n_values = n_frames_of(hyper, n_samples), hyper.n_fft + 2
    n_kept = min(n_frames, most_bytes // (4 * len(audio) * n_values))
    kept = in_memory(len(audio), n_kept, n_values) if n_kept >= _LEAST_SHARE * n_frames else None
    return Heard(audio, measure_levels(audio, hyper, weights, kept), kept)


def bytes_for_spectra(
    stems: Sequence[Audio | None], names: Sequence[str], options: RunOptions
) -> int:
    """Bytes for each stem's spectra, once all arrays of the second pass have their memory."""
    present = [stem for stem in stems if stem is not None]
    n_reused = sum(stem.flags.writeable for stem in present) if options.consume else 0
    n_filled = _N_BUSES + sum(is_wanted(name, options.wet_stems) for name in names)
    new_bytes = max(0, n_filled - n_reused) * present[0].nbytes if present else 0
    return max(0, memory_left_bytes() - new_bytes) // max(1, len(present))
