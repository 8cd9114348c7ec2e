"""Effect normalisation of one stem: every effect in its order, measured before and after.

Training and rendering both call this, so that a network is given what it has learnt on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from mixer.dsp.blocks import FloatArray, are_equal, peak, peak_dbfs
from mixer.dsp.long_audio import copy_of, parts_of, silence
from mixer.dsp.noise_room import RoomRecipe
from mixer.errors import InputError
from mixer.fxnorm.profile import Profile
from mixer.fxnorm.rooms import RoomSource
from mixer.fxnorm.stage import SILENCE_PEAK_DBFS, ChannelGains, EffectReport, Stage, Task
from mixer.meters.balance import measure_balance_db
from mixer.meters.loudness import gated_loudness_lufs, step_energies
from mixer.normalisations import DEFAULT_EFFECTS, NORMALISATIONS, check_effects

# 120 dB over full scale is not audio: 32-bit integers taken for floats, most likely.
MAX_PEAK = 1e6


class StemLevels(TypedDict):
    """Levels of a stem; None if it is silent."""

    loudness_lufs: float | None
    peak_dbfs: float | None


class StemFigures(StemLevels):
    """Levels of a stem and the balance of its channels, right over left; None if it has none."""

    balance_db: float | None


class _Begun(TypedDict):
    before: StemFigures
    skipped: str | None
    effects: dict[str, EffectReport]


class StemReport(_Begun):
    """Measurements before and after, the reason if nothing was done, and each effect's report."""

    after: StemFigures


@dataclass(frozen=True)
class Step:
    """The next step of a stem's normalisation.

    Attributes:
        effect: whose turn it is.
        n_channels: that differ, 1 or 2: how much there is to do; behind its begin, how many of them
            it will change.
        is_begun: the effect's first part is done.
    """

    effect: str
    n_channels: int
    is_begun: bool = False


Steps = Generator[Step, None, tuple[FloatArray, StemReport]]


def normalise_stem(
    audio: FloatArray,
    sample_rate: int,
    stem: str,
    profile: Profile,
    effects: Sequence[str] = DEFAULT_EFFECTS,
    *,
    seed: int = 0,
    amounts: Mapping[str, float] | None = None,
    rooms: RoomSource | None = None,
    panning_limits_time_axis: bool = False,
    in_place: bool = False,
) -> tuple[FloatArray, StemReport]:
    """Normalise the effects of one stem towards a profile.

    Safe to call from several threads at once; the input is not changed, the same arguments give
    the same samples. Needs about twice the stem's own size in memory.

    Args:
        audio: float32 `(1 or 2, samples)`; mono comes back as two equal channels.
        sample_rate: Hz. The published figures belong to 44 100 Hz; other rates work, with the
            transform sizes in samples as they are.
        stem: its name in the profile.
        profile: the target.
        effects: names from `EFFECTS`, in that order.
        seed: random seed of the rooms, combined with the stem's name; 0 or more.
        amounts: effect to amount, 0 (bit for bit its input) to 1 (the default).
        rooms: source of the reverbs' rooms; generated ones by default.
        panning_limits_time_axis: see `match_panning`; for networks trained with that defect.
        in_place: stereo audio is overwritten; the caller must not use it afterwards.

    Returns:
        float32 `(2, samples)`; and what was measured, ready for JSON: `before` and `after` with
        `loudness_lufs`, `peak_dbfs` and `balance_db` (None if there is none), `skipped` with
        the reason or None, and under `effects` each effect's name with what it did, and
        `loudness_lufs` and `peak_dbfs` after it.

    Raises:
        InputError: the audio has NaN or infinite samples or a peak above `MAX_PEAK`, or is neither
            mono nor stereo.
        ModelError: the profile does not have the stem.
        SettingsError: the choice of effects cannot be run, see `check_effects`.
    """
    steps = normalisation_steps(
        audio,
        sample_rate,
        stem,
        profile,
        effects,
        seed=seed,
        amounts=amounts,
        rooms=rooms,
        panning_limits_time_axis=panning_limits_time_axis,
        in_place=in_place,
    )
    return run_steps(steps)


