"""Whether a file in a video's container holds a picture, or sound alone as any other recording."""

from __future__ import annotations

import functools
from enum import Enum
from pathlib import Path

from mixer.audio.codecs.pyav import has_av, import_av
from mixer.audio.formats import INPUT_SUFFIXES, VIDEO_SUFFIXES, suffix_of
from mixer.extras import install_command

_KEPT_FILES = 1_024


class Content(Enum):
    """Content of a video's container, with the reason why it is not read."""

    SOUND = ""
    PICTURE = "a video; save its sound as WAV"
    PICTURE_ALONE = "a video without sound"
    NOTHING = "named as a video, but without picture or sound"
    UNREADABLE = "named as a video, but cannot be read; save its sound as WAV"
    UNKNOWN = (
        "named as a video; save its sound as WAV, or, if it holds only sound, "
        f"{install_command('codecs')}"
    )


def is_recording_file(path: str | Path) -> bool:
    """Whether a file has a name of audio, or one of a video and holds sound alone.

    Without the codecs extra that is not known, and no video is one.
    """
    suffix = suffix_of(path if isinstance(path, str) else path.name)
    if suffix not in VIDEO_SUFFIXES:
        return suffix in INPUT_SUFFIXES
    return content_of_video(Path(path)) is Content.SOUND


def content_of_video(path: Path) -> Content:
    """Inspect the streams of a file with a video's name; a cover does not count as a picture."""
    if not has_av():
        return Content.UNKNOWN
    av = import_av(path)
    try:
        status = path.stat()
        return _content(path, status.st_size, status.st_mtime_ns)
    except (av.FFmpegError, OSError, ValueError, NotImplementedError):
        return Content.UNREADABLE


@functools.lru_cache(_KEPT_FILES)
def _content(path: Path, size: int, mtime_ns: int) -> Content:
    # Not above: plans look at folders by the thousand, and load no decoder.
    from mixer.audio.codecs.codec import opened_by_av

    av = import_av(path)
    with opened_by_av(av, path) as container:
        cover = av.stream.Disposition.attached_pic
        has_picture = any(not stream.disposition & cover for stream in container.streams.video)
        has_sound = bool(container.streams.audio)
    if has_sound:
        return Content.PICTURE if has_picture else Content.SOUND
    return Content.PICTURE_ALONE if has_picture else Content.NOTHING
