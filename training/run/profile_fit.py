"""Fit the profile to which stems are normalised to a trained network's errors.

A stem's average spectrum is set by EQ normalisation, which resolves single bins, and its average
level by loudness normalisation, while a network's own bands may be hundreds of hertz wide. The
excess of its wet stems that is common to most training songs, in third octaves and in loudness
within the mix, is a constant that belongs in the profile: the profile is changed by this error, and
rendering then normalises to what the network mixes correctly on average.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from mixer.dsp.blocks import convolve, db_to_gain
from mixer.fxnorm.equalization import zero_phase_kernel
from mixer.fxnorm.profile import Profile
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.stem_errors import ACTIVE_BAND_DB, SILENT_BELOW_MIX_LU, level_in_mix_lu
from mixer.meters.stem_figures import band_levels_db
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ
from mixer.stems import STEMS
from training.data.dataset import ValidationSegments
from training.data.prepared_audio import PreparedDataset, PreparedSong

EXCERPT_S = 8.0
# In leave-one-out tests real songs gain most with this bound, and composed ones nearly as much as
# with any other.
_LARGEST_CHANGE_DB = 12.0
_FILTER_POINTS = 1_025
# A third octave's median over about eighty songs varies by chance by 1 to 2 dB.
_SMOOTHING = (0.25, 0.5, 0.25)

Changes = Mapping[str, "Change"]


@dataclass(frozen=True)
class Change:
    """Change of a stem's profile.

    Attributes:
        curve_db: change of its spectrum in dB, at `CURVE_BANDS_HZ`.
        level_db: change of its loudness in dB.
    """

    curve_db: np.ndarray
    level_db: float = 0.0


@dataclass(frozen=True)
class StemError:
    """Difference between a wet stem of an excerpt and the true one.

    Attributes:
        weight: weight of the excerpt.
        bands_db: difference in dB of each third octave, both stems scaled to one power; NaN where
            the true stem has next to no power.
        level_db: difference in dB of the loudness within the mix.
    """

    weight: float
    bands_db: np.ndarray
    level_db: float


def fit_profile(
    network: nn.Module, data: PreparedDataset, weight: Callable[[PreparedSong], float]
) -> Profile:
    """Change a data set's profile so that a network's wet stems are correct on average.

    Args:
        network: a network trained on the data set, with a method `wet_stems`.
        data: the data set; its training songs are read twice.
        weight: returns the weight of a song.

    Raises:
        InputError: the data set cannot be read.
    """
    n_samples = round(EXCERPT_S * data.sample_rate)
    excerpts = ValidationSegments(data, n_samples, per_song=1, split="train", with_wet=True)
    errors = stem_errors(network, excerpts, weight, {})
    changes = {stem: Change(curve_against(of_stem)) for stem, of_stem in errors.items()}
    # Levels are measured once the spectra are correct.
    errors = stem_errors(network, excerpts, weight, changes)
    changes = {
        stem: replace(change, level_db=level_against(errors[stem]))
        for stem, change in changes.items()
    }
    return changed_profile(data.profile, changes)


def changed_profile(profile: Profile, changes: Changes) -> Profile:
    """Apply changes to a profile's stems; the largest change of level becomes 0 dB."""
    loudest_db = max(change.level_db for change in changes.values())
    stems = dict(profile.stems)
    for stem, change in changes.items():
        spectrum_db = np.asarray(stems[stem].spectrum_db) + _at(profile.bands_hz, change.curve_db)
        stems[stem] = replace(
            stems[stem],
            spectrum_db=tuple(np.round(spectrum_db - spectrum_db.max(), 2).tolist()),
            loudness_lufs=round(stems[stem].loudness_lufs + change.level_db - loudest_db, 2),
        )
    about = (
        "Spectra and loudness fitted to what a network gets wrong on average over the songs that it"
        f" was trained on; before that: {profile.about}"
    )
    return replace(profile, stems=stems, about=about)


def stem_errors(
    network: nn.Module,
    excerpts: ValidationSegments,
    weight: Callable[[PreparedSong], float],
    changes: Changes,
) -> dict[str, list[StemError]]:
    """Differences between the wet stems of excerpts and the true ones, by stem.

    Args:
        network: a network with a method `wet_stems`.
        excerpts: excerpts with wet stems.
        weight: returns the weight of a song.
        changes: changes of the profile to which the excerpts are normalised.
    """
    found: dict[str, list[StemError]] = {}
    half_hz = 0.5 * excerpts.sample_rate
    filters = {stem: _kernel(change.curve_db, half_hz) for stem, change in changes.items()}
    for index, (song, _) in enumerate(excerpts.excerpts):
        item = excerpts[index]
        inputs = item["inputs"].numpy().reshape(len(STEMS), 2, -1)
        for i, stem in enumerate(STEMS):
            if stem in changes:
                _change(inputs[i], filters[stem], changes[stem].level_db, excerpts.sample_rate)
        for name, bands_db, level_db in _errors(network, inputs, item, excerpts.sample_rate):
            error = StemError(weight(song), bands_db, level_db)
            found.setdefault(name, []).append(error)
    return found


