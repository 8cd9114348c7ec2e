"""Moves in dB that bring figures to goals: Gauss-Newton steps within bounds, the one such solver.

References solve for stems by the slopes of their powers; an album's songs for settings of the desk,
which move their figures by about as much as they are moved themselves.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# From moves (moves,): derivatives (rows, moves) of the figures, and what each misses (rows,).
Rows = Callable[[Floats], tuple[Floats, Floats]]
# A bound of what does not move: the solver takes no 0.
HELD_DB = 1e-6


def solve_in_bounds(
    rows: Rows,
    start: Floats,
    bounds: Floats,
    costs: Floats,
    *,
    most_steps: int,
    reach_db: float,
    still_db: float,
) -> Floats:
    """Find the moves that come nearest to the goals at the least cost.

    Args:
        rows: derivatives and errors at given moves; called for the start and once per step.
        start: moves to begin with, float64 (moves,) in dB.
        bounds: largest size of each move, float64 (moves,) in dB, above 0.
        costs: cost of each dB, as further rows to be brought to 0, float64 (rows, moves).
        most_steps: largest number of steps.
        reach_db: longest step, within which the slopes still hold; halved after a step that made
            things worse.
        still_db: ends after a step shorter than this.

    Returns:
        The best moves found, float64 (moves,) in dB.
    """
    # Not above: every render has a place for references, and few have one.
    from scipy.optimize import lsq_linear

    moves = np.clip(start, -bounds, bounds)
    slopes, missing = rows(moves)
    for _ in range(most_steps):
        if not missing.any() and not (costs @ moves).any():
            break
        wanted = np.concatenate([missing + slopes @ moves, np.zeros(len(costs))])
        low, high = (np.clip(moves + side * reach_db, -bounds, bounds) for side in (-1.0, 1.0))
        low, high = np.minimum(low, high - HELD_DB), np.maximum(high, low + HELD_DB)
        found = lsq_linear(np.vstack([slopes, costs]), wanted, (low, high), tol=1e-8).x
        tried = rows(found)
        if _loss(tried[1], costs @ found) > _loss(missing, costs @ moves):
            reach_db *= 0.5
            if reach_db < still_db:
                break
            continue
        moved_db = float(np.abs(found - moves).max())
        moves, (slopes, missing) = found, tried
        if moved_db < still_db:
            break
    return moves


def _loss(missing: Floats, spent: Floats) -> float:
    return float(missing @ missing + spent @ spent)
