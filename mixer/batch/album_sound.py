"""One sound for a record: voice level, bass, brightness, width and room within a band.

Each song of an album is measured before its master. A figure that lies outside of the band around
the album's median is moved towards the band's edge by an amount: the song is mixed again with its
desk, and the settings that its model made, moved by as much. Songs inside the band are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixer.console.settings import Console
    from mixer.rendering.mix import Premaster

VOICE, BASS, BRIGHTNESS, WIDTH, ROOM = "voice", "bass", "brightness", "width", "room"
# Half of the band around the median, in dB or LU, and the largest move.
BANDS_DB = {VOICE: 1.0, BASS: 1.5, BRIGHTNESS: 1.5, WIDTH: 1.5, ROOM: 3.0}
MOST_MOVE_DB = {VOICE: 4.0, BASS: 4.0, BRIGHTNESS: 4.0, WIDTH: 4.0, ROOM: 12.0}
# Fewer songs have no middle.
MIN_SONGS = 3
# Moves that nobody hears.
_LEAST_MOVE_DB = 0.1
_BASS_HZ, _BRIGHT_HZ, _MIDDLE_HZ = (30.0, 150.0), (4_000.0, 16_000.0), (150.0, 4_000.0)


@dataclass(frozen=True)
class Move:
    """What a song is moved by in one figure.

    Attributes:
        off_db: above the album's median (below where negative).
        move_db: what is done about it.
    """

    off_db: float
    move_db: float


def find_moves(
    sounds: Mapping[str, Mapping[str, float]], amounts: Mapping[str, float]
) -> dict[str, dict[str, Move]]:
    """Songs outside of the band, and by how much each is moved.

    Args:
        sounds: by song, its figures from `measure_sound`.
        amounts: by song, 0 (named alone) to 1 (to the band's edge).

    Returns:
        By song, by figure, those that lie outside.
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
    """A line for each figure in which a song stands out: "voice 2.4 dB above its album, moved".

    Args:
        moves: by figure, `off_db` and `move_db`.
    """
    lines = []
    for name, move in moves.items():
        off_db, move_db = move["off_db"], move["move_db"]
        side = "above" if off_db > 0.0 else "below"
        done = f", moved by {move_db:+.1f}" if abs(move_db) >= _LEAST_MOVE_DB else ""
        lines.append(f"{name} {abs(off_db):.1f} dB {side} its album{done}")
    return lines


def measure_sound(made: Premaster) -> dict[str, float]:
    """Voice to the rest in LU; bass, brightness to the middle, width and room in dB.

    Args:
        made: with its wet stems.

    Returns:
        What can be told: no voice without vocals, no room of a model that sets none.
    """
    import numpy as np

    from mixer.meters.loudness import integrated_loudness_lufs
    from mixer.meters.stereo_spectrum import N_FFT, measure_stereo_spectrum

    rate, found = made.plan.mix_rate, dict[str, float]()
    vocals = made.wet_stems.get("vocals")
    if vocals is not None:
        levels = [integrated_loudness_lufs(a, rate) for a in (vocals, made.audio - vocals)]
        if np.isfinite(levels).all():
            found[VOICE] = levels[0] - levels[1]
    spectrum = measure_stereo_spectrum(made.audio, rate)
    hz = np.arange(N_FFT // 2 + 1) * rate / N_FFT

    def power(edges_hz: tuple[float, float], of: np.ndarray) -> float:
        return float(of[(hz >= edges_hz[0]) & (hz < edges_hz[1])].sum())

    both = spectrum.left + spectrum.right
    middle = power(_MIDDLE_HZ, both)
    for name, edges_hz in ((BASS, _BASS_HZ), (BRIGHTNESS, _BRIGHT_HZ)):
        if middle > 0.0 and power(edges_hz, both) > 0.0:
            found[name] = float(10.0 * np.log10(power(edges_hz, both) / middle))
    side, mid = (
        power((_MIDDLE_HZ[0], 16_000.0), both + sign * 2.0 * spectrum.cross) for sign in (-1, 1)
    )
    if mid > 0.0 and side > 1e-6 * mid:
        found[WIDTH] = float(10.0 * np.log10(side / mid))
    rooms = [row["used"].get("room_db") for row in made.measurements["network"].values()]
    known = [room for room in rooms if isinstance(room, float)]
    if known:
        found[ROOM] = sum(known) / len(known)
    return {name: round(value, 3) for name, value in found.items()}


def with_moves(console: Console, moves: Mapping[str, float], stems: Sequence[str]) -> Console:
    """A desk moved by what an album asks of a song.

    Args:
        console: as the row has it.
        moves: by figure, in dB.
        stems: of the song.
    """
    from mixer.console.settings import Band, Strip
    from mixer.model_settings import Change, StripChanges

    strips = {stem: console.strip(stem) for stem in stems}
    if VOICE in moves and "vocals" in strips:
        vocals = strips["vocals"]
        if isinstance(vocals.gain_db, float | int):
            strips["vocals"] = replace(vocals, gain_db=vocals.gain_db + moves[VOICE])
    if ROOM in moves:
        for stem, strip in strips.items():
            changes = strip.network or StripChanges()
            room = changes.room_db or Change()
            room = replace(room, offset=room.offset + moves[ROOM])
            strips[stem] = replace(strip, network=replace(changes, room_db=room))
    master = console.master
    bands = [
        Band("low_shelf", _BASS_HZ[1], moves[BASS]) if BASS in moves else None,
        Band("high_shelf", _BRIGHT_HZ[0], moves[BRIGHTNESS]) if BRIGHTNESS in moves else None,
    ]
    master = replace(master, eq=(*master.eq, *(band for band in bands if band is not None)))
    if WIDTH in moves and isinstance(master.width, float | int):
        wider = master.width * 10.0 ** (moves[WIDTH] / 20.0)
        master = replace(master, width=min(max(wider, 0.0), 2.0))
    kept = tuple((stem, strip) for stem, strip in strips.items() if strip != Strip())
    others = tuple(pair for pair in console.strips if pair[0] not in strips)
    return replace(console, strips=(*kept, *others), master=master)
