"""Several processes, started by `torchrun`, that train one network; otherwise a single process.

Every process reads its own share of each batch; DistributedDataParallel averages the gradients.
Only the first process writes files and reports events.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mixer.errors import DeviceError
from mixer.files.wording import first_line

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """This process and its place among all processes of the run.

    Attributes:
        rank: index of this process, from 0.
        n_ranks: number of processes on all machines.
        device: the device on which this process trains.
    """

    rank: int
    n_ranks: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files and reports events."""
        return self.rank == 0

    def sums(self, values: Sequence[float]) -> list[float]:
        """Sum each value over all processes."""
        if self.n_ranks == 1:
            return list(values)
        both = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(both)
        summed: list[float] = both.tolist()
        return summed

    def gathered(self, value: T) -> list[T]:
        """Values of all processes, in the order of their ranks."""
        if self.n_ranks == 1:
            return [value]
        values: list[T] = [value] * self.n_ranks
        dist.all_gather_object(values, value)
        return values

    def shared(self, module: nn.Module) -> nn.Module:
        """Wrap a module so that its gradients are averaged over all processes."""
        if self.n_ranks == 1:
            return module
        devices = [self.device.index] if self.device.type == "cuda" else None
        return DistributedDataParallel(
            module, device_ids=devices, broadcast_buffers=False, gradient_as_bucket_view=True
        )


@contextmanager
def joined_processes(device: str) -> Iterator[Processes]:
    """Join the processes that `torchrun` announces in the environment, and leave them at the end.

    Args:
        device: "auto", "cpu", "cuda" or "cuda:N"; on CUDA each of several processes uses its own
            GPU.

    Raises:
        DeviceError: the device is not available.
    """
    n_ranks = _from_environment("WORLD_SIZE", 1)
    chosen = choose_device(device, _from_environment("LOCAL_RANK", 0), n_ranks)
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    if n_ranks == 1:
        yield Processes(0, 1, chosen)
        return
    try:
        dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    except (RuntimeError, ValueError) as error:
        reason = first_line(error)
        raise DeviceError(f"the training processes could not connect: {reason}") from None
    try:
        yield Processes(dist.get_rank(), n_ranks, chosen)
    finally:
        dist.destroy_process_group()


def choose_device(name: str, local_rank: int = 0, n_ranks: int = 1) -> torch.device:
    """Device with the given name; on CUDA each of several processes gets its own GPU.

    Raises:
        DeviceError: the name is unknown or the device is not available.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(
            f"unknown run.device {name!r}; choose from auto, cpu, cuda, cuda:0"
        ) from None
    if device.type == "cpu":
        return torch.device("cpu")
    if device.type != "cuda":
        raise DeviceError(f"unknown run.device {name!r}; choose from auto, cpu, cuda, cuda:0")
    index = local_rank if n_ranks > 1 or device.index is None else device.index
    n_devices = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if index >= n_devices:
        raise DeviceError(f"cuda:{index} is not available: PyTorch finds {n_devices} CUDA devices")
    return torch.device("cuda", index)


def _from_environment(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise DeviceError(
            f"environment variable {name} is {text}; start with torchrun, or unset it"
        )
    return int(text)
