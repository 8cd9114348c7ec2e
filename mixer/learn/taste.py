"""Changes that an engineer made alike in several songs, as a preset by role and by stem.

`mixer.learn.decision` says what counts; the size of a change is the middle one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from mixer.console.settings import MASTER
from mixer.learn.common_bands import Cluster, Placed, clusters_of, net_bands
from mixer.learn.decision import LEAST_DB, is_most, why_not
from mixer.learn.recall_reader import WrittenMix
from mixer.learn.session_changes import Changed
from mixer.learn.strip_moves import Keys, Move, Moves, moves_of, preset_value
from mixer.learn.taste_words import setting_words, spread_words
from mixer.learn.user_edit import band_row
from mixer.output.daw.daw_formats import Device
from mixer.output.daw.strips.strip_words import band_words, hz_words
from mixer.preset.console_shape import ROLES
from mixer.roles import ROLE_NAMES
from mixer.stems import STEMS

# Changes too small to be a taste, in the units of a `Move`.
_LEAST = {"pan": 0.03, "width": 0.05, "high_pass": 0.05, "low_pass": 0.05}


@dataclass(frozen=True)
class Habit:
    """A change that was made alike.

    Attributes:
        keys: of a preset, e.g. roles, lead_vocal, gain_db.
        value: what the preset says there.
        words: in words, such as "lead vocal +1.4 dB in 7 of 8 songs (+0.9 to +2.1)".
        move: the middle one.
    """

    keys: Keys
    value: Any
    words: str
    move: Move | None = None


@dataclass
class Taste:
    """Preferences learnt from several songs.

    Attributes:
        habits: changes that were made alike.
        others: changes that were not, or that a preset cannot hold, a line each.
    """

    habits: list[Habit] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def table(self) -> dict[str, Any]:
        """Habits as a preset's tables; bands of one strip are one list."""
        table: dict[str, Any] = {}
        for habit in self.habits:
            place = table
            for key in habit.keys[:-1]:
                place = place.setdefault(key, {})
            if habit.keys[-1] == "eq":
                place.setdefault("eq", []).append(habit.value)
            else:
                place[habit.keys[-1]] = habit.value
            if habit.move is not None and habit.move.pan_gain_db:
                # Gains come before pans in the alphabet.
                gain_db = place.get("gain_db", habit.move.own_gain_db) + habit.move.pan_gain_db
                place["gain_db"] = round(gain_db, 2)
        return table


@dataclass
class _Place:
    """A role, a stem or the mix, in all songs.

    Attributes:
        songs: for each that has it, what was changed of each of its tracks, or of the folder; None
            if nothing was.
        can_more: for each, whether more than gains can be said of it there.
        has_width: likewise, whether its width can.
    """

    songs: list[list[Moves | None]] = field(default_factory=list)
    can_more: list[bool] = field(default_factory=list)
    has_width: list[bool] = field(default_factory=list)

    def n_songs(self, keys: Keys) -> int:
        """Songs in which a setting could have been changed."""
        if keys == ("width",):
            return sum(self.has_width)
        only_gains = keys in (("gain_db",), ("mute",))
        return len(self.songs) if only_gains else sum(self.can_more)


def taste_of(songs: Sequence[tuple[WrittenMix, Sequence[Changed]]]) -> Taste:
    """Changes made alike, by role of tracks, by stem, and of the mix.

    Args:
        songs: each as it was written, with what was changed.
    """
    places: dict[Keys, _Place] = {}
    for written, changed in songs:
        _sort(written, changed, places)
    taste = Taste()
    for keys, place in sorted(places.items()):
        _settings(keys, place, taste)
        _bands(keys, place, taste)
        for what, n in Counter(_not_for_presets(place)).items():
            taste.others.append(f"{_name(keys)}: {what}, {_of(n, len(place.songs))}")
    return taste


def _sort(written: WrittenMix, changed: Sequence[Changed], places: dict[Keys, _Place]) -> None:
    """One song's changes to their places."""
    moves = {(one.is_group, one.written.source): moves_of(one, written) for one in changed}
    own: dict[Keys, list[Moves | None]] = {}
    for row in written.tracks:
        if row.role in ROLE_NAMES:
            own.setdefault((ROLES, row.role or ""), []).append(moves.get((False, row.source)))
    for row in written.groups:
        if row.source in (*STEMS, MASTER):
            own[(row.source,)] = [moves.get((True, row.source))]
    for keys, of_tracks in own.items():
        place = places.setdefault(keys, _Place())
        is_role = keys[0] == ROLES
        place.songs.append(of_tracks)
        place.can_more.append(written.mixes_tracks or not is_role)
        place.has_width.append(written.mixes_tracks and is_role and Device.WIDTH in written.devices)


