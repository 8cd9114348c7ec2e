"""Training from audio: segments of a prepared data set, and losses on the mix."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from mixer.errors import SettingsError
from mixer.fxnorm.profile import profile_table
from mixer.stems import STEMS
from training.data.dataset import SegmentDataset, SegmentSettings, ValidationSegments
from training.data.prepared_audio import PreparedDataset, read_dataset
from training.errors import TrainingError
from training.run.config import LossConfig, TrainingConfig
from training.run.identity import DatasetIdentity
from training.run.kinds import input_samples
from training.run.loading import NETWORK_RATE_HZ, ReadItem, TrainingData
from training.run.losses import (
    SILENT_POWER,
    LossA,
    LossB,
    StemLevels,
    StemLoss,
    WaveformLoss,
    shortest_segment_samples,
)
from training.run.objective import Objective

# Length of a validation song's excerpt for listening.
HEARD_S = 10.0
_PRE_EMPHASIS = 0.95
PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def segment_samples(config: TrainingConfig) -> int:
    """Number of samples of a training segment, the guard included."""
    return round(config.data.segment_s * NETWORK_RATE_HZ)


def open_prepared(config: TrainingConfig, network: nn.Module, items_per_epoch: int) -> TrainingData:
    """Open the prepared data set that a configuration names.

    Raises:
        SettingsError: the configuration names no data set.
        InputError: the data set is unfinished or damaged, or has no training or validation songs.
        TrainingError: its sample rate or its stems do not fit the network.
    """
    data = config.data
    if not data.folder:
        raise SettingsError("data.folder is empty; set data.folder=DIR to a prepared data set")
    prepared = read_dataset(Path(data.folder))
    if prepared.sample_rate != NETWORK_RATE_HZ:
        raise TrainingError(
            f"{data.folder}: prepared at {prepared.sample_rate} Hz, but networks run at"
            f" {NETWORK_RATE_HZ} Hz; prepare it again"
        )
    n_stems = config.network.hyper_parameters.get("n_stems", len(STEMS))
    if n_stems != len(STEMS):
        raise TrainingError(
            f"{data.folder}: has {len(STEMS)} stems, but this configuration's network"
            f" takes {n_stems}"
        )
    n_samples = input_samples(network, segment_samples(config))
    with_wet = max(config.loss.stem_weight, config.loss.level_weight) > 0.0
    settings = SegmentSettings(
        n_samples=n_samples,
        items_per_epoch=items_per_epoch,
        seed=config.run.seed,
        swap_channels=data.swap_channels,
        input_gain_db=data.input_gain_db,
        remix_share=data.remix_share,
        drop_share=data.drop_share,
        with_wet=with_wet,
    )
    # A network of valid convolutions needs a longer input than its output, whatever the length.
    beyond = n_samples - round(data.segment_s * NETWORK_RATE_HZ)
    valid_s = data.valid_segment_s or data.segment_s
    valid_samples = round(valid_s * NETWORK_RATE_HZ) + beyond
    valid = ValidationSegments(
        prepared, valid_samples, per_song=data.valid_per_song, with_wet=with_wet
    )
    heard = _heard(prepared, round(HEARD_S * NETWORK_RATE_HZ) + beyond, config.run.audio_examples)
    identity: DatasetIdentity = {
        "sha256": prepared.sha256,
        "sample_rate": prepared.sample_rate,
        "stems": list(STEMS),
        "effects": list(prepared.effects),
        "profile": profile_table(prepared.profile),
    }
    return TrainingData(SegmentDataset(prepared, settings), valid, identity, heard=heard)


def _heard(prepared: PreparedDataset, n_samples: int, n_songs: int) -> Mapping[str, ReadItem]:
    """Middle excerpts of the first validation songs, the same in every run on the data set."""
    if not n_songs:
        return {}
    middles = ValidationSegments(prepared, n_samples, per_song=1)
    first = list(enumerate(middles.excerpts))[:n_songs]
    return {song.id: partial(middles.__getitem__, index) for index, (song, _) in first}


def new_objective(config: TrainingConfig, network: nn.Module) -> WaveformObjective:
    """Build the objective of a configuration.

    Raises:
        SettingsError: the segments are too short for the guard.
    """
    guard = config.loss.guard_samples
    shortest = 2 * guard + 1
    if config.run.stage != "pretrain":
        shortest = shortest_segment_samples(guard)
    longest_s = min(config.data.segment_s, config.data.valid_segment_s or config.data.segment_s)
    if longest_s * NETWORK_RATE_HZ < shortest:
        raise SettingsError(
            f"segments of {longest_s:g} s are too short for loss.guard_samples {guard}; give at"
            f" least {shortest / NETWORK_RATE_HZ:.2f} s or a smaller guard"
        )
    return WaveformObjective(
        network,
        config.run.stage,
        config.loss,
        precision=config.run.precision,
        sample_rate=NETWORK_RATE_HZ,
    )


class WaveformObjective(Objective):
    """Loss of a batch of audio in a stage.

    Args:
        network: the network to train.
        stage: "pretrain" or "train".
        loss: kind of loss, its guard and the weight of wet stems.
        precision: number format of the network, a key of `PRECISIONS`; losses are computed in
            float32.
        sample_rate: in Hz.
    """

    def __init__(
        self,
        network: nn.Module,
        stage: str,
        loss: LossConfig,
        *,
        precision: str = "float32",
        sample_rate: int = 44_100,
    ) -> None:
        super().__init__(network)
        self.stage = stage
        self.precision = PRECISIONS[precision]
        self.stem_weight = loss.stem_weight
        self.at_matched_level = loss.at_matched_level and stage == "train"
        self.loss: nn.Module
        if stage == "pretrain":
            self.loss = WaveformLoss(loss.guard_samples)
        else:
            self.loss = {"la": LossA, "lb": LossB}[loss.kind](loss.guard_samples, sample_rate)
        self.stem_loss = StemLoss(loss.guard_samples, sample_rate) if loss.stem_weight else None
        self.level_weight = loss.level_weight
        self.levels = StemLevels(loss.guard_samples, sample_rate) if loss.level_weight else None

    def forward(  # type: ignore[override]
        self, inputs: Tensor, target: Tensor, wet: Tensor | None = None
    ) -> Tensor:
        """Loss of a batch: a scalar, the mean over its examples.

        Args:
            inputs: normalised stems (batch, stems * channels, samples).
            target: the target mix (batch, channels, samples).
            wet: wet stems (batch, stems, channels, samples); needed if their loss has a weight.
        """
        with self._autocast(inputs):
            if self.stage == "pretrain":
                found = self.network.pretrain(inputs).flatten(1, 2)
                stems = None
                target = inputs
            elif self.stem_loss is not None or self.levels is not None:
                stems = self.network.wet_stems(inputs)
                found = torch.tanh(stems.sum(1))
            else:
                found, stems = self.network(inputs), None
        target = centre(target, found.shape[-1])
        level_error_db = 0.0
        if stems is not None and wet is not None and self.levels is not None:
            gains, level_error_db = self.levels(stems, wet)
            stems = stems * gains
            found = torch.tanh(stems.sum(1))
        if self.at_matched_level:
            gain = matching_gain(found, target)
            target = target * gain
            wet = None if wet is None else wet * gain.unsqueeze(1)
        value: Tensor = self.loss(found, target)
        if stems is not None and self.stem_loss is not None and wet is not None:
            value = value + self.stem_weight * self.stem_loss(stems, wet, target)
        return value + self.level_weight * level_error_db

    def mix(self, inputs: Tensor) -> Tensor:
        """Output for listening (batch, 2, samples): the mix, or the sum of rebuilt stems."""
        with self._autocast(inputs):
            if self.stage == "pretrain":
                rebuilt: Tensor = self.network.pretrain(inputs).sum(1)
                return rebuilt.float()
            mixed: Tensor = self.network(inputs)
            return mixed.float()

    def sounds(self, item: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Sum of the input stems, output and target mix of an excerpt.

        In pre-training, which reconstructs the stems, the target is their sum.
        """
        device = next(self.network.parameters()).device
        output = self.mix(item["inputs"].unsqueeze(0).to(device))[0].cpu()
        plain = item["inputs"].unflatten(0, (-1, 2)).sum(0)
        target = plain if self.stage == "pretrain" else item["target"]
        sounds = {"input": plain, "output": output, "target": target}
        return {name: centre(sound, output.shape[-1]) for name, sound in sounds.items()}

    def _autocast(self, inputs: Tensor) -> torch.autocast:
        enabled = self.precision != torch.float32
        return torch.autocast(
            inputs.device.type, self.precision if enabled else None, enabled=enabled
        )


def matching_gain(found: Tensor, target: Tensor) -> Tensor:
    """Linear gain that matches targets to the level of mixes, without a gradient.

    Args:
        found, target: (batch, channels, samples).

    Returns:
        (batch, 1, 1); 1 for a silent mix or target.
    """
    with torch.no_grad():
        found_power, target_power = _loud_power(found), _loud_power(target)
        heard = (found_power > SILENT_POWER) & (target_power > SILENT_POWER)
        return torch.where(heard, (found_power / target_power).sqrt(), torch.ones_like(found_power))


def _loud_power(audio: Tensor) -> Tensor:
    """Mean square after a pre-emphasis, which attenuates the bass as the ear does."""
    emphasised = audio[..., 1:] - _PRE_EMPHASIS * audio[..., :-1]
    return emphasised.square().mean((1, 2), keepdim=True)


def centre(audio: Tensor, n_samples: int) -> Tensor:
    """Centre of a signal: the part for which a network of valid convolutions has an output."""
    margin = (audio.shape[-1] - n_samples) // 2
    return audio[..., margin : margin + n_samples]
