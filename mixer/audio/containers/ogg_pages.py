"""The pages of an Ogg file: links of a chain, damage, and truncation (RFC 3533).

libsndfile reads the first link of a chain alone, and drops a page whose checksum is wrong, so that
all after it comes too early. Here each link becomes a file of its own, and a damaged page gets a
checksum that fits: its packets then decode as well as they can, at their place in time. A page
that lacks bytes is left out: what is in their place are the pages after it. FLAC, of
which libsndfile reads not every Ogg file, is taken out of its pages (xiph.org/flac/ogg_mapping).
"""

from __future__ import annotations

import functools
import os
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from mixer.audio.containers.spliced_file import MOST_WALKED_BYTES, Pieces, Span
from mixer.audio.ogg import CHECKSUM_AT, HEAD_BYTES, SEGMENTS_AT, SERIAL_AT
from mixer.files.regular_file import open_regular, read_regular

_FLAGS_AT = 5
# Flags of a page: the first of its stream, the last.
_FIRST, _LAST = 2, 4
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FLAC_START = b"\x7fFLAC"
_AUDIO_STARTS = (b"\x01vorbis", b"OpusHead", _FLAC_START, b"Speex  ")
_FLAC_INFO_BYTES = 38  # its first block of metadata, head and content
_FLAC_INFO_AT = 13  # after the mapping's own head and `fLaC`
_KEPT_LINKS = 64


@dataclass
class OggLink:
    """One link of a chain, as libsndfile reads it.

    Attributes:
        pieces: its pages, repaired.
        n_packets: number of packets, which bounds the decoded length.
        is_flac: whether `pieces` are a native FLAC stream taken out of its pages.
        is_simultaneous: whether it starts together with the link before it, so both sound at once.
        fault: how it is damaged or truncated, or None.
        is_damaged: whether it has damaged packets, which may decode to noise at any level.
    """

    pieces: Pieces
    n_packets: int
    is_flac: bool
    is_simultaneous: bool
    fault: str | None
    is_damaged: bool


@dataclass
class _Link:
    serial: int
    pieces: list[bytes | Span] = field(default_factory=list)
    n_packets: int = 0
    n_damaged: int = 0
    n_lost: int = 0
    next_page: int = 0
    ended: bool = False
    cut: bool = False
    is_flac: bool = False
    in_frame: bool = False
    is_simultaneous: bool = False


def ogg_links(path: Path) -> list[OggLink] | None:
    """The audio streams of an Ogg file, one after another; None for another kind of file.

    Raises:
        OSError: the file cannot be read.
    """
    data = read_regular(path)
    if data[:4] != b"OggS":
        return None
    links: list[_Link] = []
    open_links: dict[int, _Link] = {}
    at = 0
    while at < len(data):
        size = _page_bytes(data, at)
        if size is None:
            following = data.find(b"OggS", at + 1)
            if following < 0:
                _mark_cut(open_links, data[at:])
                break
            at = following
            continue
        inner = _page_inside(data, at, size)
        if inner is not None:
            link = open_links.get(struct.unpack_from("<I", data, at + SERIAL_AT)[0])
            if link is not None:
                link.n_damaged += 1
                link.next_page += 1
            at = inner
            continue
        _take_page(data, at, size, links, open_links)
        at += size
    return [
        OggLink(
            tuple(k.pieces),
            k.n_packets,
            k.is_flac,
            k.is_simultaneous,
            _fault(k),
            k.n_damaged + k.n_lost > 0,
        )
        for k in links
    ]


