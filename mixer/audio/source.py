"""An audio file as its header describes it, and how to say that it is unusable."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from mixer.files.regular_file import open_regular

# Small enough that Vorbis encoding does not overrun libvorbis's stack, large enough to be quick.
BLOCK_SAMPLES = 65_536
# Further advice for a file of a song.
OR_LEAVE_OUT = ", or leave it out with ignore = true in song.toml"
_LOOKED_AT_BYTES = 4_096
_PAGE = "a web page, not audio; download it again, signed in where that is asked for"
_ARCHIVED = "an archive, not audio; unpack it"
# Contents of files that should have been audio, by their first bytes in lower case.
_INSTEAD = {
    b"version https://git-lfs": "a pointer to a file in Git LFS, not audio; run git lfs pull",
    b"../.git/annex/": "a pointer of git-annex, not audio; run git annex get",
    b"/annex/objects/": "a pointer of git-annex, not audio; run git annex get",
    b"<!doctype html": _PAGE,
    b"<html": _PAGE,
    b"<?xml": "a message of a server (XML), not audio; download it again",
    b"{": "a message of a server (JSON), not audio; download it again",
    b"pk\3\4": _ARCHIVED,
    b"\x1f\x8b": _ARCHIVED,
    b"rar!": _ARCHIVED,
    b"7z\xbc\xaf": _ARCHIVED,
    b"[internetshortcut]": "a link to a web page, not audio; download what it leads to",
}
_OF_THE_DISK = (errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT)


@dataclass(frozen=True)
class AudioSource:
    """One stream of one audio file, as its header describes it.

    Attributes:
        path: the file.
        stream: index among the file's audio streams; 0 except for stem containers.
        sample_rate: in Hz.
        channels: 1 or 2.
        n_samples: number of samples that can be decoded.
        encoding: e.g. "PCM_24", "FLOAT", "VORBIS", "aac".
        remark: why its length had to be counted, or None.
        fault: how the file is truncated or damaged, if that shows before decoding; else None.
        full_scale: divisor of its samples; not 1 for a float file scaled to integers, and for
            integers at the lower end of what they are stored in.
        offset: DC offset of each channel, removed from its samples: from which sample on it
            has which value, straight between two; () for none.
        reader: "plain" for libsndfile, "codec" for PyAV.
        time_reference: samples since midnight at which it starts, or None.
        correction: what its header says wrongly about its samples, which are read as they are; or
            None.
    """

    path: Path
    stream: int
    sample_rate: int
    channels: int
    n_samples: int
    encoding: str
    remark: str | None = None
    fault: str | None = None
    full_scale: float = 1.0
    offset: tuple[tuple[tuple[int, float], ...], ...] = ()
    reader: str = "plain"
    time_reference: int | None = None
    correction: str | None = None


def at_lower_end(bits: int, of_bits: int) -> str:
    """Words about integers that leave the upper bits of what they are stored in unused."""
    return f"{bits}-bit samples at the lower end of {of_bits} bits, raised to full scale"


def system_name(path: Path) -> str | bytes:
    """The name for libsndfile; POSIX names are bytes and need not be text."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def unreadable(path: Path, error: Exception) -> str:
    """One true sentence on why a file cannot be read, and what to do."""
    if isinstance(error, FileNotFoundError):
        return f"{path}: no such file"
    if isinstance(error, PermissionError):
        return f"{path.name}: no permission to read it; change its permissions or its owner"
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        return f"{path.name}: the disk cannot read it ({reason_of(error)}); copy it again"
    if "too long" in reason_of(error):
        return (
            f"{path.name}: its path of {len(os.fsencode(path))} bytes is longer than libsndfile "
            "reads; move the song to a folder with a shorter path"
        )
    try:
        if path.stat().st_size == 0:
            return f"{path.name}: the file is empty; export it again, or delete it"
    except OSError as gone:
        return f"{path}: {reason_of(gone)}"
    instead = content_without_audio(path)
    if instead is not None:
        return f"{path.name}: {instead}{OR_LEAVE_OUT}"
    return f"{path.name}: cannot be read as audio ({reason_of(error)}); replace it{OR_LEAVE_OUT}"


def content_without_audio(path: Path) -> str | None:
    """Contents left by failed downloads and copies in the place of audio, and what to do."""
    try:
        with open_regular(path) as file:
            head = file.read(_LOOKED_AT_BYTES)
    except OSError:
        return None
    if not head.strip(b"\0"):
        return "begins with zeros, as a copy that failed leaves a file; copy or download it again"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((what for begin, what in _INSTEAD.items() if text.startswith(begin)), None)


def reason_of(error: Exception) -> str:
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    reason = str(text).strip().rstrip(".")
    # libsndfile's words for a header that contradicts itself; ours for a bug of mixer.
    return "damaged header" if "internal error" in reason.lower() else reason
