"""The chunks of RIFF, RF64, Wave64, AIFF, CAF and AU files: where each is and how long it says."""

from __future__ import annotations

import functools
import os
import struct
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from mixer.audio.containers.mpeg_frames import ID3V1_BYTES

_MAX_CHUNKS = 10_000
_BEYOND_ANY_FILE = 1 << 62
_WAVE64_GUID = bytes.fromhex("2e91cf11a5d628db04c10000")  # bytes 4 to 16 of `riff`
# Chunks that stand after the audio, and the tags that other programs hang on.
_KNOWN = {b"LIST", b"bext", b"iXML", b"axml", b"chna", b"cue ", b"smpl", b"inst", b"fact", b"JUNK"}
_KNOWN |= {b"junk", b"PAD ", b"FLLR", b"acid", b"id3 ", b"ID3 ", b"_PMX", b"umid", b"minf", b"PEAK"}
_KNOWN |= {b"elm1", b"regn", b"afsp", b"levl", b"cart", b"plst", b"strc", b"DISP", b"aXML", b"SAUR"}
_KNOWN |= {b"MARK", b"INST", b"MIDI", b"AESD", b"APPL", b"COMT", b"NAME", b"AUTH", b"(c) ", b"ANNO"}
_KNOWN |= {b"info", b"strg", b"mark", b"free", b"pakt", b"kuki", b"chan", b"uuid", b"ovvw", b"peak"}
_KNOWN |= {b"ResU", b"LGWV", b"Cr8r", b"basc", b"trns", b"cate", b"tlst", b"note", b"labl", b"ltxt"}
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
_TRAILING_WITHIN_BYTES = 65_536
_BEFORE_PROMISE_BYTES = 64


class Chunk(NamedTuple):
    """One chunk: its four letters, full name, content offset and size in bytes (None for -1)."""

    name: bytes
    raw_name: bytes
    start: int
    size: int | None


@dataclass(frozen=True)
class Family:
    """Layout of the chunks in one kind of container.

    Attributes:
        magic: the file's first four bytes.
        kind: "riff", "w64", "aiff", "caf" or "au".
        first: offset of the first chunk, in bytes.
        name_bytes: length of a chunk's name, in bytes.
        order, size: byte order and format of a chunk's size, as in `struct`.
        alignment: chunks start at multiples of this many bytes.
        head_counts: whether a size includes the chunk's own header.
        audio: name of the chunk that holds the audio.
        kept: names of the chunks that decoding needs.
    """

    magic: bytes
    kind: str
    first: int
    name_bytes: int
    order: str
    size: str
    alignment: int
    head_counts: bool
    audio: bytes
    kept: frozenset[bytes]

    @functools.cached_property
    def size_bytes(self) -> int:
        return struct.calcsize(self.size)

    @functools.cached_property
    def head_bytes(self) -> int:
        return self.name_bytes + self.size_bytes

    def is_placeholder(self, size: int) -> bool:
        """Whether a size stands for an unknown one: 0, -1, or another placeholder in use."""
        if size <= 0:
            return True
        if self.size_bytes == 8 or size > 0xFFFFFFFF:
            return size >= 1 << 48
        near = abs(size - (1 << 31)) <= 0x10000 or abs(size - (1 << 32)) <= 0x10000
        return near or (size >= 0x70000000 and size & 0xFFFFF in (0, 8, 0xFFFFF))

    def is_chunk_at(self, file: BinaryIO, position: int, n_file: int) -> bool:
        """Whether chunks or tags follow there, with or without a pad byte before."""
        for start in (position, position + -position % self.alignment):
            file.seek(start)
            head = file.read(self.head_bytes)
            if head.startswith(_TAGS):
                return True
            if len(head) < self.head_bytes or not _is_name(head[:4]):
                continue
            (size,) = struct.unpack(self.size, head[self.name_bytes :])
            if head[:4] in _KNOWN or start + size <= n_file + self.alignment:
                return True
        return False


