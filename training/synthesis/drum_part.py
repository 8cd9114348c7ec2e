"""The drummer's part: the genre's groove, its variations, fills into new sections, crashes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.synthesis.grooves import FILLS, GROOVES, STEPS_PER_BEAT, VELOCITIES, Groove
from training.synthesis.score import Hit, Section, Sheet

_FILL_BEATS = 2
_FILL_CHANCE, _VARIATION_CHANCE = 0.75, 0.2
_DROP_OUT_ENERGY = 0.32
_HANDS = ("hat", "open_hat", "ride", "shaker")


def write_drums(sheet: Sheet, groove_names: tuple[str, ...], rng: np.random.Generator) -> list[Hit]:
    """Write every stroke of the song in order of time, before timing is humanised."""
    steps = sheet.beats_per_bar * STEPS_PER_BEAT
    fitting = [
        groove
        for name in (*groove_names, "waltz")
        for groove in GROOVES[name]
        if len(next(iter(groove.quiet.values()))) == steps
    ]
    groove = fitting[int(rng.integers(len(fitting)))]
    hits: list[Hit] = []
    for index, section in enumerate(sheet.sections):
        is_last = index == len(sheet.sections) - 1
        hits += _section_hits(sheet, section, groove, is_last, rng)
    hits += [Hit("crash", sheet.bar(sheet.n_bars - 1), 0.9)]
    return sorted(hits, key=lambda hit: (hit.beat, hit.piece))


def _section_hits(
    sheet: Sheet, section: Section, groove: Groove, is_last: bool, rng: np.random.Generator
) -> list[Hit]:
    lines = groove.lines(section.energy)
    if section.energy < _DROP_OUT_ENERGY:
        # A quiet part plays little more than the beat.
        lines = {piece: line for piece, line in lines.items() if piece in (*_HANDS, "rim")}
    level = 0.75 + 0.25 * section.energy
    hits: list[Hit] = []
    for bar in range(section.n_bars):
        start = sheet.bar(section.first_bar + bar)
        is_end = bar == section.n_bars - 1
        if is_end and is_last:
            hits += [Hit("kick", start, 1.0), Hit("snare", start, 0.6)]
            continue
        fill = is_end and rng.random() < _FILL_CHANCE
        stop = sheet.beats_per_bar - (_FILL_BEATS if fill else 0)
        hits += _bar_hits(lines, start, stop, level, rng)
        if fill:
            lines_of_fill = FILLS[int(rng.integers(len(FILLS)))]
            hits += _bar_hits(lines_of_fill, start + stop, _FILL_BEATS, level, rng)
    if section.energy >= 0.6:
        hits.append(Hit("crash", sheet.bar(section.first_bar), 0.85 * level + 0.1))
    return hits


def _bar_hits(
    lines: Mapping[str, str], start: float, beats: float, level: float, rng: np.random.Generator
) -> list[Hit]:
    hits = []
    for piece, line in lines.items():
        for step, sign in enumerate(line):
            beat = step / STEPS_PER_BEAT
            if beat >= beats:
                break
            velocity = VELOCITIES.get(sign, 0.0)
            # Now and then a weak sixteenth of the feet comes or goes.
            if piece == "kick" and step % 4 == 3 and rng.random() < _VARIATION_CHANCE:
                velocity = 0.55 if velocity == 0.0 else 0.0
            if velocity:
                hits.append(Hit(piece, start + beat, velocity * level))
    return hits