def run_steps(
    steps: Steps, tell: Callable[[Step], object] = lambda step: None
) -> tuple[FloatArray, StemReport]:
    """Run the remaining steps of a normalisation; `tell` is called before each."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            audio, report = end.value
            return audio, report
        tell(step)


def normalisation_steps(
    audio: FloatArray,
    sample_rate: int,
    stem: str,
    profile: Profile,
    effects: Sequence[str],
    *,
    seed: int = 0,
    amounts: Mapping[str, float] | None = None,
    rooms: RoomSource | None = None,
    panning_limits_time_axis: bool = False,
    in_place: bool = False,
) -> Steps:
    """`normalise_stem` step by step; it may pause before any step and resume in another thread."""
    check_effects(effects, amounts)
    profile.stem(stem)
    work = _as_stereo(audio, sample_rate, stem, in_place=in_place)
    rooms, limits_time = rooms or RoomRecipe(), panning_limits_time_axis
    task = Task(sample_rate, stem, profile, amounts or {}, seed, rooms, limits_time)
    report = yield from _run_all(work, effects, task)
    return work, report


def _run_all(
    work: FloatArray, effects: Sequence[str], task: Task
) -> Generator[Step, None, StemReport]:
    """Change the audio in place by every effect that is for it; answers what was done."""
    heard = _Heard.of(work, task.sample_rate)
    before: StemFigures = {**heard.levels(), "balance_db": _balance_db(work)}
    report: _Begun = {"before": before, "skipped": None, "effects": {}}
    if peak_dbfs(work) <= SILENCE_PEAK_DBFS:
        report["skipped"] = f"peak below {SILENCE_PEAK_DBFS:g} dBFS"
        return {**report, "after": before}
    stages = {effect.name: effect.stage() for effect in NORMALISATIONS if effect.name in effects}
    own = {name: stage.listen(work, task) for name, stage in stages.items() if stage.listen}
    task = replace(task, own=own)
    for name, stage in stages.items():
        if task.amount(name) == 0.0 or not stage.is_for(task.stem):
            continue
        yield Step(name, 1 if are_equal(work) else 2)
        done = yield from _run(stage, name, work, task)
        if stage.gains is None:
            heard = _Heard.of(work, task.sample_rate)
        else:  # what is turned up was heard already
            heard = heard.turned(stage.gains(done, task))
        report["effects"][name] = {**done, **heard.levels()}
    return {**report, "after": {**heard.levels(), "balance_db": _balance_db(work)}}


@dataclass(frozen=True)
class _Heard:
    """A stem's levels, channel by channel.

    Attributes:
        energies: from `mixer.meters.loudness.step_energies`, (2, steps).
        peaks: linear, one a channel.
        sample_rate: in Hz.
    """

    energies: np.ndarray
    peaks: tuple[float, float]
    sample_rate: int

    @classmethod
    def of(cls, audio: FloatArray, sample_rate: int) -> _Heard:
        left, right = (peak(channel) for channel in audio)
        return cls(step_energies(audio, sample_rate), (left, right), sample_rate)

    def turned(self, change: ChannelGains) -> _Heard:
        """The same after a gain for each channel."""
        sources, (left, right) = list(change.sources), change.gains
        energies = self.energies[sources] * np.square([[left], [right]])
        peaks = self.peaks[sources[0]] * left, self.peaks[sources[1]] * right
        return _Heard(energies, peaks, self.sample_rate)

    def levels(self) -> StemLevels:
        largest = max(self.peaks)
        return {
            "loudness_lufs": _finite(gated_loudness_lufs(self.energies, self.sample_rate)),
            "peak_dbfs": 20.0 * math.log10(largest) if largest > 0.0 else None,
        }


def _run(
    stage: Stage, effect: str, x: FloatArray, task: Task
) -> Generator[Step, None, EffectReport]:
    """Change the audio in place by as much as the task's amount; answers what was done."""
    amount = task.amount(effect)
    dry = None if stage.takes_amount or amount == 1.0 else copy_of(x)
    if stage.begin is not None:
        begun = stage.begin(x, task)
        task = replace(task, own={**task.own, effect: begun})
        yield Step(effect, begun.n_channels, is_begun=True)
    done = stage.apply(x, task)
    if dry is not None:
        for part in parts_of(x):
            x[:, part] -= dry[:, part]
            x[:, part] *= np.float32(amount)
            x[:, part] += dry[:, part]
    return done


def _as_stereo(audio: FloatArray, sample_rate: int, stem: str, *, in_place: bool) -> FloatArray:
    """A copy as float32 `(2, samples)`, checked; the audio itself if that will do."""
    if sample_rate <= 0:
        raise InputError(f"{stem}: the sample rate must be positive, not {sample_rate} Hz")
    if audio.ndim != 2 or audio.shape[0] not in (1, 2):
        raise InputError(
            f"{stem}: the shape must be (1, samples) or (2, samples), not {audio.shape}"
        )
    largest = peak(audio)
    if not np.isfinite(largest):
        raise InputError(
            f"{stem}: has NaN or infinite samples; repair the recording or leave it out"
        )
    if largest > MAX_PEAK:
        raise InputError(f"{stem}: peak {largest:g}; scale the audio down to lie within -1 and 1")
    if in_place and audio.shape[0] == 2 and audio.dtype == np.float32 and audio.flags.writeable:
        return audio
    work = silence(2, audio.shape[1])
    work[:] = audio
    return work


def _balance_db(audio: FloatArray) -> float | None:
    balance_db = measure_balance_db(audio)
    return None if balance_db is None else _finite(balance_db)


def _finite(value: float) -> float | None:
    """JSON knows no infinity."""
    return float(value) if np.isfinite(value) else None
