"""One sound for a record: vocal level, bass, brightness, width and room within a band.

Each song of an album is measured before its master. A figure that lies outside of the band around
the album's median is moved towards the band's edge by an amount: the song is mixed again with its
desk, and the settings that its model made, moved by as much. Songs inside the band are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from mixer.meters.sound_figures import BASS, BRIGHTNESS, ROOM, VOCAL_LEVEL, WIDTH

# Half of the band around the median, in dB or LU, and the largest move.
BANDS_DB = {VOCAL_LEVEL: 1.0, BASS: 1.5, BRIGHTNESS: 1.5, WIDTH: 1.5, ROOM: 3.0}
MOST_MOVE_DB = {VOCAL_LEVEL: 4.0, BASS: 4.0, BRIGHTNESS: 4.0, WIDTH: 4.0, ROOM: 12.0}
# Fewer songs have no middle.
MIN_SONGS = 3
# Moves that nobody hears.
_LEAST_MOVE_DB = 0.1


@dataclass(frozen=True)
class Move:
    """A change of one figure of a song's sound.

    Attributes:
        off_db: offset from the album's median; negative if below it.
        move_db: change that is applied to the figure.
    """

    off_db: float
    move_db: float


def find_moves(
    sounds: Mapping[str, Mapping[str, float]], amounts: Mapping[str, float]
) -> dict[str, dict[str, Move]]:
    """Songs outside of the band, and by how much each is moved.

    Args:
        sounds: song to its figures in dB, from `mixer.rendering.sound.sound.measure_sound`.
        amounts: song to amount, 0 (only reported) to 1 (moved to the band's edge).

    Returns:
        Song to figure to move, for the figures outside of the band.
    """
    found: dict[str, dict[str, Move]] = {}
    for name, band_db in BANDS_DB.items():
        values = {song: sound[name] for song, sound in sounds.items() if name in sound}
        if len(values) < MIN_SONGS:
            continue
        middle = median(values.values())
        for song, value in values.items():
            off_db = value - middle
            beyond_db = max(abs(off_db) - band_db, 0.0)
            if beyond_db > _LEAST_MOVE_DB:
                move_db = min(beyond_db * amounts.get(song, 0.0), MOST_MOVE_DB[name])
                signed_db = round(-move_db if off_db > 0.0 else move_db, 3)
                found.setdefault(song, {})[name] = Move(round(off_db, 3), signed_db)
    return found


def move_words(moves: Mapping[str, Mapping[str, float]]) -> list[str]:
    """A line for each figure in which a song stands out: "vocals 2.4 dB above its album, moved".

    Args:
        moves: figure to its `off_db` and `move_db`.
    """
    lines = []
    for name, move in moves.items():
        off_db, move_db = move["off_db"], move["move_db"]
        side = "above" if off_db > 0.0 else "below"
        done = f", moved by {move_db:+.1f}" if abs(move_db) >= _LEAST_MOVE_DB else ""
        lines.append(f"{name} {abs(off_db):.1f} dB {side} its album{done}")
    return lines
