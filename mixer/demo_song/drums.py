"""The drummer: a pattern for each bar of the form, played by a human hand under two overheads."""

from dataclasses import dataclass

import numpy as np

from mixer.demo_song import drum_kit
from mixer.demo_song.score import DemoSong, bar_beat, swung
from mixer.demo_song.timeline import add_panned

# Where each piece stands, as the audience sees it.
PAN = {
    "kick": 0.0,
    "snare": -0.08,
    "hat": 0.45,
    "open hat": 0.45,
    "high tom": 0.3,
    "middle tom": -0.05,
    "floor tom": -0.45,
    "crash": -0.55,
}
TOM_HZ = {"high tom": 147.0, "middle tom": 110.0, "floor tom": 82.0}
# A little behind the beat with the snare, on it with the rest.
LAID_BACK_S = {"snare": 0.004}
TIMING_SPREAD_S = 0.0025
VELOCITY_SPREAD = 0.05
CLOSED_DECAY_S, OPEN_DECAY_S = 0.03, 0.22


@dataclass(frozen=True)
class Hit:
    """One stroke: the piece, the beat from the start of the song, velocity 0-1."""

    piece: str
    beat: float
    velocity: float


_INTRO_COUNT = (("hat", 0, 0.5), ("hat", 1, 0.4), ("hat", 2, 0.5), ("hat", 3, 0.4))
_EIGHTHS = tuple(("hat", 0.5 * step, 0.62 if step % 2 == 0 else 0.42) for step in range(8))
_VERSE = (
    *_EIGHTHS,
    ("kick", 0, 0.9),
    ("kick", 1.75, 0.5),
    ("kick", 2.5, 0.8),
    ("snare", 1, 0.8),
    ("snare", 2.25, 0.14),
    ("snare", 3, 0.85),
    ("snare", 3.75, 0.12),
)
_CHORUS = (
    *_EIGHTHS[:7],
    ("open hat", 3.5, 0.6),
    ("kick", 0, 1.0),
    ("kick", 0.75, 0.6),
    ("kick", 2, 0.9),
    ("kick", 2.75, 0.55),
    ("snare", 1, 0.95),
    ("snare", 3, 1.0),
    ("snare", 1.75, 0.16),
)
_SHORT_FILL = (
    ("snare", 3, 0.6),
    ("snare", 3.25, 0.4),
    ("snare", 3.5, 0.7),
    ("high tom", 3.75, 0.7),
)
_LONG_FILL = (
    ("kick", 0, 0.95),
    ("snare", 1, 0.9),
    *_EIGHTHS[:4],
    ("snare", 2, 0.8),
    ("snare", 2.25, 0.5),
    ("high tom", 2.5, 0.8),
    ("high tom", 2.75, 0.65),
    ("middle tom", 3, 0.85),
    ("middle tom", 3.25, 0.65),
    ("floor tom", 3.5, 0.9),
    ("floor tom", 3.75, 0.75),
)
_HALF_TIME = (
    ("crash", 0, 0.8),
    ("kick", 0, 0.95),
    ("hat", 1, 0.45),
    ("snare", 2, 0.8),
    ("hat", 3, 0.45),
    ("kick", 3.5, 0.6),
)
_LAST = (("crash", 0, 0.9), ("kick", 0, 1.0), ("snare", 0, 0.5))
_CRASH = (("crash", 0, 0.9),)


def drum_part(song: DemoSong) -> list[Hit]:
    """Every stroke of the song, in order of time, before a human plays it."""
    verse_end = tuple(stroke for stroke in _VERSE if stroke[1] < 3) + _SHORT_FILL
    bars = {
        1: _INTRO_COUNT,
        2: (*_EIGHTHS[:6], ("kick", 0, 0.7), ("kick", 2, 0.6), *_SHORT_FILL),
        3: _VERSE,
        4: _VERSE,
        5: _VERSE,
        6: verse_end,
        7: (*_CHORUS[1:], *_CRASH),
        8: _CHORUS,
        9: _CHORUS,
        10: _LONG_FILL,
        11: _HALF_TIME,
        12: _LAST,
    }
    hits = [
        Hit(piece, bar_beat(bar, beat), velocity)
        for bar in range(1, song.bars + 1)
        for piece, beat, velocity in bars[bar]
    ]
    return sorted(hits, key=lambda hit: hit.beat)


def play_drums(song: DemoSong, rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """The part as two overheads with the kit's own image, float64 `(2, samples)`."""
    track = np.zeros((2, round(song.duration_s * sample_rate)))
    hat_plate = drum_kit.metal(3200.0, 13000.0, 0.4, rng, sample_rate)
    crash_plate = drum_kit.metal(420.0, 12000.0, 0.55, rng, sample_rate)
    hits = drum_part(song)
    for hit in hits:
        velocity = hit.velocity * (1.0 + rng.normal(0.0, VELOCITY_SPREAD))
        late_s = float(np.clip(rng.normal(0.0, TIMING_SPREAD_S), -0.006, 0.006))
        late_s += LAID_BACK_S.get(hit.piece, 0.0)
        start_s = max(0.0, swung(hit.beat) * song.beat_s + late_s)
        if hit.piece == "kick":
            sound = drum_kit.kick(velocity, rng, sample_rate)
        elif hit.piece == "snare":
            sound = drum_kit.snare(velocity, rng, sample_rate)
        elif hit.piece in TOM_HZ:
            sound = 0.8 * drum_kit.tom(TOM_HZ[hit.piece], velocity, rng, sample_rate)
        elif hit.piece == "crash":
            sound = drum_kit.crash(crash_plate, velocity, rng, sample_rate)
        else:
            decay_s = OPEN_DECAY_S if hit.piece == "open hat" else CLOSED_DECAY_S
            choke_s = _until_next_hat_s(hit, hits, song)
            sound = drum_kit.hat(hat_plate, velocity, decay_s, choke_s, rng, sample_rate)
        add_panned(track, sound, start_s, PAN[hit.piece], sample_rate)
    return track


def _until_next_hat_s(hit: Hit, hits: list[Hit], song: DemoSong) -> float:
    """Seconds until the pedal or the stick closes the hat again."""
    later = [other.beat for other in hits if "hat" in other.piece and other.beat > hit.beat]
    return (min(later) - hit.beat) * song.beat_s if later else 1.0
