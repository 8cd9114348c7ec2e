"""Moves found in steps: goals where bounds let them be reached, never worse than the start."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.dsp.bounded_steps import Floats, solve_in_bounds

NO_COSTS = np.zeros((0, 2))
STEPS = {"most_steps": 12, "reach_db": 3.0, "still_db": 0.01}


def bent(moves: Floats) -> tuple[Floats, Floats]:
    """Two figures that saturate, and hang on each other a little; goals 4 and -1 dB."""
    mixing = np.array([[1.0, 0.2], [-0.1, 1.0]])
    slopes = mixing * (1.0 - np.tanh(moves / 20.0) ** 2)
    return slopes, np.array([4.0, -1.0]) - mixing @ (20.0 * np.tanh(moves / 20.0))


def test_goals_within_the_bounds_are_reached() -> None:
    moves = solve_in_bounds(bent, np.zeros(2), np.full(2, 6.0), NO_COSTS, **STEPS)
    assert bent(moves)[1] == pytest.approx([0.0, 0.0], abs=0.02)


def test_what_cannot_be_reached_ends_at_its_bound() -> None:
    moves = solve_in_bounds(bent, np.zeros(2), np.array([2.0, 6.0]), NO_COSTS, **STEPS)
    assert moves[0] == pytest.approx(2.0, abs=1e-4)
    # The other figure gives way by as much as is best for both.
    least = np.square(bent(moves)[1]).sum()
    for by_db in (-0.1, 0.1):
        assert np.square(bent(moves + np.array([0.0, by_db]))[1]).sum() > least


def test_a_cost_is_weighed_against_what_is_missing() -> None:
    free = solve_in_bounds(bent, np.zeros(2), np.full(2, 6.0), NO_COSTS, **STEPS)
    dear = solve_in_bounds(bent, np.zeros(2), np.full(2, 6.0), np.eye(2), **STEPS)
    assert dear[0] == pytest.approx(0.5 * free[0], rel=0.15)


def test_a_step_that_is_a_loss_is_taken_back_and_halved() -> None:
    asked: list[Floats] = []

    def overshoots(moves: Floats) -> tuple[Floats, Floats]:
        """The slope says 1; beyond 1 dB the figure falls again."""
        asked.append(moves)
        figure = np.where(moves < 1.0, moves, 2.0 - 3.0 * (moves - 1.0))
        return np.eye(1), 1.5 - figure

    moves = solve_in_bounds(
        overshoots, np.zeros(1), np.full(1, 6.0), np.zeros((0, 1)),
        most_steps=6, reach_db=4.0, still_db=0.01,
    )  # fmt: skip
    begun, ended = (float(abs(1.5 - (m if m < 1 else 2 - 3 * (m - 1)))) for m in (0.0, moves[0]))
    assert ended < begun
    assert len(asked) <= 7


def test_nothing_is_asked_again_where_nothing_is_missing() -> None:
    asked = []

    def reached(moves: Floats) -> tuple[Floats, Floats]:
        asked.append(1)
        return np.eye(2), np.zeros(2)

    moves = solve_in_bounds(reached, np.zeros(2), np.full(2, 6.0), NO_COSTS, **STEPS)
    assert not moves.any()
    assert len(asked) == 1
