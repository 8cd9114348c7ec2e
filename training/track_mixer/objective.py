"""Objective of the track mixer: distance of console settings from the wanted mix, in dB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mixer.dsp.erb_bands import k_weights
from mixer.meters.loudness import LUFS_OFFSET_DB
from mixer.network.track_mixer.parameters import CURVE_CONTROLS, N_BANDS
from mixer.stems import STEMS
from training.data.track_songs import DECISIONS
from training.networks.decibels import decibels
from training.networks.track_mixer import TrackMixer
from training.run.config import TrainingConfig
from training.run.objective import Figure, Objective
from training.track_mixer.batches import Batch
from training.track_mixer.simulation import Wet, controls_of, simulate

# Levels further below the mix are inaudible, and count as this level.
QUIETEST_LU = -30.0
# Bands that count, relative to the target track's strongest.
_ACTIVE_DB = 40.0
# Width is compared by region; a track with less side counts as mono.
_REGIONS, _LEAST_WIDTH_DB = 5, -30.0
_LEAST_POWER = 1e-15


@dataclass(frozen=True)
class Weights:
    """Weights of the parts of the objective."""

    level: float = 1.0
    group_level: float = 1.0
    spectrum: float = 1.0
    width: float = 0.25
    group_width: float = 0.3
    group_spectrum: float = 0.4
    spread: float = 6.0
    send: float = 0.08
    reduction: float = 0.3
    ratio: float = 0.5
    shape: float = 10.0
    curve: float = 0.5
    bus: float = 0.1
    high_pass: float = 0.3
    usual: float = 1.0


def objective(network: TrackMixer, batch: Batch, weights: Weights) -> dict[str, Tensor]:
    """Parts of the loss, each a mean in dB or of similar size, and their weighted `sum`."""
    tracks, buses, _ = network(*batch.inputs())
    controls = controls_of(tracks)
    wet = simulate(network, batch.bands_db, batch.is_mono, tracks)
    groups = nn.functional.one_hot(batch.group, len(STEMS)).float() * batch.mask[..., None]
    parts = _levels(batch, wet, groups, controls, network)
    bus_db = buses[..., 1:-2] @ network.curve_bands
    parts |= _sounds(batch, wet, groups, bus_db, tracks.new_tensor(k_weights(N_BANDS)))
    parts |= _decisions(batch, controls, network)
    # Usual levels of roles are known from many mixes; a few songs should not change them much.
    parts["usual"] = (network.role_level**2).mean()
    parts["bus"] = buses[..., 1:-2].abs().mean()
    parts["sum"] = torch.stack(
        [getattr(weights, name) * value for name, value in parts.items()]
    ).sum()
    return parts


def _levels(
    batch: Batch, wet: Wet, groups: Tensor, controls: dict[str, Tensor], network: TrackMixer
) -> dict[str, Tensor]:
    """Errors of the levels of tracks and of groups within the mix, after the faders."""
    del wet
    wanted = batch.target_lu
    known = torch.isfinite(wanted) & (batch.mask > 0)
    found = _faded(network, batch, controls)
    within = batch.within_groups[:, None] > 0
    found_in, wanted_in = (
        torch.where(within, _in_groups(each, groups), _in_song(each, batch.mask))
        for each in (found, torch.nan_to_num(wanted, nan=-60.0))
    )
    far = (found_in.clamp_min(QUIETEST_LU) - wanted_in.clamp_min(QUIETEST_LU)).abs()
    weight = known * batch.weight[:, None]
    parts = {"level": (far * weight).sum() / weight.sum().clamp_min(1.0)}
    of_groups = [
        _group_levels(_in_song(each, batch.mask), groups)
        for each in (found, torch.nan_to_num(wanted, nan=-60.0))
    ]
    sounds = (groups.sum(1) > 0) * ~within * batch.weight[:, None]
    off = (of_groups[0] - of_groups[1]).abs().clamp_max(20.0)
    parts["group_level"] = (off * sounds).sum() / sounds.sum().clamp_min(1.0)
    return parts


def _faded(network: TrackMixer, batch: Batch, controls: dict[str, Tensor]) -> Tensor:
    """Loudness in LUFS of each track after fader, filters and compressor."""
    gain_db = network.response_db(controls)
    mid, side = (torch.pow(10.0, (batch.bands_db[:, :, view] + gain_db) / 10.0) for view in (2, 3))
    wide = (controls["width"] ** 2)[..., None]
    lufs = _decibels(2.0 * (mid + wide * side) @ network.k_weights) + LUFS_OFFSET_DB
    _, taken_db = network.after_strip(
        batch.bands_db, batch.dynamics, controls | {"threshold_lu": _threshold_lu(controls, lufs)},
        lufs,
    )  # fmt: skip
    faded: Tensor = lufs + controls["gain_db"] - taken_db
    return faded


def _threshold_lu(controls: dict[str, Tensor], lufs: Tensor) -> Tensor:
    return controls["threshold_db"] - lufs


def _sounds(
    batch: Batch, wet: Wet, groups: Tensor, bus_db: Tensor, weighting: Tensor
) -> dict[str, Tensor]:
    """Errors of spectrum and width of tracks and groups, where the wet track is known."""
    known = torch.isfinite(batch.wet_mid[..., 0]) & (batch.mask > 0)
    truth = Wet(torch.nan_to_num(batch.wet_mid), torch.nan_to_num(batch.wet_side))
    weight = known * batch.weight[:, None]
    flat = torch.zeros_like(wet.mid)
    parts = {"spectrum": _mean(_spectrum_error(wet, truth, flat), weight)}
    parts["width"] = _mean(_width_error(wet, truth), weight)
    # Within groups, wet tracks have the levels of the wanted mix.
    level = torch.nan_to_num(batch.target_lu, nan=-60.0) - _decibels(
        2.0 * (truth.mid + truth.side) @ weighting
    )
    gain = torch.pow(10.0, level / 10.0)[..., None] * known[..., None]
    true_groups = Wet(truth.mid * gain, truth.side * gain).of_groups(groups)
    whole = (groups * known[..., None]).sum(1) == groups.sum(1)
    sounds = whole * (groups.sum(1) > 0) * batch.weight[:, None]
    found = wet.of_groups(groups)
    parts["group_width"] = _mean(_width_error(found, true_groups), sounds)
    parts["group_spectrum"] = _mean(_spectrum_error(found, true_groups, bus_db), sounds)
    return parts


def _spectrum_error(found: Wet, truth: Wet, gain_db: Tensor) -> Tensor:
    """Mean distance in dB over the bands that count, independent of level."""
    found_db, true_db = (_decibels(each.mid + each.side) for each in (found, truth))
    active = (true_db > true_db.amax(-1, keepdim=True) - _ACTIVE_DB).float()
    number = active.sum(-1, keepdim=True).clamp_min(1.0)
    difference = (found_db + gain_db - true_db) * active
    difference = (difference - difference.sum(-1, keepdim=True) / number) * active
    return difference.abs().sum(-1) / number[..., 0]


def _width_error(found: Wet, truth: Wet) -> Tensor:
    """Mean distance in dB of side over mid, in regions where the target track has power."""
    shape = (*truth.mid.shape[:-1], _REGIONS, -1)
    widths, power = [], None
    for each in (found, truth):
        mid, side = each.mid.reshape(shape).sum(-1), each.side.reshape(shape).sum(-1)
        widths.append((_decibels(side) - _decibels(mid)).clamp(_LEAST_WIDTH_DB, 10.0))
        power = _decibels(mid + side)
    assert power is not None
    active = (power > power.amax(-1, keepdim=True) - _ACTIVE_DB).float()
    far = (widths[0] - widths[1]).abs() * active
    return far.sum(-1) / active.sum(-1).clamp_min(1.0)


def _decisions(batch: Batch, controls: dict[str, Tensor], network: TrackMixer) -> dict[str, Tensor]:
    """Errors of settings, where the engineer's decisions are known."""
    wanted = dict(zip(DECISIONS, batch.decisions.unbind(-1), strict=True))
    own = network.loudness_lufs(batch.bands_db)
    lufs = _threshold_lu(controls, own)
    _, taken = network.after_strip(
        batch.bands_db, batch.dynamics, controls | {"threshold_lu": lufs}, own
    )
    found = {**controls, "reduction_db": taken}
    off: dict[str, list[Tensor]] = {}
    # Settings that are compared directly; a high-pass is compared in octaves.
    names = {"spread": "spread", "widen_db": "send", "short_room_db": "send",
             "long_room_db": "send", "echo_db": "send", "reduction_db": "reduction",
             "ratio": "ratio"}  # fmt: skip
    for name in names:
        known = torch.isfinite(wanted[name]) & (batch.mask > 0)
        target = torch.nan_to_num(wanted[name])
        if name == "reduction_db":
            # Rules compress by more than people do.
            target = (0.6 * target).clamp(0.0, 6.0)
        far = (found[name] - target).abs()
        off.setdefault(names[name], []).append(_mean(far, known.float()))
    parts = {name: torch.stack(values).sum() for name, values in off.items()}
    known = torch.isfinite(batch.shape) & (batch.mask > 0)
    far = (controls["shape"] - torch.nan_to_num(batch.shape)).abs()
    parts["shape"] = _mean(far, known.float())
    known = torch.isfinite(batch.curve_db[..., 0]) & (batch.mask > 0)
    curves = torch.stack([controls[name] for name in CURVE_CONTROLS], -1) @ network.curve_bands
    far = (curves - torch.nan_to_num(batch.curve_db)).abs().mean(-1)
    parts["curve"] = _mean(far, known.float())
    known = torch.isfinite(wanted["high_pass_hz"]) & (batch.mask > 0)
    octaves = torch.log2(controls["high_pass_hz"] / torch.nan_to_num(wanted["high_pass_hz"], 1.0))
    parts["high_pass"] = _mean(octaves.abs(), known.float())
    return parts


