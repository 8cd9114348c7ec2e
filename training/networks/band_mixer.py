"""The band mixer: levels of all stems in bands -> the settings of a console.

It keeps the structure of the paper's network at a lower rate. Front-end: the powers of a short-time
Fourier transform in ERB bands (`mixer.network.band_mixer.bands`). Latent mixer: dilated temporal
blocks and a BLSTM. Its output is again a set of masks, expressed as gains in dB: for each stem a
fader, an EQ curve, a balance and a side curve for the whole song, a slow variation of the EQ, and
amounts of transient shaping, width and room. Back-end: `mixer.network.band_mixer.controls`.

Stems keep their input levels, which say something about how loud they are meant to be. The network
sees every stem at the same loudness, together with its share of the song's loudness; a gain common
to all stems changes nothing. It predicts a balance: shares of a mix at `MIX_LUFS`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mixer.dsp.erb_bands import k_weights
from mixer.network.band_mixer.parameters import STRIP_CONTROLS, VIEWS, BandMixerParameters
from training.networks.decibels import decibels

# Ranges of the controls.
FADER_RANGE_DB = 24.0
CURVE_RANGES_DB = (12.0, 6.0, 12.0)  # EQ, balance, side
MOVEMENT_RANGE_DB = 2.5
SHAPE_RANGE = 0.6
SPACE_LOWEST_DB, SPACE_RANGE_DB = -45.0, 40.0
# In bands this far below a stem's loudest, its EQ fades out, because there is nothing to set.
_CONFIDENT_WITHIN_DB, _CONFIDENCE_SLOPE_DB = 45.0, 4.0
_STATIC_CHANNELS = 192
# The fader has few inputs: whether a stem plays and how much of the time, its crest factor, and its
# spectrum in four parts. With more inputs, it memorises songs.
_FADER_FEATURES, _FADER_CHANNELS = 8, 24
# Loudness in approximate LUFS: of the stems as the network sees them, and of the output mix.
_SEEN_LUFS, MIX_LUFS = -22.0, -18.0
# A stem plays where it is no further below the song, and a song where it is above this level.
_PLAYED_WITHIN_DB, _AUDIBLE_LUFS, _PLAYED_SLOPE_DB = 45.0, -80.0, 3.0
# A stem's share is less informative the further it is from a usual one.
_USUAL_SHARE_DB, _SHARE_RANGE_DB = -6.0, 12.0
# Gating as in BS.1770, with blocks for its relative gate.
_GATE = 0.1
# The crest factors for which a feature is 1, of a block and of a song.
_BLOCK_CREST_DB, _SONG_CREST_DB = 6.0, 15.0
_STATIC_VIEWS = 4  # level, side, balance, crest of each band over the song


class BandMixer(nn.Module):
    """Network from levels to console settings; see `mixer.network.band_mixer.run.mix_by_bands`.

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
        # Trust in a stem's own share of the song.
        self.trust = nn.Parameter(torch.full((stems,), 0.4))
        self.curves = nn.Linear(_STATIC_CHANNELS, stems * len(CURVE_RANGES_DB) * points)
        self.strips = nn.Linear(_STATIC_CHANNELS, stems * len(STRIP_CONTROLS))
        for layer in (self.movement, self.fader[2], self.curves, self.strips):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            # Initially without width and room, which must prove useful.
            self.strips.bias.view(stems, len(STRIP_CONTROLS))[:, 1:] = -1.5
        self.register_buffer("interpolation", _interpolation(points, bands), persistent=False)
        self.register_buffer("ranges_db", torch.tensor(CURVE_RANGES_DB), persistent=False)
        weighting = torch.tensor(k_weights(bands), dtype=torch.float32)
        self.register_buffer("weighting", weighting, persistent=False)

    def forward(self, mean_db: Tensor, peak_db: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Predict settings from levels (batch, stems x views x bands, blocks) of mean and peak.

        Returns:
            gain_db (batch, stems x bands, blocks), balance_db and side_db (batch, stems x bands),
            strips (batch, stems x controls), as `mixer.network.band_mixer.controls.StemControls`
            says.
        """
        hyper = self.hyper
        stems, bands, points = hyper.n_stems, hyper.n_bands, hyper.n_curve_points
        shape = (-1, stems, len(VIEWS), bands, mean_db.shape[-1])
        levels, peaks = mean_db.reshape(shape), peak_db.reshape(shape)
        loudness = self._loudness(levels)
        seen_db = loudness.level_db(_SEEN_LUFS)[..., None, None, None]
        levels, peaks = levels + seen_db, peaks + seen_db
        over_song = mean_over_song_db(levels)  # (batch, stems, views, bands)
        mid = over_song[:, :, 2]
        confidence = _confidence(mid)
        peak_mid = peaks[:, :, 2]
        of_blocks = _features(levels, peak_mid, _BLOCK_CREST_DB)
        of_song = _features(over_song, peak_mid.amax(-1), _SONG_CREST_DB)
        sequence = self._sequence(of_blocks)  # (batch, 2 units, blocks)
        static = self._static(of_song, sequence)

        curves = torch.tanh(self.curves(static)).reshape(-1, stems, len(CURVE_RANGES_DB), points)
        curves = (curves @ self.interpolation) * self.ranges_db[:, None] * confidence[:, :, None]
        movement = torch.tanh(self.movement(sequence)).reshape(-1, stems, points, mean_db.shape[-1])
        movement = MOVEMENT_RANGE_DB * (self.interpolation.T @ movement) * confidence[..., None]
        # The EQ preserves the stem's loudness, which the fader controls.
        power = torch.pow(10.0, over_song[:, :, :2] / 10.0).sum(2) * self.weighting
        equalised = (power * torch.pow(10.0, curves[:, :, 0] / 10.0)).sum(-1)
        louder_db = decibels(equalised) - decibels(power.sum(-1))

        known = _fader_features(levels[:, :, 2], mid, peaks[:, :, 2], loudness)
        shares = FADER_RANGE_DB * torch.tanh(self.fader(known.flatten(1)) / 4.0)
        shares = shares + self.trust * loudness.share_db  # (batch, stems)
        sum_db = decibels((loudness.played * torch.pow(10.0, shares / 10.0)).sum(-1, keepdim=True))
        fader_db = loudness.level_db(MIX_LUFS + shares - sum_db) - louder_db
        gain_db = fader_db[..., None, None] + curves[:, :, 0, :, None] + movement
        strips = self._strips(static)  # (batch, stems, controls)
        return (
            gain_db.reshape(-1, stems * bands, mean_db.shape[-1]),
            curves[:, :, 1].reshape(-1, stems * bands),
            curves[:, :, 2].reshape(-1, stems * bands),
            strips.reshape(-1, stems * len(STRIP_CONTROLS)),
        )

    def _sequence(self, features: Tensor) -> Tensor:
        """The latent mixer: (batch, stems, 4, bands, blocks) to (batch, 2 units, blocks)."""
        n_described = self.hyper.n_stems * 4 * self.hyper.n_bands
        flat = features.reshape(-1, n_described, features.shape[-1])
        described = nn.functional.gelu(self.describe(flat))
        stream = self.enter(described)
        for block in self.blocks:
            stream = block(stream)
        sequence, _ = self.recurrent(stream.transpose(1, 2))
        answered: Tensor = sequence.transpose(1, 2)
        return answered

    def _static(self, song: Tensor, sequence: Tensor) -> Tensor:
        """Features of the song as a whole, (batch, `_STATIC_CHANNELS`)."""
        n_described = self.hyper.n_stems * _STATIC_VIEWS * self.hyper.n_bands
        summary = self.summary(song.reshape(-1, n_described, 1))[..., 0]
        pooled = torch.cat([sequence.mean(-1), sequence.amax(-1)], 1)
        static: Tensor = self.static(torch.cat([nn.functional.gelu(summary), pooled], 1))
        return static

    def _strips(self, static: Tensor) -> Tensor:
        """Strip controls (batch, stems, controls), in the ranges of the console."""
        strips = self.strips(static).reshape(-1, self.hyper.n_stems, len(STRIP_CONTROLS))
        return torch.cat(
            [
                SHAPE_RANGE * torch.tanh(strips[..., :1]),
                SPACE_LOWEST_DB + SPACE_RANGE_DB * torch.sigmoid(strips[..., 1:]),
            ],
            -1,
        )

    def _loudness(self, levels: Tensor) -> _Loudness:
        """Loudness of the input levels (batch, stems, views, bands, blocks), in dB."""
        power = torch.pow(10.0, levels[:, :, :2] / 10.0).sum(2)
        power = (power * self.weighting[:, None]).sum(2)  # (batch, stems, blocks)
        gate = (power > _GATE * power.mean(-1, keepdim=True)).to(power.dtype)
        own = (power * gate).sum(-1) / gate.sum(-1).clamp_min(1.0)
        own_db, song_db = decibels(own), decibels(own.sum(-1, keepdim=True))
        audible = torch.sigmoid((song_db - _AUDIBLE_LUFS) / _PLAYED_SLOPE_DB)
        share_db = own_db - song_db
        played = torch.sigmoid((share_db + _PLAYED_WITHIN_DB) / _PLAYED_SLOPE_DB) * audible
        unusual = torch.tanh((share_db - _USUAL_SHARE_DB) / _SHARE_RANGE_DB)
        share_db = (_USUAL_SHARE_DB + _SHARE_RANGE_DB * unusual) * played
        return _Loudness(own_db, share_db, played, (MIX_LUFS - song_db) * audible)


@dataclass(frozen=True)
class _Loudness:
    """Input loudness of stems, (batch, stems) each.

    Attributes:
        own_db: K-weighted and gated loudness, in approximate LUFS.
        share_db: the same relative to the song's, in dB, moved towards a usual share if far from
            it.
        played: whether a stem plays, 0 to 1.
        common_db: (batch, 1), gain in dB that brings the input song to `MIX_LUFS`.
    """

    own_db: Tensor
    share_db: Tensor
    played: Tensor
    common_db: Tensor

    def level_db(self, lufs: Tensor | float) -> Tensor:
        """Gains in dB that bring stems to a loudness in LUFS; silent stems get the song's gain."""
        return self.played * (lufs - self.own_db) + (1.0 - self.played) * self.common_db


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
        """Process (batch, channels, blocks), and add the input."""
        hidden = self.norm(stream.transpose(1, 2)).transpose(1, 2)
        hidden = nn.functional.gelu(self.widen(hidden))
        hidden = nn.functional.gelu(self.filter(hidden))
        changed: Tensor = stream + self.narrow(hidden)
        return changed


def _confidence(mid: Tensor) -> Tensor:
    """Confidence 0 to 1 in a band's level over the song, (batch, stems, bands)."""
    loudest = mid.amax(-1, keepdim=True)
    return torch.sigmoid(
        (mid - loudest + _CONFIDENT_WITHIN_DB) / _CONFIDENCE_SLOPE_DB
    ) * torch.sigmoid((mid + 95.0) / _CONFIDENCE_SLOPE_DB)


def mean_over_song_db(levels: Tensor) -> Tensor:
    """Mean power in dB over the last axis of levels in dB."""
    return decibels(torch.pow(10.0, levels / 10.0).mean(-1))


def _features(levels: Tensor, peak_mid: Tensor, crest_db: float) -> Tensor:
    """Level, side over mid, balance and crest, about -2 to 2: (batch, stems, 4, bands, ...).

    Args:
        levels: of the views in dB, (batch, stems, views, bands), of blocks or of the whole song.
        peak_mid: the highest levels of the mid.
        crest_db: the crest factor for which its feature is 1.
    """
    left, right, mid, side = levels.unbind(2)
    audible = torch.sigmoid((mid + 80.0) / 5.0)
    return torch.stack(
        [
            (mid + 60.0) / 25.0,
            ((side - mid) / 20.0).clamp(-1.5, 1.0) * audible,
            ((right - left) / 10.0).clamp(-1.0, 1.0) * audible,
            ((peak_mid - mid) / crest_db) * audible,
        ],
        2,
    )


def _fader_features(
    levels: Tensor, over_song: Tensor, peaks: Tensor, loudness: _Loudness
) -> Tensor:
    """Fader inputs (batch, stems, features), from levels and peaks of the mid."""
    power = torch.pow(10.0, levels / 10.0).sum(2)  # (batch, stems, blocks)
    total = power.mean(-1, keepdim=True).clamp_min(1e-12)
    plays = loudness.played[..., None]
    active = torch.sigmoid(decibels(power) - decibels(total) + 15.0)
    crest_db = torch.pow(10.0, peaks / 10.0).sum(2).amax(-1, keepdim=True)
    crest_db = decibels(crest_db) - decibels(total)
    bands = torch.pow(10.0, over_song / 10.0)
    quarters = bands.reshape(*bands.shape[:2], 4, -1).sum(-1)
    timbre_db = 10.0 * torch.log10((quarters / total).clamp_min(1e-6))
    share_db = loudness.share_db[..., None]
    parts = [
        torch.ones_like(plays),
        active.mean(-1, keepdim=True),
        crest_db / 15.0,
        timbre_db / 20.0,
        share_db / 10.0,
    ]
    return torch.cat(parts, -1) * plays


def _interpolation(n_points: int, n_bands: int) -> Tensor:
    """(points, bands): linear interpolation from evenly spaced points to bands."""
    place = torch.linspace(0.0, n_points - 1.0, n_bands)
    return (1.0 - (torch.arange(n_points)[:, None] - place[None]).abs()).clamp_min(0.0)
