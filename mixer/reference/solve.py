"""Bounded least squares on band powers: the moves of stems and width that reach given figures.

Every figure is the logarithm of a power that is quadratic in the stems' gains (`StemPowers`), so
its derivative by a gain in dB is a share of that power. A few steps of `mixer.dsp.bounded_steps`
with some hundred rows find the moves; small and smooth ones win where several would do, so that a
band is moved in the stems that it is made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mixer.dsp.blocks import db_to_gain
from mixer.dsp.bounded_steps import HELD_DB, solve_in_bounds
from mixer.meters.stem_powers import (
    FINE,
    MID,
    N_FINE,
    N_NODES,
    SIDE,
    Floats,
    StemPowers,
    node_weights,
)
from mixer.reference.moves import MOST_EQ_DB, MOST_FADER_DB, MOST_WIDTH_DB
from mixer.reference.reference_figures import LEAST_POWER, gated, k_blocks, level_db, vocal_gates
from mixer.stems import VOCALS

# Cost of a dB of each move against a dB by which a figure is off.
_EQ_COST, _FADER_COST, _WIDTH_COST, _BEND_COST = 0.06, 0.3, 0.02, 0.12
_LEVEL_WEIGHT = 10.0
_MOST_STEPS, _STILL_DB, _FIRST_REACH_DB = 12, 0.02, 3.0


@dataclass(frozen=True)
class Goal:
    """Values of a figure to be reached, and how much each counts; both float64 (bands,)."""

    value_db: Floats
    weight: Floats


@dataclass(frozen=True)
class Goals:
    """The figures to be reached; everything else may move.

    Attributes:
        tone: power of third octaves; only its shape counts, not its mean.
        width: side against middle by third octave.
        vocals_db: the vocals relative to the rest; None leaves it free.
        stem_tones: as `tone`, of single stems.
        stem_levels_db: stems against the whole.
    """

    tone: Goal
    width: Goal
    vocals_db: float | None = None
    stem_tones: Mapping[str, Goal] = field(default_factory=dict)
    stem_levels_db: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Solution:
    """Moves in dB: float64 (stems, third octaves), (stems,) and (third octaves,)."""

    eq_db: Floats
    fader_db: Floats
    width_db: Floats

    def as_vector(self) -> Floats:
        """All moves, float64 (moves,)."""
        return np.concatenate([self.eq_db.ravel(), self.fader_db, self.width_db])

    def gains(self) -> Floats:
        """Linear: float64 (middle and side, fine bands, stems)."""
        mid_db = node_weights() @ self.eq_db.T + self.fader_db
        side_db = mid_db + (node_weights() @ self.width_db)[:, None]
        return db_to_gain(np.stack([mid_db, side_db]))


def solve(
    powers: StemPowers, goals: Goals, start: Solution, block_weights: Floats | None = None
) -> Solution:
    """Find the moves that bring the stems as close to the goals as the bounds allow.

    Args:
        powers: of the stems.
        goals: of their sum.
        start: initial moves, which decide which blocks are loud enough to count for levels.
        block_weights: factor of each block's power, from a ride; None for 1.
    """
    problem = _Problem(powers, goals, start, block_weights)
    n_stems = len(powers.names)
    moves = solve_in_bounds(
        lambda moves: problem.rows(_solution(moves, n_stems)),
        start.as_vector(),
        _bounds(powers.names, goals),
        _costs(n_stems),
        most_steps=_MOST_STEPS,
        reach_db=_FIRST_REACH_DB,
        still_db=_STILL_DB,
    )
    return _solution(moves, n_stems)


def _bounds(names: tuple[str, ...], goals: Goals) -> Floats:
    """How far each move may go: faders move for a level, and not for a tone."""
    faders = [
        MOST_FADER_DB
        if name in goals.stem_levels_db or (name == VOCALS and goals.vocals_db is not None)
        else HELD_DB
        for name in names
    ]
    return np.concatenate(
        [
            np.full(len(names) * N_NODES, MOST_EQ_DB),
            np.array(faders),
            np.full(N_NODES, MOST_WIDTH_DB),
        ]
    )


def _solution(moves: Floats, n_stems: int) -> Solution:
    eq, fader, width = np.split(moves, [n_stems * N_NODES, n_stems * (N_NODES + 1)])
    return Solution(eq.reshape(n_stems, N_NODES), fader, width)


def _costs(n_stems: int) -> Floats:
    """Rows that keep moves small, and curves smooth."""
    from scipy.linalg import block_diag

    bend = _BEND_COST * np.diff(np.eye(N_NODES), 2, axis=0)
    curve = np.vstack([_EQ_COST * np.eye(N_NODES), bend])
    width = np.vstack([_WIDTH_COST * np.eye(N_NODES), bend])
    return np.asarray(block_diag(*[curve] * n_stems, _FADER_COST * np.eye(n_stems), width))


class _Problem:
    """Figures of a mix and their derivatives, as weighted rows."""

    def __init__(
        self, powers: StemPowers, goals: Goals, start: Solution, block_weights: Floats | None
    ) -> None:
        self._names, self._goals = powers.names, goals
        weights = np.ones(powers.n_blocks) if block_weights is None else block_weights
        gains = start.gains()
        self._mean = powers.mean(weights)
        self._vocals = None if goals.vocals_db is None else _vocal_forms(powers, gains, weights)
        self._levels = {
            name: _level_forms(powers, name, gains, weights) for name in goals.stem_levels_db
        }

    def rows(self, at: Solution) -> tuple[Floats, Floats]:
        """Derivatives by all moves, and what is missing: float64 (rows, moves), (rows,)."""
        gains = at.gains()
        shares = _shares(gains, self._mean)
        goals = self._goals
        parts = [_tone_rows(shares, goals.tone), _width_rows(shares, goals.width)]
        for name, goal in goals.stem_tones.items():
            alone = np.zeros_like(shares)
            place = self._names.index(name)
            own = np.einsum("cq,cq->cq", gains[..., place] ** 2, self._mean[..., place, place])
            alone[..., place] = own
            parts.append(_tone_rows(alone, goal))
        if self._vocals is not None and goals.vocals_db is not None:
            parts.append(_level_row(gains, *self._vocals, goals.vocals_db))
        for name, goal_db in goals.stem_levels_db.items():
            parts.append(_level_row(gains, *self._levels[name], goal_db))
        return np.vstack([rows for rows, _ in parts]), np.concatenate([m for _, m in parts])


def _shares(gains: Floats, form: Floats) -> Floats:
    """How much of a power comes through each gain: float64 (2, fine bands, stems)."""
    return gains * np.einsum("cqij,cqj->cqi", form, gains)


def _tone_rows(shares: Floats, goal: Goal) -> tuple[Floats, Floats]:
    """Third octaves of shares against a goal, their weighted means subtracted from both."""
    by_band = shares.reshape(2, N_NODES, FINE, -1)
    power = by_band.sum(axis=(0, 2, 3))
    slopes = _slopes(_spread(by_band / np.maximum(power, LEAST_POWER)[None, :, None, None]))
    missing = goal.value_db - level_db(power)
    share = goal.weight / max(goal.weight.sum(), LEAST_POWER)
    slopes, missing = slopes - share @ slopes, missing - share @ missing
    return goal.weight[:, None] * slopes, goal.weight * missing


def _width_rows(shares: Floats, goal: Goal) -> tuple[Floats, Floats]:
    by_band = shares.reshape(2, N_NODES, FINE, -1)
    power = np.maximum(by_band.sum(axis=(2, 3)), LEAST_POWER)
    signed = by_band / power[:, :, None, None]
    signed[MID] *= -1.0
    missing = goal.value_db - (level_db(power[SIDE]) - level_db(power[MID]))
    return goal.weight[:, None] * _slopes(_spread(signed)), goal.weight * missing


def _level_row(
    gains: Floats, above: Floats, below: Floats, goal_db: float
) -> tuple[Floats, Floats]:
    """The level of one form against another's."""
    parts = [_shares(gains, form) for form in (above, below)]
    totals = [max(float(part.sum()), LEAST_POWER) for part in parts]
    slopes = _slopes((parts[0] / totals[0] - parts[1] / totals[1])[None])
    missing = np.array([goal_db - float(level_db(totals[0]) - level_db(totals[1]))])
    return _LEVEL_WEIGHT * slopes, _LEVEL_WEIGHT * missing