def _errors(
    network: nn.Module, inputs: np.ndarray, item: Mapping[str, torch.Tensor], sample_rate: int
) -> Iterator[tuple[str, np.ndarray, float]]:
    with torch.no_grad():
        answer = network.wet_stems(torch.from_numpy(inputs).flatten(0, 1).unsqueeze(0))[0]
    found, true = answer.numpy(), item["wet"].numpy()
    mix_lufs = integrated_loudness_lufs(np.tanh(found.sum(axis=0)), sample_rate)
    true_mix_lufs = integrated_loudness_lufs(item["target"].numpy(), sample_rate)
    for i, stem in enumerate(STEMS):
        levels_lu = [
            level_in_mix_lu(integrated_loudness_lufs(audio, sample_rate), lufs)
            for audio, lufs in ((found[i], mix_lufs), (true[i], true_mix_lufs))
        ]
        if min(levels_lu) <= SILENT_BELOW_MIX_LU:
            continue
        bands_db, true_db = (band_levels_db(audio[i], sample_rate) for audio in (found, true))
        sounds = true_db >= true_db.max() + ACTIVE_BAND_DB
        yield stem, np.where(sounds, bands_db - true_db, np.nan), levels_lu[0] - levels_lu[1]


def _change(stem: np.ndarray, kernel: np.ndarray, level_db: float, sample_rate: int) -> None:
    """Adapt a normalised stem (2, samples) to a changed profile, in place."""
    before_lufs = integrated_loudness_lufs(stem, sample_rate)
    convolve(stem, kernel, (kernel.size - 1) // 2, out=stem)
    after_lufs = integrated_loudness_lufs(stem, sample_rate)
    if np.isfinite(before_lufs) and np.isfinite(after_lufs):
        stem *= np.float32(db_to_gain(before_lufs + level_db - after_lufs))


def _kernel(curve_db: np.ndarray, half_hz: float) -> np.ndarray:
    """FIR kernel as used by EQ normalisation; `half_hz` is half the sample rate in Hz."""
    hz = np.linspace(0.0, half_hz, _FILTER_POINTS)
    return zero_phase_kernel(np.asarray(db_to_gain(_at(hz, curve_db)))).astype(np.float32)


def _at(frequencies_hz: np.ndarray | Sequence[float], curve_db: np.ndarray) -> np.ndarray:
    """Interpolate a curve over `CURVE_BANDS_HZ` at other frequencies, constant beyond its ends."""
    hz = np.maximum(np.asarray(frequencies_hz, dtype=np.float64), CURVE_BANDS_HZ[0])
    return np.asarray(np.interp(np.log2(hz), np.log2(CURVE_BANDS_HZ), curve_db))


def curve_against(errors: list[StemError]) -> np.ndarray:
    """Curve that cancels the median of a stem's errors, at `CURVE_BANDS_HZ`, smoothed, in dB.

    A band in which no true stem sounds gets the value of the nearest in which one does; a band in
    which few sound is raised by correspondingly less.
    """
    off_db = np.stack([error.bands_db for error in errors])
    weights = np.array([error.weight for error in errors])
    heard = np.isfinite(off_db)
    bands = np.flatnonzero(heard.any(axis=0))
    medians_db = [weighted_median(off_db[heard[:, b], b], weights[heard[:, b]]) for b in bands]
    median_db = np.interp(np.arange(off_db.shape[1]), bands, medians_db)
    smooth_db = np.convolve(np.pad(median_db, 1, mode="edge"), _SMOOTHING, mode="valid")
    change_db = np.clip(-smooth_db, -_LARGEST_CHANGE_DB, _LARGEST_CHANGE_DB)
    share = weights @ heard / weights.sum()
    return np.asarray(np.where(change_db > 0.0, share * change_db, change_db))


def level_against(errors: list[StemError]) -> float:
    """Gain in dB that cancels the median of a stem's level errors."""
    weights = np.array([error.weight for error in errors])
    return -weighted_median(np.array([error.level_db for error in errors]), weights)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Smallest value that is not exceeded by half of the weight."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, 0.5 * reached[-1])])
