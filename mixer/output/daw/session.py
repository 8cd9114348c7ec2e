"""A finished mix as a session: wet stems on tracks, dry originals muted beside them, the mix.

Wet stems are written with all that the mix did to them, so their faders stand at 0 dB and in the
middle, and with the residual their sum is the mix. Dry originals come at the gain that `song.toml`
gives them; they, and the mix for reference, are muted.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mixer.errors import SettingsError
from mixer.output.names import MIX
from mixer.output.recipe import Recipe
from mixer.rendering.mix import Mix
from mixer.song.recording import Recording
from mixer.song.sides import LEFT, MID, RIGHT, SIDE
from mixer.song.song_file import Marker
from mixer.stems import COLORS, FURTHER_STEM_COLOR, MIX_COLOR

WET, DRY, REFERENCE = "Wet stems", "Dry originals", "Reference"
# A new project's, where the song does not tell its own; nothing in a session hangs on it.
DEFAULT_TEMPO_BPM = 120.0
_DRY_WHITE_SHARE = 0.45
# A side signal is in the middle as any mono file: it is to be decoded with its mid there.
_SIDES = {LEFT: -1.0, RIGHT: 1.0, MID: 0.0, SIDE: 0.0, None: 0.0}
_LONGEST_NAME = 80


@dataclass(frozen=True)
class DawTrack:
    """One audio file on one track, from the start of the session.

    Attributes:
        name: of one line, unique in its session.
        color: "#rrggbb".
        path: of the audio file.
        gain_db: of the fader.
        pan: -1 left to 1 right; the balance of a stereo file.
        muted: whether it is silent until asked for.
        group: of tracks that belong together in a folder, or None.
        channels, n_samples, sample_rate: of the file.
    """

    name: str
    color: str
    path: Path
    gain_db: float
    pan: float
    muted: bool
    group: str | None
    channels: int
    n_samples: int
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate


@dataclass(frozen=True)
class DawSession:
    """Everything that a session file holds.

    Attributes:
        title: the song's name.
        sample_rate: in Hz.
        n_samples: length of the mix.
        tempo_bpm: None where the song does not tell.
        tracks: in order; those of a group stand together.
        markers: in the order of time.
        left_out: recordings that a workstation cannot open as a file of their own.
    """

    title: str
    sample_rate: int
    n_samples: int
    tempo_bpm: float | None
    tracks: tuple[DawTrack, ...]
    markers: tuple[Marker, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate


def daw_session(mix: Mix, recipe: Recipe, markers: Sequence[Marker] = ()) -> DawSession:
    """Make a session of a mix that has been written with its wet stems.

    Args:
        mix: from `mixer.render`.
        recipe: what `write_mix` answered; tells where the files are.
        markers: from `song.toml`.

    Raises:
        SettingsError: the mix was written without wet stems.
    """
    output = recipe["output"]
    paths = {name: Path(entry["path"]) for name, entry in output["files"].items()}
    wet = [name for name in paths if name != MIX]
    if not wet:
        raise SettingsError(
            f"{paths[MIX].name} has no wet stems to put on tracks; render it with stems"
        )
    names = _Names()

    def written(name: str, shown: str, color: str, group: str, muted: bool) -> DawTrack:
        return DawTrack(
            name=names.unique(shown),
            color=color,
            path=paths[name],
            gain_db=0.0,
            pan=0.0,
            muted=muted,
            group=group,
            channels=mix.audio.shape[0],
            n_samples=int(output["n_samples"]),
            sample_rate=int(output["sample_rate"]),
        )

    recordings, left_out = _openable(mix.song.recordings)
    tracks = [written(name, name, _color(name), WET, False) for name in wet]
    tracks += [_dry_track(recording, names) for recording in recordings]
    tracks.append(written(MIX, "mix", MIX_COLOR, REFERENCE, True))
    return DawSession(
        title=plain_name(mix.song.name),
        sample_rate=int(output["sample_rate"]),
        n_samples=int(output["n_samples"]),
        tempo_bpm=mix.song.tempo_bpm,
        tracks=tuple(tracks),
        markers=tuple(
            Marker(plain_name(marker.name), float(marker.time_s))
            for marker in sorted(markers, key=lambda marker: marker.time_s)
        ),
        left_out=left_out,
    )


def plain_name(text: str) -> str:
    """Text as a name that any workstation and XML can show: one line, no control signs, not long.

    What a file system allows and text does not, like lone surrogates, becomes `?`.
    """
    kept = "".join(_plain_sign(sign) for sign in unicodedata.normalize("NFC", text))
    return " ".join(kept.split())[:_LONGEST_NAME].rstrip() or "?"


def _plain_sign(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    if kind == "Cf":  # nothing to see, and some turn the direction of writing
        return ""
    return "?" if kind in ("Cs", "Cn", "Co") else sign


def relative_path(source: Path, folder: Path, home: Path | None) -> str:
    """An audio file as seen from a session, with forward slashes; absolute from another drive.

    Args:
        source: the file.
        folder: in which the session is written.
        home: to which it is then moved with all that lies beside it; None if it stays.
    """
    folder = folder.resolve()
    moves_along = source.is_relative_to(folder)
    start = folder if moves_along or home is None else home.resolve()
    try:
        return Path(os.path.relpath(source, start)).as_posix()
    except ValueError:
        return source.as_posix()


class _Names:
    """Names already given; a second one of the same gets a number, capitals aside."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def unique(self, text: str) -> str:
        name, number = plain_name(text), 1
        found = name
        while found.casefold() in self._given:
            number += 1
            found = f"{name[: _LONGEST_NAME - 8]} {number}"
        self._given.add(found.casefold())
        return found


def _openable(recordings: Sequence[Recording]) -> tuple[list[Recording], tuple[str, ...]]:
    """Those that are a file of their own, grouped by stem; and the names of the others.

    Of a stem container a workstation opens the first stream, which is the mixture.
    """
    of_container = {r.source.path for r in recordings if r.source.stream > 0}
    kept = [r for r in recordings if r.source.path not in of_container]
    stems = list(dict.fromkeys(r.stem for r in kept))
    kept.sort(key=lambda r: stems.index(r.stem))
    left_out = [r.file for r in recordings if r.source.path in of_container]
    return kept, tuple(left_out)


def _dry_track(recording: Recording, names: _Names) -> DawTrack:
    source = recording.source
    return DawTrack(
        name=names.unique(f"{Path(recording.file).stem} (dry)"),
        color=_towards_white(_color(recording.stem or "")),
        path=source.path,
        gain_db=recording.gain_db,
        pan=_SIDES[recording.side],
        muted=True,
        group=DRY,
        channels=source.channels,
        n_samples=source.n_samples,
        sample_rate=source.sample_rate,
    )


def _color(stem: str) -> str:
    return COLORS.get(stem, FURTHER_STEM_COLOR)


def _towards_white(color: str) -> str:
    parts = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    lighter = (round(part + _DRY_WHITE_SHARE * (255 - part)) for part in parts)
    return "#" + "".join(f"{part:02x}" for part in lighter)
