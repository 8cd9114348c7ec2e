"""Batches for a band mixer: random cuts of prepared excerpts, disturbed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from mixer.errors import SettingsError
from mixer.fxnorm.profile import profile_table
from mixer.network.band_mixer.bands import POWER_FLOOR
from mixer.network.band_mixer.controls import excess_db
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.stems import STEMS
from training.band_mixer.augmentation import Batch, augment
from training.data.prepared_bands import BandExample, PreparedBands, read_bands
from training.errors import TrainingError
from training.networks.decibels import decibels
from training.run.config import AugmentationConfig, TrainingConfig
from training.run.loading import TrainingData

# Powers that half precision has rounded up to the floor count as silent.
_NOTHING = 1.05 * POWER_FLOOR


def open_powers(config: TrainingConfig, network: nn.Module, items_per_epoch: int) -> TrainingData:
    """Open the prepared data set that a configuration names, as `training.run.recipe` requires.

    Raises:
        SettingsError: the configuration names no data set.
        InputError: the folder is not a finished data set of band powers, is damaged, or has no
            training or validation songs.
        TrainingError: its bands or stems differ from the network's.
    """
    data, augmentation = config.data, config.augmentation
    if not data.folder:
        raise SettingsError("data.folder is empty; set data.folder=DIR to a prepared data set")
    prepared = read_bands(Path(data.folder))
    hyper: Any = network.hyper
    _check_fits(prepared, hyper)
    n_frames = max(1, round(data.segment_s * prepared.sample_rate / hyper.hop_samples))
    seed = config.run.seed
    undisturbed = replace(
        augmentation, exchange=0.0, taste_db=0.0, brightness_db=0.0, timbre_db=0.0, missing=0.0
    )
    return TrainingData(
        train=Excerpts(prepared.of_split("train"), augmentation, n_frames, items_per_epoch, seed),
        valid=WholeExcerpts(prepared.of_split("valid")),
        identity={
            "sha256": prepared.sha256,
            "sample_rate": prepared.sample_rate,
            "stems": list(STEMS),
            "effects": list(prepared.effects),
            "profile": profile_table(prepared.profile),
        },
        batch=Disturbed(
            hyper, prepared.sample_rate, augmentation, seed, mirrors=data.swap_channels
        ),
        # The same disturbance each time, one excerpt at a time, since their lengths may differ.
        valid_batch=Disturbed(hyper, prepared.sample_rate, undisturbed, 0, mirrors=True),
        valid_batch_size=1,
    )


@dataclass(frozen=True)
class Cut:
    """A cut: some frames of an excerpt.

    Attributes:
        powers_db: float16 (2, stems, views, bands, frames), input and target in dB.
        played: whether each stem plays and can be learnt from.
        is_wet: whether the input is made of wet stems.
        number: number of the item, the seed of all random choices for its batch.
    """

    powers_db: np.ndarray
    played: tuple[bool, ...]
    is_wet: bool
    number: int


class Excerpts(Dataset[Cut]):
    """Random cuts; item `epoch * items_per_epoch + i` depends only on the seed and that number.

    Args:
        examples: excerpts of songs with wet stems only, and of songs that also have dry stems. The
            wet stems of the latter are used as input too, because a finished mix should stay
            unchanged.
        augmentation: how often each of these three is drawn.
        n_frames: largest length of a cut in frames.
        items_per_epoch: number of items in an epoch.
        seed: random seed of the choice.
    """

    def __init__(
        self,
        examples: Sequence[BandExample],
        augmentation: AugmentationConfig,
        n_frames: int,
        items_per_epoch: int,
        seed: int,
    ) -> None:
        self._wet = [example for example in examples if example.is_wet]
        self._both = [example for example in examples if not example.is_wet]
        self._augmentation, self._n_frames = augmentation, n_frames
        self._n_items, self._seed = items_per_epoch, seed

    def __len__(self) -> int:
        return self._n_items

    def __getitem__(self, index: int) -> Cut:
        rng = np.random.default_rng([self._seed, *divmod(index, self._n_items)])
        puts_wet_in = bool(rng.random() < self._augmentation.wet_share)
        pool = self._both
        if self._wet and (not pool or rng.random() < self._augmentation.wet_song_share):
            pool = self._wet
        example = pool[int(rng.integers(len(pool)))]
        length = min(self._n_frames, example.n_frames)
        start = int(rng.integers(example.n_frames - length + 1))
        powers_db = example.read(start, length)
        if puts_wet_in and not example.is_wet:
            powers_db = powers_db[[1, 1]]
        is_wet = puts_wet_in or example.is_wet
        return Cut(powers_db, example.played, is_wet, index)


class WholeExcerpts(Dataset[Cut]):
    """Whole excerpts in order."""

    def __init__(self, examples: Sequence[BandExample]) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> Cut:
        example = self._examples[index]
        powers_db = example.read(0, example.n_frames)
        return Cut(powers_db, example.played, example.is_wet, index)


@dataclass(frozen=True)
class Disturbed:
    """Combines cuts into a batch: cropped to one length, made linear, and disturbed.

    Attributes:
        hyper: the network's hyper-parameters.
        sample_rate: in Hz.
        augmentation: amounts of each disturbance.
        seed: random seed, combined with the number of the first cut.
        mirrors: exchange left and right in half of the batches.
    """

    hyper: BandMixerParameters
    sample_rate: int
    augmentation: AugmentationConfig
    seed: int
    mirrors: bool

    def __call__(self, cuts: list[Cut]) -> dict[str, Tensor]:
        batch = linear_batch(cuts, self.hyper, self.sample_rate)
        state = np.random.SeedSequence([self.seed, cuts[0].number]).generate_state(1, np.uint64)
        generator = torch.Generator().manual_seed(int(state[0] >> np.uint64(1)))
        disturbed = augment(batch, self.augmentation, generator, mirrors=self.mirrors)
        return dict(vars(disturbed))


def linear_batch(cuts: Sequence[Cut], hyper: BandMixerParameters, sample_rate: int) -> Batch:
    """Combine cuts without augmentation, at the length of the shortest."""
    n_frames = min(cut.powers_db.shape[-1] for cut in cuts)
    both_db = torch.from_numpy(
        np.stack([cut.powers_db[..., :n_frames] for cut in cuts]).astype(np.float32)
    )
    powers = torch.pow(10.0, both_db / 10.0)
    dry, wet = torch.where(powers <= _NOTHING, 0.0, powers).unbind(1)
    frames_db = decibels(dry[:, :, :2].sum(3).mean(2)).numpy()  # (batch, stems, frames)
    excess = partial(excess_db, hyper=hyper, sample_rate=sample_rate)
    return Batch(
        dry,
        wet,
        torch.from_numpy(np.apply_along_axis(excess, -1, frames_db)),
        torch.tensor([cut.played for cut in cuts]),
        torch.tensor([[cut.is_wet] * len(cut.played) for cut in cuts]),
    )


def _check_fits(prepared: PreparedBands, hyper: BandMixerParameters) -> None:
    for name, found in (
        ("n_stems", len(STEMS)),
        ("n_fft", prepared.n_fft),
        ("n_bands", prepared.n_bands),
    ):
        wanted = getattr(hyper, name)
        if found != wanted:
            raise TrainingError(
                f"{prepared.folder}: prepared with {name} {found}, but this configuration's"
                f" network has {wanted}; change network.hyper_parameters.{name}"
            )
