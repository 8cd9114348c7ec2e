"""Batches of training and validation items: their order, and the processes that read them."""

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
# Reads one item on demand.
ReadItem = Callable[[], Item]


@dataclass(frozen=True)
class TrainingData:
    """Training and validation data of a run.

    Attributes:
        train: items numbered through all epochs: item number `epoch * items_per_epoch + i`.
        valid: validation items, the same at every validation.
        identity: hash of the data set, and how it was made.
        batch, valid_batch: combine a list of items into a batch, in the reading process: tensors by
            name, which the objective takes as arguments.
        valid_batch_size: number of items in a validation batch; None for the training batch size.
        heard: excerpts of validation songs for listening, by song id; empty if items are not audio.
    """

    train: Dataset[Any]
    valid: Dataset[Any]
    identity: DatasetIdentity
    batch: Callable[[list[Any]], Item] = default_collate
    valid_batch: Callable[[list[Any]], Item] = default_collate
    valid_batch_size: int | None = None
    heard: Mapping[str, ReadItem] = field(default_factory=dict)


# (configuration, network, items per epoch) -> data of the run
OpenData = Callable[[TrainingConfig, nn.Module, int], TrainingData]


def epoch_batches(
    data: TrainingData, config: TrainingConfig, processes: Processes, epoch: int, batch: int
) -> DataLoader[Item]:
    """This process's share of the remaining batches of an epoch, starting at number `batch`."""
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
    """This process's share of the validation excerpts, in batches."""
    n_items = len(data.valid)
    mine = range(processes.rank, n_items, processes.n_ranks)
    size = data.valid_batch_size or config.run.batch_size
    return _loader(Subset(data.valid, mine), config, processes, data.valid_batch, size)


def read_batches(loader: DataLoader[Item]) -> Iterator[Item]:
    """Iterate over the loader's batches, reporting errors of reading processes in one line.

    Raises:
        MixerError: the error raised in the reading process.
    """
    try:
        yield from loader
        return
    except MixerError as error:
        # An error from another process carries that process's traceback in its text.
        _, _, message = str(error).strip().splitlines()[-1].partition("Error: ")
        plain = type(error)(message or str(error))
    # Raised outside the block, because the original traceback keeps the reading processes alive.
    raise plain


def to_device(item: Item, device: torch.device) -> Item:
    """Move a batch to the training device."""
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
        # A generator of its own, so that starting workers draws nothing from the run's random
        # numbers.
        generator=torch.Generator(),
    )
