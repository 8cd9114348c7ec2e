"""Examples of the band mixer: powers of normalised stems, and of their wet stems.

An example is an excerpt of a song. Its stems are normalised as a render normalises them
(`mixer.fxnorm.chain`), then measured by the front-end of the render
(`mixer.network.band_mixer.bands`). A song with only wet stems is used too: its normalised stems are
the input, and its stems the target. For a song with only dry stems and a mixture, the target is
estimated (`training.data.wet_powers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, db_to_gain, power_to_db
from mixer.dsp.erb_bands import k_weights
from mixer.files.whole_file import whole_file
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.profile import Profile
from mixer.meters.loudness import LUFS_OFFSET_DB, integrated_loudness_lufs
from mixer.network.band_mixer.bands import POWER_FLOOR, band_weights, measure_powers
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters
from training.data.wet_powers import estimate_wet_powers

# Level of every mixture, at the input and at the output, so that stems can be exchanged between
# songs.
MIXTURE_LUFS = -18.0
# A stem below this level counts as silent.
_SILENT_LUFS = -60.0


@dataclass(frozen=True)
class FrontEnd:
    """A model's view of its stems: how they are normalised, then measured.

    Attributes:
        stems: names, in the model's order.
        sample_rate: in Hz.
        hyper: the model's hyper-parameters.
        profile: its target.
        effects: its effect normalisations.
    """

    stems: Sequence[str]
    sample_rate: int
    hyper: BandMixerParameters
    profile: Profile
    effects: Sequence[str]

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """See `mixer.network.band_mixer.bands.band_weights`."""
        return band_weights(self.hyper, self.sample_rate)

    def measure(self, audio: FloatArray) -> NDArray[np.float32]:
        """Band powers of audio; see `mixer.network.band_mixer.bands.measure_powers`."""
        return measure_powers(audio, self.hyper, self.weights)


@dataclass(frozen=True)
class Example:
    """Band powers of one excerpt of a song.

    Attributes:
        dry_db, wet_db: float16 (stems, views, bands, frames), powers in dB before and after the
            console, scaled to a mixture of `MIXTURE_LUFS`.
        played: bool (stems,), whether the stem plays and can be learnt from.
        is_wet: whether the input stems are the wet ones, normalised.
    """

    dry_db: NDArray[np.float16]
    wet_db: NDArray[np.float16]
    played: NDArray[np.bool_]
    is_wet: bool


def make_example(
    dry: Mapping[str, FloatArray],
    wet: Mapping[str, FloatArray],
    front: FrontEnd,
    *,
    is_wet: bool,
) -> Example | None:
    """Measure one excerpt; None if it is almost silent.

    Args:
        dry: input stems, float32 (2, samples) each; a missing one is silent.
        wet: the same stems as they are in the mixture, of the same length.
        front: of the model.
        is_wet: whether `dry` is the same as `wet`.
    """
    rate = front.sample_rate
    wet_gain = _gain_to_mixture(np.add.reduce(list(wet.values())), rate)
    if wet_gain is None:
        return None
    wet = {name: audio * wet_gain for name, audio in wet.items()}
    powers = {name: front.measure(audio) for name, audio in wet.items()}
    audible = {name for name, a in wet.items() if integrated_loudness_lufs(a, rate) > _SILENT_LUFS}
    return _with_dry_stems(dry, powers, audible, front, is_wet=is_wet)


def make_example_of_mixture(
    dry: Mapping[str, FloatArray], mixture: FloatArray, front: FrontEnd
) -> tuple[Example | None, float]:
    """Measure one excerpt of dry stems and their mixture, whose wet stems are not available.

    Args:
        dry: stems as recorded, float32 (2, samples) each.
        mixture: the mixture of these stems, float32 (2, samples), aligned with them in time.
        front: of the model.

    Returns:
        The example, or None if it is almost silent; and the share of the mixture's power that the
        stems explain, 0 to 1: with a small share the example is useless.
    """
    gain = _gain_to_mixture(mixture, front.sample_rate)
    if gain is None:
        return None, 0.0
    wet = estimate_wet_powers(dry, mixture * gain, front.hyper, front.weights)
    audible = {name for name, power in wet.powers.items() if _loudness(power) > _SILENT_LUFS}
    example = _with_dry_stems(dry, wet.powers, audible, front, is_wet=False)
    return example, wet.explained


def _with_dry_stems(
    dry: Mapping[str, FloatArray],
    wet_powers: Mapping[str, NDArray[np.float32]],
    audible: Set[str],
    front: FrontEnd,
    *,
    is_wet: bool,
) -> Example | None:
    """Build an example from dry stems and wet powers, at `MIXTURE_LUFS`."""
    dry_gain = _gain_to_mixture(np.add.reduce(list(dry.values())), front.sample_rate)
    if dry_gain is None:
        return None
    n_frames = next(iter(wet_powers.values())).shape[-1]
    shape = (len(front.stems), len(VIEWS), front.hyper.n_bands, n_frames)
    dry_power, wet_power = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    played = np.zeros(len(front.stems), bool)
    for i, stem in enumerate(front.stems):
        if stem not in dry or stem not in wet_powers:
            continue
        normalised, report = normalise_stem(
            dry[stem] * dry_gain, front.sample_rate, stem, front.profile, front.effects
        )
        played[i] = report["skipped"] is None and stem in audible
        dry_power[i] = front.measure(normalised)
        wet_power[i] = wet_powers[stem]
    if not played.any():
        return None
    return Example(
        power_to_db(dry_power, POWER_FLOOR).astype(np.float16),
        power_to_db(wet_power, POWER_FLOOR).astype(np.float16),
        played,
        is_wet,
    )


def write_example(example: Example, path: Path) -> None:
    """Write an example's powers as one plain array: see `prepared_bands`."""
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.stack([example.dry_db, example.wet_db]))


def _gain_to_mixture(mixture: FloatArray, sample_rate: int) -> np.float32 | None:
    """Linear gain that brings a mixture to `MIXTURE_LUFS`; None if it is almost silent."""
    loudness_lufs = integrated_loudness_lufs(mixture, sample_rate)
    if not loudness_lufs > _SILENT_LUFS:
        return None
    return np.float32(db_to_gain(MIXTURE_LUFS - loudness_lufs))


def _loudness(powers: NDArray[np.float32]) -> float:
    """K-weighted level of powers (views, bands, frames): ungated LUFS."""
    mean = powers[:2].sum(axis=0).mean(axis=-1)
    weighted = float(k_weights(len(mean)) @ mean)
    return LUFS_OFFSET_DB + float(power_to_db(weighted, POWER_FLOOR))