_RIFF_KEPT = frozenset({b"fmt ", b"fact"})
_RIFF = Family(b"RIFF", "riff", 12, 4, "<", "<I", 2, False, b"data", _RIFF_KEPT)


def _families() -> dict[bytes, Family]:
    aiff = frozenset({b"FVER", b"COMM"})
    caf = frozenset({b"desc", b"chan", b"kuki"})
    return {
        b"RIFF": _RIFF,
        b"RF64": replace(_RIFF, magic=b"RF64"),
        b"BW64": replace(_RIFF, magic=b"BW64"),
        b"RIFX": replace(_RIFF, magic=b"RIFX", order=">", size=">I"),
        b"FORM": Family(b"FORM", "aiff", 12, 4, ">", ">I", 2, False, b"SSND", aiff),
        b"riff": Family(b"riff", "w64", 40, 16, "<", "<Q", 8, True, b"data", _RIFF_KEPT),
        b"caff": Family(b"caff", "caf", 8, 4, ">", ">q", 1, False, b"data", caf),
        b".snd": Family(b".snd", "au", 0, 4, ">", ">I", 1, False, b".snd", frozenset()),
        b"dns.": Family(b"dns.", "au", 0, 4, "<", "<I", 1, False, b"dns.", frozenset()),
    }


_FAMILIES = _families()


def family_of(head: bytes) -> Family | None:
    """The chunk layout of a file that begins with these bytes; None if it is not such a file."""
    family = _FAMILIES.get(head[:4])
    if family is None or len(head) < 16:
        return None
    is_other = {
        "w64": head[4:16] != _WAVE64_GUID,
        "aiff": head[8:12] not in (b"AIFF", b"AIFC"),
        "riff": head[8:12] != b"WAVE",
    }
    return None if is_other.get(family.kind, False) else family


class Heads(NamedTuple):
    """The chunk headers of a file.

    Attributes:
        family: their layout.
        chunks: every chunk up to and including the audio.
        astray: whether one of them was not where it should be.
        n_file: size of the file in bytes.
    """

    family: Family
    chunks: list[Chunk]
    astray: bool
    n_file: int

    @property
    def audio(self) -> Chunk | None:
        """The chunk of the audio: the last one, if it is there."""
        last = self.chunks[-1] if self.chunks else None
        return last if last is not None and last.name == self.family.audio else None


def read_heads(file: BinaryIO) -> Heads | None:
    """The heads of the chunks of a file on disk; None for a file without chunks.

    Raises:
        OSError: the file cannot be read.
    """
    file.seek(0)
    family = family_of(file.read(16))
    if family is None:
        return None
    return Heads(family, *read_chunks(file, family, 0), os.fstat(file.fileno()).st_size)


def read_chunks(file: BinaryIO, family: Family, base: int) -> tuple[list[Chunk], bool]:
    """The heads of all chunks up to the audio, and whether one was not where it should be.

    Content of `ds64` replaces the sizes that it stands for; AIFF's audio starts after its offset,
    and CAF's after its count of edits.
    """
    if family.kind == "au":
        return _au_chunk(file, family), False
    chunks: list[Chunk] = []
    position, size_64_bit, astray = base + family.first, None, False
    for _ in range(_MAX_CHUNKS):
        chunk = read_head(file, family, position)
        if chunk is None:
            break
        if chunk.name == family.audio:
            if chunk.size == 0xFFFFFFFF and size_64_bit is not None:
                chunk = chunk._replace(size=size_64_bit)
            chunks.append(_audio_start(file, family, chunk))
            break
        if chunk.size is None or chunk.size < 0:
            break
        if chunk.name == b"ds64":
            sizes = file.read(16)
            size_64_bit = struct.unpack("<8xQ", sizes)[0] if len(sizes) == 16 else None
        chunks.append(chunk)
        position = chunk.start + chunk.size
        padded = position + -(position - base) % family.alignment
        if padded >= _BEYOND_ANY_FILE:
            break
        if padded != position and not _name_at(file, padded) and _name_at(file, position):
            astray = True
        else:
            position = padded
    return chunks, astray


