"""Files that may be meant as audio but are not read: why, and what to do."""

from __future__ import annotations

from pathlib import Path

from mixer.audio.codecs.video import content_of_video
from mixer.audio.formats import UNREAD_SUFFIXES, VIDEO_SUFFIXES, is_audio_name
from mixer.files.regular_file import open_regular

# First bytes of audio files, and the ending that belongs to them.
_MAGICS = {
    b"RIFF": ".wav",
    b"RF64": ".wav",
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"FORM": ".aif",
    b"caff": ".caf",
    b".snd": ".au",
    b"ID3\x03": ".mp3",
    b"ID3\x04": ".mp3",
    b"\xff\xfb": ".mp3",
    b"wvpk": ".wv",
}
# Kinds of a container that hold no audio, at byte 8 of it.
_NOT_AUDIO = (b"AVI ", b"WEBP", b"ILBM", b"RMID")


def why_not_read(path: Path) -> str | None:
    """Reason that a file that may be meant as audio is not read; None if it is not audio.

    Only the names of what downloads, phones and studios leave are known, and the first bytes of
    files with an unknown ending.
    """
    name = path.name.lower()
    if is_audio_name(name):
        return None
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return content_of_video(path).value or None
    for suffix, reason in UNREAD_SUFFIXES.items():
        if name.endswith(suffix):
            return reason
    ending = _ending_by_content(path)
    if ending is None:
        return None
    return f"audio without a file name extension; rename it to {path.name}{ending}"


def _ending_by_content(path: Path) -> str | None:
    try:
        if not path.is_file():
            return None
        with open_regular(path) as file:
            head = file.read(12)
    except OSError:
        return None
    if len(head) == 12 and head[8:12] in _NOT_AUDIO:
        return None
    if head[4:8] == b"ftyp":
        return ".m4a" if head[8:11] in (b"M4A", b"M4B") else None
    return next((ending for magic, ending in _MAGICS.items() if head.startswith(magic)), None)
