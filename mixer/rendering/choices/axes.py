"""The axes along which people's mixes of one song differ, and by how much: the only such figures.

1 501 mixes of ten songs differ along balance, brightness, bass and width (Wilson and Fazenda, "A
comparison of mixes", 2016), and in dynamics. Spreads are standard deviations between engineers:

vocals      2.0 LU against the rest. Lead against the rest in 24 commercial songs has 2.05, no
            difference by genre; 13 multitracks in MixologyDB have 1.9 dB against the sum of all.
bass, brightness, width
            `python -m benchmarks.human_spread` on MixologyDB (90 mixes of 13 songs): 3.34 (2.0 to
            4.9), 1.97 (0.9 to 3.5) and 2.89 dB (2.0 to 10.8) in the figures of
            `mixer.rendering.sound.sound`.
dynamics    The same command: what engineers' compressors take of peaks differs by 3.12 dB; a
            compressor on the bus that takes as much moves the crest factor by 1.0 dB (three songs).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest
from mixer.meters.sound_figures import BASS, BRIGHTNESS, DYNAMICS, VOCAL_LEVEL, WIDTH

# In spreads: a smaller difference is not worth a word, one below the second is a slight one.
LEAST_SPREADS, SLIGHT_SPREADS = 0.3, 0.6


@dataclass(frozen=True)
class Axis:
    """One way in which mixes differ.

    Attributes:
        name: of the figure, of `mixer.meters.sound_figures`.
        spread_db: standard deviation between engineers.
        up, down: adjective for a mix further up, further down.
        moved_by: what moves it, in words for the user.
        in_db: differences are shown in dB instead of by an adjective.
    """

    name: str
    spread_db: float
    up: str
    down: str
    moved_by: str
    in_db: bool = False

    def word(self, moved_db: float) -> str:
        """Adjective for a mix that lies so much further along the axis; "" without one."""
        spreads = abs(moved_db) / self.spread_db
        if spreads < LEAST_SPREADS:
            return ""
        if self.in_db:
            return f"{self.name} {moved_db:+.1f} dB"
        slightly = "slightly " if spreads < SLIGHT_SPREADS else ""
        return slightly + (self.up if moved_db > 0.0 else self.down)


class VariationTable(TypedDict):
    """Place of a variation among the axes.

    Attributes:
        words: what it does that the first does not, as measured.
        moves: by axis of `AXES`, how far it was to move, in dB; empty for a blend.
        sound: its own figures of `mixer.rendering.sound.sound`.
        moved: by axis, how much further up it is than the first, in dB.
        distance: from the first, in spreads between engineers.
        first_lufs: loudness of the first, which is its own target.
    """

    words: str
    moves: dict[str, float]
    sound: dict[str, float]
    moved: dict[str, float]
    distance: float
    first_lufs: float


AXES = (
    Axis(VOCAL_LEVEL, 2.0, "vocals-up", "vocals-down", "the vocals' fader", in_db=True),
    Axis(BRIGHTNESS, 1.97, "brighter", "darker", "a high shelf on the bus"),
    Axis(BASS, 3.34, "more bass", "less bass", "a low shelf on the bus"),
    Axis(WIDTH, 2.89, "wider", "narrower", "the side signal of the bus"),
    Axis(DYNAMICS, 1.0, "more dynamic", "denser", "an expander or a compressor on the bus"),
)


def named_moves() -> dict[str, dict[str, float]]:
    """Moves of a mix by one spread along an axis, in dB, by the name for `--variation`."""
    return {
        word.replace(" ", "-"): {axis.name: sign * axis.spread_db}
        for axis in AXES
        for word, sign in ((axis.up, 1.0), (axis.down, -1.0))
    }


def moves_named(name: str) -> dict[str, float]:
    """The moves of one name.

    Raises:
        SettingsError: the name is unknown.
    """
    known = named_moves()
    if name not in known:
        raise SettingsError(f"unknown variation {quote(name)}; {suggest(name, list(known))}")
    return known[name]


def parse_variation(text: str) -> str | None:
    """A name of `named_moves`, or none.

    Raises:
        SettingsError: an unknown one; the nearest is named.
    """
    name = text.strip().lower()
    if name in ("", "none"):
        return None
    moves_named(name)
    return name


def differences(was: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """Measured differences between two mixes in dB, by axis."""
    return {
        axis.name: round(now[axis.name] - was[axis.name], 3)
        for axis in AXES
        if axis.name in was and axis.name in now
    }


def words_of(moved_db: Mapping[str, float]) -> str:
    """Difference between two mixes in words: "vocals +1.5 dB, darker", the largest first."""
    axes = [axis for axis in AXES if axis.name in moved_db]
    axes.sort(key=lambda axis: -abs(moved_db[axis.name]) / axis.spread_db)
    words = [axis.word(moved_db[axis.name]) for axis in axes]
    return ", ".join(word for word in words if word) or "much like the first"


def distance(moved_db: Mapping[str, float]) -> float:
    """Distance of two mixes in spreads between engineers: the root of the squares' sum."""
    return math.hypot(
        *(moved_db[axis.name] / axis.spread_db for axis in AXES if axis.name in moved_db)
    )


def place_of(
    sound: Mapping[str, float],
    first_sound: Mapping[str, float],
    first_lufs: float,
    moves: Mapping[str, float],
) -> VariationTable:
    """Place of a variation, from its measurements and those of the first mix."""
    moved = differences(first_sound, sound)
    return {
        "words": words_of(moved),
        "moves": dict(moves),
        "sound": dict(sound),
        "moved": moved,
        "distance": round(distance(moved), 3),
        "first_lufs": first_lufs,
    }


def standing_words(place: VariationTable) -> str:
    """Place of a variation in a line: "brighter; 1.02 spreads from the mix without it"."""
    return (
        f"{place['words']}; {place['distance']:.2f} spreads from the mix without it, "
        f"at its {place['first_lufs']:.1f} LUFS"
    )
