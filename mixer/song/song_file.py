"""`song.toml`: what the engineer says about a song folder.

title = "Free"
dry = true                      # a dry recording: vocals and other get a room before the rest
tempo_bpm = 128
explicit = [{ from_s = 61.2, to_s = 61.9 }]     # words that a clean version leaves out

[files."07_Noise*.wav"]         # a file's name, or a pattern with * and ?
role = "percussion"             # what it plays, and so its stem where none is said
stem = "drums"
gain_db = -3
ignore = false

[files."Snare Bottom.wav"]
start_s = 1.5                   # where it begins; invert = true turns its polarity round
fix = "polarity,delay"          # against other microphones at its source; or "polarity", "delay",
                                # or "none", which wins over --fix

[console]                       # a preset's tables; they win over presets named for the render
extends = "rock"
[console.vocals]
gain_db = 1.5

[colors]                        # of stems and files, in the studio and in DAW sessions
vocals = "#c0402b"
"07_Noise*.wav" = "#5b7fd6"

[[markers]]                     # places for the DAW session
name = "chorus"
time_s = 43.2
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixer.errors import Gathered, PresetError
from mixer.files.document import Document, read_toml
from mixer.files.fields import MISSING, choice, entries, number, text
from mixer.files.mistakes import Mistake
from mixer.files.shape import table_of
from mixer.files.wording import suggest
from mixer.roles import ROLE_NAMES, STEM_OF_ROLE, UNKNOWN
from mixer.song.file_patterns import files_meant, is_exactly
from mixer.song.fixes import FIX_WORDS
from mixer.song.folders.folder_names import SONG_FILE
from mixer.stems import HEX_COLOR, STEMS

GAIN_RANGE_DB = (-60.0, 24.0)
START_RANGE_S = (-3_600.0, 36_000.0)
TEMPO_RANGE_BPM = (10.0, 400.0)
MARKER_RANGE_S = (0.0, 360_000.0)
_LONGEST_NAME = 200
_ROLES = tuple(role for role in ROLE_NAMES if role != UNKNOWN)


@dataclass(frozen=True)
class FileSettings:
    """Settings of a file in `song.toml`; None for those that are missing.

    Attributes:
        stem: one of `STEMS`; of a file that is said to have a role and no stem, the role's.
        role: what it plays, one of `mixer.roles.ROLE_NAMES` but the unknown one.
        gain_db: applied before the file is summed into its stem.
        ignore: leave the file out.
        start_s: where it begins in the song, in seconds; below 0 its start is cut.
        invert: turn its polarity round.
        fix: what to repair between it and other microphones at its source, one of `FIX_WORDS`.
    """

    stem: str | None = choice(None, STEMS)
    role: str | None = choice(None, _ROLES)
    gain_db: float = number(0.0, *GAIN_RANGE_DB)
    ignore: bool = False
    start_s: float | None = number(None, *START_RANGE_S)
    invert: bool = False
    fix: str | None = choice(None, FIX_WORDS)

    @property
    def in_words(self) -> str:
        """The stem and the role, but no stem that the role says by itself."""
        if self.role is not None and STEM_OF_ROLE[self.role] == self.stem:
            return self.role
        return ", ".join(word for word in (self.stem, self.role) if word is not None)


@dataclass(frozen=True)
class Marker:
    """A named place in the song, in seconds from its start."""

    name: str = text(longest=_LONGEST_NAME, help="the marker's name")
    time_s: float = number(MISSING, *MARKER_RANGE_S, help="the seconds from the song's start")


@dataclass(frozen=True)
class Explicit:
    """Words that a clean version leaves out, in seconds from the song's start."""

    from_s: float = number(MISSING, *MARKER_RANGE_S, help="the seconds where they begin")
    to_s: float = number(MISSING, *MARKER_RANGE_S, help="the seconds where they end")

    def __post_init__(self) -> None:
        if self.to_s <= self.from_s:
            raise ValueError(f"ends at {self.to_s:g} s, not after its start at {self.from_s:g} s")


