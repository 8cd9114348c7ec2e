"""The trainer's interface to a kind of network: three functions, and a line in a table.

`training.run.train` owns everything else: configuration, optimiser, schedule, moving average of the
weights, precision, processes, checkpoints, resuming bit for bit, logs. A kind of network adds

1. its PyTorch module, a line in `training.networks.kinds`;
2. a function that opens its examples: `(config, network, items_per_epoch) -> TrainingData`. Item
   `epoch * items + i` of `TrainingData.train` must depend only on the seed and on that number, so
   that a resumed run continues bit for bit, whatever the number of processes. Items of different
   lengths or sizes are padded, masked or cut when they are combined into a batch
   (`TrainingData.batch`), and so is augmentation that needs the whole batch;
3. a function that builds its objective: `(config, network) -> Objective`, a module whose forward
   pass takes a batch's tensors by name and returns the loss. The objective also provides the
   figures of validation and the audio to listen to.

Functions are named as "module:function" and imported when they are needed, so that reading and
printing a configuration does not load PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypedDict

from training.run.config import TrainingConfig

if TYPE_CHECKING:
    from torch import nn

    from training.run.loading import TrainingData
    from training.run.objective import Objective


@dataclass(frozen=True)
class Recipe:
    """Recipe to train a kind of network.

    Attributes:
        examples: "module:function" that opens the data, as described above.
        objective: "module:function" that builds the objective, as described above.
        sections: configuration sections that it reads in addition to the common ones.
        unused: settings of the common sections that it does not use.
        drawn_by: those of its sections that determine which examples are drawn; they must be the
            same when a run is resumed.
        stages: stages in which its networks can be trained.
        precisions: number formats in which they can be trained.
    """

    examples: str
    objective: str
    sections: tuple[str, ...]
    unused: tuple[str, ...] = ()
    drawn_by: tuple[str, ...] = ()
    stages: tuple[str, ...] = ("train",)
    precisions: tuple[str, ...] = ("float32", "bf16", "fp16")

    def open_examples(
        self, config: TrainingConfig, network: nn.Module, items_per_epoch: int
    ) -> TrainingData:
        """Open the training data of a run, as described in the module's docstring."""
        data: TrainingData = _function(self.examples)(config, network, items_per_epoch)
        return data

    def new_objective(self, config: TrainingConfig, network: nn.Module) -> Objective:
        """Build network and loss as one module, as described in the module's docstring."""
        objective: Objective = _function(self.objective)(config, network)
        return objective


class _Shared(TypedDict):
    """Values shared by the recipes of networks that learn from audio."""

    examples: str
    objective: str
    sections: tuple[str, ...]


_WAVEFORMS: _Shared = {
    "examples": "training.run.waveforms:open_prepared",
    "objective": "training.run.waveforms:new_objective",
    "sections": ("loss",),
}
# Add a line here for a new kind of network.
RECIPES: Mapping[str, Recipe] = {
    "fxnorm": Recipe(**_WAVEFORMS, stages=("train", "pretrain")),
    "wave_u_net": Recipe(**_WAVEFORMS, unused=("loss.stem_weight", "loss.level_weight")),
    "band_mixer": Recipe(
        examples="training.band_mixer.reading:open_powers",
        objective="training.band_mixer.objective:new_objective",
        sections=("augmentation", "weights"),
        unused=("data.input_gain_db", "data.remix_share", "data.drop_share",
                "data.valid_segment_s",
                "data.valid_per_song"),
        drawn_by=("augmentation",),
        precisions=("float32",),
    ),
    "track_mixer": Recipe(
        examples="training.track_mixer.reading:open_songs",
        objective="training.track_mixer.objective:new_objective",
        sections=(),
        unused=("data.input_gain_db", "data.remix_share", "data.drop_share",
                "data.valid_segment_s",
                "data.valid_per_song", "data.segment_s", "data.swap_channels"),
        precisions=("float32",),
    ),
}  # fmt: skip
_OWN_SECTIONS = ("loss", "augmentation", "weights")


def problem_of(config: TrainingConfig) -> str | None:
    """Describe a setting that the kind of network does not support; None if it supports all."""
    kind = config.network.kind
    recipe, plain = RECIPES[kind], TrainingConfig()
    for section in _OWN_SECTIONS:
        if section not in recipe.sections and getattr(config, section) != getattr(plain, section):
            able = [name for name, other in RECIPES.items() if section in other.sections]
            return (
                f"network.kind {kind} does not use [{section}], only {', '.join(able)};"
                " leave it out"
            )
    for setting in recipe.unused:
        section, _, key = setting.partition(".")
        values = (getattr(getattr(each, section), key) for each in (config, plain))
        if len(set(values)) > 1:
            return f"network.kind {kind} does not use {setting}; leave it out"
    for key, able_to in (("stage", recipe.stages), ("precision", recipe.precisions)):
        value = getattr(config.run, key)
        if value not in able_to:
            return (
                f"run.{key} {value!r} does not work with network.kind {kind};"
                f" choose from {', '.join(able_to)}"
            )
    return None


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
