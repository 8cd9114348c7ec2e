"""Augmentation of band powers, as if a stem had been recorded or mixed differently.

Undoing the tilt, narrowing, levelling or shift of a wet stem is what mixing a recording requires.
Stems are also exchanged between songs, so that songs cannot be memorised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mixer.dsp.erb_bands import k_weights
from training.networks.band_mixer import MIX_LUFS
from training.run.config import AugmentationConfig


@dataclass(frozen=True)
class Batch:
    """A batch of examples; see `training.data.band_examples.Example`.

    Attributes:
        dry, wet: linear powers (batch, stems, views, bands, frames).
        excess_db: (batch, stems, frames), short-term level above the average, in dB.
        played: bool (batch, stems), whether the stem plays.
        is_wet: bool (batch, stems), whether the input is the wet stem.
    """

    dry: Tensor
    wet: Tensor
    excess_db: Tensor
    played: Tensor
    is_wet: Tensor


def augment(
    batch: Batch, strength: AugmentationConfig, generator: torch.Generator, *, mirrors: bool = True
) -> Batch:
    """Exchange stems, disturb them, and normalise them again.

    Args:
        batch: the batch, which is not changed.
        strength: amounts of each disturbance.
        generator: source of all random numbers.
        mirrors: exchange left and right in half of the batches.
    """
    batch = _exchanged(batch, strength.exchange, generator)
    batch = _without_a_stem(batch, strength.missing, generator)
    if torch.rand((), generator=generator) < 0.5 and mirrors:
        mirrored = [1, 0, 2, 3]
        batch = replace(batch, dry=batch.dry[:, :, mirrored], wet=batch.wet[:, :, mirrored])
    stems, bands = batch.dry.shape[:2], batch.dry.shape[3]
    place = torch.linspace(-1.0, 1.0, bands)
    brightness = strength.brightness_db * _normal(stems[:1], generator)[:, None, None] * place
    timbre = brightness + _curves(stems, bands, strength.timbre_db, generator)
    timbre = timbre[:, :, None, :, None]
    # Recordings deviate less from each other than mixes do from recordings.
    share = torch.where(batch.is_wet, 1.0, 0.4)
    tilt = strength.tilt_db * _normal(stems, generator)[..., None] * place
    curve = tilt + _curves(stems, bands, strength.curve_db, generator)
    shape = strength.shape * _normal(stems, generator) * share
    sharper_db = (shape[..., None] * batch.excess_db)[:, :, None]
    gain_db = (share[..., None] * curve)[..., None] + sharper_db
    side_db = strength.side_db * (_normal(stems, generator) - 0.5) * share
    side_db = side_db.clamp(-15.0, 4.0)
    dry = _narrowed(batch.dry, _power(side_db)[..., None, None])
    dry = dry * _power(timbre) * _power(gain_db)[:, :, None]
    excess = (batch.excess_db * (1.0 + shape[..., None])).clamp(-12.0, 12.0)
    level_db = strength.gain_db * _normal(stems, generator) * torch.where(batch.is_wet, 1.0, 0.5)
    taste = _power(strength.taste_db * _normal(stems, generator))[..., None, None, None]
    dry = _renormalised(batch.dry, dry) * taste * _power(level_db)[..., None, None, None]
    wet = _as_mixture(batch.wet * taste * _power(timbre), batch.played)
    return replace(batch, dry=dry, wet=wet, excess_db=excess)


def loudness_db(powers: Tensor) -> Tensor:
    """K-weighted level in dB of powers (..., views, bands, frames).

    Only frames within 10 dB of the mean count.
    """
    weights = torch.tensor(k_weights(powers.shape[-2]), dtype=powers.dtype, device=powers.device)
    weighted = (powers[..., :2, :, :].sum(-3) * weights[:, None]).sum(-2)
    mean = weighted.mean(-1, keepdim=True)
    gate = (weighted > 0.1 * mean).to(weighted.dtype)
    gated = (weighted * gate).sum(-1) / gate.sum(-1).clamp_min(1.0)
    return 10.0 * torch.log10(gated.clamp_min(1e-12))


def _renormalised(before: Tensor, after: Tensor) -> Tensor:
    """Normalise the balance again, and restore the original loudness."""
    energy = after.sum((-2, -1))  # (batch, stems, views)
    # As in `mixer.fxnorm.balance`: both channels get the mean of their energies.
    offset = (energy[..., 1].clamp_min(1e-9) / energy[..., 0].clamp_min(1e-9)).sqrt()
    offset = offset.clamp(0.5, 2.0)[..., None, None]
    left, right, mid, side = after.unbind(2)
    product = mid - side
    left, right = left * offset, right / offset
    views = (left, right, (left + right + 2 * product) / 4, (left + right - 2 * product) / 4)
    after = torch.stack(views, 2).clamp_min(0.0)
    change_db = loudness_db(before) - loudness_db(after)
    return after * _power(change_db)[..., None, None, None]


def _as_mixture(wet: Tensor, played: Tensor) -> Tensor:
    """Scale stems so that their loudness sums to that of a mix."""
    sum_db = 10.0 * torch.log10((_power(loudness_db(wet)) * played).sum(-1).clamp_min(1e-12))
    return wet * _power(MIX_LUFS - sum_db)[:, None, None, None, None]


def _narrowed(powers: Tensor, side: Tensor) -> Tensor:
    left, right, mid, difference = powers.unbind(2)
    cross = (left - right) / 4.0
    wide, lean = side * difference, side.sqrt() * cross
    views = (mid + wide + 2 * lean, mid + wide - 2 * lean, mid, wide)
    return torch.stack(views, 2).clamp_min(0.0)


def _exchanged(batch: Batch, share: float, generator: torch.Generator) -> Batch:
    n, stems = batch.played.shape
    other = torch.randint(n, (n, stems), generator=generator)
    own = torch.arange(n)[:, None].expand(n, stems)
    keep = torch.rand((n, stems), generator=generator) >= share
    # Half of the examples keep their stems, since these depend on each other.
    keep |= (torch.rand((n, 1), generator=generator) < 0.5).expand(n, stems)
    source, place = torch.where(keep, own, other), torch.arange(stems)[None]
    return Batch(
        batch.dry[source, place],
        batch.wet[source, place],
        batch.excess_db[source, place],
        batch.played[source, place],
        batch.is_wet[source, place],
    )


def _without_a_stem(batch: Batch, share: float, generator: torch.Generator) -> Batch:
    n, stems = batch.played.shape
    loses = (torch.rand(n, generator=generator) < share) & (batch.played.sum(1) >= 3)
    which = torch.randint(stems, (n,), generator=generator)
    stays = ~(loses[:, None] & (torch.arange(stems) == which[:, None]))
    powers = stays[..., None, None, None]
    return replace(
        batch, dry=batch.dry * powers, wet=batch.wet * powers, played=batch.played & stays
    )


def _curves(
    stems: tuple[int, ...], bands: int, deviation_db: float, generator: torch.Generator
) -> Tensor:
    """Smooth random curves (batch, stems, bands) in dB."""
    points = deviation_db * torch.randn((*stems, 8), generator=generator)
    return torch.nn.functional.interpolate(points, bands, mode="linear", align_corners=True)


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(tuple(shape), generator=generator)


def _power(level_db: Tensor) -> Tensor:
    return torch.pow(10.0, level_db / 10.0)
