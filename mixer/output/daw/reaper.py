"""REAPER: a project file (`.rpp`), plain text, with audio by relative paths.

The format is not published; these are the lines that REAPER itself writes and has read since its
version 3: name, colour, fader, mute and folders of tracks, items with their sources, markers,
tempo.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from mixer.dsp.blocks import db_to_gain
from mixer.errors import OutputError
from mixer.files.whole_file import refuse_existing, whole_file
from mixer.files.wording import visible
from mixer.output.daw.session import DEFAULT_TEMPO_BPM, DawSession, DawTrack, relative_path
from mixer.version import __version__

# REAPER reads files of versions before its own as those meant them; every line here is of this one.
_READ_AS_VERSION = "6.0"
_COLOR_IS_SET = 0x1000000
_QUOTES = "\"'`"
_SOURCES = {
    ".flac": "FLAC",
    ".mp3": "MP3",
    ".ogg": "VORBIS",
    ".oga": "VORBIS",
    ".opus": "OPUS",
    ".m4a": "VIDEO",
    ".mp4": "VIDEO",
}
_PLAIN_SOURCE = "WAVE"  # AIFF, Wave64, RF64 and CAF are read by the same part of REAPER
_FOLDER_STARTS, _FOLDER_ENDS, _NO_FOLDER = "ISBUS 1 1", "ISBUS 2 -1", "ISBUS 0 0"


def write_reaper(
    session: DawSession, path: Path, *, home: Path | None = None, overwrite: bool = False
) -> None:
    """Write a session; the same session gives the same bytes.

    Args:
        session: from `daw_session`.
        path: of the file; it appears once it is whole. Audio is referred to relative to its folder.
        home: folder to which the file and what lies beside it are then moved; None if they stay.
        overwrite: replace a file that is there.

    Raises:
        OutputError: the file exists, an audio file has a name that cannot be written down, or the
            disk is full or read-only.
    """
    if not overwrite:
        refuse_existing([path])
    # A file name that is no UTF-8 keeps its own bytes.
    text = reaper_text(session, path.parent, home).encode("utf-8", "surrogateescape")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            partial.write_bytes(text)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None


def reaper_text(session: DawSession, folder: Path, home: Path | None = None) -> str:
    """The project as text, with paths as of `mixer.output.daw.session.relative_path`."""
    lines = [
        f'<REAPER_PROJECT 0.1 "{_READ_AS_VERSION}/mixer-{__version__}" 0',
        # Centre at 0 dB and stereo balance: unmoved faders then sum to the mix.
        "  PANLAW 1",
        "  PANMODE 3",
        f"  TEMPO {_number(session.tempo_bpm or DEFAULT_TEMPO_BPM)} 4 4",
        f"  SAMPLERATE {session.sample_rate} 1 0",
        f"  TITLE {quoted(session.title)}",
        "  MASTER_VOLUME 1 0 -1 -1 1",
    ]
    for number, marker in enumerate(session.markers, 1):
        lines.append(f"  MARKER {number} {_number(marker.time_s)} {quoted(marker.name)} 0")
    for group, members in groupby(session.tracks, key=lambda track: track.group):
        tracks = list(members)
        if group is not None:
            lines += [f"  {line}" for line in _folder_lines(group)]
        for track in tracks:
            last = group is not None and track is tracks[-1]
            folder_line = _FOLDER_ENDS if last else _NO_FOLDER
            lines += [f"  {line}" for line in _track_lines(track, folder, home, folder_line)]
    return "\n".join([*lines, ">", ""])


def quoted(text: str) -> str:
    """Text in the first of REAPER's three quotes that it does not hold itself.

    Of a name that holds all three, REAPER turns the last into an apostrophe; so does this.
    """
    quote = next((quote for quote in _QUOTES if quote not in text), None)
    if quote is None:
        return "`" + text.replace("`", "'") + "`"
    return quote + text + quote


def refuse_name(path: str | Path) -> None:
    """Raise OutputError where a project cannot hold a file's path: two lines, or all quotes."""
    text = str(path)
    if len(text.splitlines()) > 1 or all(quote in text for quote in _QUOTES):
        raise OutputError(f"{visible(path)} has a name that REAPER's files cannot hold; rename it")


def native_color(color: str) -> int:
    """ "#rrggbb" as REAPER stores it: blue, green, red from the top, and a bit for "is set"."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return _COLOR_IS_SET | blue << 16 | green << 8 | red


def _folder_lines(name: str) -> Iterator[str]:
    yield "<TRACK"
    yield f"  NAME {quoted(name)}"
    yield "  VOLPAN 1 0 -1 -1 1"
    yield "  MUTESOLO 0 0 0"
    yield f"  {_FOLDER_STARTS}"
    yield "  NCHAN 2"
    yield ">"


def _track_lines(
    track: DawTrack, folder: Path, home: Path | None, folder_line: str
) -> Iterator[str]:
    yield "<TRACK"
    yield f"  NAME {quoted(track.name)}"
    yield f"  PEAKCOL {native_color(track.color)}"
    yield f"  VOLPAN {_number(float(db_to_gain(track.gain_db)))} {_number(track.pan)} -1 -1 1"
    yield f"  MUTESOLO {int(track.muted)} 0 0"
    yield f"  {folder_line}"
    yield "  NCHAN 2"
    yield "  <ITEM"
    yield "    POSITION 0"
    yield f"    LENGTH {_number(track.duration_s)}"
    yield "    LOOP 0"
    # no fades: REAPER gives new items one of its own at each end
    yield "    FADEIN 0 0 0"
    yield "    FADEOUT 0 0 0"
    yield f"    NAME {quoted(track.name)}"
    yield f"    <SOURCE {_SOURCES.get(track.path.suffix.lower(), _PLAIN_SOURCE)}"
    yield f"      FILE {quoted(_relative(track.path, folder, home))}"
    yield "    >"
    yield "  >"
    yield ">"


def _relative(path: Path, folder: Path, home: Path | None) -> str:
    relative = relative_path(path, folder, home)
    refuse_name(relative)
    return relative


def _number(value: float) -> str:
    """As many digits as REAPER writes, without an exponent."""
    return f"{value:.14f}".rstrip("0").rstrip(".")
