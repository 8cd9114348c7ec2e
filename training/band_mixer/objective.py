"""What the band mixer is trained to: wet stems' powers, frame by frame and over the song.

Errors are absolute differences in dB, so no song and no band counts for being loud; what is far
below a stem's own level counts little, since nobody hears it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.band_mixer.augmentation import loudness_db
from training.band_mixer.simulation import decibels

_AUDIBLE_WITHIN_DB, _SLOPE_DB = 35.0, 5.0
# Windows of about a second, as a crest factor is heard; quiet ones of a stem count little.
_CREST_FRAMES, _SOUNDS_WITHIN_DB = 43, 20.0
# A side signal this far below the mid counts as none.
_SIDE_FLOOR = 10.0 ** (-30.0 / 10.0)


@dataclass(frozen=True)
class Weights:
    """How much each part of the objective counts."""

    frames: float = 0.5
    spectrum: float = 1.0
    level: float = 1.0
    balance: float = 1.0
    width: float = 0.3
    crest: float = 0.3
    mixture: float = 0.5


def objective(
    mixed: Tensor, wet: Tensor, played: Tensor, weights: Weights
) -> tuple[Tensor, dict[str, float]]:
    """Loss of simulated wet stems against the true ones.

    Args:
        mixed, wet: powers (batch, stems, views, bands, frames).
        played: (batch, stems); others do not count.
        weights: of the parts.

    Returns:
        A scalar, and its parts in dB.
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
    """Loudest frame over the mean of windows (batch, stems, windows), and how much each counts."""
    total = powers[:, :, :2].sum((2, 3))  # (batch, stems, frames)
    length = min(_CREST_FRAMES, total.shape[-1])
    windows = total[..., : total.shape[-1] // length * length].unflatten(-1, (-1, length))
    mean_db = decibels(windows.mean(-1))
    loudest_db = mean_db.amax(-1, keepdim=True)
    counts = torch.sigmoid((mean_db - loudest_db + _SOUNDS_WITHIN_DB) / _SLOPE_DB)
    return decibels(windows.amax(-1)) - mean_db, counts.detach()


def _audible(level_db: Tensor) -> Tensor:
    """Weights 0 to 1 of levels (batch, stems, bands[, frames]) against the stem's loudest."""
    loudest = level_db.flatten(2).amax(-1)
    loudest = loudest.reshape(*loudest.shape, *([1] * (level_db.ndim - 2)))
    return torch.sigmoid((level_db - loudest + _AUDIBLE_WITHIN_DB) / _SLOPE_DB)
