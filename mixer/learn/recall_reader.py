"""The numbers with which a session was written, found beside it and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixer.errors import InputError
from mixer.files.regular_file import read_regular
from mixer.files.wording import visible
from mixer.output.daw.daw_formats import DAW_FORMATS, Device
from mixer.output.daw.native_strip import EqBand, Strip
from mixer.output.daw.recall import RECALL_VERSION
from mixer.output.names import RECALL_SUFFIXES

_LONGEST_BYTES = 256 << 20
_SUFFIX = RECALL_SUFFIXES["recall numbers"]
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
        hand: what the user had set of it, as a preset says it.
    """

    name: str
    source: str
    role: str | None
    strip: Strip
    hand: Mapping[str, Any] = field(default_factory=dict)


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
    own = session.with_name(session.stem + _SUFFIX)
    return own if own.exists() else session.with_name(_SET_ASIDE.sub("", session.stem) + _SUFFIX)


def read_recall(path: Path, daw: str) -> WrittenMix:
    """Read the numbers of a session of a format.

    Raises:
        InputError: the file does not exist, is not a recall sheet, or has no values for that
            format.
    """
    try:
        if path.stat().st_size > _LONGEST_BYTES:
            raise InputError(f"{visible(path)} is larger than any recall sheet")
        table = json.loads(read_regular(path).decode())
    except FileNotFoundError:
        raise InputError(
            f"{visible(path)}, with the settings that the session was written with, was not found;"
            " name it with --recall, or write the session again"
        ) from None
    except OSError as error:
        raise InputError(f"{visible(path)}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise InputError(f"{visible(path)} is not a recall sheet's JSON") from None
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
            loudness_lufs=None if target is None else float(target),
            tracks=tuple(_written(row) for row in own["tracks"]),
            groups=tuple(_written(row) for row in own["groups"]),
            others=frozenset(map(str, own["others"])),
            devices=DAW_FORMATS[daw].devices,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(f"{visible(path)} is not a recall sheet's JSON") from None


def _written(row: Mapping[str, Any]) -> Written:
    strip = Strip(
        gain_db=float(row["gain_db"]),
        pan=float(row["pan"]),
        muted=bool(row["muted"]),
        soloed=bool(row["soloed"]),
        width=float(row["width"]),
        bands=tuple(EqBand(str(k), float(f), float(g), float(q)) for k, f, g, q in row["bands"]),  # type: ignore[arg-type]
        automation=tuple((float(t), float(v)) for t, v in row["automation"]),
        sends=tuple((str(name), float(db)) for name, db in row["sends"].items()),
    )
    role = None if row["role"] is None else str(row["role"])
    return Written(str(row["name"]), str(row["source"]), role, strip, dict(row["hand"]))
