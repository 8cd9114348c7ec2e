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

# Initial weights of a network.
RANDOM, FILTER_BANK, AVERAGE_MIX = "random", "filter_bank", "average_mix"


@dataclass(frozen=True)
class DataConfig:
    """Training data.

    Attributes:
        folder: path of the prepared data set; if empty, it must be given on the command line.
        segment_s: length of a training segment in seconds.
        swap_channels: exchange left and right in half of the segments.
        input_gain_db: largest random gain in dB, up or down, of each input stem.
        remix_share: share of segments made of stems of different songs, 0 to 1.
        drop_share: share of segments from which one stem is removed, in the input and the target, 0
            to 1.
        workers: number of processes that read segments; 0 reads in the training process.
        valid_segment_s: length of a validation excerpt in seconds; 0 for `segment_s`.
        valid_per_song: number of validation excerpts of each song.
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
    """The network and its initial weights.

    Attributes:
        kind: kind of network, one of `mixer.network.kinds`.
        hyper_parameters: values by name; those that are not given are the paper's.
        start_from: path of a checkpoint with the initial weights; empty for none.
        start_parts: which weights to take from that checkpoint: "all", or only the "front_end", as
            after pre-training.
        start: initial weights without a checkpoint: "random", or, for fxnorm only, a "filter_bank"
            that reconstructs its stems, or an "average_mix" in which they have the average spectra
            and levels of the data set's wet stems (`training.run.starts`).
        fixed_front_end: for fxnorm only, keep the front-end's filters fixed and train only what
            follows them. This saves a third of the time and keeps filters that respond to a single
            stem as they are.
    """

    kind: str = choice("fxnorm", tuple(ARCHITECTURES))
    hyper_parameters: dict[str, int] = field(default_factory=dict)
    start_from: str = ""
    start_parts: str = choice("all", ("all", "front_end"))
    start: str = choice(RANDOM, (RANDOM, FILTER_BANK, AVERAGE_MIX))
    fixed_front_end: bool = False


@dataclass(frozen=True)
class LossConfig:
    """Loss of the `train` stage; the `pretrain` stage uses the L1 reconstruction error.

    Attributes:
        kind: loss on the mix, "la" or "lb" of the paper.
        guard_samples: samples at each end of a segment that the loss ignores; the paper's value is
            32 446.
        stem_weight: weight of the loss on wet stems; 0 disables it.
        at_matched_level: match the level of each target to that of the network's mix before
            comparing them, so that the arbitrary level of an unmastered mix is not learnt.
        level_weight: weight of each decibel of error in a stem's level within the mix. Above 0, the
            other losses compare every stem at its true level, so that levels are learnt apart from
            spectra and dynamics.
    """

    kind: str = choice("la", ("la", "lb"))
    guard_samples: int = number(32_446, 0, 10_000_000)
    stem_weight: float = number(0.0, 0.0, 1000.0)
    at_matched_level: bool = False
    level_weight: float = number(0.0, 0.0, 1000.0)


@dataclass(frozen=True)
class AugmentationConfig:
    """Augmentation of stems for networks that learn from band powers.

    Values in dB are standard deviations. Wet stems are disturbed by the full amount. Dry stems,
    which vary less than a mix differs from its recordings, are disturbed by 0.4 of it, and their
    levels by half.

    Attributes:
        wet_song_share: share of examples from songs that have only wet stems, 0 to 1.
        wet_share: among the examples of the other songs, the share with wet stems as input, 0 to 1.
        tilt_db: spectral tilt, measured at the ends of the frequency scale.
        curve_db: gain of a smooth random curve, drawn at eight points.
        side_db: gain of the side signal, whose mean is minus half of this value.
        shape: standard deviation of the share by which transients are sharpened or softened.
        gain_db: level of the stem.
        taste_db: level change common to a stem and its target, as another engineer might prefer.
        brightness_db: spectral tilt common to all stems and targets of a song, measured at the ends
            of the frequency scale, as in songs that are meant to be darker or brighter.
        timbre_db: gain of a random curve common to a stem and its target, as of another instrument.
        exchange: share of stems that are replaced by those of another example, 0 to 1.
        missing: share of songs with three or more stems from which one is removed, 0 to 1.
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
    """Weights of the parts of the objective on band powers.

    Attributes:
        frames: error of a stem's level in each band and frame.
        spectrum: error of a stem's spectrum over the song, independent of its level.
        level: error of a stem's loudness.
        balance: error of a stem's balance, right over left.
        width: error of a stem's width, side over mid.
        crest: error of a stem's crest factor, loudest frame over mean, in windows of about 1 s.
        mixture: error of the spectrum of the summed stems.
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
    """The optimiser of the weights.

    Attributes:
        kind: "adam" (weight decay as an L2 term in the gradient) or "adamw" (decoupled weight
            decay).
        amsgrad: use the AMSGrad variant, whose step size never grows again after a large gradient.
        learning_rate: learning rate before the schedule is applied.
        weight_decay: weight decay coefficient.
        beta1, beta2: decay rates of the first and second moments.
        clip_norm: norm to which gradients are clipped; 0 disables clipping.
        ema_decay: decay of the moving average of the weights, which is then validated and kept; 0
            disables it.
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
        kind: "steps" (piecewise constant) or "cosine" (decaying to `final_share`).
        warm_up_epochs: initial epochs with a learning rate of 0, in which the optimiser's moments
            build up.
        epochs: number of epochs of each step after the warm-up; a single number for "cosine".
        divisors: the number by which the learning rate is divided in each step.
        final_share: share of the learning rate at the end of a cosine, 0 to 1.
        rise_steps: number of initial steps in which the rate rises linearly to its scheduled value.
    """

    kind: str = choice("steps", ("steps", "cosine"))
    warm_up_epochs: int = number(1, 0, 100)
    epochs: tuple[int, ...] = number((150, 50, 50, 25, 25, 10), 1, 1_000_000)
    divisors: tuple[float, ...] = number((1, 3, 10, 30, 100, 1000), 1.0, 1e9)
    final_share: float = number(0.01, 0.0, 1.0)
    rise_steps: int = number(0, 0, 10_000_000)


@dataclass(frozen=True)
class RunConfig:
    """Stage, batches, device and logs of the run.

    Attributes:
        stage: "pretrain" (the front-end reconstructs the stems) or "train".
        batch_size: number of segments in a step on each process.
        batches_per_epoch: number of steps between validations.
        seed: random seed for weights, segments and everything else that is drawn.
        precision: number format of the network: "float32", "bf16" or "fp16" (CUDA only).
        device: "auto", "cpu", "cuda", or a numbered GPU such as "cuda:1".
        threads: CPU threads of each process; 0 for PyTorch's default.
        patience_epochs: stop after this many epochs without a better validation loss; 0 never stops
            early.
        checkpoint_every_steps: steps between checkpoints within an epoch; 0 for one at its end
            only.
        log_every_steps: steps between entries in the log.
        audio_examples: number of validation songs with 10 s of audio in TensorBoard; 0 for none.
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
    """All settings that, together with the data set and the machine, determine a run."""

    data: DataConfig = field(default_factory=DataConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    weights: WeightsConfig = field(default_factory=WeightsConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def to_json(self) -> dict[str, dict[str, object]]:
        """Convert to nested dicts of plain values, defaults included."""
        value: dict[str, dict[str, object]] = json.loads(json.dumps(dataclasses.asdict(self)))
        return value