def read_head(file: BinaryIO, family: Family, position: int) -> Chunk | None:
    """The chunk whose head is at a position in bytes, as it states itself; None at the file's end.

    Afterwards the file is at the chunk's content. A damaged file may state a negative size.
    """
    file.seek(position)
    head = file.read(family.head_bytes)
    if len(head) < family.head_bytes:
        return None
    (size,) = struct.unpack(family.size, head[family.name_bytes :])
    size -= family.head_bytes if family.head_counts else 0
    return Chunk(head[:4], head[: family.name_bytes], position + family.head_bytes, size)


def _audio_start(file: BinaryIO, family: Family, chunk: Chunk) -> Chunk:
    """The chunk of the audio from its first sample on."""
    name, size = chunk.raw_name, chunk.size
    if family.kind == "aiff":
        file.seek(chunk.start)
        offset = int.from_bytes(file.read(4), "big")
        skipped = 8 + (offset if offset < 65_536 else 0)
        if size is not None and not family.is_placeholder(size):
            size -= skipped
        return Chunk(chunk.name, name, chunk.start + skipped, size)
    if family.kind == "caf":
        known = size if size is not None and size > 0 else None
        return Chunk(chunk.name, name, chunk.start + 4, None if known is None else known - 4)
    return Chunk(chunk.name, name, chunk.start, size)


def _au_chunk(file: BinaryIO, family: Family) -> list[Chunk]:
    file.seek(4)
    head = file.read(20)
    if len(head) < 20:
        return []
    offset, size = struct.unpack_from(family.order + "2I", head)
    return [Chunk(family.audio, family.magic, offset, size)]


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= sign < 0x7F for sign in name)


def _name_at(file: BinaryIO, position: int) -> bool:
    file.seek(position)
    return _is_name(file.read(4))


def trailing_chunks_at(
    file: BinaryIO, family: Family, promised_end: int, n_file: int
) -> int | None:
    """Offset of chunks or tags near a file's end that reach exactly to it; None without any."""
    file.seek(max(0, n_file - ID3V1_BYTES))
    if file.read(3) == b"TAG":
        n_file -= ID3V1_BYTES
    first = max(0, n_file - _TRAILING_WITHIN_BYTES)
    if promised_end < n_file:
        first = max(first, promised_end - _BEFORE_PROMISE_BYTES)
    file.seek(first)
    tail = file.read(n_file - first)
    candidates = sorted(at for name in _KNOWN for at in _all_at(tail, name))
    for at in candidates:
        if _reaches_end(tail, at, family):
            return first + at
    return n_file if tail_is_tagged(file, n_file) else None


def tail_is_tagged(file: BinaryIO, end: int) -> bool:
    """Whether an ID3v1 tag stands there."""
    file.seek(end)
    return file.read(3) == b"TAG"


def _all_at(data: bytes, name: bytes) -> list[int]:
    found, at = [], data.find(name)
    while at >= 0:
        found.append(at)
        at = data.find(name, at + 1)
    return found


def _reaches_end(tail: bytes, at: int, family: Family) -> bool:
    """Whether a chain of chunks from there on ends where the file ends, apart from padding."""
    for _ in range(_MAX_CHUNKS):
        if len(tail) - at <= family.alignment - 1:
            return at <= len(tail) + family.alignment
        head = tail[at : at + family.head_bytes]
        if len(head) < family.head_bytes or not _is_name(head[:4]):
            return False
        (size,) = struct.unpack(family.size, head[family.name_bytes :])
        size -= family.head_bytes if family.head_counts else 0
        if size < 0:
            return False
        at += family.head_bytes + size
        if at > len(tail) + 1:
            return False
        at += -size % family.alignment
    return False
