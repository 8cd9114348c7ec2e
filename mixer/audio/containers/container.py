"""The audio that a container of uncompressed samples really holds, and a header that says so.

Recorders that crash and programs that write into pipes leave sizes in a header that are not true;
libsndfile then refuses the file, takes the smaller of two wrong lengths, or finds nothing. Only the
heads of chunks are read here; where they do not fit the file, a header that does is put in front of
the samples. Sources: RIFF (Microsoft and IBM, 1991), EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64),
Sony Wave64, Apple's AIFF-C draft of 1991, Apple Core Audio Format 1.0, Sun's .snd.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from mixer.audio.containers.chunks import (
    Chunk,
    Family,
    Heads,
    read_chunks,
    read_head,
    trailing_chunks_at,
)
from mixer.audio.containers.spliced_file import Pieces, Span
from mixer.audio.containers.wave_format import MAX_32_BIT

# Bytes by which a header may be wrong without a truncated file: some recorders miscount.
_FEW_BYTES = 16
_MOST_FURTHER = 1_024
# Zeros after the audio are a recorder's reserve, unless they are few enough to belong to it.
_PADDING_FROM_BYTES = 64
_LARGEST_KEPT_CHUNK_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20
# Bytes a frame of the formats of AU, by their number; 0 for one that is packed otherwise.
_AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
_AIFC_PLAIN = {b"NONE", b"twos", b"sowt", b"fl32", b"FL32", b"fl64", b"FL64", b"raw ", b"in24"}
_AIFC_PLAIN |= {b"in32", b"ulaw", b"ULAW", b"alaw", b"ALAW"}


@dataclass(frozen=True)
class HeldAudio:
    """The audio of a container whose header does not describe it correctly.

    Attributes:
        pieces: the file's bytes behind a corrected header.
        fault: how it is truncated, or None if its header was merely wrong.
        remark: what is wrong with the header, for `mixer check`.
    """

    pieces: Pieces
    fault: str | None
    remark: str


class _Extent(NamedTuple):
    n_bytes: int
    fault: str | None = None
    remark: str | None = None


def held_audio(file: BinaryIO, heads: Heads) -> HeldAudio | None:
    """Hold a container's header to its file: WAV, RF64, BW64, Wave64, AIFF, CAF and AU.

    Args:
        file: the file, open for reading.
        heads: its chunks, from `read_heads`.

    Returns:
        How to read it; None if its header is right.

    Raises:
        OSError: the file cannot be read.
    """
    family, chunks, astray, n_file = heads
    audio = heads.audio
    if audio is None:
        return None
    start, base = audio.start, 0
    # libsndfile itself, writing into a pipe, puts its header again each time that it updates it
    head = _read(file, 0, 12)
    n_repeated = 0
    while _read(file, start, 12) == head:
        base, n_repeated = start, n_repeated + 1
        chunks, astray = read_chunks(file, family, base)
        again = Heads(family, chunks, astray, n_file).audio
        if again is None or again.start <= start or n_repeated > 9:
            break
        audio, start = again, again.start
    if n_repeated:
        n_head = start - base
        ends_with_head = _read(file, n_file - n_head, 12) == head
        n_bytes = n_file - start - (n_head if ends_with_head else 0)
        extent = _Extent(n_bytes, None, "it has more than one header")
    else:
        extent = _extent(file, family, audio, n_file)
    agrees = extent.remark is None and extent.fault is None
    miscount = _miscount(file, family, chunks, extent.n_bytes) if agrees else None
    further = _further_audio(file, family, start + extent.n_bytes, n_file) if agrees else []
    if agrees and not astray and family.magic != b"BW64" and miscount is None and not further:
        return None
    frame_bytes = _frame_bytes(file, family, chunks)
    if further:
        spans = (Span(start, extent.n_bytes), *further)
        total = sum(span.n_bytes for span in spans)
        header = _header(
            file, family, chunks, audio, total - total % max(1, frame_bytes), frame_bytes
        )
        return HeldAudio((header, *spans), None, f"its audio is in {len(spans)} chunks")
    n_bytes = extent.n_bytes - extent.n_bytes % max(1, frame_bytes)
    header = _header(file, family, chunks, audio, n_bytes, frame_bytes)
    remark = extent.remark or miscount or ("a chunk is not where it should be" if astray else "")
    return HeldAudio((header, Span(start, n_bytes)), extent.fault, remark)


def _extent(file: BinaryIO, family: Family, audio: Chunk, n_file: int) -> _Extent:
    """Bytes of audio, and a remark if the header states another number."""
    there = max(0, n_file - audio.start)
    promised = audio.size
    if promised and 0 < promised <= there:
        rest = audio.start + promised
        if n_file - rest <= 1 or family.is_chunk_at(file, rest, n_file):
            return _Extent(promised)
    trailing = trailing_chunks_at(file, family, audio.start + max(0, promised or 0), n_file)
    if trailing is not None and trailing < audio.start:
        trailing = None
    whole = there if trailing is None else trailing - audio.start
    if promised is None or family.is_placeholder(promised):
        if promised == 0 and _is_empty(file, family, audio.start, n_file):
            return _Extent(0)
        return _Extent(whole, None, "its header does not state its length")
    if promised > there:
        if promised - there <= _FEW_BYTES:
            return _Extent(there, None, f"its header states {promised} bytes of audio, not {there}")
        return _Extent(
            there,
            f"truncated: {there} of the {promised} bytes of audio that its header promises",
        )
    if trailing is None and _is_padding(file, audio.start + promised, n_file):
        return _Extent(promised)
    return _Extent(whole, None, f"its header states {promised} bytes of audio, not {whole}")


def _further_audio(file: BinaryIO, family: Family, end: int, n_file: int) -> list[Span]:
    """Where samples go on in further chunks of audio, which are one recording with the first."""
    found: list[Span] = []
    for _ in range(_MOST_FURTHER if family.kind == "riff" else 0):
        chunk = read_head(file, family, end + end % 2)
        if chunk is None or not chunk.size or chunk.start + chunk.size > n_file:
            break
        if chunk.name == family.audio:
            found.append(Span(chunk.start, chunk.size))
        end = chunk.start + chunk.size
    return found


def _is_empty(file: BinaryIO, family: Family, start: int, n_file: int) -> bool:
    """An empty file, or one whose other chunks follow at once."""
    return n_file - start <= 1 or family.is_chunk_at(file, start, n_file)


def _is_padding(file: BinaryIO, start: int, end: int) -> bool:
    if end - start < _PADDING_FROM_BYTES:
        return False
    file.seek(start)
    while block := file.read(_BLOCK_BYTES):
        if block.count(0) != len(block):
            return False
    return True


def _read(file: BinaryIO, start: int, n_bytes: int) -> bytes:
    if start < 0:
        return b""
    file.seek(start)
    return file.read(n_bytes)


def _body(file: BinaryIO, chunk: Chunk) -> bytes:
    return _read(file, chunk.start, min(chunk.size or 0, _LARGEST_KEPT_CHUNK_BYTES))


def named_chunk(file: BinaryIO, chunks: list[Chunk], name: bytes) -> bytes:
    """Content of the first chunk of a name, up to 1 MiB of it; nothing if there is none."""
    return next((_body(file, c) for c in chunks if c.name == name), b"")


def _frame_bytes(file: BinaryIO, family: Family, chunks: list[Chunk]) -> int:
    """Bytes of the smallest piece that decodes by itself; 1 if that is not known."""
    if family.kind in ("riff", "w64"):
        fmt = named_chunk(file, chunks, b"fmt ")
        return struct.unpack_from(family.order + "H", fmt, 12)[0] if len(fmt) >= 14 else 1
    if family.kind == "aiff":
        comm = named_chunk(file, chunks, b"COMM")
        if len(comm) < 18 or not _is_plain_aiff(comm):
            return 1
        n_channels, bits = struct.unpack_from(">H4xH", comm)
        return n_channels * -(-bits // 8)
    if family.kind == "caf":
        desc = named_chunk(file, chunks, b"desc")
        return struct.unpack_from(">I", desc, 16)[0] if len(desc) >= 20 else 1
    head = _read(file, 0, 24)
    coding, _, n_channels = struct.unpack_from(family.order + "3I", head, 12)
    return _AU_BYTES.get(coding, 0) * min(n_channels, 1024)


def _is_plain_aiff(comm: bytes) -> bool:
    return len(comm) < 22 or comm[18:22] in _AIFC_PLAIN


def _miscount(file: BinaryIO, family: Family, chunks: list[Chunk], n_bytes: int) -> str | None:
    """How an AIFF's count of frames, which libsndfile goes by, is not that of its audio."""
    if family.kind != "aiff":
        return None
    comm = named_chunk(file, chunks, b"COMM")
    frame_bytes = _frame_bytes(file, family, chunks)
    if len(comm) < 18 or not _is_plain_aiff(comm) or frame_bytes < 1:
        return None
    (stated,), there = struct.unpack_from(">I", comm, 2), n_bytes // frame_bytes
    return None if stated == there else f"its header states {stated} frames, not {there}"


