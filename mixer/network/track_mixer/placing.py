"""The side of each track, which can only be decided for all tracks together.

The network says how far from the middle a track belongs. Sides are given here, by the tracks' own
sound and never by their order in a folder: named sides first, toms from right to left as they get
lower, and every other one to the side on which it leaves the mix, and the tracks of its own role,
better balanced (Perez Gonzalez and Reiss, "A real-time semiautonomous audio panning system for
music mixing", EURASIP 2010). Two of one role go apart; where there are more, those most alike go
apart as pairs, the brighter pairs further out, and an odd one stays nearest to the middle. Hi-hats,
open and closed, are one instrument in one place; programmed ones are in the middle. A mix that
would still lean is balanced: first the pans of the heavier side, then the lean that stereo
recordings came with.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mixer.network.track_mixer.electronic import are_programmed
from mixer.roles import FINISHED_STEM

# Always in the middle, whatever was recorded: also stems, which hold more than one instrument.
CENTRED_ROLES = frozenset(
    ("kick", "snare", "rim", "bass", "sub", "lead_vocal", *FINISHED_STEM.values())
)
# One instrument, whatever number of recordings or samples: open and closed, or two microphones.
_ONE_INSTRUMENT = frozenset(("hihat",))
# In the middle where a role has one mono track only, which nothing answers: in 90 human mixes
# (MixologyDB) so are 9 of 10 lone room microphones, all lone loops and overheads, and 7 of 10 lone
# backing voices; of several, 1 in 10 to 1 in 4.
_CENTRED_ALONE = frozenset(("room", "overheads", "drum_loop", "backing_vocals"))
# In the middle where drums are programmed. Of the wet tracks of 15 songs (LMMS, an album), all of
# them programmed, 15 of 23 hi-hats and all 5 of percussion have their balance within 1 dB of it, as
# have 6 of the 8 hi-hats that were mono; recorded hi-hats stand .32 from it (MixologyDB, a median).
_CENTRED_IF_PROGRAMMED = frozenset(("hihat", "percussion"))
# The only mono track of a role stands so much nearer, as nothing answers it; a hi-hat or a cymbal
# has its place in the kit. In those mixes lone ones are .13 to .49 from the middle (means of seven
# roles, 81 tracks), .48 times as far as where there are several.
_NEARER_ALONE = 0.5
_PLACED_ALONE = frozenset(("hihat", "cymbals", "toms"))
# A track at this level is silent.
SILENT_DB = -120.0
# A mix may lean by this much.
MOST_LEAN_DB = 0.9
# By energy less is allowed, as filters and compressors behind the pan still move it.
_MOST_LEAN_OF_ENERGY_DB = 0.6
# Which side the first one goes to: the hi-hat right, as the audience sees a kit.
_FIRST_SIDE = {"hihat": 1.0}
_ROLE_WEIGHT = 2.0
# A track is answered by one of at least half of its power.
_ANSWERED = 0.5
# Two halves of a pair stand at least so far from the middle.
_PAIR_SPREAD = 0.7
# Tracks of one role stand from so much less to so much more than their usual distance from the
# middle, pair by pair: engineers' guitars deviate by about half of it from each other.
_FANNED = 0.45
# Balancing a stereo recording takes it at most half way out.
_MOST_BALANCING = 0.5
_BISECTIONS = 20
# A track is silent where its level is further below its loudest moment.
MOVES_WITHIN_DB = 40.0


@dataclass(frozen=True)
class Placed:
    """Inputs of placing.

    Attributes:
        role: one of `mixer.roles.ROLE_NAMES`.
        spread: distance from the middle, 0 to 1.
        level_db: loudness in the mix.
        centroid_hz: of its spectrum.
        is_mono: a stereo recording keeps its image.
        side: "left" or "right" if the recording is one half of a pair, else None.
        above_level_db: its energy over the song against its loudness, but for a constant: lows
            count for little of the loudness, and pauses for nothing.
        right_share: of a stereo recording's energy, 0 to 1; 0.5 of a mono one's.
        moves_db: float32 (frames,), its level over the song, from `-MOVES_WITHIN_DB` to 0 at its
            loudest; empty if it is not known.
    """

    role: str
    spread: float
    level_db: float
    centroid_hz: float
    is_mono: bool
    side: str | None = None
    above_level_db: float = 0.0
    right_share: float = 0.5
    moves_db: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros(0, np.float32), repr=False, compare=False
    )


def place(tracks: Sequence[Placed], balancing: float = 1.0) -> list[float]:
    """A pan from -1 to 1 for each track; the same for a track in any order of the tracks.

    Args:
        tracks: all of a mix's.
        balancing: 0 (a finished mix, whose stereo recordings lean as they are meant to) to 1, of
            the way to the middle that a stereo recording may be moved if the mix leans.
    """
    tracks, partners = _fanned(_nearer_the_middle(tracks))
    pans = [0.0] * len(tracks)
    power = [_power(track, 0.0) for track in tracks]
    free = []
    for i, track in enumerate(tracks):
        if not track.is_mono or track.role in CENTRED_ROLES:
            continue
        if track.side is not None:
            apart = max(track.spread, _PAIR_SPREAD)
            pans[i] = apart if track.side == "right" else -apart
        else:
            free.append(i)
    toms = [i for i in free if tracks[i].role == "toms"]
    for i, pan in zip(toms, _from_right_to_left([tracks[i] for i in toms]), strict=True):
        pans[i] = pan
    others = [i for i in free if tracks[i].role != "toms"]
    placed: dict[str, float] = {}
    for i in sorted(others, key=lambda i: _order(tracks[i])):
        role = tracks[i].role
        pans[i] = placed.get(role, _side(i, pans, tracks, power, partners) * tracks[i].spread)
        if role in _ONE_INSTRUMENT:
            placed[role] = pans[i]
    balanced = [balancing * _own_balance(track) for track in tracks]
    # It is to lean neither to the ear nor on a meter.
    pans = _drawn_in(pans, balanced, tracks, power, MOST_LEAN_DB)
    energy = [_power(track, track.above_level_db) for track in tracks]
    return _drawn_in(pans, balanced, tracks, energy, _MOST_LEAN_OF_ENERGY_DB)


def balancing_pan(left: float, right: float) -> float:
    """The pan at which two channels of these powers have equal energy, at most half way out."""
    if min(left, right) <= 0.0:
        return 0.0
    pan = 4.0 / np.pi * np.arctan(np.sqrt(left / right)) - 1.0
    return float(np.clip(pan, -_MOST_BALANCING, _MOST_BALANCING))


def lean_db(
    pans: Sequence[float], power: Sequence[float], right_shares: Sequence[float] | float = 0.5
) -> float:
    """Power right over left of a mix, in dB.

    Args:
        pans, power: of each track.
        right_shares: of each track's power before its pan; 0.5 for mono ones.
    """
    angle, shares = (np.asarray(pans) + 1.0) * (np.pi / 4.0), np.asarray(right_shares)
    powers = np.asarray(power)
    # Exact sums, whatever the order of the tracks.
    left = math.fsum(powers * (1.0 - shares) * np.square(np.cos(angle)))
    right = math.fsum(powers * shares * np.square(np.sin(angle)))
    return float(10.0 * np.log10(max(right, 1e-12) / max(left, 1e-12)))


def _power(track: Placed, above_db: float) -> float:
    """Linear; 0 for silence, so that a silent track changes nothing at all."""
    if track.level_db <= SILENT_DB:
        return 0.0
    return float(10.0 ** ((track.level_db + above_db) / 10.0))


def _order(track: Placed) -> tuple[float, str, float, float]:
    return (-track.level_db - 10.0 * np.log10(max(track.spread, 1e-3)), track.role,
            track.centroid_hz, track.spread)  # fmt: skip


def _nearer_the_middle(tracks: Sequence[Placed]) -> list[Placed]:
    """Mono tracks that nothing answers stand nearer to the middle, programmed drums in it."""
    heard = [track for track in tracks if track.level_db > SILENT_DB]
    sounding = Counter(track.role for track in heard if track.is_mono)
    programmed = are_programmed([track.role for track in heard])

    def nearer(track: Placed) -> float:
        if programmed and track.role in _CENTRED_IF_PROGRAMMED:
            return 0.0
        if sounding[track.role] != 1 or track.role in _PLACED_ALONE:
            return 1.0
        return 0.0 if track.role in _CENTRED_ALONE else _NEARER_ALONE

    return [
        track if track.side is not None else replace(track, spread=nearer(track) * track.spread)
        for track in tracks
    ]


def _fanned(tracks: Sequence[Placed]) -> tuple[list[Placed], dict[int, int]]:
    """Tracks of which three or more share a role and could stand anywhere, at distances apart.

    Returns:
        The tracks, and for each that has a partner of its role the partner's number.
    """
    fanned, partners = list(tracks), dict[int, int]()
    by_role: dict[str, list[int]] = {}
    for i, track in enumerate(tracks):
        is_free = track.is_mono and track.side is None and track.level_db > SILENT_DB
        if is_free and track.role not in (*CENTRED_ROLES, *_ONE_INSTRUMENT, "toms"):
            by_role.setdefault(track.role, []).append(i)
    for own in by_role.values():
        own.sort(key=lambda i: (tracks[i].centroid_hz, _order(tracks[i])))
        pairs = [(own[a], own[b]) for a, b in _alike([tracks[i] for i in own])]
        partners |= {i: j for pair in pairs for i, j in (pair, pair[::-1])}
        alone = [i for i in own if i not in partners]
        distances = _distances(len(pairs), bool(alone))
        apart = dict.fromkeys(alone, -1.0 if pairs else 0.0)
        for pair, distance in zip(pairs, distances, strict=True):
            apart |= dict.fromkeys(pair, distance)
        for i, distance in apart.items():
            spread = min(1.0, tracks[i].spread * (1.0 + _FANNED * distance))
            fanned[i] = replace(tracks[i], spread=spread)
    return fanned, partners


def _alike(tracks: Sequence[Placed]) -> list[tuple[int, int]]:
    """Pairs of the tracks most alike, then of the rest, from dark to bright; an odd one is left.

    Doubles play the same part: of 147 composed songs with a double and a third track of its role,
    their movements find the double in 145, their spectra in 127.
    """
    n_frames = max((len(track.moves_db) for track in tracks), default=0)
    moves = np.full((len(tracks), n_frames + 1), -MOVES_WITHIN_DB, np.float32)
    for row, track in zip(moves, tracks, strict=True):
        row[: len(track.moves_db)] = track.moves_db
    octaves = np.log2([max(track.centroid_hz, 1.0) for track in tracks])
    apart = sorted(
        (float(np.abs(moves[i] - moves[j]).mean() + abs(octaves[i] - octaves[j])), i, j)
        for i in range(len(tracks))
        for j in range(i)
    )
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for _, i, j in apart:
        if taken.isdisjoint((i, j)):
            pairs.append((i, j))
            taken |= {i, j}
    return sorted(pairs, key=lambda pair: (octaves[list(pair)].sum(), pair))


def _distances(n_pairs: int, has_odd_one: bool) -> list[float]:
    """How far out pairs stand, -1 to 1, where the odd one stands at -1: on average 0."""
    mean = 0.5 / n_pairs if n_pairs and has_odd_one else 0.0
    return np.linspace(2.0 * mean - 1.0, 1.0, n_pairs).tolist() if n_pairs > 1 else [mean] * n_pairs


def _from_right_to_left(toms: Sequence[Placed]) -> list[float]:
    """Toms from high to low, as the audience sees a kit."""
    order = sorted(range(len(toms)), key=lambda i: (-toms[i].centroid_hz, _order(toms[i])))
    places = np.linspace(1.0, -1.0, len(toms)) if len(toms) > 1 else np.zeros(len(toms))
    pans = [0.0] * len(toms)
    for i, at in zip(order, places, strict=True):
        pans[i] = float(at * toms[i].spread)
    return pans


def _side(
    i: int,
    pans: Sequence[float],
    tracks: Sequence[Placed],
    power: Sequence[float],
    partners: Mapping[int, int],
) -> float:
    across = pans[partners[i]] if i in partners else 0.0
    if across:
        return -1.0 if across > 0.0 else 1.0
    same = math.fsum(
        pans[j] * power[j] for j in range(len(pans)) if tracks[j].role == tracks[i].role
    )
    # A track that answers one of its own role goes opposite it, whatever else there is.
    if abs(same) >= _ANSWERED * tracks[i].spread * power[i] > 0.0:
        return -1.0 if same > 0.0 else 1.0
    every = math.fsum(
        (pan + 2.0 * track.right_share - 1.0) * each
        for pan, track, each in zip(pans, tracks, power, strict=True)
    )
    weight = _ROLE_WEIGHT * same + every
    if abs(weight) < 1e-9 * power[i]:
        return _FIRST_SIDE.get(tracks[i].role, -1.0)
    return -1.0 if weight > 0.0 else 1.0


def _drawn_in(
    pans: list[float],
    balanced: Sequence[float],
    tracks: Sequence[Placed],
    power: Sequence[float],
    most_db: float,
) -> list[float]:
    """Move pans towards the middle until the mix leans by at most `most_db`, if they can.

    Args:
        pans: of each track.
        balanced: the pan at which a stereo recording no longer leans; 0 for mono ones.
        tracks: the mix.
        power: of each track.
        most_db: by which the mix may lean.
    """
    shares = [track.right_share for track in tracks]

    def leaning(each: Sequence[float]) -> float:
        return lean_db(each, power, shares)

    heavy = float(np.sign(leaning(pans)))
    # The mono tracks of the heavier side towards the middle, then the stereo ones that lean to it.
    mono, stereo = list(pans), list(pans)
    for i, track in enumerate(tracks):
        if track.is_mono and heavy * pans[i] > 0.0:
            mono[i] = stereo[i] = 0.0
        elif not track.is_mono and heavy * balanced[i] < min(0.0, heavy * pans[i]):
            stereo[i] = balanced[i]
    for start, end in ((pans, mono), (mono, stereo)):
        if heavy * leaning(start) <= most_db:
            return start
        if heavy * leaning(end) > most_db:
            continue
        low, high = 0.0, 1.0
        for _ in range(_BISECTIONS):
            share = 0.5 * (low + high)
            if heavy * leaning(_between(start, end, share)) > most_db:
                low = share
            else:
                high = share
        return _between(start, end, high)
    return stereo


def _own_balance(track: Placed) -> float:
    if track.is_mono:
        return 0.0
    return balancing_pan(1.0 - track.right_share, track.right_share)


def _between(start: Sequence[float], end: Sequence[float], share: float) -> list[float]:
    return [one + share * (other - one) for one, other in zip(start, end, strict=True)]
