"""Positions of variations: as far from each other as possible, each as far from the first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.rendering.choices.axes import Axis

# Moves that nobody hears are not made.
_LEAST_MOVE_DB = 0.15
# More variations than these would stand close to each other.
MOST_VARIATIONS = 20


def spread_out(
    axes: Sequence[Axis],
    n_variations: int,
    *,
    away: float = 1.0,
    shape: NDArray[np.float64] | None = None,
) -> list[dict[str, float]]:
    """Moves of variations.

    Each moves along two axes at once, up or down; of all such pairs the next is the one that is
    furthest from those before, and of equally far ones that whose axes were used least. The same
    arguments give the same moves.

    Args:
        axes: the axes that can be moved here, at least one.
        n_variations: up to `MOST_VARIATIONS`.
        away: how far from the first, in spreads between engineers.
        shape: covariance of where mixes may stand, in spreads, (axes, axes): variations lie on its
            ellipsoid. None for a sphere.

    Returns:
        For each variation, its move in dB by axis.
    """
    points = _directions(len(axes))
    uses = (points != 0.0).astype(int)
    if shape is not None:
        values, vectors = np.linalg.eigh(shape)
        points = points @ (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    chosen: list[int] = []
    nearest = np.full(len(points), np.inf)
    for _ in range(min(n_variations, MOST_VARIATIONS)):
        # Rounded: ties are ties, whatever the last bits say; of those the first in order.
        used = uses @ uses[chosen].sum(axis=0)
        order = np.lexsort((np.arange(len(points)), used, -np.round(nearest, 6)))
        chosen.append(int(order[0]))
        distances = np.linalg.norm(points - points[chosen[-1]], axis=1)
        nearest = np.minimum(nearest, distances)
    spreads_db = np.array([axis.spread_db for axis in axes])
    return [_moves(axes, away * points[place] * spreads_db) for place in chosen]


def _directions(n_axes: int) -> NDArray[np.float64]:
    """Unit vectors along pairs of axes; where these are few, also steps along single ones."""
    rows = []
    for first, second in itertools.combinations(range(n_axes), 2):
        for signs in ((1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (-1.0, -1.0)):
            row = np.zeros(n_axes)
            row[[first, second]] = np.array(signs) / np.sqrt(2.0)
            rows.append(row)
    lengths = (1.0, 0.5, 0.75, 0.25) if len(rows) < MOST_VARIATIONS else ()
    for length in lengths:
        for axis, sign in itertools.product(range(n_axes), (1.0, -1.0)):
            rows.append(sign * length * np.eye(n_axes)[axis])
    return np.array(rows)


def _moves(axes: Sequence[Axis], moves_db: NDArray[np.float64]) -> dict[str, float]:
    named = zip(axes, moves_db, strict=True)
    moves = {axis.name: round(float(move_db), 2) for axis, move_db in named}
    return {name: move_db for name, move_db in moves.items() if abs(move_db) >= _LEAST_MOVE_DB}
