"""The band mixer's back-end on powers instead of audio: the power of each band of a wet stem.

For gains that are constant within a band, the powers of left, right, mid and side after the console
follow exactly from those before it: the cross term of mid and side is a quarter of the difference
of left and right. The side signal made by the width filter and the room are assumed to be
uncorrelated with the stem. Everything is differentiable, so the network trains without rendering
audio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mixer.network.band_mixer.bands import band_weights, measure_powers
from mixer.network.band_mixer.parameters import STRIP_CONTROLS, VIEWS, BandMixerParameters
from mixer.network.band_mixer.space import room_filter, width_filter
from training.networks.decibels import decibels


@dataclass(frozen=True)
class Space:
    """Effect of the two filters of `mixer.network.band_mixer.space` on a band's power.

    Attributes:
        width: (bands,), power of the width filter in each band.
        room: (bands, frames), power of the room in each band and frame, in reverse order for use as
            a convolution kernel.
    """

    width: Tensor
    room: Tensor


def measure_space(hyper: BandMixerParameters, sample_rate: int) -> Space:
    """Measure both filters."""
    weights = band_weights(hyper, sample_rate)
    # A band's share of the power of white noise, for measuring a filter's effect on it.
    share = weights.sum(axis=1) / weights.shape[1]
    kernel = np.abs(np.fft.rfft(width_filter(sample_rate), hyper.n_fft)) ** 2
    width = weights @ kernel / weights.sum(axis=1)
    room = measure_powers(room_filter(sample_rate), hyper, weights)[:2].mean(axis=0)
    room = hyper.hop_samples * room / share[:, None]
    return Space(
        torch.tensor(width, dtype=torch.float32),
        torch.tensor(room[:, ::-1].copy(), dtype=torch.float32),
    )


def simulate(
    powers: Tensor,
    excess_db: Tensor,
    controls: tuple[Tensor, Tensor, Tensor, Tensor],
    space: Space,
    hyper: BandMixerParameters,
) -> Tensor:
    """Simulate the powers of the wet stems.

    Args:
        powers: linear powers (batch, stems, views, bands, frames) of the normalised stems.
        excess_db: (batch, stems, frames), from `mixer.network.band_mixer.controls.excess_db`.
        controls: output of the network.
        space: effect of the width and room filters.
        hyper: the network's hyper-parameters.

    Returns:
        Linear powers (batch, stems, views, bands, frames).
    """
    batch, stems, _, bands, frames = powers.shape
    gain_db, balance_db, side_db, strips = controls
    strips = strips.reshape(batch, stems, len(STRIP_CONTROLS))
    curve_db = gain_db.reshape(batch, stems, bands, -1)
    curve_db = _at_frames(curve_db, frames, hyper.block_frames)
    gain = _power(curve_db + strips[..., :1, None] * excess_db[:, :, None])
    side = _power(side_db.reshape(batch, stems, bands, 1))
    balance = balance_db.reshape(batch, stems, bands, 1)

    left, right, mid, difference = powers.unbind(2)
    cross = (left - right) / 4.0  # of mid and side
    wide, lean = side * difference, side.sqrt() * cross
    left_gain, right_gain = gain * _power(-0.5 * balance), gain * _power(0.5 * balance)
    new_left = left_gain * (mid + wide + 2.0 * lean)
    new_right = right_gain * (mid + wide - 2.0 * lean)
    # left times right, before and after both gains
    product = (left_gain * right_gain).sqrt() * (mid - wide)
    new_mid = (new_left + new_right + 2.0 * product) / 4.0
    new_side = (new_left + new_right - 2.0 * product) / 4.0

    made = _power(strips[..., 1, None, None]) * space.width[:, None] * new_mid
    both = (new_left + new_right) / 2.0
    answer = torch.nn.functional.conv1d(
        torch.nn.functional.pad(
            both.reshape(batch * stems, bands, frames), (space.room.shape[-1] - 1, 0)
        ),
        space.room[:, None],
        groups=bands,
    ).reshape(both.shape)
    answer = _power(strips[..., 2, None, None]) * answer
    views = (
        new_left + made + answer,
        new_right + made + answer,
        new_mid + answer / 2.0,
        new_side + made + answer / 2.0,
    )
    assert len(views) == len(VIEWS)
    return torch.stack(views, 2).clamp_min(0.0)


def pooled_levels(powers: Tensor, hyper: BandMixerParameters) -> tuple[Tensor, Tensor]:
    """Mean and peak of each block from powers, as `measure_levels` of the runtime measures them.

    Args:
        powers: (batch, stems, views, bands, frames).

    Returns:
        Both (batch, stems x views x bands, blocks), in dB.
    """
    missing = -powers.shape[-1] % hyper.block_frames
    padded = torch.nn.functional.pad(powers, (0, missing))
    by_block = padded.reshape(*padded.shape[:-1], -1, hyper.block_frames)
    flat = (powers.shape[0], -1, by_block.shape[-2])
    return decibels(by_block.mean(-1)).reshape(flat), decibels(by_block.amax(-1)).reshape(flat)


def _power(level_db: Tensor) -> Tensor:
    return torch.pow(10.0, level_db / 10.0)


def _at_frames(values: Tensor, n_frames: int, block_frames: int) -> Tensor:
    """Spread block values over frames like `mixer.network.band_mixer.controls.block_curve`."""
    frames = torch.arange(n_frames, device=values.device)
    place = (frames - (block_frames - 1) / 2) / block_frames
    place = place.clamp(0, values.shape[-1] - 1)
    before = place.long().clamp_max(max(0, values.shape[-1] - 2))
    after = (before + 1).clamp_max(values.shape[-1] - 1)
    share = place - before
    return values[..., before] * (1 - share) + values[..., after] * share
