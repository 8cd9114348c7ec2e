"""Objective of the band mixer: powers of wet stems, frame by frame and over the song.

Errors are absolute differences in dB, so that loud songs and bands carry no extra weight; bands far
below a stem's own level, which are inaudible, carry little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from training.band_mixer.augmentation import Batch, loudness_db
from training.band_mixer.simulation import (
    Space,
    measure_space,
    pooled_levels,
    simulate,
)
from training.networks.decibels import decibels
from training.run.config import TrainingConfig, WeightsConfig
from training.run.loading import NETWORK_RATE_HZ
from training.run.objective import Figure, Objective

_AUDIBLE_WITHIN_DB, _SLOPE_DB = 35.0, 5.0
# Windows of about 1 s for crest factors; quiet windows of a stem carry little weight.
_CREST_FRAMES, _SOUNDS_WITHIN_DB = 43, 20.0
# A side signal further below the mid than this counts as silent.
_SIDE_FLOOR = 10.0 ** (-30.0 / 10.0)


def new_objective(config: TrainingConfig, network: nn.Module) -> BandObjective:
    """Build the objective of a configuration, as `training.run.recipe` requires."""
    return BandObjective(network, config.weights, NETWORK_RATE_HZ)


class BandObjective(Objective):
    """Loss of a band mixer's simulated output, without rendering audio.

    Args:
        network: the network to train.
        weights: weights of the parts of the loss.
        sample_rate: sample rate of the audio in Hz.
    """

    def __init__(self, network: nn.Module, weights: WeightsConfig, sample_rate: int) -> None:
        super().__init__(network)
        self.weights = weights
        self._hyper: Any = network.hyper
        space = measure_space(self._hyper, sample_rate)
        self.register_buffer("width", space.width, persistent=False)
        self.register_buffer("room", space.room, persistent=False)

    def forward(self, **batch: Tensor) -> Tensor:
        """Loss of a batch, a scalar; takes fields of `training.band_mixer.augmentation.Batch`."""
        return self._judged(batch)[0]

    def figures(self, batch: Mapping[str, Tensor]) -> Iterator[Figure]:
        """Yield the loss and its parts in dB."""
        loss, parts = self._judged(batch)
        for name, value in {"loss": loss.item(), **parts}.items():
            yield Figure(name, value, len(batch["dry"]))

    def _judged(self, batch: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        given = Batch(**batch)
        controls = self.network(*pooled_levels(given.dry, self._hyper))
        space = Space(self.get_buffer("width"), self.get_buffer("room"))
        mixed = simulate(given.dry, given.excess_db, controls, space, self._hyper)
        return objective(mixed, given.wet, given.played, self.weights)


def objective(
    mixed: Tensor, wet: Tensor, played: Tensor, weights: WeightsConfig
) -> tuple[Tensor, dict[str, float]]:
    """Loss of simulated wet stems against the true ones.

    Args:
        mixed, wet: powers (batch, stems, views, bands, frames).
        played: (batch, stems); silent stems do not count.
        weights: weights of the parts.

    Returns:
        The loss, a scalar, and its parts in dB by name.
    """
    counts = played.to(mixed.dtype)
    n_played = counts.sum().clamp_min(1.0)

    def over_stems(values: Tensor) -> Tensor:
        return (values * counts).sum() / n_played

    in_frames = _audible(decibels(wet[:, :, :2].mean(2)))
    frame_error = (decibels(mixed[:, :, :2]) - decibels(wet[:, :, :2])).abs().mean(2)
    by_stem = (frame_error * in_frames).sum((-2, -1)) / in_frames.sum((-2, -1)).clamp_min(1e-3)

    mean_mixed, mean_wet = mixed.mean(-1), wet.mean(-1)  # (batch, stems, views, bands)
    level = loudness_db(mixed) - loudness_db(wet)
    audible = _audible(decibels(mean_wet[:, :, :2].mean(2)))[..., None, :]
    shape_error = decibels(mean_mixed[:, :, :2]) - decibels(mean_wet[:, :, :2])
    shape_error = shape_error - level[..., None, None]

    def over_bands(values: Tensor) -> Tensor:
        return (values * audible).sum((-2, -1)) / (
            audible.sum((-2, -1)) * values.shape[-2]
        ).clamp_min(1e-3)

    crest, sounds = _crests_db(mixed)[0] - _crests_db(wet)[0], _crests_db(wet)[1]
    crest_error = (crest.abs() * sounds).sum(-1) / sounds.sum(-1).clamp_min(1e-3)

    sums = mean_mixed.sum(-1), mean_wet.sum(-1)
    balance = [10.0 * torch.log10((s[..., 1] + 1e-9) / (s[..., 0] + 1e-9)) for s in sums]
    widths = [
        decibels((m[:, :, 3] + _SIDE_FLOOR * m[:, :, 2]) / (m[:, :, 2] + 1e-12))
        for m in (mean_mixed, mean_wet)
    ]
    mix_db = [decibels((m * counts[..., None, None]).sum(1)[:, :2]) for m in (mean_mixed, mean_wet)]
    parts = {
        "frames": over_stems(by_stem),
        "spectrum": over_stems(over_bands(shape_error.abs())),
        "level": over_stems(level.abs()),
        "balance": over_stems((balance[0] - balance[1]).abs()),
        "width": over_stems(over_bands((widths[0] - widths[1]).abs()[:, :, None])),
        "crest": over_stems(crest_error),
        "mixture": (mix_db[0] - mix_db[1])[..., 4:-4].abs().mean(),
    }
    loss = sum(getattr(weights, name) * value for name, value in parts.items())
    assert isinstance(loss, Tensor)
    return loss, {name: float(value.detach()) for name, value in parts.items()}


def _crests_db(powers: Tensor) -> tuple[Tensor, Tensor]:
    """Crest factor in dB of windows (batch, stems, windows), and the weight of each."""
    total = powers[:, :, :2].sum((2, 3))  # (batch, stems, frames)
    length = min(_CREST_FRAMES, total.shape[-1])
    windows = total[..., : total.shape[-1] // length * length].unflatten(-1, (-1, length))
    mean_db = decibels(windows.mean(-1))
    loudest_db = mean_db.amax(-1, keepdim=True)
    counts = torch.sigmoid((mean_db - loudest_db + _SOUNDS_WITHIN_DB) / _SLOPE_DB)
    return decibels(windows.amax(-1)) - mean_db, counts.detach()


def _audible(level_db: Tensor) -> Tensor:
    """Weights 0 to 1 of levels in dB (batch, stems, bands[, frames]) below the loudest."""
    loudest = level_db.flatten(2).amax(-1)
    loudest = loudest.reshape(*loudest.shape, *([1] * (level_db.ndim - 2)))
    return torch.sigmoid((level_db - loudest + _AUDIBLE_WITHIN_DB) / _SLOPE_DB)
