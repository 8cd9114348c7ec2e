"""Effect of a console on powers in bands, in closed form: no audio is rendered in training.

Tracks are taken to be independent of each other, so that powers add up; rooms come back equally
strong in the middle and at the sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mixer.dsp.erb_bands import band_centres_hz
from mixer.network.track_mixer.parameters import N_BANDS, TRACK_CONTROLS
from mixer.network.track_mixer.settings import SEND_OFF_DB
from training.networks.track_mixer import TrackMixer

SENDS = ("short_room_db", "long_room_db", "echo_db")
# Returns and made width have these corners.
LOW_CUT_HZ, HIGH_CUT_HZ = 250.0, 7_000.0


@dataclass(frozen=True)
class Wet:
    """Powers of tracks after their strips, (batch, tracks, bands): mid and side, linear."""

    mid: Tensor
    side: Tensor

    def of_groups(self, groups: Tensor) -> Wet:
        """Powers of the sums of groups; groups is (batch, tracks, stems), 1 for a track's own."""
        share = groups.transpose(1, 2)
        return Wet(share @ self.mid, share @ self.side)


def controls_of(tracks: Tensor) -> dict[str, Tensor]:
    """The columns of what the network gives for tracks, by name."""
    return dict(zip(TRACK_CONTROLS, tracks.unbind(-1), strict=True))


def simulate(network: TrackMixer, bands_db: Tensor, is_mono: Tensor, tracks: Tensor) -> Wet:
    """Powers after filters, fader, width, pan and sends.

    Args:
        network: knows the curves' responses.
        bands_db: (batch, tracks, views, bands), as the network was told.
        is_mono: (batch, tracks).
        tracks: (batch, tracks, `TRACK_CONTROLS`).
    """
    controls = controls_of(tracks)
    gain_db = network.response_db(controls) + controls["gain_db"][..., None]
    mid, side = (_power(bands_db[:, :, view] + gain_db) for view in (2, 3))
    side = side * (controls["width"] ** 2)[..., None]
    hz = torch.tensor(band_centres_hz(N_BANDS), dtype=mid.dtype)
    above = 1.0 / (1.0 + (LOW_CUT_HZ / hz) ** 4)
    side = side + mid * above * _sent(controls["widen_db"])[..., None]
    # Constant power: what leaves the middle of a mono source is at its side.
    angle = 0.5 * torch.pi * controls["spread"] * is_mono
    off = torch.sin(0.5 * angle)[..., None] ** 2
    mid, side = mid * (1.0 - off), side + mid * off
    returned = sum(_sent(controls[name]) for name in SENDS)[..., None]
    back = 0.5 * (mid + side) * above / (1.0 + (hz / HIGH_CUT_HZ) ** 4) * returned
    return Wet(mid + back, side + back)


def _sent(level_db: Tensor) -> Tensor:
    """Linear power of a send, which is none if it is off."""
    return _power(level_db) - _power(torch.full_like(level_db, SEND_OFF_DB))


def _power(level_db: Tensor) -> Tensor:
    return torch.pow(10.0, level_db / 10.0)