def _spread(by_band: Floats) -> Floats:
    """Shares (2, bands, fine bands in each, stems) as a row for each band."""
    rows = np.zeros((N_NODES, 2, N_NODES, FINE, by_band.shape[-1]))
    bands = np.arange(N_NODES)
    rows[bands, :, bands] = np.moveaxis(by_band, 1, 0)
    return rows.reshape(N_NODES, 2, N_FINE, -1)


def _slopes(shares: Floats) -> Floats:
    """Derivatives by all moves of rows of shares (rows, 2, fine bands, stems)."""
    weights = node_weights()
    n_rows = len(shares)
    eq = np.einsum("rqi,qn->rin", shares.sum(axis=1), weights).reshape(n_rows, -1)
    fader = shares.sum(axis=(1, 2))
    width = shares[:, SIDE].sum(axis=-1) @ weights
    return np.hstack([eq, fader, width])


def _vocal_forms(
    powers: StemPowers, gains: Floats, weights: Floats
) -> tuple[Floats, Floats] | None:
    gates = vocal_gates(powers, gains, weights)
    if gates is None:
        return None
    vocals = np.array([float(name == VOCALS) for name in powers.names])
    return (
        _form(powers, vocals, weights * gates[0], gates[0]),
        _form(powers, 1.0 - vocals, weights * gates[1], gates[1]),
    )


def _level_forms(
    powers: StemPowers, name: str, gains: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """A stem against the whole, each where it plays."""
    forms = []
    for part in (
        np.array([float(one == name) for one in powers.names]),
        np.ones(len(powers.names)),
    ):
        level = weights * k_blocks(powers, part, gains)
        gate = gated(level)
        forms.append(_form(powers, part, weights * gate, gate))
    return forms[0], forms[1]


def _form(powers: StemPowers, part: Floats, weights: Floats, gate: Floats) -> Floats:
    """K-weighted powers and cross powers of some stems over the blocks that count."""
    mean = powers.mean(weights) * powers.n_blocks / max(gate.sum(), 1.0)
    return np.asarray(mean * np.outer(part, part) * powers.k_weights[None, :, None, None])
