"""The band mixer: levels of all stems in bands -> the settings of a console.

It keeps the structure of the paper's network at another rate. Front-end: the powers of a short-time
Fourier transform in ERB bands (`mixer.network.bands`). Latent mixer: dilated temporal blocks and a
BLSTM. What it predicts are masks again, as gains in dB: for each stem a fader, an EQ curve, a
balance and a side curve for the whole song, a slow movement of the EQ, and how much shaping of
transients, width and room. Back-end: `mixer.network.band_console`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mixer.network.band_mixer_parameters import STRIP_CONTROLS, VIEWS, BandMixerParameters

# Ranges of what it can set.
FADER_RANGE_DB = 24.0
CURVE_RANGES_DB = (12.0, 6.0, 12.0)  # EQ, balance, side
MOVEMENT_RANGE_DB = 3.0
SHAPE_RANGE = 0.3
SPACE_LOWEST_DB, SPACE_RANGE_DB = -45.0, 40.0
# Where a band of a stem is this far below its loudest, its EQ fades out: there is nothing to set.
_CONFIDENT_WITHIN_DB, _CONFIDENCE_SLOPE_DB = 45.0, 4.0
_STATIC_CHANNELS = 192
# The fader goes by little: whether a stem plays and how much of the time, its crest, its spectrum
# in four parts. With more to go by, it learns songs by heart.
_FADER_FEATURES, _FADER_CHANNELS = 7, 24
_STATIC_VIEWS = 4  # level, side, balance, crest of each band over the song


class BandMixer(nn.Module):
    """Levels to console settings; see `mixer.network.band_stream.mix_by_bands` for the layout.

    Args:
        hyper: the network's shape.
    """

    def __init__(self, hyper: BandMixerParameters) -> None:
        super().__init__()
        self.hyper = hyper
        stems, bands, points = hyper.n_stems, hyper.n_bands, hyper.n_curve_points
        described = stems * hyper.stem_channels
        self.describe = nn.Conv1d(stems * 4 * bands, described, 1, groups=stems)
        self.enter = nn.Conv1d(described, hyper.channels, 1)
        self.blocks = nn.ModuleList(
            [TemporalBlock(hyper.channels, 2**i) for i in range(hyper.n_temporal_blocks)]
        )
        self.recurrent = nn.LSTM(
            hyper.channels, hyper.recurrent_units, bidirectional=True, batch_first=True
        )
        self.movement = nn.Conv1d(2 * hyper.recurrent_units, stems * points, 1)
        self.summary = nn.Conv1d(stems * _STATIC_VIEWS * bands, described, 1, groups=stems)
        self.static = nn.Sequential(
            nn.Linear(described + 4 * hyper.recurrent_units, _STATIC_CHANNELS),
            nn.GELU(),
            nn.Dropout(0.2),
            nn.Linear(_STATIC_CHANNELS, _STATIC_CHANNELS),
            nn.GELU(),
            nn.Dropout(0.2),
        )
        self.fader = nn.Sequential(
            nn.Linear(stems * _FADER_FEATURES, _FADER_CHANNELS),
            nn.GELU(),
            nn.Linear(_FADER_CHANNELS, stems),
        )
        self.curves = nn.Linear(_STATIC_CHANNELS, stems * len(CURVE_RANGES_DB) * points)
        self.strips = nn.Linear(_STATIC_CHANNELS, stems * len(STRIP_CONTROLS))
        for layer in (self.movement, self.fader[2], self.curves, self.strips):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            # Without space to begin with: it has to be worth something.
            self.strips.bias.view(stems, len(STRIP_CONTROLS))[:, 1:] = -1.5
        self.register_buffer("interpolation", _interpolation(points, bands), persistent=False)
        self.register_buffer("ranges_db", torch.tensor(CURVE_RANGES_DB), persistent=False)

    def forward(self, mean_db: Tensor, peak_db: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Levels (batch, stems x views x bands, blocks), of the mean and of the loudest frame.

        Returns:
            gain_db (batch, stems x bands, blocks), balance_db and side_db (batch, stems x bands),
            strips (batch, stems x controls), as `mixer.network.band_console.StemControls` says.
        """
        hyper = self.hyper
        stems, bands, points = hyper.n_stems, hyper.n_bands, hyper.n_curve_points
        shape = (-1, stems, len(VIEWS), bands, mean_db.shape[-1])
        levels, peaks = mean_db.reshape(shape), peak_db.reshape(shape)
        over_song = mean_over_song_db(levels)  # (batch, stems, views, bands)
        mid = over_song[:, :, 2]
        loudest = mid.amax(-1, keepdim=True)
        confidence = torch.sigmoid(
            (mid - loudest + _CONFIDENT_WITHIN_DB) / _CONFIDENCE_SLOPE_DB
        ) * torch.sigmoid((mid + 95.0) / _CONFIDENCE_SLOPE_DB)

        features = _features(levels, peaks)  # (batch, stems, 4, bands, blocks)
        flat = features.reshape(-1, stems * 4 * bands, mean_db.shape[-1])
        described = nn.functional.gelu(self.describe(flat))
        stream = self.enter(described)
        for block in self.blocks:
            stream = block(stream)
        sequence, _ = self.recurrent(stream.transpose(1, 2))
        sequence = sequence.transpose(1, 2)  # (batch, 2 units, blocks)

        song = _song_features(over_song, peaks[:, :, 2].amax(-1))
        summary = self.summary(song.reshape(-1, stems * _STATIC_VIEWS * bands, 1))[..., 0]
        pooled = torch.cat([sequence.mean(-1), sequence.amax(-1)], 1)
        static = self.static(torch.cat([nn.functional.gelu(summary), pooled], 1))

        known = _fader_features(levels[:, :, 2], mid, peaks[:, :, 2]).reshape(
            -1, stems * _FADER_FEATURES
        )
        fader = FADER_RANGE_DB * torch.tanh(self.fader(known) / 4.0)  # (batch, stems)
        curves = torch.tanh(self.curves(static)).reshape(-1, stems, len(CURVE_RANGES_DB), points)
        curves = (curves @ self.interpolation) * self.ranges_db[:, None] * confidence[:, :, None]
        movement = torch.tanh(self.movement(sequence)).reshape(-1, stems, points, mean_db.shape[-1])
        movement = MOVEMENT_RANGE_DB * (self.interpolation.T @ movement) * confidence[..., None]
        gain_db = fader[..., None, None] + curves[:, :, 0, :, None] + movement
        strips = self.strips(static).reshape(-1, stems, len(STRIP_CONTROLS))
        strips = torch.cat(
            [
                SHAPE_RANGE * torch.tanh(strips[..., :1]),
                SPACE_LOWEST_DB + SPACE_RANGE_DB * torch.sigmoid(strips[..., 1:]),
            ],
            -1,
        )
        return (
            gain_db.reshape(-1, stems * bands, mean_db.shape[-1]),
            curves[:, :, 1].reshape(-1, stems * bands),
            curves[:, :, 2].reshape(-1, stems * bands),
            strips.reshape(-1, stems * len(STRIP_CONTROLS)),
        )


