"""Training the band mixer: batches of examples, Adam, the average of the weights, by validation."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor

from mixer.network.band_mixer.controls import excess_db
from mixer.network.band_mixer.parameters import BandMixerParameters
from training.band_mixer.augmentation import Batch, Strength, augment
from training.band_mixer.examples import Example, as_wet
from training.band_mixer.objective import Weights, objective
from training.band_mixer.simulation import (
    Space,
    decibels,
    measure_space,
    pooled_levels,
    simulate,
)
from training.networks.band_mixer import BandMixer


@dataclass(frozen=True)
class FitSettings:
    """How to train.

    Attributes:
        steps: optimiser steps.
        batch_size: examples a step.
        excerpt_frames: length that a step sees of each example.
        learning_rate: at the start; falls to nothing by a half cosine.
        weight_decay: of AdamW.
        average: how much of the averaged weights a step keeps.
        seed: of initialisation, batches and augmentation.
        validate_every: steps between validations.
        real_share: share of examples that are real songs, by expectation.
        wet_share: share of composed examples whose wet stems go in.
        strength: of the augmentation.
        weights: of the objective.
    """

    steps: int = 3_000
    batch_size: int = 12
    excerpt_frames: int = 640
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    average: float = 0.998
    seed: int = 1
    validate_every: int = 250
    real_share: float = 0.45
    wet_share: float = 0.4
    strength: Strength = field(default_factory=Strength)
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True)
class Fit:
    """A trained network and how it came about: figures of each validation."""

    network: BandMixer
    history: list[dict[str, float]]


def fit(
    examples: Sequence[Example],
    validation: Sequence[Example],
    hyper: BandMixerParameters,
    settings: FitSettings,
    sample_rate: int = 44_100,
    report: Callable[[dict[str, float]], None] = lambda figures: None,
) -> Fit:
    """Train a band mixer and keep the averaged weights that validated best.

    Args:
        examples: to learn from; wet songs and composed ones.
        validation: to choose by; of other songs.
        hyper: the network's shape.
        settings: how.
        sample_rate: of the audio behind the examples.
        report: called with each validation's figures.
    """
    torch.manual_seed(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    network, space = BandMixer(hyper), measure_space(hyper, sample_rate)
    averaged = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    best, best_loss = copy.deepcopy(averaged), math.inf
    history: list[dict[str, float]] = []
    excess = partial(excess_db, hyper=hyper, sample_rate=sample_rate)
    pools = _Pools(
        [example for example in examples if example.is_wet],
        [example for example in examples if not example.is_wet],
        [as_wet(example) for example in examples if not example.is_wet],
    )
    started = time.monotonic()
    seen: list[float] = []
    for step in range(settings.steps):
        chosen = [pools.draw(settings, rng) for _ in range(settings.batch_size)]
        batch = augment(
            _batch(chosen, settings.excerpt_frames, rng, excess), settings.strength, generator
        )
        rate = 0.5 + 0.5 * math.cos(math.pi * step / settings.steps)
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * rate * min(1.0, (step + 1) / 100)
        loss, _ = loss_of(network, batch, space, hyper, settings.weights)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        seen.append(float(loss.detach()))
        keep = min(settings.average, (1 + step) / (10 + step))
        with torch.no_grad():
            for mean, value in zip(averaged.parameters(), network.parameters(), strict=True):
                mean.lerp_(value, 1.0 - keep)
        if (step + 1) % settings.validate_every == 0 or step + 1 == settings.steps:
            figures = evaluate(averaged, validation, space, hyper, settings.weights, sample_rate)
            figures |= {
                "step": float(step + 1),
                "training": float(np.mean(seen)),
                "seconds": time.monotonic() - started,
            }
            seen.clear()
            history.append(figures)
            report(figures)
            if figures["loss"] < best_loss:
                best, best_loss = copy.deepcopy(averaged), figures["loss"]
    return Fit(best, history)


def evaluate(
    network: BandMixer,
    examples: Sequence[Example],
    space: Space,
    hyper: BandMixerParameters,
    weights: Weights,
    sample_rate: int = 44_100,
) -> dict[str, float]:
    """Mean figures over whole examples, disturbed the same way each time."""
    generator = torch.Generator().manual_seed(0)
    strength = Strength(exchange=0.0, taste_db=0.0, brightness_db=0.0, timbre_db=0.0, missing=0.0)
    excess = partial(excess_db, hyper=hyper, sample_rate=sample_rate)
    sums: dict[str, float] = {}
    for example in examples:
        batch = _batch([example], example.dry_db.shape[-1], np.random.default_rng(0), excess)
        batch = augment(batch, strength, generator)
        with torch.inference_mode():
            loss, parts = loss_of(network, batch, space, hyper, weights)
        for name, value in {"loss": float(loss), **parts}.items():
            sums[name] = sums.get(name, 0.0) + value / len(examples)
    return sums


def loss_of(
    network: BandMixer,
    batch: Batch,
    space: Space,
    hyper: BandMixerParameters,
    weights: Weights,
) -> tuple[Tensor, dict[str, float]]:
    """The objective of what the network makes of a batch."""
    controls = network(*pooled_levels(batch.dry, hyper))
    mixed = simulate(batch.dry, batch.excess_db, controls, space, hyper)
    return objective(mixed, batch.wet, batch.played, weights)


@dataclass(frozen=True)
class _Pools:
    """Real songs; composed ones, dry stems going in; the same, wet stems going in."""

    real: Sequence[Example]
    composed: Sequence[Example]
    mixed: Sequence[Example]

    def draw(self, settings: FitSettings, rng: np.random.Generator) -> Example:
        pool = self.mixed if rng.random() < settings.wet_share else self.composed
        if self.real and (not self.composed or rng.random() < settings.real_share):
            pool = self.real
        return pool[int(rng.integers(len(pool)))]


def _batch(
    examples: Sequence[Example],
    frames: int,
    rng: np.random.Generator,
    excess: Callable[[np.ndarray], np.ndarray],
) -> Batch:
    cut = min(frames, *(example.dry_db.shape[-1] for example in examples))
    starts = [int(rng.integers(example.dry_db.shape[-1] - cut + 1)) for example in examples]

    def stacked(name: str) -> Tensor:
        pieces = [
            getattr(e, name)[..., start : start + cut]
            for e, start in zip(examples, starts, strict=True)
        ]
        return torch.from_numpy(np.stack(pieces).astype(np.float32))

    played = torch.from_numpy(np.stack([e.played for e in examples]))
    is_wet = torch.tensor([[e.is_wet] * len(e.played) for e in examples])
    dry, wet = (torch.pow(10.0, stacked(name) / 10.0) for name in ("dry_db", "wet_db"))
    # -120 dB stands for nothing at all.
    floor = 1.05e-12
    dry, wet = (torch.where(powers <= floor, 0.0, powers) for powers in (dry, wet))
    frames_db = decibels(dry[:, :, :2].sum(3).mean(2)).numpy()  # (batch, stems, frames)
    return Batch(
        dry,
        wet,
        torch.from_numpy(np.apply_along_axis(excess, -1, frames_db)),
        played,
        is_wet,
    )
