"""The numbers with which a session was written, found beside it and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from mixer.errors import InputError
from mixer.files.document import read_json
from mixer.files.mistakes import find_mistakes
from mixer.files.wording import visible
from mixer.output.daw.daw_formats import DAW_FORMATS, Device
from mixer.output.daw.read_session import MOST_BANDS, MOST_POINTS, MOST_TRACKS
from mixer.output.daw.recall import RECALL_VERSION
from mixer.output.daw.strips.native_strip import BandKind, EqBand, Strip
from mixer.preset.console_shape import STRIP
from mixer.song.folders.folder_names import RECALL_NUMBERS_SUFFIX

_LONGEST_BYTES = 64 << 20
# No strip that mixer writes is outside of these.
_LEVEL_DB, _PAN, _WIDTH = (-400.0, 400.0), (-1.0, 1.0), (0.0, 100.0)
_FREQUENCY_HZ, _Q = (1.0, 1e6), (1e-3, 1e5)
_TIME_S, _FACTOR = (-1e6, 1e6), (0.0, 1e9)
# How a batch names a session that was worked in.
_SET_ASIDE = re.compile(r" \(edited \d+\)$")


@dataclass(frozen=True)
class Written:
    """A track or a folder as it was written.

    Attributes:
        name: in the session.
        source: the mixer's own name of the track, or of the stem.
        role: of a track.
        strip: its settings.
        user: what the user had set of it, as a preset says it.
    """

    name: str
    source: str
    role: str | None
    strip: Strip
    user: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WrittenMix:
    """A session as it was written.

    Attributes:
        song: the song's folder.
        mixes_tracks: its model sets strips of tracks.
        loudness_lufs: the mix's target; None for none.
        tracks, groups: in order.
        others: names of what else was on tracks: returns, the residual, the mix.
        devices: what of a strip the format holds, and so can be changed.
    """

    song: Path
    mixes_tracks: bool
    loudness_lufs: float | None
    tracks: tuple[Written, ...]
    groups: tuple[Written, ...]
    others: frozenset[str] = frozenset()
    devices: frozenset[Device] = frozenset()


def recall_of(session: Path) -> Path:
    """Path of a session's recall numbers: beside it, under its name or its original one."""
    stems = (session.stem, _SET_ASIDE.sub("", session.stem))
    own, original = (session.with_name(stem + RECALL_NUMBERS_SUFFIX) for stem in stems)
    return own if own.exists() else original


def read_recall(path: Path, daw: str) -> WrittenMix:
    """Read the numbers of a session of a format.

    Raises:
        InputError: the file does not exist, is not a recall sheet, or has no values for that
            format.
    """
    if not path.exists():
        raise InputError(
            f"{visible(path)}, with the settings that the session was written with, was not found;"
            " name it with --recall, or write the session again"
        )
    table = read_json(path, "a recall sheet", InputError, most_bytes=_LONGEST_BYTES).table
    try:
        if table["version"] != RECALL_VERSION:
            raise InputError(
                f"{visible(path)} was written by another version of mixer; write the session again"
            )
        if daw not in table["sessions"]:
            raise InputError(f"{visible(path)} holds no values for a {daw} session")
        own, target = table["sessions"][daw], table["loudness_lufs"]
        return WrittenMix(
            song=Path(str(table["song"])),
            mixes_tracks=bool(table["mixes_tracks"]),
            loudness_lufs=None if target is None else _number(target, _LEVEL_DB),
            tracks=_all_written(own["tracks"]),
            groups=_all_written(own["groups"]),
            others=frozenset(map(str, own["others"])),
            devices=DAW_FORMATS[daw].devices,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(f"{visible(path)} is not a recall sheet that mixer wrote") from None


def _all_written(rows: Sequence[Mapping[str, Any]]) -> tuple[Written, ...]:
    if len(rows) > MOST_TRACKS:
        raise ValueError("too many tracks")
    return tuple(map(_written, rows))


def _written(row: Mapping[str, Any]) -> Written:
    if len(row["bands"]) > MOST_BANDS or len(row["automation"]) > MOST_POINTS:
        raise ValueError("more than any strip has")
    strip = Strip(
        gain_db=_number(row["gain_db"], _LEVEL_DB),
        pan=_number(row["pan"], _PAN),
        muted=bool(row["muted"]),
        soloed=bool(row["soloed"]),
        width=_number(row["width"], _WIDTH),
        bands=tuple(_band(*band) for band in row["bands"]),
        automation=tuple((_number(t, _TIME_S), _number(v, _FACTOR)) for t, v in row["automation"]),
        sends=tuple((str(name), _number(db, _LEVEL_DB)) for name, db in row["sends"].items()),
    )
    role, user = None if row["role"] is None else str(row["role"]), dict(row["user"])
    if next(find_mistakes(STRIP, user, is_layer=True), None) is not None:
        raise ValueError("not a strip of a preset")
    return Written(str(row["name"]), str(row["source"]), role, strip, user)


def _band(kind: Any, frequency_hz: Any, gain_db: Any, q: Any) -> EqBand:
    if kind not in get_args(BandKind):
        raise ValueError("unknown kind of band")
    frequency_hz, gain_db = _number(frequency_hz, _FREQUENCY_HZ), _number(gain_db, _LEVEL_DB)
    return EqBand(kind, frequency_hz, gain_db, _number(q, _Q))


def _number(value: Any, bounds: tuple[float, float]) -> float:
    if not isinstance(value, int | float) or not bounds[0] <= value <= bounds[1]:
        raise ValueError("a number out of its range")
    return float(value)
