"""Batches of a prepared data set: which segments, in which order, read by whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Subset

from mixer.errors import MixerError, SettingsError
from mixer.stems import STEMS
from training.data.dataset import (
    EpochSampler,
    Item,
    SegmentDataset,
    SegmentSettings,
    ValidationSegments,
)
from training.data.prepared import read_dataset
from training.errors import TrainingError
from training.run.config import TrainingConfig
from training.run.distributed import Processes
from training.run.interruption import ignore_stop_requests

NETWORK_RATE_HZ = 44_100


@dataclass(frozen=True)
class TrainingData:
    """What a run reads.

    Attributes:
        train: numbered through all epochs: item `epoch * items + i`.
        valid: the same excerpts every time.
        identity: the data set's hash, and how it was made.
    """

    train: Dataset[Item]
    valid: Dataset[Item]
    identity: dict[str, Any]


# (configuration, samples of an input segment, items an epoch) -> what is read
OpenData = Callable[[TrainingConfig, int, int], TrainingData]


def open_prepared(config: TrainingConfig, n_samples: int, items_per_epoch: int) -> TrainingData:
    """The prepared data set that a configuration names.

    Raises:
        SettingsError: it names none.
        InputError: not a finished data set, damaged, or without training or validation songs.
        TrainingError: of a rate or with stems that the networks do not take.
    """
    data = config.data
    if not data.folder:
        raise SettingsError("data.folder is empty: say data.folder=DIR, a prepared data set")
    prepared = read_dataset(Path(data.folder))
    if prepared.sample_rate != NETWORK_RATE_HZ:
        raise TrainingError(
            f"{data.folder}: prepared at {prepared.sample_rate} Hz, the networks run at"
            f" {NETWORK_RATE_HZ} Hz: prepare it again"
        )
    n_stems = config.network.hyper_parameters.get("n_stems", len(STEMS))
    if n_stems != len(STEMS):
        raise TrainingError(
            f"{data.folder}: has {len(STEMS)} stems, the network of this configuration {n_stems}"
        )
    with_wet = config.loss.stem_weight > 0.0
    settings = SegmentSettings(
        n_samples=n_samples,
        items_per_epoch=items_per_epoch,
        seed=config.run.seed,
        swap_channels=data.swap_channels,
        input_gain_db=data.input_gain_db,
        remix_share=data.remix_share,
        with_wet=with_wet,
    )
    valid_samples = n_samples
    if data.valid_segment_s:
        valid_samples += round((data.valid_segment_s - data.segment_s) * NETWORK_RATE_HZ)
    valid = ValidationSegments(
        prepared, valid_samples, per_song=data.valid_per_song, with_wet=with_wet
    )
    identity = {
        "sha256": prepared.sha256,
        "sample_rate": prepared.sample_rate,
        "stems": list(STEMS),
        "effects": list(prepared.effects),
        "profile": dataclasses.asdict(prepared.profile),
    }
    return TrainingData(SegmentDataset(prepared, settings), valid, identity)


def epoch_batches(
    data: TrainingData, config: TrainingConfig, processes: Processes, epoch: int, batch: int
) -> DataLoader[Item]:
    """This process's share of what is left of an epoch, from a batch on."""
    whole_batch = config.run.batch_size * processes.n_ranks
    sampler = EpochSampler(
        config.run.batches_per_epoch * whole_batch, rank=processes.rank, n_ranks=processes.n_ranks
    )
    sampler.epoch, sampler.start = epoch, batch * whole_batch
    return _loader(data.train, config, processes, sampler)


def validation_batches(
    data: TrainingData, config: TrainingConfig, processes: Processes
) -> DataLoader[Item]:
    """This process's share of the validation excerpts."""
    n_items = len(data.valid)
    mine = range(processes.rank, n_items, processes.n_ranks)
    return _loader(Subset(data.valid, mine), config, processes, None)


def read_batches(loader: DataLoader[Item]) -> Iterator[Item]:
    """The loader's batches; what goes wrong in a reading process is said in one line.

    Raises:
        MixerError: as the reading process raised it.
    """
    try:
        yield from loader
        return
    except MixerError as error:
        # From another process it comes with that process's traceback in its text.
        _, _, message = str(error).strip().splitlines()[-1].partition("Error: ")
        plain = type(error)(message or str(error))
    # Outside of the block: the first error's traceback holds the reading processes alive.
    raise plain


def to_device(item: Item, device: torch.device) -> Item:
    """A batch on the device that trains."""
    return {name: audio.to(device, non_blocking=True) for name, audio in item.items()}


def _loader(
    items: Dataset[Item],
    config: TrainingConfig,
    processes: Processes,
    sampler: EpochSampler | None,
) -> DataLoader[Item]:
    return DataLoader(
        items,
        batch_size=config.run.batch_size,
        sampler=sampler,
        num_workers=config.data.workers,
        pin_memory=processes.device.type == "cuda",
        drop_last=sampler is not None,
        worker_init_fn=ignore_stop_requests,
        # Its own, so that starting workers draws nothing from the run's random numbers.
        generator=torch.Generator(),
    )
