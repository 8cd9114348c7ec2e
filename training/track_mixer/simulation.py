"""Effect of a console on powers in bands, in closed form: no audio is rendered in training.

Tracks are assumed to be independent, so that their powers add up; reverb returns are assumed to be
equally strong in mid and side.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mixer.dsp.erb_bands import band_centres_hz
from mixer.network.track_mixer.parameters import N_BANDS, TRACK_CONTROLS
from mixer.network.track_mixer.track_settings import SEND_OFF_DB
from training.networks.track_mixer import TrackMixer

SENDS = ("short_room_db", "long_room_db", "echo_db")
# Corner frequencies of the returns and of generated width.
LOW_CUT_HZ, HIGH_CUT_HZ = 250.0, 7_000.0


@dataclass(frozen=True)
class Wet:
    """Linear powers of mid and side of tracks after their strips, (batch, tracks, bands)."""

    mid: Tensor
    side: Tensor

    def of_groups(self, groups: Tensor) -> Wet:
        """Powers of the sums of groups; `groups` is (batch, tracks, stems), 1 or 0."""
        share = groups.transpose(1, 2)
        return Wet(share @ self.mid, share @ self.side)


def controls_of(tracks: Tensor) -> dict[str, Tensor]:
    """Columns of the network's output for tracks, by name."""
    return dict(zip(TRACK_CONTROLS, tracks.unbind(-1), strict=True))


def simulate(network: TrackMixer, bands_db: Tensor, is_mono: Tensor, tracks: Tensor) -> Wet:
    """Simulate powers after filters, fader, width, pan and sends.

    Args:
        network: the network, which holds the curves' responses.
        bands_db: (batch, tracks, views, bands), the network's input in dB.
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
    # Constant power: the share of a mono source that leaves the mid goes to the side.
    angle = 0.5 * torch.pi * controls["spread"] * is_mono
    off = torch.sin(0.5 * angle)[..., None] ** 2
    mid, side = mid * (1.0 - off), side + mid * off
    returned = sum(_sent(controls[name]) for name in SENDS)[..., None]
    back = 0.5 * (mid + side) * above / (1.0 + (hz / HIGH_CUT_HZ) ** 4) * returned
    return Wet(mid + back, side + back)


def _sent(level_db: Tensor) -> Tensor:
    """Linear power of a send; 0 if it is off."""
    return _power(level_db) - _power(torch.full_like(level_db, SEND_OFF_DB))


def _power(level_db: Tensor) -> Tensor:
    return torch.pow(10.0, level_db / 10.0)
