"""Files in a song's folder that are not recordings, and a message about each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixer.audio.codecs.video import is_recording_file
from mixer.audio.formats import is_audio_name, suffix_of
from mixer.audio.not_read import why_not_read
from mixer.song.folders.folder_names import METADATA_SUFFIX, RECIPE_SUFFIX, SONG_FILE
from mixer.song.names.track_names import classify

_APPLE_DOUBLE = "._"
_MIXERS_OWN = (".report.html", ".dawproject", ".rpp", RECIPE_SUFFIX)
_SESSIONS = frozenset(
    (".ptx", ".pts", ".ptf", ".als", ".logicx", ".cpr", ".npr", ".rpp", ".flp", ".song", ".reason",
     ".bwproject", ".dawproject", ".aup", ".aup3", ".aaf", ".omf", ".band", ".ardour")
)  # fmt: skip


@dataclass(frozen=True)
class NotRecording:
    """Reason that a file is left out.

    Attributes:
        reason: for the user.
        may_be_a_part: it may hold a part of the song, so leaving it out is worth a warning.
        is_of_a_song: it is kept beside a song's recordings and nowhere else.
    """

    reason: str
    may_be_a_part: bool = False
    is_of_a_song: bool = False


def not_a_recording(folder: str, name: str, siblings: frozenset[str]) -> NotRecording | None:
    """Reason that a file cannot be a recording of the song, from its name and its first bytes.

    Args:
        folder: its path.
        name: its own.
        siblings: names in its folder.

    Returns:
        The reason; None for a file with the extension of an audio format that mixer reads.
    """
    if name == SONG_FILE:
        return NotRecording("settings of this song", is_of_a_song=True)
    if name.lower().endswith(METADATA_SUFFIX.lower()):
        return NotRecording("instruments of this song's files", is_of_a_song=True)
    if name.startswith("."):
        return _hidden(Path(folder, name))
    if any(name.endswith(end) and name.removesuffix(end) + RECIPE_SUFFIX in siblings
           for end in _MIXERS_OWN):  # fmt: skip
        return NotRecording("written by mixer")
    if is_recording_file(f"{folder}/{name}"):
        return None
    if suffix_of(name) in _SESSIONS:
        told = "a session; export its tracks as audio to mix them"
        return NotRecording(told, is_of_a_song=True)
    reason = why_not_read(Path(folder, name))
    return NotRecording("not an audio file") if reason is None else NotRecording(reason, True)


def _hidden(path: Path) -> NotRecording:
    name = path.name
    if name.startswith(_APPLE_DOUBLE):
        return NotRecording("hidden file")
    if is_audio_name(name):
        told = classify(name.lstrip("."))
        if told.stem is not None and told.certain:
            return NotRecording("hidden file; rename it without the dot to mix it", True)
        return NotRecording("hidden file")
    # A file that is still in iCloud has a hidden stand-in.
    reason = why_not_read(path)
    return NotRecording("hidden file") if reason is None else NotRecording(reason, True)
