"""REAPER: a project file (`.rpp`), plain text, with audio by relative paths.

The format is not published; these are the lines that REAPER itself writes and has read for many
versions: name, colour, fader, mute and folders of tracks, sends, envelopes, ReaEQ, items with
their sources and notes, markers, tempo. REAPER's width ends at 100 %, so a width is two items: the
recording, and the middle of it alone, which is added or, for more width, subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid5

from mixer.dsp.blocks import db_to_gain
from mixer.errors import OutputError
from mixer.files.whole_file import refuse_existing, write_output
from mixer.files.wording import visible
from mixer.output.daw.daw_session import (
    DEFAULT_TEMPO_BPM,
    DawClip,
    DawGroup,
    DawSession,
    DawTrack,
    in_order,
    relative_path,
)
from mixer.output.daw.reaper.reaeq import IDENTITY, reaeq_lines
from mixer.output.daw.strips.native_strip import Points, balance_gains, placed
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
# Names of tracks become identities by it, so that equal sessions are equal files.
_NAMESPACE = UUID("8d1f2f4c-6d0a-5a7e-9b1a-3f6a2f0c9d11")
# An item's channel mode that plays the mean of both channels.
_MIDDLE = 2


def write_reaper(
    session: DawSession, path: Path, *, home: Path | None = None, overwrite: bool = False
) -> None:
    """Write a session; the same session gives the same bytes.

    Args:
        session: from `mixer.output.daw.wet_session` or `mixer.output.daw.editable`.
        path: of the file; it appears once it is whole. Audio is referred to relative to its folder.
        home: folder to which the file and what lies beside it are then moved; None if they stay.
        overwrite: replace a file that is there.

    Raises:
        OutputError: the file exists, an audio file has a name that cannot be written down, or the
            disk is full or read-only.
    """
    if not overwrite:
        refuse_existing([path])
    # A file name that is not UTF-8 keeps its own bytes.
    text = reaper_text(session, path.parent, home).encode("utf-8", "surrogateescape")
    write_output(path, text)


def reaper_text(session: DawSession, folder: Path, home: Path | None = None) -> str:
    """The project as text, with paths as in `mixer.output.daw.daw_session.relative_path`."""
    lines = [
        f'<REAPER_PROJECT 0.1 "{_READ_AS_VERSION}/mixer-{__version__}" 0',
        *_notes("NOTES 0 2", session.notes),
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
    for line in _Project(session, folder, home).lines():
        lines.append(f"  {line}")
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
    """Raise OutputError if a project cannot hold a file's path: two lines, or all quotes."""
    text = str(path)
    if len(text.splitlines()) > 1 or all(quote in text for quote in _QUOTES):
        raise OutputError(f"{visible(path)} has a name that REAPER's files cannot hold; rename it")


