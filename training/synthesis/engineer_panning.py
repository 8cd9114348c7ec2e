"""Pan positions by importance and by spectrum.

Perez Gonzalez and Reiss, "A real-time semiautonomous audio panning system for music mixing"
(EURASIP 2010): what is most important and what is low in frequency stays in the centre, the rest is
given alternating sides so that sources of one frequency range do not share a side and neither
side is heavier, and may go the further out the higher it lies; nothing below about 200 Hz is
panned. Pestana and Reiss 2014 list the same among what engineers do. The ranges by role, and that a
source without an answer on the other side goes half as far, are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.synthesis.engineer_hearing import BANDS_HZ, Heard, k_weights
from training.synthesis.engineer_roles import role_of

CENTRED_BELOW_HZ, FREE_ABOVE_HZ = 160.0, 1_000.0
BALANCE_WEIGHT, OVERLAP_WEIGHT = 1.0, 1.5
LOPSIDED, LONE_SCALE = 3.0, 0.5


def place_tracks(
    heard: Sequence[Heard],
    roles: Sequence[str],
    is_stereo: Sequence[bool],
    level_db: Sequence[float],
    pan_scale: float,
    rng: np.random.Generator,
) -> list[float]:
    """A pan position for every track, -1 (left) to 1.

    The most important goes first; each takes the side that is lighter and less occupied in its
    own bands. Stereo recordings and silent tracks stay where they are.

    Args:
        heard: the tracks.
        roles: role of each track.
        is_stereo: whether a track has its own image.
        level_db: gain of each track in the mix.
        pan_scale: factor on the distances from the centre.
        rng: distances, one a role with a small deviation for each track, and the first side.
    """
    positions = [0.0] * len(heard)
    power = [_weighted(sound, gain) for sound, gain in zip(heard, level_db, strict=True)]
    sides = np.zeros((2, BANDS_HZ.size))
    distances = {role: rng.uniform(*role_of(role).pan) for role in dict.fromkeys(roles)}
    first_side = int(rng.integers(2))
    order = sorted(range(len(heard)), key=lambda i: (-role_of(roles[i]).importance, i))
    for i in order:
        # Drawn for tracks that stay too: no other track's draw depends on whether one sounds.
        deviation = float(np.clip(rng.normal(1.0, 0.08), 0.8, 1.2))
        if is_stereo[i] or heard[i].is_silent:
            continue
        # Lows in the middle: one side alone would have to carry their energy.
        octaves = np.log2(heard[i].centroid_hz() / CENTRED_BELOW_HZ)
        freedom = np.clip(octaves / np.log2(FREE_ABOVE_HZ / CENTRED_BELOW_HZ), 0.0, 1.0)
        distance = distances[roles[i]] * pan_scale * freedom * deviation
        if distance < 0.02:
            continue
        side = _better_side(sides, power[i], first_side)
        positions[i] = float(np.clip((2 * side - 1) * distance, -1.0, 1.0))
        sides[side] += power[i] * min(distance, 1.0)
    weights = sides.sum(axis=-1)
    heavy = int(np.argmax(weights))
    if weights[heavy] > LOPSIDED * weights[1 - heavy]:
        # Nobody answers on the other side: it leans, and does not stand outside.
        positions = [p * LONE_SCALE if (p > 0.0) == bool(heavy) else p for p in positions]
    return positions


def _better_side(sides: np.ndarray, power: np.ndarray, first_side: int) -> int:
    if not sides.any():
        return first_side
    # Both rules at once: a lighter side does not help if its own bands are taken.
    costs = []
    for side in (0, 1):
        weight = sides.sum(axis=-1)
        weight[side] += power.sum()
        balance = abs(weight[1] - weight[0]) / weight.sum()
        norm = np.linalg.norm(sides[side]) * np.linalg.norm(power)
        overlap = float(sides[side] @ power / norm) if norm > 0.0 else 0.0
        costs.append(BALANCE_WEIGHT * balance + OVERLAP_WEIGHT * overlap)
    return int(np.argmin(costs))


def _weighted(sound: Heard, gain_db: float) -> np.ndarray:
    if sound.is_silent:
        return np.zeros(BANDS_HZ.size)
    return np.asarray(sound.mean_power() * k_weights() * 10.0 ** (gain_db / 10.0))