def _header(
    file: BinaryIO,
    family: Family,
    chunks: list[Chunk],
    audio: Chunk,
    n_bytes: int,
    frame_bytes: int,
) -> bytes:
    """The chunks that decoding needs, up to the audio, with sizes that are true."""
    if family.kind == "au":
        head = _read(file, 0, audio.start)
        stated = struct.pack(family.order + "I", min(n_bytes, MAX_32_BIT))
        return head[:8] + stated + head[12:]
    kept = [(c.raw_name, _body(file, c)) for c in chunks if c.name in family.kept]
    if family.kind == "aiff":
        return _aiff_header(_read(file, 8, 4), kept, n_bytes, frame_bytes)
    if family.kind == "caf":
        body = b"".join(name + struct.pack(">q", len(data)) + data for name, data in kept)
        edits = struct.pack(">4sqI", b"data", n_bytes + 4, 0)
        return _read(file, 0, 8) + body + edits
    if family.kind == "w64":
        chunk = b"".join(
            name + struct.pack("<Q", 24 + len(data)) + data + bytes(-len(data) % 8)
            for name, data in kept
        )
        end = audio.raw_name + struct.pack("<Q", 24 + n_bytes)
        head = _read(file, 0, 40)
        size = 40 + len(chunk) + len(end) + n_bytes
        return head[:16] + struct.pack("<Q", size) + head[24:] + chunk + end
    return riff_header(family.order, kept, n_bytes, frame_bytes)