def native_color(color: str) -> int:
    """ "#rrggbb" as REAPER stores it: blue, green, red from the top, and a bit for "is set"."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return _COLOR_IS_SET | blue << 16 | green << 8 | red


def track_identity(kind: str, name: str) -> str:
    """The identity by which REAPER knows a track, of a folder ("group") or a "track"."""
    # A file's name may hold half characters, which UTF-8 does not.
    whole = f"{kind} {name}".encode(errors="backslashreplace").decode()
    return "{" + str(uuid5(_NAMESPACE, whole)).upper() + "}"


@dataclass(frozen=True)
class _Project:
    """A session on its way into text."""

    session: DawSession
    folder: Path
    home: Path | None

    def lines(self) -> Iterator[str]:
        """Every track, folders opened and closed around what is in them."""
        nodes = list(in_order(self.session))
        depths = [depth for _, depth in nodes] + [0]
        senders = [(i, node) for i, (node, _) in enumerate(nodes) if node.strip.sends]
        for i, (node, depth) in enumerate(nodes):
            change = depths[i + 1] - depth
            kind = 1 if isinstance(node, DawGroup) else 2 if change < 0 else 0
            yield from self._track(node, f"ISBUS {kind} {change}", senders)

    def _track(
        self,
        node: DawGroup | DawTrack,
        folder_line: str,
        senders: list[tuple[int, DawGroup | DawTrack]],
    ) -> Iterator[str]:
        is_group = isinstance(node, DawGroup)
        identity = track_identity("group" if is_group else "track", node.name)
        strip = node.strip
        yield f"<TRACK {identity}"
        yield f"  NAME {quoted(node.name)}"
        if node.color is not None:
            yield f"  PEAKCOL {native_color(node.color)}"
        # Automation beside the fader, which stays a fader.
        yield "  AUTOMODE 0"
        yield f"  VOLPAN {_number(float(db_to_gain(strip.gain_db)))} {_number(strip.pan)} -1 -1 1"
        yield f"  MUTESOLO {int(strip.muted)} {int(strip.soloed)} {int(node.is_solo_safe)}"
        yield f"  {folder_line}"
        yield "  NCHAN 2"
        yield "  FX 1"
        yield f"  TRACKID {identity}"
        if isinstance(node, DawTrack) and node.is_return:
            yield from _received(node.name, senders)
        yield "  MAINSEND 1 0"
        if strip.automation:
            yield from _envelope("VOLENV2", strip.automation)
        if strip.bands:
            yield from self._equaliser(node)
        if isinstance(node, DawTrack):
            for number, clip in enumerate(_with_width(node)):
                yield from self._item(node, clip, node.notes if number == 0 else ())
        yield ">"

    def _equaliser(self, node: DawGroup | DawTrack) -> Iterator[str]:
        yield "  <FXCHAIN"
        yield "    SHOW 0"
        yield "    LASTSEL 0"
        yield "    DOCKED 0"
        yield "    BYPASS 0 0 0"
        yield f"    <VST {IDENTITY}"
        for line in reaeq_lines(node.strip.bands, self.session.sample_rate):
            yield f"      {line}"
        yield "    >"
        yield f"    FXID {track_identity('equaliser of', node.name)}"
        yield "    WAK 0 0"
        yield "  >"

    def _item(self, track: DawTrack, clip: DawClip, notes: tuple[str, ...]) -> Iterator[str]:
        yield "  <ITEM"
        yield f"    POSITION {_number(clip.position_s)}"
        yield f"    LENGTH {_number(clip.heard_s)}"
        yield "    LOOP 0"
        # no fades: REAPER gives new items one of its own at each end
        yield "    FADEIN 0 0 0"
        yield "    FADEOUT 0 0 0"
        yield f"    NAME {quoted(track.name)}"
        yield f"    VOLPAN 1 {_number(clip.pan)} {_number(clip.gain)} -1"
        yield f"    SOFFS {_number(clip.offset_s)}"
        if clip.is_middle:
            yield f"    CHANMODE {_MIDDLE}"
        yield from _notes("NOTES", notes, "    ")
        yield f"    <SOURCE {_SOURCES.get(clip.path.suffix.lower(), _PLAIN_SOURCE)}"
        yield f"      FILE {quoted(_relative(clip.path, self.folder, self.home))}"
        yield "    >"
        yield "  >"


def _received(name: str, senders: list[tuple[int, DawGroup | DawTrack]]) -> Iterator[str]:
    """Sends of tracks and folders to a return, after their faders."""
    for place, node in senders:
        for to, level_db in node.strip.sends:
            if to == name:
                gain = _number(float(db_to_gain(level_db)))
                yield f"  AUXRECV {place} 0 {gain} 0 0 0 0 0 0 -1:U 0 -1 ''"


def _with_width(track: DawTrack) -> Iterator[DawClip]:
    """A track's clips as they play the track's width."""
    width = track.strip.width
    for clip in track.clips:
        if width == 1.0:
            yield clip
        elif clip.channels == 1:
            yield from _moved(clip, width)
        else:
            yield replace(clip, gain=clip.gain * width)
            yield replace(clip, gain=clip.gain * (1.0 - width), is_middle=True)


def _moved(clip: DawClip, width: float) -> Iterator[DawClip]:
    """One half of a pair, nearer to the other, or farther: then some of it is subtracted there."""
    left, right = balance_gains(clip.pan)
    near, far = 0.5 * (1.0 + width), 0.5 * (1.0 - width)
    left, right = near * left + far * right, far * left + near * right
    if left * right >= 0.0:
        gain, pan = placed(abs(left), abs(right))
        sign = -1.0 if left + right < 0.0 else 1.0
        yield replace(clip, gain=clip.gain * gain * sign, pan=pan)
        return
    yield replace(clip, gain=clip.gain * left, pan=-1.0)
    yield replace(clip, gain=clip.gain * right, pan=1.0)


def _envelope(name: str, points: Points) -> Iterator[str]:
    yield f"  <{name}"
    yield "    ACT 1 -1"
    yield "    VIS 1 1 1"
    yield "    LANEHEIGHT 0 0"
    yield "    ARM 0"
    yield "    DEFSHAPE 0 -1 -1"
    for time_s, factor in points:
        yield f"    PT {_number(time_s)} {_number(factor)} 0"
    yield "  >"


def _notes(opening: str, lines: tuple[str, ...], indent: str = "  ") -> Iterator[str]:
    if lines:
        yield f"{indent}<{opening}"
        for line in lines:
            yield f"{indent}  |{line}"
        yield f"{indent}>"


def _relative(path: Path, folder: Path, home: Path | None) -> str:
    relative = relative_path(path, folder, home)
    refuse_name(relative)
    return relative


def _number(value: float) -> str:
    """As many digits as REAPER writes, without an exponent."""
    return f"{value:.14f}".rstrip("0").rstrip(".")
