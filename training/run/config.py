"""The configuration of a training run: frozen dataclasses, written once, filled from TOML.

A section of the file is a dataclass here, a key is one of its fields; the names, types and ranges
below are all there is. `training.run.config_reader` fills and checks them.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

from mixer.files.fields import choice, number
from mixer.network.kinds import ARCHITECTURES

# What the weights of a network are before it has learnt anything.
RANDOM, FILTER_BANK, AVERAGE_MIX = "random", "filter_bank", "average_mix"


@dataclass(frozen=True)
class DataConfig:
    """Training data.

    Attributes:
        folder: of the prepared data set; given on the command line if it is empty.
        segment_s: length of a training segment.
        swap_channels: left and right change places in half of the segments.
        input_gain_db: each input stem is turned up or down by up to this much.
        remix_share: share of segments made of stems of different songs.
        drop_share: share of segments that lose one of their stems, and their target with them.
        workers: processes that read segments; 0 reads in the training process.
        valid_segment_s: length of a validation excerpt; 0 for the training segment's.
        valid_per_song: validation excerpts of a song.
    """

    folder: str = ""
    segment_s: float = number(10.0, 0.1, 600.0)
    swap_channels: bool = True
    input_gain_db: float = number(0.0, 0.0, 60.0)
    remix_share: float = number(0.0, 0.0, 1.0)
    drop_share: float = number(0.0, 0.0, 1.0)
    workers: int = number(4, 0, 256)
    valid_segment_s: float = number(0.0, 0.0, 600.0)
    valid_per_song: int = number(6, 1, 1000)


@dataclass(frozen=True)
class NetworkConfig:
    """Which network, and what it starts from.

    Attributes:
        kind: one of `mixer.network.kinds`.
        hyper_parameters: by name; those that are not given are the paper's.
        start_from: a checkpoint to begin with; empty for random weights.
        start_parts: "all" of it, or only its "front_end" as after pre-training.
        start: without a checkpoint: "random" weights, or, for fxnorm, a "filter_bank" that rebuilds
            its stems, or an "average_mix" in which they sound as the data set's wet ones do on
            average (`training.run.starts`).
        fixed_front_end: of an fxnorm, train what is after the filters alone: a third of the time
            is saved, and filters that hear one stem each go on doing so.
    """

    kind: str = choice("fxnorm", tuple(ARCHITECTURES))
    hyper_parameters: dict[str, int] = field(default_factory=dict)
    start_from: str = ""
    start_parts: str = choice("all", ("all", "front_end"))
    start: str = choice(RANDOM, (RANDOM, FILTER_BANK, AVERAGE_MIX))
    fixed_front_end: bool = False


@dataclass(frozen=True)
class LossConfig:
    """Loss of the `train` stage; `pretrain` has the L1 of its reconstruction.

    Attributes:
        kind: the paper's "la" or "lb".
        guard_samples: at each end of a segment, not judged; 32 446 is the paper's.
        stem_weight: of the loss on wet stems; 0 leaves it out.
        at_matched_level: bring targets to the level of what the network makes of them first, so
            that how loud a song was left before mastering, which nobody hears, teaches nothing.
        level_weight: of a decibel by which a stem's level in the mix is off. Above 0 the other
            losses hear every stem at its true level: spectra and dynamics are learnt apart.
    """

    kind: str = choice("la", ("la", "lb"))
    guard_samples: int = number(32_446, 0, 10_000_000)
    stem_weight: float = number(0.0, 0.0, 1000.0)
    at_matched_level: bool = False
    level_weight: float = number(0.0, 0.0, 1000.0)


@dataclass(frozen=True)
class AugmentationConfig:
    """How far the stems of networks that learn from band powers are disturbed.

    What is in dB is a standard deviation. Wet stems are disturbed in full; the faults of dry ones,
    which vary less than what has to be undone to a mix, by 0.4 of it, their levels by half.

    Attributes:
        wet_song_share: of the examples, those of songs that have wet stems alone.
        wet_share: of the other songs' examples, those whose wet stems go in.
        tilt_db: at the ends of the scale.
        curve_db: of a curve drawn at eight points.
        side_db: of the side's gain; its mean is half of it below zero.
        shape: of the share by which transients are sharpened or evened out.
        gain_db: of the stem's level.
        taste_db: of a level that stem and target get alike: another engineer, who wants it so.
        brightness_db: at the ends of the scale, of a tilt that all stems and targets of a song get
            alike: a darker song, or a brighter one, that is meant to be so.
        timbre_db: of a curve that stem and target get alike: another instrument.
        exchange: share of the stems that come from another example.
        missing: share of the songs that lose a stem, where three or more play.
    """

    wet_song_share: float = number(0.45, 0.0, 1.0)
    wet_share: float = number(0.4, 0.0, 1.0)
    tilt_db: float = number(2.5, 0.0, 24.0)
    curve_db: float = number(1.5, 0.0, 24.0)
    side_db: float = number(4.0, 0.0, 24.0)
    shape: float = number(0.12, 0.0, 1.0)
    gain_db: float = number(3.5, 0.0, 24.0)
    taste_db: float = number(3.0, 0.0, 24.0)
    brightness_db: float = number(3.0, 0.0, 24.0)
    timbre_db: float = number(3.0, 0.0, 24.0)
    exchange: float = number(0.5, 0.0, 1.0)
    missing: float = number(0.3, 0.0, 1.0)


@dataclass(frozen=True)
class WeightsConfig:
    """How much each part of the objective on band powers counts.

    Attributes:
        frames: a stem's level in each band and frame.
        spectrum: its spectrum over the song, level taken out.
        level: its loudness.
        balance: right over left.
        width: side against mid.
        crest: its loudest frame against the mean, second by second.
        mixture: the spectrum of the sum.
    """

    frames: float = number(0.5, 0.0, 1000.0)
    spectrum: float = number(1.0, 0.0, 1000.0)
    level: float = number(1.0, 0.0, 1000.0)
    balance: float = number(1.0, 0.0, 1000.0)
    width: float = number(0.3, 0.0, 1000.0)
    crest: float = number(0.3, 0.0, 1000.0)
    mixture: float = number(0.5, 0.0, 1000.0)


@dataclass(frozen=True)
class OptimiserConfig:
    """How weights move.

    Attributes:
        kind: "adam" (weight decay is an L2 term of the gradient) or "adamw" (it is not).
        amsgrad: the step never grows back after a large gradient.
        learning_rate: before the schedule.
        weight_decay: L2 coefficient.
        beta1, beta2: decay of the moments.
        clip_norm: largest norm of a step's gradient; 0 for any.
        ema_decay: of the running mean of weights that is validated and kept; 0 for none.
    """

    kind: str = choice("adam", ("adam", "adamw"))
    amsgrad: bool = True
    learning_rate: float = number(1e-3, 1e-9, 10.0)
    weight_decay: float = number(1e-7, 0.0, 1.0)
    beta1: float = number(0.9, 0.0, 0.9999)
    beta2: float = number(0.999, 0.0, 0.999999)
    clip_norm: float = number(0.2, 0.0, 1e6)
    ema_decay: float = number(0.0, 0.0, 0.999999)


@dataclass(frozen=True)
class ScheduleConfig:
    """The learning rate over time, as a share of the optimiser's.

    Attributes:
        kind: "steps" (piecewise constant) or "cosine" (down to `final_share`).
        warm_up_epochs: epochs with a rate of 0 in front, which fill the moments.
        epochs: after the warm-up: of each step, or one number for cosine.
        divisors: of each step: the rate is divided by it.
        final_share: at the end of a cosine.
        rise_steps: at the beginning, in which the rate rises evenly to what the above says.
    """

    kind: str = choice("steps", ("steps", "cosine"))
    warm_up_epochs: int = number(1, 0, 100)
    epochs: tuple[int, ...] = number((150, 50, 50, 25, 25, 10), 1, 1_000_000)
    divisors: tuple[float, ...] = number((1, 3, 10, 30, 100, 1000), 1.0, 1e9)
    final_share: float = number(0.01, 0.0, 1.0)
    rise_steps: int = number(0, 0, 10_000_000)


@dataclass(frozen=True)
class RunConfig:
    """How the run goes.

    Attributes:
        stage: "pretrain" (the front-end reconstructs the stems) or "train".
        batch_size: segments a step on each process.
        batches_per_epoch: steps between validations.
        seed: of weights, segments and everything else random.
        precision: of the network: "float32", "bf16" or "fp16" (CUDA only).
        device: "auto", "cpu", "cuda" or "cuda:1".
        threads: of a CPU run, a process; 0 for PyTorch's choice.
        patience_epochs: stop when validation has not improved for so many epochs; 0 for never.
        checkpoint_every_steps: between checkpoints inside an epoch; 0 for its end alone.
        log_every_steps: between lines in the log.
        audio_examples: validation songs with 10 s of audio in TensorBoard; 0 for none.
        tensorboard: write a TensorBoard log beside the JSON lines.
    """

    stage: str = choice("train", ("pretrain", "train"))
    batch_size: int = number(4, 1, 4096)
    batches_per_epoch: int = number(1600, 1, 10_000_000)
    seed: int = number(0, 0, 2**31 - 1)
    precision: str = choice("float32", ("float32", "bf16", "fp16"))
    device: str = "auto"
    threads: int = number(0, 0, 1024)
    patience_epochs: int = number(0, 0, 1_000_000)
    checkpoint_every_steps: int = number(0, 0, 10_000_000)
    log_every_steps: int = number(50, 1, 1_000_000)
    audio_examples: int = number(3, 0, 16)
    tensorboard: bool = True


@dataclass(frozen=True)
class TrainingConfig:
    """All settings that, with the data set and the machine, determine a run."""

    data: DataConfig = field(default_factory=DataConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    weights: WeightsConfig = field(default_factory=WeightsConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def to_json(self) -> dict[str, dict[str, object]]:
        """Nested plain values, whole."""
        value: dict[str, dict[str, object]] = json.loads(json.dumps(dataclasses.asdict(self)))
        return value