def riff_header(
    order: str, kept: list[tuple[bytes, bytes]], n_bytes: int, frame_bytes: int
) -> bytes:
    """All of a WAV file in front of its samples; RF64 for more than 4 GiB.

    Args:
        order: of its bytes, as in `struct`.
        kept: name and content of each chunk.
        n_bytes: of samples.
        frame_bytes: of a sample of all channels.
    """
    body = b"".join(
        name + struct.pack(order + "I", len(data)) + data + bytes(len(data) % 2)
        for name, data in kept
    )
    size = 4 + len(body) + 8 + n_bytes
    if size <= MAX_32_BIT:
        magic = b"RIFF" if order == "<" else b"RIFX"
        head = magic + struct.pack(order + "I", size) + b"WAVE"
        return head + body + b"data" + struct.pack(order + "I", n_bytes)
    n_frames = n_bytes // max(1, frame_bytes)
    sizes = struct.pack("<4sIQQQI", b"ds64", 28, size + 36, n_bytes, n_frames, 0)
    unknown = struct.pack("<I", MAX_32_BIT)
    return b"RF64" + unknown + b"WAVE" + sizes + body + b"data" + unknown


def _aiff_header(
    form: bytes, kept: list[tuple[bytes, bytes]], n_bytes: int, frame_bytes: int
) -> bytes:
    body = b""
    for name, data in kept:
        if name == b"COMM" and _is_plain_aiff(data) and frame_bytes > 1:
            n_frames = min(n_bytes // frame_bytes, MAX_32_BIT)
            data = data[:2] + struct.pack(">I", n_frames) + data[6:]
        elif name == b"COMM" and _is_plain_aiff(data):
            data = data[:2] + struct.pack(">I", min(n_bytes, MAX_32_BIT)) + data[6:]
        body += name + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
    size = min(4 + len(body) + 16 + n_bytes, MAX_32_BIT)
    sound = b"SSND" + struct.pack(">3I", min(n_bytes + 8, MAX_32_BIT), 0, 0)
    return b"FORM" + struct.pack(">I", size) + form + body + sound
