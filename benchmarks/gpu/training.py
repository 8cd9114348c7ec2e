"""Training throughput of the paper's configuration, and which part of a step takes the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from benchmarks.gpu.memory import gpu_memory
from benchmarks.gpu.places import Places, Sizes
from benchmarks.gpu.training_speed import TrainingSpeed
from training.run.config import TrainingConfig
from training.run.config_reader import find_config, read_config
from training.run.distributed import joined_processes
from training.run.kinds import input_samples
from training.run.loading import TrainingData, to_device
from training.run.new_run import begin
from training.run.rehearsal import rehearse
from training.run.waveforms import segment_samples

_TIMED_STEPS = 3


class _Noise(Dataset[dict[str, Tensor]]):
    """One segment of noise again and again: nothing is read, little is copied."""

    def __init__(self, n_items: int, n_samples: int) -> None:
        self._n_items = n_items
        inputs = 0.1 * torch.randn(8, n_samples, generator=torch.Generator().manual_seed(0))
        self._item = {"inputs": inputs, "target": inputs.unflatten(0, (4, 2)).sum(0)}

    def __len__(self) -> int:
        return self._n_items

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return self._item


def _open_noise(config: TrainingConfig, network: Any, items_per_epoch: int) -> TrainingData:
    n_samples = input_samples(network, segment_samples(config))
    stems = ["vocals", "bass", "drums", "other"]
    return TrainingData(
        _Noise(items_per_epoch, n_samples),
        _Noise(config.run.batch_size, n_samples),
        {"sha256": "0" * 64, "sample_rate": 44_100, "stems": stems},
    )


def training_speeds(places: Places, sizes: Sizes) -> Iterator[TrainingSpeed]:
    """`paper-lb` in float32 and in mixed precision, fp16 on a GPU and bf16 on a CPU; the latter
    with larger batches as well, since the paper's 4 x 10 s need not fill a GPU.
    """
    mixed = "fp16" if places.torch.startswith("cuda") else "bf16"
    larger = ((mixed, f"run.batch_size={size}") for size in sizes.larger_batches)
    for precision, *more in (("float32",), (mixed,), *larger):
        config = _config(precision, places, sizes, more)
        with gpu_memory() as peak:
            found = rehearse(config, _open_noise)
        yield TrainingSpeed(
            precision,
            found.device,
            config.run.batch_size,
            config.data.segment_s,
            found.step_s,
            found.audio_s_per_s,
            _parts_of_a_step(config),
            peak.gb,
        )


def _config(precision: str, places: Places, sizes: Sizes, more: list[str]) -> TrainingConfig:
    hyper = sizes.hyper.to_json().items()
    overrides = [f"network.hyper_parameters.{name}={value}" for name, value in hyper]
    overrides += ["data.workers=0", f"run.device={places.torch}", f"run.precision={precision}"]
    return read_config(find_config("paper-lb"), [*overrides, *sizes.training, *more])


def _parts_of_a_step(config: TrainingConfig) -> dict[str, float]:
    """Shares of a step; the device is waited for after each part."""
    seconds: dict[str, float] = {}
    with joined_processes(config.run.device) as processes:
        objective, run, data = begin(config, processes, _open_noise)
        items = [data.train[index] for index in range(config.run.batch_size)]

        def end(part: str, began: float) -> float:
            """Take the time of a part that began then, and say when it ended."""
            if processes.device.type == "cuda":
                torch.cuda.synchronize(processes.device)
            now = time.perf_counter()
            seconds[part] = seconds.get(part, 0.0) + now - began
            return now

        for index in range(_TIMED_STEPS + 1):
            if index == 1:  # the first one chooses algorithms
                seconds.clear()
            now = time.perf_counter()
            batch = to_device(data.batch(items), processes.device)
            now = end("batch to the device", now)
            loss = objective(**batch)
            now = end("forward and loss", now)
            run.scaler.scale(loss).backward()
            now = end("backward", now)
            run.scaler.step(run.optimiser)
            run.scaler.update()
            run.optimiser.zero_grad(set_to_none=True)
            end("optimiser", now)
    whole = sum(seconds.values())
    return {part: taken_s / whole for part, taken_s in seconds.items()}
