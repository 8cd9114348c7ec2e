"""Settings of a track mixer: a strip for each track, a bus for each group, one for the mix.

All numbers are an engineer's and bounded, whatever a model answers. A strip works in this order:
high-pass, curve, shape, compressor, ride, fader (which makes up for what the compressor takes),
width, widening, pan; sends leave after the pan. A group's bus is its tracks' sum with their
returns: curve, compressor, gain. The mix is the sum of the groups: curve, compressor, gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict, overload

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.erb_bands import band_centres_hz, erb_number
from mixer.stems import STEMS

# Where curves are given; straight between them on the scale of hearing, level beyond the ends.
CURVE_HZ = (50.0, 100.0, 200.0, 400.0, 800.0, 1_600.0, 3_150.0, 6_300.0, 12_500.0)
FLAT = (0.0,) * len(CURVE_HZ)
MAX_CURVE_DB = 12.0
MAX_BUS_CURVE_DB = 6.0
# A high-pass at or below this is off.
HIGH_PASS_OFF_HZ = 20.0
# A send at or below this is off.
SEND_OFF_DB = -40.0
# Note values in beats that an echo may have: a sixteenth to a half, two of them dotted.
ECHO_BEATS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class Compression:
    """A compressor of the console (`mixer.console.settings.Compressor`), without make-up gain.

    Attributes:
        threshold_db: of peaks, in dBFS at the compressor's input.
        ratio: 1 to 10.
        attack_ms, release_ms: time constants.
    """

    threshold_db: float = 0.0
    ratio: float = 1.0
    attack_ms: float = 10.0
    release_ms: float = 120.0

    @property
    def is_off(self) -> bool:
        """Whether it never acts."""
        return self.ratio <= 1.0

    def bounded(self) -> Compression:
        """Every number within what a console has."""
        return Compression(
            _within(self.threshold_db, -80.0, 0.0),
            _within(self.ratio, 1.0, 10.0),
            _within(self.attack_ms, 0.1, 500.0),
            _within(self.release_ms, 1.0, 5_000.0),
        )


@dataclass(frozen=True)
class TrackSettings:
    """One track's strip.

    Attributes:
        gain_db: the fader, on the track as it was recorded; -72 to 72, since recordings may be at
            any level.
        pan: -1 (left) to 1, `mixer.console.stereo.pan_gains`: where a mono source stands, and the
            balance of a stereo one.
        width: gain of the side signal of a stereo track, 0 to 2; 1 for a mono one.
        widen_db: energy of a side signal that is made of the middle over that of the middle
            (`mixer.network.band_mixer.space`); `SEND_OFF_DB` for none.
        high_pass_hz: second-order Butterworth; `HIGH_PASS_OFF_HZ` for none.
        curve_db: at `CURVE_HZ`, -12 to 12.
        shape: gain in dB for each dB by which a moment is above (or below) the level around it:
            below 0 evens transients out, above 0 sharpens them; -0.6 to 0.6.
        ride: share of the slow movement of its level that is taken away, 0 to 1.
        compression: how loud moments are held.
        short_room_db, long_room_db, echo_db: energy that comes back over the track's own, after
            fader and pan; `SEND_OFF_DB` for none.
    """

    gain_db: float = 0.0
    pan: float = 0.0
    width: float = 1.0
    widen_db: float = SEND_OFF_DB
    high_pass_hz: float = HIGH_PASS_OFF_HZ
    curve_db: tuple[float, ...] = FLAT
    shape: float = 0.0
    ride: float = 0.0
    compression: Compression = Compression()
    short_room_db: float = SEND_OFF_DB
    long_room_db: float = SEND_OFF_DB
    echo_db: float = SEND_OFF_DB

    def bounded(self) -> TrackSettings:
        """Every setting within what a console has."""
        return replace(
            self,
            gain_db=_within(self.gain_db, -72.0, 72.0),
            pan=_within(self.pan, -1.0, 1.0),
            width=_within(self.width, 0.0, 2.0),
            widen_db=_within(self.widen_db, SEND_OFF_DB, 0.0),
            high_pass_hz=_within(self.high_pass_hz, HIGH_PASS_OFF_HZ, 1_000.0),
            curve_db=_bounded_curve(self.curve_db, MAX_CURVE_DB),
            shape=_within(self.shape, -0.6, 0.6),
            ride=_within(self.ride, 0.0, 1.0),
            compression=self.compression.bounded(),
            short_room_db=_within(self.short_room_db, SEND_OFF_DB, 0.0),
            long_room_db=_within(self.long_room_db, SEND_OFF_DB, 0.0),
            echo_db=_within(self.echo_db, SEND_OFF_DB, 0.0),
        )


@dataclass(frozen=True)
class BusSettings:
    """The bus of a group, or of the mix.

    Attributes:
        gain_db: -24 to 24.
        curve_db: at `CURVE_HZ`, -6 to 6.
        compression: glue.
    """

    gain_db: float = 0.0
    curve_db: tuple[float, ...] = FLAT
    compression: Compression = Compression()

    def bounded(self) -> BusSettings:
        """Every setting within what a console has."""
        return BusSettings(
            _within(self.gain_db, -24.0, 24.0),
            _bounded_curve(self.curve_db, MAX_BUS_CURVE_DB),
            self.compression.bounded(),
        )


@dataclass(frozen=True)
class SpaceSettings:
    """The rooms and the echo that tracks are sent to.

    Attributes:
        short_decay_s, long_decay_s: reverberation times at 1 kHz.
        short_pre_delay_ms, long_pre_delay_ms: before the rooms.
        echo_s: from one echo to the next.
        echo_feedback: 0 to 0.9.
    """

    short_decay_s: float = 0.5
    long_decay_s: float = 1.8
    short_pre_delay_ms: float = 5.0
    long_pre_delay_ms: float = 25.0
    echo_s: float = 0.375
    echo_feedback: float = 0.3

    def bounded(self) -> SpaceSettings:
        """Every setting within what a console has."""
        return SpaceSettings(
            _within(self.short_decay_s, 0.1, 2.0),
            _within(self.long_decay_s, 0.3, 6.0),
            _within(self.short_pre_delay_ms, 0.0, 100.0),
            _within(self.long_pre_delay_ms, 0.0, 200.0),
            _within(self.echo_s, 0.02, 2.0),
            _within(self.echo_feedback, 0.0, 0.9),
        )

    def in_tempo(self, tempo_bpm: float | None) -> SpaceSettings:
        """The same with the echo at the note value whose ratio to its own time is nearest to 1.

        Args:
            tempo_bpm: of the song; None if unknown: the echo then keeps its time.
        """
        if not tempo_bpm:
            return self
        times_s = 60.0 / tempo_bpm * np.array(ECHO_BEATS)
        nearest = int(np.argmin(np.abs(np.log(times_s / self.echo_s))))
        return replace(self, echo_s=float(times_s[nearest])).bounded()


@dataclass(frozen=True)
class ConsoleSettings:
    """A whole mix: what the network set, before any of the user's changes.

    Attributes:
        tracks: in the order in which the tracks were given.
        groups: each of `mixer.stems.STEMS`.
        mix: the sum's bus.
        space: what tracks are sent to.
    """

    tracks: tuple[TrackSettings, ...]
    groups: Mapping[str, BusSettings]
    mix: BusSettings = BusSettings()
    space: SpaceSettings = SpaceSettings()

    def __post_init__(self) -> None:
        if set(self.groups) != set(STEMS):
            raise ValueError(f"groups are {', '.join(self.groups)}, not {', '.join(STEMS)}")

    def bounded(self) -> ConsoleSettings:
        """Every setting within what a console has."""
        return ConsoleSettings(
            tuple(track.bounded() for track in self.tracks),
            {stem: bus.bounded() for stem, bus in self.groups.items()},
            self.mix.bounded(),
            self.space.bounded(),
        )


class CompressionTable(TypedDict):
    """`Compression` as JSON."""

    threshold_db: float
    ratio: float
    attack_ms: float
    release_ms: float


class TrackTable(TypedDict):
    """`TrackSettings` as JSON."""

    gain_db: float
    pan: float
    width: float
    widen_db: float
    high_pass_hz: float
    curve_db: list[float]
    shape: float
    ride: float
    compression: CompressionTable
    short_room_db: float
    long_room_db: float
    echo_db: float


class BusTable(TypedDict):
    """`BusSettings` as JSON."""

    gain_db: float
    curve_db: list[float]
    compression: CompressionTable


class SpaceTable(TypedDict):
    """`SpaceSettings` as JSON."""

    short_decay_s: float
    long_decay_s: float
    short_pre_delay_ms: float
    long_pre_delay_ms: float
    echo_s: float
    echo_feedback: float


@overload
def as_json(settings: TrackSettings) -> TrackTable: ...
@overload
def as_json(settings: BusSettings) -> BusTable: ...
@overload
def as_json(settings: SpaceSettings) -> SpaceTable: ...
def as_json(settings: Any) -> Any:
    """Settings as an object of plain numbers, readable, nothing left out."""
    return {field.name: _plain(getattr(settings, field.name)) for field in fields(settings)}


def track_settings(table: TrackTable) -> TrackSettings:
    """Read a strip from a record, bounded; the inverse of `as_json`."""
    values: dict[str, Any] = {**table, "curve_db": tuple(table["curve_db"])}
    values["compression"] = Compression(**table["compression"])
    return TrackSettings(**values).bounded()


def curve_points() -> NDArray[np.float64]:
    """Positions of `CURVE_HZ` on the scale of hearing."""
    return erb_number(np.asarray(CURVE_HZ))


def curve_at(curve_db: tuple[float, ...], frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """A curve's gain in dB at frequencies in Hz of any shape."""
    return np.asarray(np.interp(erb_number(frequency_hz), curve_points(), curve_db))


def curve_matrix(n_bands: int) -> NDArray[np.float64]:
    """(points, bands): a curve at `CURVE_HZ` times this is its gain at the bands' centres."""
    hz = band_centres_hz(n_bands)
    return np.stack([curve_at(tuple(row), hz) for row in np.eye(len(CURVE_HZ))])


def high_pass_db(high_pass_hz: float, frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain in dB of the strip's high-pass at frequencies in Hz; 0 if it is off."""
    if high_pass_hz <= HIGH_PASS_OFF_HZ:
        return np.zeros_like(frequency_hz)
    return np.asarray(-10.0 * np.log10(1.0 + (high_pass_hz / frequency_hz) ** 4))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | str):
        return value
    return as_json(value)


def _bounded_curve(curve_db: tuple[float, ...], most_db: float) -> tuple[float, ...]:
    if len(curve_db) != len(CURVE_HZ):
        raise ValueError(f"a curve of {len(curve_db)} points: it must have {len(CURVE_HZ)}")
    return tuple(_within(level, -most_db, most_db) for level in curve_db)


def _within(value: float, low: float, high: float) -> float:
    # Also what is not a number ends within bounds.
    return float(min(max(value, low), high)) if value == value else float(min(max(0.0, low), high))
