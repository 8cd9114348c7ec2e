"""Batches of whatever is trained on: which items, in which order, read by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, default_collate

from mixer.errors import MixerError
from training.data.dataset import EpochSampler, Item
from training.run.config import TrainingConfig
from training.run.distributed import Processes
from training.run.identity import DatasetIdentity
from training.run.interruption import ignore_stop_requests

NETWORK_RATE_HZ = 44_100
# Reads one item when it is wanted.
ReadItem = Callable[[], Item]


@dataclass(frozen=True)
class TrainingData:
    """Data that a run reads.

    Attributes:
        train: numbered through all epochs: item `epoch * items + i`.
        valid: the same excerpts every time.
        identity: the data set's hash, and how it was made.
        batch, valid_batch: a list of items to a batch, in the process that reads them: tensors by
            name, which is what the objective takes.
        valid_batch_size: items in a batch of the validation; None for as many as in training.
        heard: excerpts of validation songs to listen to, by the song's id; none of what is not
            audio.
    """

    train: Dataset[Any]
    valid: Dataset[Any]
    identity: DatasetIdentity
    batch: Callable[[list[Any]], Item] = default_collate
    valid_batch: Callable[[list[Any]], Item] = default_collate
    valid_batch_size: int | None = None
    heard: Mapping[str, ReadItem] = field(default_factory=dict)


# (configuration, network, items an epoch) -> what is read
OpenData = Callable[[TrainingConfig, nn.Module, int], TrainingData]


def epoch_batches(
    data: TrainingData, config: TrainingConfig, processes: Processes, epoch: int, batch: int
) -> DataLoader[Item]:
    """This process's share of what is left of an epoch, from a batch on."""
    whole_batch = config.run.batch_size * processes.n_ranks
    sampler = EpochSampler(
        config.run.batches_per_epoch * whole_batch, rank=processes.rank, n_ranks=processes.n_ranks
    )
    sampler.epoch, sampler.start = epoch, batch * whole_batch
    return _loader(
        data.train, config, processes, data.batch, config.run.batch_size, sampler=sampler
    )


def validation_batches(
    data: TrainingData, config: TrainingConfig, processes: Processes
) -> DataLoader[Item]:
    """This process's share of the validation excerpts."""
    n_items = len(data.valid)
    mine = range(processes.rank, n_items, processes.n_ranks)
    size = data.valid_batch_size or config.run.batch_size
    return _loader(Subset(data.valid, mine), config, processes, data.valid_batch, size)


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
    items: Dataset[Any],
    config: TrainingConfig,
    processes: Processes,
    batch: Callable[[list[Any]], Item],
    batch_size: int,
    *,
    sampler: EpochSampler | None = None,
) -> DataLoader[Item]:
    return DataLoader(
        items,
        batch_size=batch_size,
        collate_fn=batch,
        sampler=sampler,
        num_workers=config.data.workers,
        pin_memory=processes.device.type == "cuda",
        drop_last=sampler is not None,
        worker_init_fn=ignore_stop_requests,
        # Its own, so that starting workers draws nothing from the run's random numbers.
        generator=torch.Generator(),
    )
