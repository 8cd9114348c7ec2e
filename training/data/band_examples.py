"""What the band mixer learns from: powers of normalised stems, and of the wet stems they should be.

An example is an excerpt of a song. Its stems are normalised as a render normalises them
(`mixer.fxnorm.chain`), then read by the front-end that renders (`mixer.network.band_mixer.bands`).
A wet song
teaches too: its stems are both what goes in, normalised, and what should come out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.files.whole_file import whole_file
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.profile import Profile
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.band_mixer.bands import POWER_FLOOR, band_weights, measure_powers, n_frames_of
from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters

# Where every mixture is put, of what goes in and of what comes out: stems can then be exchanged
# between songs.
MIXTURE_LUFS = -18.0
# A stem below this is not played.
_SILENT_LUFS = -60.0


@dataclass(frozen=True)
class Example:
    """One excerpt.

    Attributes:
        dry_db, wet_db: float16 (stems, views, bands, frames), powers before and after the console,
            each as in a mixture of `MIXTURE_LUFS`.
        played: (stems,), whether there is anything to learn from.
        is_wet: the stems that go in are the wet ones, normalised.
    """

    dry_db: NDArray[np.float16]
    wet_db: NDArray[np.float16]
    played: NDArray[np.bool_]
    is_wet: bool


def make_example(
    dry: Mapping[str, FloatArray],
    wet: Mapping[str, FloatArray],
    stems: Sequence[str],
    sample_rate: int,
    hyper: BandMixerParameters,
    profile: Profile,
    effects: Sequence[str],
    *,
    is_wet: bool,
) -> Example | None:
    """Measure one excerpt; None where next to nothing is played.

    Args:
        dry: stems as they would come in, (2, samples) each; one that is missing is silent.
        wet: the same stems as they stand in the mixture, of the same length.
        stems: names, in the model's order.
        sample_rate: in Hz.
        hyper, profile, effects: the model's.
        is_wet: `dry` is `wet`.
    """
    dry_gain, wet_gain = (_gain_to_mixture(each, sample_rate) for each in (dry, wet))
    if dry_gain is None or wet_gain is None:
        return None
    dry = {name: audio * dry_gain for name, audio in dry.items()}
    wet = {name: audio * wet_gain for name, audio in wet.items()}
    weights = band_weights(hyper, sample_rate)
    n_frames = n_frames_of(hyper, next(iter(wet.values())).shape[1])
    shape = (len(stems), len(VIEWS), hyper.n_bands, n_frames)
    dry_power, wet_power = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    played = np.zeros(len(stems), bool)
    for i, stem in enumerate(stems):
        if stem not in dry or stem not in wet:
            continue
        normalised, report = normalise_stem(dry[stem], sample_rate, stem, profile, effects)
        louder = integrated_loudness_lufs(wet[stem], sample_rate)
        played[i] = report["skipped"] is None and louder > _SILENT_LUFS
        dry_power[i] = measure_powers(normalised, hyper, weights)
        wet_power[i] = measure_powers(wet[stem], hyper, weights)
    if not played.any():
        return None
    return Example(
        _decibels(dry_power).astype(np.float16),
        _decibels(wet_power).astype(np.float16),
        played,
        is_wet,
    )


def write_example(example: Example, path: Path) -> None:
    """Write an example's powers as one plain array: see `prepared_bands`."""
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.stack([example.dry_db, example.wet_db]))


def _gain_to_mixture(stems: Mapping[str, FloatArray], sample_rate: int) -> np.float32 | None:
    """What brings the sum of stems to `MIXTURE_LUFS`; None where next to nothing is played."""
    loudness_lufs = integrated_loudness_lufs(np.add.reduce(list(stems.values())), sample_rate)
    if not loudness_lufs > _SILENT_LUFS:
        return None
    return np.float32(db_to_gain(MIXTURE_LUFS - loudness_lufs))


def _decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    return (10.0 * np.log10(np.maximum(power, POWER_FLOOR))).astype(np.float32)