@dataclass(frozen=True)
class SongSettings:
    """The whole of `song.toml`; without the file, all defaults.

    Attributes:
        title, artist: of the song, also as tags of what is written.
        dry: the recording is dry.
        tempo_bpm: in beats a minute.
        files: settings of files; by name or pattern as it is written, by each file's name
            relative to the song's folder as it is read.
        console: the table as it stands, for `mixer.preset` to check and merge; empty without one.
        markers: by time.
        explicit: where words are that a clean version leaves out.
        colors: "#rrggbb" of stems, and of files as under `files`.
    """

    title: str | None = text(None, shortest=0, longest=_LONGEST_NAME)
    artist: str | None = text(None, shortest=0, longest=_LONGEST_NAME)
    dry: bool = False
    tempo_bpm: float | None = number(None, *TEMPO_RANGE_BPM)
    files: Mapping[str, FileSettings] = field(default_factory=dict)
    console: Mapping[str, Any] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()
    explicit: tuple[Explicit, ...] = ()
    colors: Mapping[str, str] = entries(
        text(pattern=HEX_COLOR, means='a colour like "#c0402b"'), default={}
    )

    def for_file(self, name: str) -> FileSettings | None:
        """Settings of a file by its name in the song's folder."""
        return self.files.get(name)


_NOTHING_SAID = SongSettings()


def read_song_file(folder: Path, file_names: Iterable[str]) -> SongSettings:
    """Read `song.toml` of a folder, if it has one.

    Args:
        folder: the song.
        file_names: the audio files in it; every entry under `files` must fit at least one.

    Raises:
        PresetError: not TOML, or with a line for each unknown key (the nearest is named), wrong
            type or range, and entry that fits no file.
    """
    if not os.path.exists(f"{folder}/{SONG_FILE}"):  # noqa: PTH110 - of each song of a batch
        return _NOTHING_SAID
    path = folder / SONG_FILE
    document = read_toml(path, f"a {SONG_FILE}", PresetError)
    names = list(file_names)
    gathered = Gathered(PresetError)
    with gathered.gathering():
        document.check(table_of(SongSettings))
    with gathered.gathering():
        document.refuse(_find_strangers(document, names))
    gathered.refuse()
    settings = document.read_as(SongSettings)
    meant = {pattern: files_meant(pattern, names) for pattern in settings.files}
    markers = sorted(settings.markers, key=lambda marker: marker.time_s)
    # A file's own name wins over patterns, and of these the first.
    order = sorted(
        meant, key=lambda pattern: not any(is_exactly(pattern, n) for n in meant[pattern])
    )
    by_file: dict[str, FileSettings] = {}
    for pattern in order:
        for name in meant[pattern]:
            by_file.setdefault(name, _with_stem(settings.files[pattern]))
    return dataclasses.replace(
        settings, files=by_file, markers=tuple(markers), colors=_by_file(settings.colors, names)
    )


def _by_file(colors: Mapping[str, str], names: Sequence[str]) -> Mapping[str, str]:
    """Colours by stem and by file's name; a name wins over patterns."""
    patterns = sorted(colors, key=lambda key: key in names)
    of_files = {name: colors[key] for key in patterns for name in files_meant(key, names)}
    return {**of_files, **{stem: colors[stem] for stem in STEMS if stem in colors}}


def _find_strangers(document: Document, names: Sequence[str]) -> Iterator[Mistake]:
    """Entries of a table that may not be checked that fit no file."""
    for table, known in (("files", ()), ("colors", STEMS)):
        said = document.table.get(table)
        for pattern in said if isinstance(said, Mapping) else ():
            if pattern not in known and not files_meant(pattern, names):
                what = f"matches no file in the folder; {suggest(pattern, [*known, *names])}"
                yield Mistake((table, pattern), what)


def _with_stem(settings: FileSettings) -> FileSettings:
    """A role says a stem where none is said beside it."""
    if settings.stem is not None or settings.role is None:
        return settings
    return dataclasses.replace(settings, stem=STEM_OF_ROLE[settings.role])