def damaged_flac(path: Path) -> OggLink | None:
    """The one link of a damaged Ogg file that holds FLAC alone; None for every other file.

    Raises:
        OSError: the file cannot be read.
    """
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
        if status.st_size > MOST_WALKED_BYTES or file.read(4) != b"OggS":
            return None
    return _damaged_flac(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(_KEPT_LINKS)
def _damaged_flac(path: Path, size: int, mtime_ns: int) -> OggLink | None:
    links = ogg_links(path) or []
    whole = len(links) == 1 and links[0].is_flac and links[0].fault is not None
    return links[0] if whole else None


def _take_page(
    data: bytes, at: int, size: int, links: list[_Link], open_links: dict[int, _Link]
) -> None:
    flags = data[at + _FLAGS_AT]
    (serial, number, checksum) = struct.unpack_from("<3I", data, at + SERIAL_AT)
    n_segments = data[at + SEGMENTS_AT]
    body = at + HEAD_BYTES + n_segments
    if flags & _FIRST:
        if not data.startswith(_AUDIO_STARTS, body):
            return
        together = any(link.next_page <= 1 and not link.ended for link in open_links.values())
        open_links[serial] = _Link(serial, is_flac=data.startswith(_FLAC_START, body))
        open_links[serial].is_simultaneous = together
        links.append(open_links[serial])
    link = open_links.get(serial)
    if link is None:
        return
    computed = page_checksum(data[at : at + size])
    link.n_lost += max(0, number - link.next_page) if number < link.next_page + 1_000 else 1
    link.next_page = number + 1
    lacing = data[at + HEAD_BYTES : body]
    link.n_packets += sum(length < 255 for length in lacing)
    link.ended = bool(flags & _LAST)
    link.n_damaged += computed != checksum
    if link.is_flac:
        _take_flac(data, body, lacing, link)
        return
    if computed == checksum:
        link.pieces.append(Span(at, size))
        return
    head = bytearray(data[at:body])
    struct.pack_into("<I", head, CHECKSUM_AT, computed)
    link.pieces += [bytes(head), Span(body, at + size - body)]


def _take_flac(data: bytes, body: int, lacing: bytes, link: _Link) -> None:
    """The frames of a page as a native FLAC file has them, after the first block of metadata."""
    at = body
    if not link.pieces:
        info = data[body + _FLAC_INFO_AT : body + _FLAC_INFO_AT + _FLAC_INFO_BYTES]
        link.pieces.append(b"fLaC" + bytes([0x80]) + info[1:])  # the last block: no other follows
        return
    begins = not link.in_frame
    start = at
    for length in lacing:
        if begins:
            _close_span(link, start, at)
            start, link.in_frame = at, data[at : at + 1] == b"\xff"
        if not link.in_frame:
            start = at + length
        at += length
        begins = length < 255
    _close_span(link, start, at)
    if begins:
        link.in_frame = False


def _close_span(link: _Link, start: int, end: int) -> None:
    if end > start:
        link.pieces.append(Span(start, end - start))


def page_checksum(page: bytes) -> int:
    """CRC-32 with polynomial 0x04C11DB7, not reflected, over a page whose own field counts as 0.

    zlib knows the reflected one: its bits are those of the mirrored message, mirrored.
    """
    blank = page[:CHECKSUM_AT] + bytes(4) + page[CHECKSUM_AT + 4 :]
    mirrored = zlib.crc32(blank.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _page_bytes(data: bytes, at: int) -> int | None:
    """Size of the page there; None if it is missing or incomplete."""
    if data[at : at + 4] != b"OggS" or at + HEAD_BYTES > len(data) or data[at + 4] != 0:
        return None
    n_segments = data[at + SEGMENTS_AT]
    lacing = data[at + HEAD_BYTES : at + HEAD_BYTES + n_segments]
    size = HEAD_BYTES + n_segments + sum(lacing)
    return size if len(lacing) == n_segments and at + size <= len(data) else None


def _page_inside(data: bytes, at: int, size: int) -> int | None:
    """Where the next page begins inside one that lacks bytes; None for a page that is as long."""
    if _is_as_written(data, at, size):
        return None
    inner = data.find(b"OggS", at + 1, at + size)
    while inner >= 0:
        own_size = _page_bytes(data, inner)
        if own_size is not None and _is_as_written(data, inner, own_size):
            return inner
        inner = data.find(b"OggS", inner + 1, at + size)
    return None


def _is_as_written(data: bytes, at: int, size: int) -> bool:
    (checksum,) = struct.unpack_from("<I", data, at + CHECKSUM_AT)
    return page_checksum(data[at : at + size]) == int(checksum)


def _mark_cut(open_links: dict[int, _Link], rest: bytes) -> None:
    if rest.strip(b"\0") and b"OggS".startswith(rest[:4]):
        for link in open_links.values():
            link.cut = True


def _fault(link: _Link) -> str | None:
    if link.cut:
        return "truncated inside a page"
    if link.n_damaged or link.n_lost:
        return f"damaged: {link.n_damaged + link.n_lost} of its pages fail their checksums"
    if not link.ended:
        return "truncated: its last page is missing"
    return None
