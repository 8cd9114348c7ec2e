"""Moves from a mix's figures to a target's: goals, and what cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixer.dsp.blocks import db_to_gain
from mixer.meters.stem_powers import N_NODES, Floats, StemPowers
from mixer.reference.match_target import Span, Target
from mixer.reference.moves import (
    MOST_EQ_DB,
    MOST_FADER_DB,
    MOST_RIDE_DB,
    MOST_WIDTH_DB,
    Moves,
    StemMoves,
)
from mixer.reference.reference_figures import COMPARED, NARROWEST_DB, MixFigures, centred, plays
from mixer.reference.reference_text import Aspect
from mixer.reference.ride import find_ride
from mixer.reference.solve import Goal, Goals, Solution, solve

# A band that differs by more is another arrangement's, not another mix's: it is left alone.
ANOTHER_ARRANGEMENT_DB = 18.0
# The side of a band this far below its middle holds nothing that could be made wider.
NO_SIDE_DB = -40.0
# Beyond the bands that are compared a tone counts for so much.
_OUTSIDE_WEIGHT = 0.2
_STEM_WEIGHT = 0.5
# Whatever was not requested stays the same in every band, before any request is met to the
# last tenth.
_HOLD_WEIGHT = 30.0
# A side this far below its middle is what a mono recording leaves: nothing that must stay.
_HELD_SIDE_DB = -60.0
_ROUNDS = 3
_DECIMALS = 3


@dataclass(frozen=True)
class Asked:
    """Requested figures of a mix; `Goals` for the solver, and the others.

    Attributes:
        goals: of tone, width and levels.
        range_lu: of the loudness, as a factor of the mix's own.
        loudness_lufs: None for that of the mix.
        remarks: what cannot be reached, and why, a line each.
    """

    goals: Goals
    range_factor: float
    loudness_lufs: float | None
    remarks: tuple[str, ...]


def find_moves(
    powers: StemPowers, own: MixFigures, target: Target
) -> tuple[Moves, tuple[str, ...]]:
    """The moves that bring a mix towards a target, and what cannot be reached, a line each.

    Args:
        powers: of the stems, as they are after the model's own bus.
        own: figures of the mix.
        target: from `mixer.reference.match_target.target_of`.

    Returns:
        Moves whose `level_db` is 0: the gain that keeps the loudness is measured when they are
        applied. Then the remarks.
    """
    asked = _asked(own, target)
    solution = Solution(
        np.zeros((len(powers.names), N_NODES)), np.zeros(len(powers.names)), np.zeros(N_NODES)
    )
    ride_db = np.zeros(0)
    # The ride's effect on the spectrum, and the equalisers' on the range, are both small.
    for _ in range(_ROUNDS):
        ride_db = find_ride(powers, solution.gains(), asked.range_factor)
        weights = db_to_gain(2.0 * ride_db) if ride_db.size else None
        if ride_db.size or _moves_stems(target):
            solution = solve(powers, asked.goals, solution, weights)
    moves = _as_moves(powers.names, solution, ride_db, asked.loudness_lufs)
    return moves, (*asked.remarks, *_bound_remarks(moves, target))


def _moves_stems(target: Target) -> bool:
    """Whether anything is requested beyond a gain ride and a gain."""
    return any(target.amount(aspect) > 0.0 for aspect in (Aspect.TONE, Aspect.WIDTH, Aspect.LEVEL))


def _asked(own: MixFigures, target: Target) -> Asked:
    tone, tone_remarks = _tone_goal(own, target)
    width, width_remarks = _width_goal(own, target)
    vocals_db, vocal_remarks = _vocal_goal(own, target)
    factor = 1.0
    range_remarks: tuple[str, ...] = ()
    if target.range_lu is not None and target.amount(Aspect.DYNAMICS) > 0.0:
        if own.range_lu > 0.5:
            goal_lu = _towards(own.range_lu, target.range_lu, target.amount(Aspect.DYNAMICS))
            factor = float(goal_lu) / own.range_lu
        else:
            range_remarks = (
                "dynamics: the level of the mix is practically constant: nothing to ride",
            )
    loudness_lufs = None
    if target.loudness_lufs is not None and target.amount(Aspect.LOUDNESS) > 0.0:
        goal = _towards(own.loudness_lufs, target.loudness_lufs, target.amount(Aspect.LOUDNESS))
        loudness_lufs = round(float(goal), _DECIMALS)
    goals = Goals(tone, width, vocals_db, *_stem_goals(own, target))
    remarks = (*tone_remarks, *width_remarks, *vocal_remarks, *range_remarks)
    return Asked(goals, factor, loudness_lufs, (*remarks, *_limiter_remarks(own, target)))


def _towards(value: Floats | float, span: Span, amount: float) -> Floats:
    """The value, moved towards the nearest end of a span by an amount."""
    return np.asarray(value + amount * (span.nearest(value) - value))


def tone_difference_db(tone_db: Floats, target: Target) -> tuple[Floats, np.ndarray]:
    """Difference of a target's tone from a mix's, and the bands that can be compared.

    Args:
        tone_db: of the mix, third octaves.
        target: with a tone.

    Returns:
        float64 (bands,) in dB, its median over the compared bands 0, and bool (bands,).
    """
    assert target.tone_db is not None
    both = target.plays & plays(tone_db)
    compared = both & COMPARED
    if not compared.any():
        return np.zeros(N_NODES), compared
    own = centred(tone_db, compared)
    offset_db = np.median((0.5 * (target.tone_db.low + target.tone_db.high) - own)[compared])
    own = own + offset_db
    difference = np.where(both, target.tone_db.nearest(own) - own, 0.0)
    return difference, compared


def _tone_goal(own: MixFigures, target: Target) -> tuple[Goal, tuple[str, ...]]:
    weight = np.asarray(np.where(COMPARED, 1.0, _OUTSIDE_WEIGHT) * own.plays, dtype=np.float64)
    amount = target.amount(Aspect.TONE)
    if target.tone_db is None or amount == 0.0:
        return Goal(own.tone_db, _HOLD_WEIGHT * weight), ()
    difference_db, compared = tone_difference_db(own.tone_db, target)
    if not compared.any():
        return Goal(own.tone_db, weight), ("tone: no band in which both have sound",)
    another = np.abs(difference_db) > ANOTHER_ARRANGEMENT_DB
    difference_db = np.where(another, 0.0, np.clip(difference_db, -MOST_EQ_DB, MOST_EQ_DB))
    remarks = []
    if (missing := COMPARED & own.plays & ~target.plays).any():
        remarks.append(f"tone: the reference has nothing {_where(missing)}: left unchanged")
    if (missing := COMPARED & ~own.plays & target.plays).any():
        remarks.append(
            f"tone: the song has nothing {_where(missing)}: another range, or arrangement"
        )
    if (another & COMPARED).any():
        remarks.append(
            f"tone: {_where(another & COMPARED)} another arrangement: more than "
            f"{ANOTHER_ARRANGEMENT_DB:g} dB apart, left unchanged"
        )
    return Goal(own.tone_db + amount * difference_db, weight), tuple(remarks)


def _width_goal(own: MixFigures, target: Target) -> tuple[Goal, tuple[str, ...]]:
    amount = target.amount(Aspect.WIDTH)
    if own.width_db is None:
        why = ("width: the mix is mono: nothing in it can be made wider",) if amount > 0.0 else ()
        return Goal(np.zeros(N_NODES), np.zeros(N_NODES)), why
    has_side = own.width_db > NO_SIDE_DB
    goal = Goal(own.width_db, (own.plays & has_side).astype(np.float64))
    if target.width_db is None or amount == 0.0:
        held = own.plays & (own.width_db > _HELD_SIDE_DB)
        return replace(goal, weight=_HOLD_WEIGHT * held.astype(np.float64)), ()
    current = np.maximum(own.width_db, NARROWEST_DB)
    wanted = _towards(current, target.width_db, amount) - current
    wanted = np.clip(wanted, -MOST_WIDTH_DB, MOST_WIDTH_DB)
    lost = own.plays & COMPARED & ~has_side & (wanted > 1.0)
    remarks = (f"width: {_where(lost)} the mix is mono: nothing to widen",) if lost.any() else ()
    return replace(goal, value_db=own.width_db + np.where(has_side, wanted, 0.0)), remarks


def _vocal_goal(own: MixFigures, target: Target) -> tuple[float | None, tuple[str, ...]]:
    amount = target.amount(Aspect.LEVEL)
    if amount == 0.0:
        return own.vocals_db, ()
    if target.vocals_db is None and not target.stem_levels_db:
        return own.vocals_db, (
            "level: the vocals cannot be separated from the rest of a finished mix; give a folder "
            "with the reference's stems",
        )
    if own.vocals_db is None or target.vocals_db is None:
        return own.vocals_db, (() if target.stem_levels_db else ("level: the song has no vocals",))
    return float(_towards(own.vocals_db, target.vocals_db, amount)), ()


def _stem_goals(own: MixFigures, target: Target) -> tuple[dict[str, Goal], dict[str, float]]:
    """Goals for stems that both the song and a reference have."""
    tones, levels = dict[str, Goal](), dict[str, float]()
    for name, figures in own.stems.items():
        tone, level = target.stem_tones_db.get(name), target.stem_levels_db.get(name)
        amount = target.amount(Aspect.TONE)
        if tone is not None and amount > 0.0:
            there = plays(figures.tone_db) & plays(0.5 * (tone.low + tone.high))
            if (there & COMPARED).any():
                current = centred(figures.tone_db, there & COMPARED)
                apart = tone.nearest(current) - current
                apart = np.where(np.abs(apart) > ANOTHER_ARRANGEMENT_DB, 0.0, apart)
                wanted = figures.tone_db + amount * np.clip(apart, -MOST_EQ_DB, MOST_EQ_DB)
                tones[name] = Goal(wanted, _STEM_WEIGHT * (there & COMPARED).astype(np.float64))
        amount = target.amount(Aspect.LEVEL)
        if level is not None and amount > 0.0:
            apart_db = float(level.nearest(figures.level_db)) - figures.level_db
            apart_db = min(max(apart_db, -MOST_FADER_DB), MOST_FADER_DB)
            levels[name] = figures.level_db + amount * apart_db
    return tones, levels


def _limiter_remarks(own: MixFigures, target: Target) -> tuple[str, ...]:
    span = target.peak_to_loudness_db
    if span is None or float(span.nearest(own.peak_to_loudness_db)) > own.peak_to_loudness_db - 3.0:
        return ()
    return (
        f"loudness: the reference was limited: its peaks are {float(span.high):.1f} dB above its "
        f"loudness, here {own.peak_to_loudness_db:.1f} dB; only --true-peak limits this mix",
    )


def _as_moves(
    names: tuple[str, ...], solution: Solution, ride_db: Floats, loudness_lufs: float | None
) -> Moves:
    """Rounded, so that what a recipe says about them is exactly what was done."""
    stems = {
        name: StemMoves(round(float(fader_db), _DECIMALS), _rounded(eq_db))
        for name, fader_db, eq_db in zip(names, solution.fader_db, solution.eq_db, strict=True)
    }
    return Moves(stems, _rounded(solution.width_db), _rounded(ride_db), 0.0, loudness_lufs)


def _rounded(values: Floats) -> tuple[float, ...]:
    # Adding 0 turns -0.0 into 0.0.
    return tuple(round(float(value), _DECIMALS) + 0.0 for value in values)


def _bound_remarks(moves: Moves, target: Target) -> tuple[str, ...]:
    """Which bounds were met."""
    lines = []
    for name, own in moves.stems.items():
        met = np.abs(own.eq_db) > MOST_EQ_DB - 0.05
        if met.any():
            lines.append(f"tone: {name} is held at {MOST_EQ_DB:g} dB {_where(met)}")
        if abs(own.gain_db) > MOST_FADER_DB - 0.05:
            lines.append(f"level: {name} is held at {MOST_FADER_DB:g} dB")
    met = np.abs(moves.width_db) > MOST_WIDTH_DB - 0.05
    if met.any() and target.amount(Aspect.WIDTH) > 0.0:
        lines.append(f"width: the side is held at {MOST_WIDTH_DB:g} dB {_where(met)}")
    if moves.ride_db and max(map(abs, moves.ride_db)) > MOST_RIDE_DB - 0.05:
        lines.append(f"dynamics: the ride is held at {MOST_RIDE_DB:g} dB")
    return tuple(lines)


def _where(bands: np.ndarray) -> str:
    """Third octaves as ranges: "at 63 to 100 Hz and 8 kHz"."""
    places = np.flatnonzero(bands)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    parts = [
        hz_words(run[0]) if run.size == 1 else f"{hz_words(run[0])} to {hz_words(run[-1])}"
        for run in runs
    ]
    return "at " + " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


# As analysers are labelled.
_NOMINAL_HZ = (25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1_000,
               1_250, 1_600, 2_000, 2_500, 3_150, 4_000, 5_000, 6_300, 8_000, 10_000, 12_500,
               16_000)  # fmt: skip


def hz_words(band: int) -> str:
    """A third octave by its nominal centre: "63 Hz", "1.25 kHz"."""
    hz = _NOMINAL_HZ[band]
    return f"{hz / 1000:g} kHz" if hz >= 1000 else f"{hz:g} Hz"