class TemporalBlock(nn.Module):
    """A residual block: norm, 1x1, depthwise dilated filter over blocks, 1x1."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.widen = nn.Conv1d(channels, channels, 1)
        self.filter = nn.Conv1d(
            channels, channels, 3, padding=dilation, dilation=dilation, groups=channels
        )
        self.narrow = nn.Conv1d(channels, channels, 1)

    def forward(self, stream: Tensor) -> Tensor:
        """(batch, channels, blocks), as it came and changed."""
        hidden = self.norm(stream.transpose(1, 2)).transpose(1, 2)
        hidden = nn.functional.gelu(self.widen(hidden))
        hidden = nn.functional.gelu(self.filter(hidden))
        changed: Tensor = stream + self.narrow(hidden)
        return changed


def mean_over_song_db(levels: Tensor) -> Tensor:
    """Mean power over the last axis of levels in dB."""
    return 10.0 * torch.log10(torch.pow(10.0, levels / 10.0).mean(-1).clamp_min(1e-12))


def _features(levels: Tensor, peaks: Tensor) -> Tensor:
    """(batch, stems, 4, bands, blocks): level, side against mid, balance, crest; about -2 to 2."""
    left, right, mid, side = levels.unbind(2)
    audible = torch.sigmoid((mid + 80.0) / 5.0)
    return torch.stack(
        [
            (mid + 60.0) / 25.0,
            ((side - mid) / 20.0).clamp(-1.5, 1.0) * audible,
            ((right - left) / 10.0).clamp(-1.0, 1.0) * audible,
            ((peaks[:, :, 2] - mid) / 6.0) * audible,
        ],
        2,
    )


def _song_features(over_song: Tensor, peak_mid: Tensor) -> Tensor:
    """(batch, stems, 4, bands), the same of the song as a whole."""
    left, right, mid, side = over_song.unbind(2)
    audible = torch.sigmoid((mid + 80.0) / 5.0)
    return torch.stack(
        [
            (mid + 60.0) / 25.0,
            ((side - mid) / 20.0).clamp(-1.5, 1.0) * audible,
            ((right - left) / 10.0).clamp(-1.0, 1.0) * audible,
            ((peak_mid - mid) / 15.0) * audible,
        ],
        2,
    )


def _fader_features(levels: Tensor, over_song: Tensor, peaks: Tensor) -> Tensor:
    """(batch, stems, features) of the mid: levels and peaks in blocks, levels over the song."""
    power = torch.pow(10.0, levels / 10.0).sum(2)  # (batch, stems, blocks)
    total = power.mean(-1, keepdim=True).clamp_min(1e-12)
    plays = torch.sigmoid((10.0 * torch.log10(total) + 70.0) / 5.0)
    active = torch.sigmoid(10.0 * torch.log10(power.clamp_min(1e-12) / total) + 15.0)
    crest_db = torch.pow(10.0, peaks / 10.0).sum(2).amax(-1, keepdim=True).clamp_min(1e-12)
    crest_db = 10.0 * torch.log10(crest_db / total)
    bands = torch.pow(10.0, over_song / 10.0)
    quarters = bands.reshape(*bands.shape[:2], 4, -1).sum(-1)
    share_db = 10.0 * torch.log10((quarters / total).clamp_min(1e-6))
    parts = [plays, active.mean(-1, keepdim=True), crest_db / 15.0, share_db / 20.0]
    return torch.cat(parts, -1) * plays


def _interpolation(n_points: int, n_bands: int) -> Tensor:
    """(points, bands): linear interpolation from evenly spaced points to bands."""
    place = torch.linspace(0.0, n_points - 1.0, n_bands)
    return (1.0 - (torch.arange(n_points)[:, None] - place[None]).abs()).clamp_min(0.0)
