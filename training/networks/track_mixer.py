"""The track mixer: a set of tracks to a strip for each, a bus for each group, and one for the mix.

A network shared by all tracks encodes what is known about each one (spectrum, width, dynamics,
role); attention then looks first at the tracks of the same group, then at all. The order of the
tracks does not matter.

Faders start from engineers' usual settings (`mixer.network.track_mixer.human`): each track at its
role's level within its group, each group at its level among the groups. The network learns how far
to deviate from these, and how far to trust the input levels, given how meaningful these are said to
be.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from mixer.dsp.erb_bands import band_centres_hz, k_weights
from mixer.meters.loudness import LUFS_OFFSET_DB
from mixer.network.track_mixer.controls import SOUNDS_WITHIN_DB
from mixer.network.track_mixer.electronic import ELECTRONIC_LU, MACHINES, PLAYERS
from mixer.network.track_mixer.human import GROUP_LUFS, USUAL
from mixer.network.track_mixer.level_settings import MIX_LUFS
from mixer.network.track_mixer.parameters import (
    BUS_CONTROLS,
    N_BANDS,
    N_DYNAMICS,
    TRACK_CONTROLS,
    TrackMixerParameters,
)
from mixer.network.track_mixer.track_settings import (
    CURVE_HZ,
    HIGH_PASS_OFF_HZ,
    MAX_BUS_CURVE_DB,
    SEND_OFF_DB,
    curve_matrix,
)
from mixer.roles import HINTS
from mixer.stems import STEMS
from training.networks.decibels import decibels

# Largest deviations from usual settings, and ranges of the controls.
TRACK_OFFSET_DB = 12.0
CURVE_DB, BUS_CURVE_DB = 9.0, MAX_BUS_CURVE_DB / 2
HIGHEST_HIGH_PASS_HZ = 300.0
SHAPE, RIDE, LARGEST_RATIO = 0.4, 0.5, 6.0
# Threshold of a compressor relative to the track's loudness: above the usual peaks it has no
# effect.
THRESHOLD_LU = (-6.0, 26.0)
HIGHEST_SEND_DB = -4.0
_POINTS = len(CURVE_HZ)
_SIDE_GROUPS = 8
# Dynamics on which a fader depends: how much a track plays, how far its moments, seconds and
# highest peak stand out, and how even it is.
_FADER_DYNAMICS = (0, 8, 10, 12, 13)
# Initial level changes, in dB, of tracks that rarely play and of tracks with high peaks: both are
# softer while they play.
_FADER_AT_REST = (7.0, 0.0, 0.0, 0.0, -2.5)
_STRIP = ("spread", "width", "widen_db", "high_pass_hz", "shape", "ride", "threshold", "ratio",
          "short_room_db", "long_room_db", "echo_db")  # fmt: skip


class TrackMixer(nn.Module):
    """Network from the levels and roles of a set of tracks to console settings.

    Args:
        hyper: the network's hyper-parameters.
    """

    def __init__(self, hyper: TrackMixerParameters) -> None:
        super().__init__()
        self.hyper = hyper
        channels, n_roles = hyper.channels, len(HINTS)
        self.role_described = nn.Embedding(n_roles, channels)
        n_features = N_BANDS + 2 * _SIDE_GROUPS + N_DYNAMICS + 1 + 3 + 2
        self.describe = nn.Sequential(
            nn.Linear(n_features, 2 * channels), nn.GELU(), nn.Dropout(0.1),
            nn.Linear(2 * channels, channels),
        )  # fmt: skip
        self.layers = nn.ModuleList(
            [_SetLayer(channels, hyper.n_heads) for _ in range(2 * hyper.n_layers)]
        )
        self.norm = nn.LayerNorm(channels)
        self.strip = nn.Sequential(nn.Dropout(0.1), nn.Linear(channels, len(_STRIP) + _POINTS))
        # The usual value of a role, from the start; the rest is learnt on top.
        self.role_strip = nn.Embedding(n_roles, len(_STRIP) + _POINTS)
        self.bus = nn.Linear(channels, 2 + _POINTS)
        self.mix = nn.Linear(channels, 2 + _POINTS)
        # Faders have few inputs, so that songs are not memorised.
        self.fader = nn.Linear(len(_FADER_DYNAMICS) + 3, 1)
        # The usual value of a role, learnt on top of the medians.
        self.role_level = nn.Parameter(torch.zeros(n_roles))
        # Trust in the input levels of a rough mix, and of a finished one; those of raw tracks get
        # none.
        self.trust = nn.Parameter(torch.tensor([0.5, 4.0]))
        for layer in (self.fader, self.strip[-1], self.bus, self.mix):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.role_strip.weight)
        self._constants(n_roles)
        with torch.no_grad():
            self.strip[-1].bias[: len(_STRIP)] = torch.tensor(_AT_REST)
            self.fader.weight[0, : len(_FADER_AT_REST)] = torch.tensor(_FADER_AT_REST)

    def _constants(self, n_roles: int) -> None:
        def keep(name: str, values: object) -> None:
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)

        keep("usual_level", [USUAL[name].level_lu for name in HINTS])
        keep("usual_spread", [USUAL[name].spread for name in HINTS])
        keep("group_lufs", [GROUP_LUFS[stem] for stem in STEMS])
        keep("k_weights", k_weights(N_BANDS).tolist())
        keep("band_hz", band_centres_hz(N_BANDS).tolist())
        keep("curve_bands", curve_matrix(N_BANDS).tolist())
        knots = [0.0, 10.0, 25.0, 50.0, 75.0, 90.0, 97.0, 100.0]
        keep("percentile_shares", [(b - a) / 100.0 for a, b in pairwise(knots)])
        keep("is_finished", [float(name.endswith("_stem")) for name in HINTS])
        keep("machines", [float(name in MACHINES) for name in HINTS])
        keep("players", [float(name in PLAYERS) for name in HINTS])
        self.n_roles = n_roles
        # Level offsets of groups in electronic music, dB; a checkpoint has its own.
        offsets = [ELECTRONIC_LU[stem] for stem in STEMS]
        self.register_buffer("electronic", torch.tensor(offsets, dtype=torch.float32))

    def forward(
        self,
        bands_db: Tensor,
        dynamics: Tensor,
        is_mono: Tensor,
        role: Tensor,
        group: Tensor,
        mask: Tensor,
        levels: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Predict settings; the inputs are those of `mixer.network.track_mixer.graph_inputs`.

        Returns:
            Tracks (batch, tracks, `TRACK_CONTROLS`), groups (batch, stems, `BUS_CONTROLS`), mix
            (batch, `BUS_CONTROLS`).
        """
        roles = nn.functional.one_hot(role, self.n_roles).to(bands_db.dtype)
        groups = nn.functional.one_hot(group, len(STEMS)).to(bands_db.dtype) * mask[..., None]
        own_lufs = self.loudness_lufs(bands_db)  # (batch, tracks)
        song_lufs = _sum_db(own_lufs, mask)  # (batch, 1)
        counts = self._counts(roles, groups, mask)
        stream = self._described(bands_db, dynamics, is_mono, role, counts, own_lufs, levels)
        same_group = groups @ groups.transpose(1, 2)
        together = mask[:, None, :] * mask[:, :, None]
        for i, layer in enumerate(self.layers):
            stream = layer(stream, together if i % 2 else same_group)
        stream = self.norm(stream) * mask[..., None]

        settings = self.strip(stream) + self.role_strip(role)
        strip, curve = settings.split([len(_STRIP), _POINTS], -1)
        values = dict(zip(_STRIP, strip.unbind(-1), strict=True))
        # Finished tracks are left as they are; anything less gets the full settings.
        amount = (2.0 - 2.0 * levels).clamp(0.0, 1.0)[:, None]
        controls = self._controls(values, curve, amount, roles, is_mono, bands_db)
        wanted = self._wanted_lufs(dynamics, roles, groups, counts)
        trust = self._trust(levels)[:, None]
        wanted = (1.0 - trust) * wanted + trust * (own_lufs - song_lufs)
        wanted = MIX_LUFS + wanted - _sum_db(wanted, mask)
        changed_lufs, reduction_db = self.after_strip(bands_db, dynamics, controls, own_lufs)
        controls["gain_db"] = (wanted - changed_lufs + reduction_db) * mask
        controls["threshold_db"] = (changed_lufs + controls["threshold_lu"]).clamp(-80.0, 0.0)
        tracks = torch.stack([controls[name] for name in TRACK_CONTROLS], -1)
        buses, mix = self._buses(stream, groups, mask, wanted, amount)
        return tracks, buses, mix

    def loudness_lufs(self, bands_db: Tensor) -> Tensor:
        """Loudness of tracks (batch, tracks) by their bands in dB, as for `forward`."""
        power = torch.pow(10.0, bands_db[:, :, :2] / 10.0).sum(2)
        return decibels(power @ self.k_weights) + LUFS_OFFSET_DB

    def _counts(self, roles: Tensor, groups: Tensor, mask: Tensor) -> Tensor:
        """log2 of the numbers of tracks of its role, its group and the song, (batch, tracks, 3)."""
        sounding = roles * mask[..., None]
        of_role = (sounding @ sounding.sum(1)[..., None])[..., 0]
        of_group = (groups @ groups.sum(1)[..., None])[..., 0]
        of_song = mask.sum(1, keepdim=True) * mask
        counts = torch.stack([of_role, of_group, of_song], -1).clamp_min(1.0)
        return torch.log2(counts)

    def _described(
        self,
        bands_db: Tensor,
        dynamics: Tensor,
        is_mono: Tensor,
        role: Tensor,
        counts: Tensor,
        own_lufs: Tensor,
        levels: Tensor,
    ) -> Tensor:
        left, right, mid, side = bands_db.unbind(2)
        spectrum = ((mid - own_lufs[..., None]) / 15.0 + 1.0).clamp(-3.0, 2.0)
        audible = torch.sigmoid((mid - own_lufs[..., None] + 50.0) / 4.0)
        width = ((side - mid) / 20.0).clamp(-1.5, 1.0) * audible
        lean = ((right - left) / 10.0).clamp(-1.0, 1.0).abs() * audible
        pooled = [
            each.reshape(*each.shape[:2], _SIDE_GROUPS, -1).mean(-1) for each in (width, lean)
        ]
        said = levels[:, None, None].expand(*is_mono.shape, 1)
        features = torch.cat(
            [spectrum, *pooled, dynamics, is_mono[..., None], counts / 2.0, said, said * said], -1
        )
        described: Tensor = self.describe(features) + self.role_described(role)
        return described

    def _wanted_lufs(
        self,
        dynamics: Tensor,
        roles: Tensor,
        groups: Tensor,
        counts: Tensor,
    ) -> Tensor:
        """Wanted loudness of each track relative to the mix, in LU, from the track alone."""
        sure = 1.0 - (roles @ self.is_finished)
        known = torch.cat([dynamics[..., list(_FADER_DYNAMICS)], counts], -1)
        offset = TRACK_OFFSET_DB * torch.tanh(self.fader(known)[..., 0] / TRACK_OFFSET_DB)
        within = roles @ (self.usual_level + self.role_level) + offset * sure
        of_group = _group_sum_db(within, groups)  # (batch, stems)
        told = (roles * groups.sum(-1, keepdim=True)).sum(1)  # how many of each role
        machines, players = (told @ kind for kind in (self.machines, self.players))
        share = machines / (machines + players).clamp_min(1.0)
        group_lu = self.group_lufs + share[:, None] * self.electronic - of_group
        return within + (groups * group_lu[:, None]).sum(-1)

    def _trust(self, levels: Tensor) -> Tensor:
        """Trust in the input levels, 0 to 1, piecewise linear between raw, rough and finished."""
        at = torch.sigmoid(self.trust)
        low = (2.0 * levels).clamp(0.0, 1.0)
        high = (2.0 * levels - 1.0).clamp(0.0, 1.0)
        return low * at[0] + high * (at[1] - at[0])

    def _controls(
        self,
        values: dict[str, Tensor],
        curve: Tensor,
        amount: Tensor,
        roles: Tensor,
        is_mono: Tensor,
        bands_db: Tensor,
    ) -> dict[str, Tensor]:
        usual_spread = (roles @ self.usual_spread).clamp(0.02, 0.98)
        spread = torch.sigmoid(torch.logit(usual_spread) + values["spread"])
        wide = is_mono + (1.0 - is_mono) * (1.0 + amount * torch.tanh(values["width"] / 2.0))
        send_range = HIGHEST_SEND_DB - SEND_OFF_DB
        controls = {
            "spread": spread * is_mono * amount,
            "width": wide,
            "high_pass_hz": HIGH_PASS_OFF_HZ
            * torch.exp(
                amount
                * torch.sigmoid(values["high_pass_hz"])
                * math.log(HIGHEST_HIGH_PASS_HZ / HIGH_PASS_OFF_HZ)
            ),
            "shape": SHAPE * torch.tanh(values["shape"]) * amount,
            "ride": RIDE * torch.sigmoid(values["ride"]) * amount,
            "ratio": 1.0 + (LARGEST_RATIO - 1.0) * torch.sigmoid(values["ratio"]) * amount,
            "threshold_lu": THRESHOLD_LU[0]
            + (THRESHOLD_LU[1] - THRESHOLD_LU[0]) * torch.sigmoid(values["threshold"]),
        }
        for name in ("widen_db", "short_room_db", "long_room_db", "echo_db"):
            sent = torch.sigmoid(values[name])
            controls[name] = SEND_OFF_DB + send_range * sent * amount
        curves = CURVE_DB * torch.tanh(curve / 3.0) * amount[..., None] * self._sure(bands_db)
        for i, hz in enumerate(CURVE_HZ):
            controls[f"curve_{hz:g}_hz_db"] = curves[..., i]
        return controls

    def _sure(self, bands_db: Tensor) -> Tensor:
        """Confidence 0 to 1 at the curves' points: nothing is set where a track has no power."""
        mid = bands_db[:, :, 2]
        sounds = torch.sigmoid((mid - mid.amax(-1, keepdim=True) + SOUNDS_WITHIN_DB) / 4.0)
        points = sounds @ self.curve_bands.T / self.curve_bands.sum(-1)
        sure: Tensor = points
        return sure

    def after_strip(
        self, bands_db: Tensor, dynamics: Tensor, controls: dict[str, Tensor], own_lufs: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Loudness in LUFS after filters and width, and the compressor's gain reduction in dB."""
        gain_db = self.response_db(controls)
        mid = torch.pow(10.0, (bands_db[:, :, 2] + gain_db) / 10.0)
        side = torch.pow(10.0, (bands_db[:, :, 3] + gain_db) / 10.0)
        wide = controls["width"][..., None] ** 2
        # The powers of left and right sum to twice those of mid and side.
        changed = decibels(2.0 * (mid + wide * side) @ self.k_weights) + LUFS_OFFSET_DB
        changed = torch.maximum(changed, own_lufs - 30.0)
        # Levels are distributed as the percentiles say, with peaks above them as far as the highest
        # one.
        moments = 10.0 * dynamics[..., 1:8]
        peaks = moments + (10.0 * dynamics[..., -1] + 15.0 - moments[..., -1])[..., None]
        over = (peaks - controls["threshold_lu"][..., None]).clamp_min(0.0)
        taken = over * (1.0 - 1.0 / controls["ratio"])[..., None]
        before = (torch.pow(10.0, moments / 10.0) * self.percentile_shares).sum(-1)
        after = (torch.pow(10.0, (moments - taken) / 10.0) * self.percentile_shares).sum(-1)
        return changed, decibels(before) - decibels(after)

    def response_db(self, controls: dict[str, Tensor]) -> Tensor:
        """Gain of curve and high-pass at the bands in dB, (batch, tracks, bands)."""
        curves = torch.stack([controls[f"curve_{hz:g}_hz_db"] for hz in CURVE_HZ], -1)
        corner = controls["high_pass_hz"][..., None]
        cut = torch.log10(1.0 + (corner / self.band_hz) ** 4)
        passed: Tensor = curves @ self.curve_bands - 10.0 * cut * (corner > HIGH_PASS_OFF_HZ)
        return passed

    def _buses(
        self, stream: Tensor, groups: Tensor, mask: Tensor, wanted: Tensor, amount: Tensor
    ) -> tuple[Tensor, Tensor]:
        number = groups.sum(1)[..., None]
        pooled = groups.transpose(1, 2) @ stream / number.clamp_min(1.0)
        whole = stream.sum(1) / mask.sum(1, keepdim=True).clamp_min(1.0)
        loud = _group_sum_db(wanted, groups)
        buses = _bus(self.bus(pooled), loud, amount)
        mix = _bus(self.mix(whole), torch.full_like(loud[:, 0], MIX_LUFS), amount[:, 0])
        return buses, mix


def _bus(values: Tensor, lufs: Tensor, amount: Tensor) -> Tensor:
    """`BUS_CONTROLS`: no gain, since the faders hold it; a curve; glue."""
    curve = BUS_CURVE_DB * torch.tanh(values[..., 2:] / 3.0) * amount[..., None]
    ratio = 1.0 + torch.sigmoid(values[..., 1]) * amount
    threshold = (lufs + 6.0 + 12.0 * torch.sigmoid(values[..., 0])).clamp(-80.0, 0.0)
    rest = torch.zeros_like(threshold)
    row = torch.cat([rest[..., None], curve, threshold[..., None], ratio[..., None]], -1)
    assert row.shape[-1] == len(BUS_CONTROLS)
    return row


# Initial biases of the last layer: no change of width, small sends and little compression.
_AT_REST = [0.0, 0.0, -4.0, -3.0, 0.0, -3.0, 1.0, -2.0, -3.0, -2.0, -4.0]


class _SetLayer(nn.Module):
    """Attention among related tracks, followed by a layer applied to each track alone."""

    def __init__(self, channels: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm = nn.LayerNorm(channels)
        self.enter = nn.Linear(channels, 3 * channels)
        self.leave = nn.Linear(channels, channels)
        self.alone = nn.Sequential(
            nn.LayerNorm(channels), nn.Linear(channels, 2 * channels), nn.GELU(), nn.Dropout(0.1),
            nn.Linear(2 * channels, channels),
        )  # fmt: skip

    def forward(self, stream: Tensor, together: Tensor) -> Tensor:
        """Stream (batch, tracks, channels); together (batch, tracks, tracks), 1 or 0."""
        shape = (*stream.shape[:2], 3, self.n_heads, -1)
        asked, offered, held = (
            part.transpose(1, 2) for part in self.enter(self.norm(stream)).reshape(shape).unbind(2)
        )  # (batch, heads, tracks, channels a head)
        likeness = asked @ offered.transpose(-1, -2) / math.sqrt(asked.shape[-1])
        likeness = likeness + (1.0 - together[:, None]) * -1e4
        heard = (torch.softmax(likeness, -1) @ held).transpose(1, 2).reshape(stream.shape)
        stream = stream + self.leave(heard)
        changed: Tensor = stream + self.alone(stream)
        return changed


def _sum_db(levels: Tensor, mask: Tensor) -> Tensor:
    """Sum (batch, 1) in dB of the powers of tracks that sound."""
    return decibels((torch.pow(10.0, levels / 10.0) * mask).sum(1, keepdim=True))


def _group_sum_db(levels: Tensor, groups: Tensor) -> Tensor:
    """Sums (batch, stems) in dB of the powers of each group's tracks."""
    power = torch.pow(10.0, levels / 10.0)[..., None] * groups
    return decibels(power.sum(1))
