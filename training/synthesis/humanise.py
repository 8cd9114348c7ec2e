"""Human timing: beats to seconds, with random deviations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.synthesis.score import Hit, Note, Sheet

# Spread of onsets; professional players keep within about 10 ms (Repp, "Sensorimotor
# synchronization", 2005, reviews such figures).
TIMING_SPREAD_S, LONGEST_S = 0.006, 0.02
VELOCITY_SPREAD = 0.06


@dataclass(frozen=True)
class PlayedNote:
    """A note as it is played: seconds from the song's start, velocity 0-1."""

    start_s: float
    stop_s: float
    midi: int
    velocity: float


@dataclass(frozen=True)
class PlayedHit:
    """A stroke as it is played."""

    piece: str
    at_s: float
    velocity: float


def play_notes(
    notes: Sequence[Note], sheet: Sheet, rng: np.random.Generator, *, tightness: float = 1.0
) -> list[PlayedNote]:
    """Notes in seconds. `tightness` 0 is a machine, 1 a good player, 2 a loose one."""
    drift_s = float(rng.normal(0.0, 0.003)) * tightness
    late_s = _late(rng, len(notes), tightness)
    velocities = 1.0 + VELOCITY_SPREAD * tightness * rng.standard_normal(len(notes))
    played = []
    for note, late, factor in zip(notes, late_s, velocities, strict=True):
        start_s = max(0.0, sheet.seconds(note.beat) + drift_s + late)
        stop_s = max(start_s + 0.03, sheet.seconds(note.beat + note.beats) + late)
        velocity = float(np.clip(note.velocity * factor, 0.05, 1.0))
        played.append(PlayedNote(start_s, stop_s, note.midi, velocity))
    return played


def play_hits(
    hits: Sequence[Hit], sheet: Sheet, rng: np.random.Generator, *, tightness: float = 1.0
) -> list[PlayedHit]:
    """Strokes in seconds; the pieces of one drummer share most of their lateness."""
    laid_back_s = {"snare": float(rng.normal(0.002, 0.004)) * tightness}
    late_s = 0.6 * _late(rng, len(hits), tightness)
    velocities = 1.0 + VELOCITY_SPREAD * tightness * rng.standard_normal(len(hits))
    return [
        PlayedHit(
            hit.piece,
            max(0.0, sheet.seconds(hit.beat) + late + laid_back_s.get(hit.piece, 0.0)),
            float(np.clip(hit.velocity * factor, 0.05, 1.0)),
        )
        for hit, late, factor in zip(hits, late_s, velocities, strict=True)
    ]


def _late(rng: np.random.Generator, count: int, tightness: float) -> np.ndarray:
    spread = TIMING_SPREAD_S * tightness * rng.standard_normal(count)
    return np.asarray(np.clip(spread, -LONGEST_S, LONGEST_S))
