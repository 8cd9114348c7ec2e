"""Runs that take a second: a small network, and segments made on the spot."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor
from torch.utils.data import Dataset

from training.run.config import TrainingConfig
from training.run.config_reader import config_from_values
from training.run.kinds import input_samples
from training.run.loading import TrainingData
from training.run.train import Outcome, train
from training.run.waveforms import segment_samples

HYPER = {
    "n_filters": 8,
    "kernel_samples": 16,
    "pool_frames": 32,
    "smoothing_frames": 24,
    "bottleneck_channels": 8,
    "hidden_channels": 8,
    "skip_channels": 8,
    "n_blocks": 2,
    "n_repeats": 1,
    "blstm_layers": 1,
    "se_ratio": 2,
}
SEGMENT_S = 0.2
# (vocals, bass, drums, other): what the mix is made with
MIX_GAINS = (0.8, 0.3, 1.0, 0.5)


class NoiseSegments(Dataset[dict[str, Tensor]]):
    """Item i is noise that depends on the seed and on i alone; the mix is a sum with gains."""

    def __init__(self, n_items: int, n_samples: int, seed: int) -> None:
        self.n_items, self.n_samples, self.seed = n_items, n_samples, seed

    def __len__(self) -> int:
        return self.n_items

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + index)
        inputs = 0.1 * torch.randn(4, 2, self.n_samples, generator=generator)
        wet = inputs * torch.tensor(MIX_GAINS)[:, None, None]
        return {"inputs": inputs.flatten(0, 1), "target": wet.sum(0)}


class NoiseWithWet(NoiseSegments):
    """The same with wet stems."""

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        item = super().__getitem__(index)
        gains = torch.tensor(MIX_GAINS)[:, None, None]
        return {**item, "wet": item["inputs"].unflatten(0, (4, 2)) * gains}


def noise_samples(config: TrainingConfig, network: Any) -> int:
    """Length of the noise that a network wants."""
    return input_samples(network, segment_samples(config))


def open_noise(config: TrainingConfig, network: Any, items_per_epoch: int) -> TrainingData:
    """In place of a prepared data set."""
    n_samples = noise_samples(config, network)
    kind = NoiseWithWet if config.loss.stem_weight else NoiseSegments
    valid = kind(5, n_samples, 77)
    return TrainingData(
        kind(items_per_epoch, n_samples, config.run.seed),
        valid,
        {"sha256": "0" * 64, "sample_rate": 44_100, "stems": ["vocals", "bass", "drums", "other"]},
        heard={f"song-{i}": partial(valid.__getitem__, i) for i in range(3)},
    )


def small_config(**sections: dict[str, Any]) -> TrainingConfig:
    """A run of two epochs of five steps; sections replace single keys."""
    values: dict[str, dict[str, Any]] = {
        "data": {"segment_s": SEGMENT_S, "workers": 0},
        "network": {"hyper_parameters": HYPER},
        "loss": {"guard_samples": 0},
        "optimiser": {"learning_rate": 0.01, "clip_norm": 1.0, "ema_decay": 0.9},
        "schedule": {"warm_up_epochs": 0, "epochs": [2], "divisors": [1]},
        "run": {
            "batch_size": 2,
            "batches_per_epoch": 5,
            "device": "cpu",
            "threads": 1,
            "log_every_steps": 1,
            "tensorboard": False,
        },
    }
    for name, section in sections.items():
        values[name] = values[name] | section
    return config_from_values(values, "test")


def with_run(config: TrainingConfig, **values: Any) -> TrainingConfig:
    """The configuration with other values in its run section."""
    return replace(config, run=replace(config.run, **values))


def go(config: TrainingConfig, folder: Path, **options: Any) -> Outcome:
    return train(config, folder, **({"open_data": open_noise} | options))


def state(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    path = folder / "state.safetensors"
    with safe_open(str(path), framework="pt") as file:
        return load_file(path), json.loads(file.metadata()["state"])


def events(folder: Path, name: str) -> list[dict[str, Any]]:
    lines = (folder / "log.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == name]


class StopAfter:
    """Ctrl-C after a number of steps."""

    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, event: str, values: Any) -> None:
        if event == "step" and values["step"] == self.step:
            os.kill(os.getpid(), signal.SIGINT)
