"""Move a mix towards its references, between the wet stems and the user's strips."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from mixer.dsp.blocks import sum_of, with_gain
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.stem_powers import StemPowers, measure_stem_powers
from mixer.reference.match import find_moves
from mixer.reference.match_target import Target
from mixer.reference.mover import Mover
from mixer.reference.moves import MOST_LEVEL_DB, Moves
from mixer.reference.record import ReferenceRecord, held_record, record_of
from mixer.reference.reference_figures import MixFigures, figures_of
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing.forecast import matching_steps_s
from mixer.rendering.timing.progress import Stage, StageClock, Steps

MakeMix = Callable[[dict[str, np.ndarray]], np.ndarray]
_DECIMALS = 3
# Share of measuring that the stems take; the rest measures their mix.
_OF_STEMS_SHARE = 0.7
_TINY = 1e-20
# A held loudness through a bus that compresses: how near, in how many steps, and the dB of loudness
# that a dB of gain brings at least.
_LEVEL_WITHIN_DB, _MOST_LEVEL_STEPS, _LEAST_SLOPE = 0.02, 4, 0.2


def move_towards_references(
    mix: np.ndarray,
    wet: dict[str, np.ndarray],
    plan: RenderPlan,
    make_mix: MakeMix,
    clock: StageClock,
) -> tuple[np.ndarray, ReferenceRecord]:
    """Move wet stems, in place, and mix them again.

    Args:
        mix: float32 (2, samples), as the model made it.
        wet: its stems, by name; each becomes another array.
        plan: with a target, or with moves that are held.
        make_mix: of the stems, as the model does.
        clock: of the render.

    Returns:
        The mix, and what was done.
    """
    held = plan.settings.held_reference
    clock.start(Stage.REFERENCE)
    if held is not None:
        mix = _moved(wet, held, plan, make_mix)
        record = held_record(held)
    else:
        assert plan.reference is not None
        mix, record = _matched(
            mix, wet, plan, plan.reference, make_mix, Steps(clock, matching_steps_s(plan))
        )
    clock.stop()
    return mix, record


def _matched(
    mix: np.ndarray,
    wet: dict[str, np.ndarray],
    plan: RenderPlan,
    target: Target,
    make_mix: MakeMix,
    steps: Steps,
) -> tuple[np.ndarray, ReferenceRecord]:
    powers, before = _measure(mix, wet, plan.mix_rate, partial(steps.at, "measure"))
    if not np.isfinite(before.loudness_lufs):
        return mix, record_of(target, Moves(), before, before, ["the mix is silent"])
    steps.at("solve", 0.0)
    moves, cannot = find_moves(powers, before, target)
    steps.at("move", 0.0)
    if plan.settings.loudness_lufs is not None and moves.loudness_lufs is not None:
        moves = Moves(moves.stems, moves.width_db, moves.ride_db)
        cannot = (
            *cannot,
            f"loudness: {plan.settings.loudness_lufs:g} LUFS is the target, so the reference's "
            "loudness is not used",
        )
    mix = _moved(wet, moves, plan, make_mix)
    level_db = round(_level_db(mix, wet, before.loudness_lufs, plan, make_mix), _DECIMALS)
    moves = Moves(moves.stems, moves.width_db, moves.ride_db, level_db, moves.loudness_lufs)
    for name, audio in wet.items():
        wet[name] = with_gain(audio, level_db)
    mix = make_mix(wet)
    steps.at("measure again", 0.0)
    _, after = _measure(mix, wet, plan.mix_rate, partial(steps.at, "measure again"))
    return mix, record_of(target, moves, before, after, cannot)


def _level_db(
    mix: np.ndarray,
    wet: dict[str, np.ndarray],
    loudness_lufs: float,
    plan: RenderPlan,
    make_mix: MakeMix,
) -> float:
    """Gain in dB of all stems that brings the mix of moved stems to a loudness.

    Through a compressor or a curve of the model's own, a dB of gain is less than one of loudness,
    and the gain is found in a few steps.
    """
    missing_db = loudness_lufs - integrated_loudness_lufs(mix, plan.mix_rate)
    gain_db = _within_bounds(missing_db)
    if not plan.sums_wet_stems:
        return gain_db
    total, slope = sum_of(list(wet.values())), 1.0
    step_db = gain_db
    for _ in range(_MOST_LEVEL_STEPS):
        mix = make_mix({"all": with_gain(total, gain_db)})
        was_db = missing_db
        missing_db = loudness_lufs - integrated_loudness_lufs(mix, plan.mix_rate)
        if not abs(missing_db) > _LEVEL_WITHIN_DB or step_db == 0.0:
            break
        slope = min(max((was_db - missing_db) / step_db, _LEAST_SLOPE), 1.0)
        step_db = _within_bounds(gain_db + missing_db / slope) - gain_db
        gain_db += step_db
    return gain_db


def _within_bounds(level_db: float) -> float:
    return min(max(level_db, -MOST_LEVEL_DB), MOST_LEVEL_DB)


def _measure(
    mix: np.ndarray, wet: dict[str, np.ndarray], sample_rate: int, tell: Callable[[float], None]
) -> tuple[StemPowers, MixFigures]:
    """Stems as they are after the model's own bus, and the mix that is their sum."""
    stems = {name: audio for name, audio in wet.items() if audio.any()} or dict(wet)
    powers = measure_stem_powers(stems, sample_rate, lambda share: tell(_OF_STEMS_SHARE * share))
    through = measure_stem_powers({"mix": mix}, sample_rate).mean()[..., 0, 0]
    total = powers.mean().sum(axis=(2, 3))
    # Where nothing plays a bus tells nothing.
    factors = np.where(total > _TINY, through / np.maximum(total, _TINY), 1.0)
    powers = powers.scaled(np.clip(factors, 1e-3, 1e3))
    return powers, figures_of(powers, mix, sample_rate)


def _moved(
    wet: dict[str, np.ndarray], moves: Moves, plan: RenderPlan, make_mix: MakeMix
) -> np.ndarray:
    mover = Mover(moves, plan.mix_rate, plan.n_samples)
    for name, audio in wet.items():
        wet[name] = mover.apply(name, audio)
    return make_mix(wet)