def _settings(place_keys: Keys, place: _Place, taste: Taste) -> None:
    by_keys: dict[Keys, list[Move]] = {}
    for song in place.songs:
        for keys, moves in _of_song(song).items():
            if is_most(len(moves), len(song)):
                by_keys.setdefault(keys, []).append(_middle(moves))
    for keys, made in sorted(by_keys.items()):
        n_songs, changes = place.n_songs(keys), [move.change for move in made]
        reason = why_not(changes, n_songs, _LEAST.get(keys[-1].removesuffix("_hz"), LEAST_DB))
        if reason:
            words = f"{setting_words(_middle(made))} {_of(len(made), n_songs)}: {reason}"
            taste.others.append(f"{_name(place_keys)} {words}")
            continue
        middle = _middle([m for m in made if m.change * median(changes) > 0.0])
        values = [m.value for m in made if m.value is not None and m.by == middle.by]
        words = f"{setting_words(middle)} {_of(len(made), n_songs)}{spread_words(middle, values)}"
        words = f"{_name(place_keys)} {words}"
        taste.habits.append(Habit((*place_keys, *keys), preset_value(middle), words, middle))


def _of_song(song: Sequence[Moves | None]) -> dict[Keys, list[Move]]:
    found: dict[Keys, list[Move]] = {}
    for moves in song:
        for move in moves.settings if moves is not None else ():
            found.setdefault(move.keys, []).append(move)
    return found


def _middle(moves: Sequence[Move]) -> Move:
    """The middle one of changes of one setting, in the manner that most of them are made."""
    manners = [(m.value is None, m.by, m.slope_db_per_octave) for m in moves]
    manner = Counter(manners).most_common(1)[0][0]
    values = [m.value for m, own in zip(moves, manners, strict=True)
              if own == manner and m.value is not None]  # fmt: skip
    is_off, by, slope = manner
    value = None if is_off else median(values)
    gains_db = (median(m.own_gain_db for m in moves), median(m.pan_gain_db for m in moves))
    return Move(moves[0].keys, value, median(m.change for m in moves), by, slope, *gains_db)


def _bands(place_keys: Keys, place: _Place, taste: Taste) -> None:
    placed = [
        Placed(i, j, band)
        for i, song in enumerate(place.songs)
        for j, moves in enumerate(song)
        if moves is not None and moves.bands is not None
        for band in net_bands(moves.bands)
    ]
    n_songs = place.n_songs(("eq",))
    for cluster in clusters_of(placed):
        most = {
            i: own for i, own in cluster.bands.items() if is_most(len(own), len(place.songs[i]))
        }
        if not most:
            continue
        cluster = Cluster(most)
        gains_db = cluster.of_songs(lambda band: band.gain_db)
        changes = [1.0] * len(most) if cluster.kind == "notch" else gains_db
        reason = why_not(changes, n_songs, LEAST_DB)
        words = f"{_name(place_keys)} {band_words(cluster.middle)} {_of(len(most), n_songs)}"
        if reason:
            taste.others.append(f"{words}: {reason}")
            continue
        row = band_row(cluster.middle)
        taste.habits.append(Habit((*place_keys, "eq"), row, f"{words} ({_band_spread(cluster)})"))


def _band_spread(cluster: Cluster) -> str:
    gains_db, hz = (
        cluster.of_songs(lambda b: b.gain_db),
        cluster.of_songs(lambda b: b.frequency_hz),
    )
    gains = "" if cluster.kind == "notch" else f"{min(gains_db):+.1f} to {max(gains_db):+.1f} dB, "
    return f"{gains}{hz_words(min(hz))} to {hz_words(max(hz))}"


def _not_for_presets(place: _Place) -> Iterator[str]:
    """Changes that belong to one song, once each."""
    for song in place.songs:
        found = {
            what: None for moves in song if moves is not None for what in moves.not_for_presets
        }
        yield from (f"{what} cannot be set in a preset" for what in found)


def _name(keys: Keys) -> str:
    return "mix" if keys == (MASTER,) else keys[-1].replace("_", " ")


def _of(n_made: int, n_songs: int) -> str:
    return f"in {n_made} of {n_songs} songs"