def _in_song(levels: Tensor, mask: Tensor) -> Tensor:
    whole = _decibels((torch.pow(10.0, levels / 10.0) * mask).sum(1, keepdim=True))
    return levels - whole


def _in_groups(levels: Tensor, groups: Tensor) -> Tensor:
    return levels - (groups * _group_levels(levels, groups)[:, None]).sum(-1)


def _group_levels(levels: Tensor, groups: Tensor) -> Tensor:
    return _decibels((torch.pow(10.0, levels / 10.0)[..., None] * groups).sum(1))


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp_min(1.0)


def _decibels(power: Tensor) -> Tensor:
    return decibels(power, _LEAST_POWER)


def new_objective(config: TrainingConfig, network: nn.Module) -> TrackObjective:
    """Build the objective of a configuration, as `training.run.recipe` requires."""
    del config
    return TrackObjective(network)


class TrackObjective(Objective):
    """Loss of a track mixer's settings for a batch, without rendering audio."""

    def forward(self, **batch: Tensor) -> Tensor:
        """Loss of a batch, a scalar; takes the fields of `training.track_mixer.batches.Batch`."""
        return self._parts(batch)["sum"]

    def figures(self, batch: Mapping[str, Tensor]) -> Iterator[Figure]:
        """Yield the loss and its parts."""
        parts = {name: value.item() for name, value in self._parts(batch).items()}
        yield Figure("loss", parts.pop("sum"), len(batch["levels"]))
        for name, value in parts.items():
            yield Figure(name, value, len(batch["levels"]))

    def _parts(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        assert isinstance(self.network, TrackMixer)
        return objective(self.network, Batch(**batch), Weights())
