"""Layout of an audio file: its parts, its true length, and any damage. Found once a run.

A header is trusted if the file agrees with it; else the length is counted.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
import soundfile

from mixer.audio.containers.spliced_file import MOST_WALKED_BYTES, Pieces, Span, SplicedFile
from mixer.audio.plain_wave import START_BYTES, read_plain_wave
from mixer.audio.silent_blocks import SilentBlocks
from mixer.audio.source import BLOCK_SAMPLES, system_name
from mixer.files.regular_file import open_regular, read_start

# The parser of a format loads with the first file of that format: most songs are plain WAV.
if TYPE_CHECKING:
    from mixer.audio.containers.chunks import Chunk, Heads

# Samples a packet: of Opus at 48 kHz 120 ms, of Vorbis the longest block, of FLAC by its format.
_MOST_SAMPLES_A_PACKET = 65_536
# IMA ADPCM is libsndfile's: to the bit the specification's, where FFmpeg multiplies and is up to
# 4e-3 off (tests/audio/test_adpcm.py).
# Encodings whose length follows from the bytes of a container that was held to its file.
_PLAIN_ENCODINGS = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")
_SEEKING_ENCODINGS = ("PCM_", "FLOAT", "DOUBLE")
_KEPT_LAYOUTS = 4_096
_UNKNOWN_FORMAT, _UNSUPPORTED_ENCODING = 1, 4  # of libsndfile's errors
# First bytes by which libsndfile knows a file, except for MPEG; FLAC may begin with a tag.
_MAGICS = (
    *(b"fLaC", b"RIFF", b"RF64", b"BW64", b"RIFX", b"FORM", b"caff", b"riff", b".snd", b"dns."),
    *(b"ID3", b"Creative", b"NIST", b" paf", b"fap ", b"2BIT", b"PVF1", b"\x64\xa3"),
)
_MPEG = ("MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III")
_FROM_START, _FROM_HERE = 0, 1  # SEEK_SET and SEEK_CUR of C
_FRAMES_MISCOUNTED = 4 * 1_152  # within a WAV, by the encoder's delay
# Damaged packets of Vorbis decode to 2 000 times full scale; sound ones hardly exceed it by 6 dB.
_BURST_ABOVE, _BURST_SAMPLES = 2.0, 1_024
# More than a day at the highest rate is not a promise; FLAC's own limit is 2**36.
_LONGEST_SAMPLES = 1 << 35


@dataclass(frozen=True)
class Part:
    """A stretch of samples that libsndfile decodes in one go.

    Attributes:
        pieces: the bytes that libsndfile reads; None for the unchanged file.
        dropped: spans of decoded samples that are not part of the recording.
        may_burst: whether it has damaged packets, which may decode to noise at any level.
    """

    pieces: Pieces | None = None
    dropped: tuple[tuple[int, int], ...] = ()
    may_burst: bool = False


class Layout(NamedTuple):
    """Parts in which libsndfile reads a file.

    Attributes:
        parts: one after another; more than one for a chain of Ogg links.
        sample_rate, channels, encoding: of all parts.
        n_samples: number of samples that can be decoded.
        remark: why its length had to be counted, or None.
        fault: how it is truncated or damaged, or None.
        is_uneven: whether FFmpeg, if installed, reads the file better.
        time_reference: position of the first sample stated in the header, in samples; or None.
        full_scale: divisor of the samples that libsndfile reads.
        correction: what the header says wrongly about the samples, or None.
    """

    parts: tuple[Part, ...]
    sample_rate: int
    channels: int
    encoding: str
    n_samples: int
    remark: str | None = None
    fault: str | None = None
    is_uneven: bool = False
    time_reference: int | None = None
    full_scale: float = 1.0
    correction: str | None = None


_WHOLE = (Part(),)


def layout_of(path: Path) -> Layout:
    """Determine how a file is read; cached for the run while the file stays the same.

    Raises:
        LibsndfileError: libsndfile cannot read the file.
        OSError: the file cannot be opened.
    """
    start, status = read_start(os.fspath(path), START_BYTES)
    plain = read_plain_wave(start, status.st_size)
    if plain is not None:
        return Layout(_WHOLE, *plain)
    return _layout(path, status.st_size, status.st_mtime_ns)


@functools.lru_cache(_KEPT_LAYOUTS)
def _layout(path: Path, size: int, mtime_ns: int) -> Layout:
    from mixer.audio.containers.chunks import read_heads

    with open_regular(path) as file:
        head = file.read(16)
        heads = read_heads(file)
        if heads is not None:
            return _chunked_layout(path, file, heads)
    if head.startswith(b"Creative"):
        return _voice_layout(path)
    if size > MOST_WALKED_BYTES and (head[:4] == b"OggS" or not _has_magic(head)):
        return _plain_layout(path, Part(), None, None)
    if head[:4] == b"OggS":
        return _ogg_layout(path)
    if head.startswith(b"ID3") or not _has_magic(head):
        found = _mpeg_layout(path)
        if found is not None:
            return found
    if not _has_magic(head):
        # libsndfile would take it for an MP3 all the same, and libmpg123 complain
        raise soundfile.LibsndfileError(_UNKNOWN_FORMAT)
    return _plain_layout(path, Part(), None, None)


def _voice_layout(path: Path) -> Layout:
    from mixer.audio.containers.creative_voice import voice_layout

    voice = voice_layout(path)
    if voice is None:
        raise soundfile.LibsndfileError(_UNSUPPORTED_ENCODING)  # FFmpeg may read it
    return _plain_layout(path, Part(voice.pieces), voice.remark, voice.fault)


def _mpeg_layout(path: Path) -> Layout | None:
    from mixer.audio.containers.mpeg import mpeg_layout

    mpeg = mpeg_layout(path)
    if mpeg is None:
        return None
    part = Part(mpeg.pieces, mpeg.dropped)
    with open_part(path, part) as file:
        info = (file.samplerate, file.channels, file.subtype)
    return Layout((part,), *info, mpeg.n_samples, mpeg.remark, mpeg.fault, mpeg.is_uneven)


def _has_magic(head: bytes) -> bool:
    return head.startswith(_MAGICS)


def _chunked_layout(path: Path, file: BinaryIO, heads: Heads) -> Layout:
    """A file of chunks; the size of its audio is checked against the file."""
    from mixer.audio.containers.container import held_audio
    from mixer.audio.containers.stated_format import corrected_wave
    from mixer.audio.containers.time_reference import stated_reference

    held = held_audio(file, heads)
    pieces = None if held is None else held.pieces
    corrected = None
    if heads.audio is not None and len(pieces or ()) <= 2:
        corrected = corrected_wave(file, heads, _span_of(heads.audio, pieces, heads.n_file))
        pieces = pieces if corrected is None else corrected.pieces
    if held is None:
        layout = _plain_layout(path, Part(pieces), None, None)
    else:
        layout = _plain_layout(path, Part(pieces), held.remark or None, held.fault)
    if corrected is not None:
        layout = layout._replace(full_scale=corrected.full_scale, correction=corrected.correction)
    return layout._replace(time_reference=stated_reference(file, heads))


def _span_of(audio: Chunk, pieces: Pieces | None, n_file: int) -> Span:
    """Where the samples of a container are; as in `pieces` if its header is not true."""
    if pieces is not None and isinstance(pieces[-1], Span):
        return pieces[-1]
    return Span(audio.start, max(0, min(audio.size or 0, n_file - audio.start)))


def _plain_layout(path: Path, part: Part, remark: str | None, fault: str | None) -> Layout:
    """A file of one part, whose last sample must be where its header says."""
    with open_part(path, part) as file:
        info = (file.samplerate, file.channels, file.subtype)
        n_samples = max(0, file.frames)
        holds = file.subtype.startswith(_PLAIN_ENCODINGS) and file.format != "FLAC"
        is_borne_out = holds or n_samples == 0 or _has_last_sample(file, n_samples)
    if not is_borne_out:
        there = _count(path, part)
        if n_samples >= _LONGEST_SAMPLES:
            remark = "its header does not state its length"
        elif fault is None and n_samples - there > (_FRAMES_MISCOUNTED if info[2] in _MPEG else 0):
            fault = _breaks_off(there, n_samples, info[0])
        n_samples = there
    elif fault is not None:
        fault = f"{fault}; {n_samples / info[0]:.2f} s are there"
    return Layout((part,), *info, n_samples, remark, fault)


def _ogg_layout(path: Path) -> Layout:
    from mixer.audio.containers.ogg_pages import damaged_flac, ogg_links

    links = ogg_links(path)
    if any(link.is_simultaneous for link in links or ()):
        raise soundfile.LibsndfileError(_UNKNOWN_FORMAT)  # FFmpeg reads each as a stream
    parts: list[Part] = []
    n_samples, info, fault, remark = 0, None, None, None
    for index, link in enumerate(links or ()):
        whole = len(links or ()) == 1 and link.fault is None and not link.is_flac
        part = Part(None if whole else link.pieces, may_burst=link.is_damaged)
        try:
            with open_part(path, part) as file:
                own = (file.samplerate, file.channels, file.subtype)
                stated = max(0, file.frames)
                trusted = (
                    link.fault is None and 0 < stated <= link.n_packets * _MOST_SAMPLES_A_PACKET
                )
                trusted = trusted and _has_last_sample(file, stated)
        except soundfile.LibsndfileError:
            if not parts and index == len(links or ()) - 1:
                raise
            fault = fault or f"link {index + 1} of its chain cannot be read"
            continue
        if info is not None and own[:2] != info[:2]:
            fault = (
                f"link {index + 1} of its chain has a different sample rate or number of channels"
            )
            continue
        info = info or own
        n_samples += stated if trusted else _count(path, part)
        parts.append(part)
        fault = fault or link.fault
    if info is None:
        return _plain_layout(path, Part(), None, None)
    if fault is not None:
        fault = f"{fault}; {n_samples / info[0]:.2f} s are there"
    is_uneven = damaged_flac(path) is not None  # libsndfile stops at the damage
    return Layout(tuple(parts), *info, n_samples, remark, fault, is_uneven)


def _breaks_off(there: int, promised: int, sample_rate: int) -> str:
    return (
        f"truncated: {there / sample_rate:.2f} of the {promised / sample_rate:.2f} s that its "
        "header promises"
    )


def open_part(path: Path, part: Part) -> soundfile.SoundFile:
    """Open a part with libsndfile."""
    if part.pieces is None:
        return soundfile.SoundFile(system_name(path))
    return _OwningSoundFile(SplicedFile(path, part.pieces))


class _OwningSoundFile(soundfile.SoundFile):
    """Closes what it reads from."""

    def __init__(self, file: SplicedFile) -> None:
        self._spliced = file
        try:
            super().__init__(file)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        super().close()
        self._spliced.close()


def read_part(path: Path, part: Part) -> Iterator[np.ndarray]:
    """Decode a part to its end, whatever its header says: float32 (samples, channels) blocks.

    Blocks that are known to be silent are passed over.
    """
    position = 0
    with open_part(path, part) as file:
        silent = SilentBlocks(path) if _seeks(file, part) else None
        for number in itertools.count():
            block, n_read = _next_block(file, number, silent)
            if n_read <= 0:
                if silent is not None:
                    silent.end(position)
                return
            kept = _without(block[:n_read], position, part.dropped)
            position += n_read
            if len(kept):
                yield _without_bursts(kept) if part.may_burst else kept


def _seeks(file: soundfile.SoundFile, part: Part) -> bool:
    """Whether any sample is found by its place in the file alone."""
    holds = file.subtype.startswith(_SEEKING_ENCODINGS) and file.format != "FLAC"
    return holds and part == _WHOLE[0]


def _next_block(
    file: soundfile.SoundFile, number: int, silent: SilentBlocks | None
) -> tuple[np.ndarray, int]:
    """The next samples, (`BLOCK_SAMPLES`, channels), and how many of them there are."""
    snd = soundfile._snd
    if silent is not None:
        n_silent = silent.length(number, BLOCK_SAMPLES)
        if n_silent:
            snd.sf_seek(file._file, n_silent, _FROM_HERE)
            # One number for all: to fill a block with zeros takes as long as to read it.
            return np.broadcast_to(np.float32(0.0), (n_silent, file.channels)), n_silent
    block = np.empty((BLOCK_SAMPLES, file.channels), np.float32)
    n_read = read_next(file, block)
    if silent is not None and n_read > 0 and _is_silent(block[:n_read]):
        silent.note(number)
    return block, n_read


def read_next(file: soundfile.SoundFile, block: np.ndarray) -> int:
    """Fill an array, float32 (samples, channels), with the next samples; how many there were.

    By libsndfile's own call: the package's moves to the position that it reckons after each block,
    which fails in a file of unknown length.
    """
    target = soundfile._ffi.cast("float*", block.ctypes.data)
    return int(soundfile._snd.sf_readf_float(file._file, target, len(block)))


def _is_silent(block: np.ndarray) -> bool:
    """Whether all samples are zero.

    NumPy warns of NaNs with certain bits, which whoever reads the file refuses.
    """
    with np.errstate(invalid="ignore"):
        return not block.any()


def _without(block: np.ndarray, position: int, dropped: tuple[tuple[int, int], ...]) -> np.ndarray:
    keep = np.ones(len(block), bool)
    for start, end in dropped:
        keep[max(0, start - position) : max(0, end - position)] = False
    return block if keep.all() else block[keep]


def _without_bursts(block: np.ndarray) -> np.ndarray:
    """Samples (n, channels) with silence where damage decodes to far more than full scale."""
    loud = np.flatnonzero(np.abs(block).max(axis=1) > _BURST_ABOVE)
    for frame in np.unique(loud // _BURST_SAMPLES):
        block[frame * _BURST_SAMPLES : (frame + 1) * _BURST_SAMPLES] = 0.0
    return block


def _has_last_sample(file: soundfile.SoundFile, n_samples: int) -> bool:
    if n_samples >= _LONGEST_SAMPLES:
        return False
    # By libsndfile's own calls, as in `read_next`: the package's seek three times more.
    snd, sample = soundfile._snd, soundfile._ffi.new("float[]", file.channels)
    if snd.sf_seek(file._file, n_samples - 1, _FROM_START) != n_samples - 1:
        return False
    return bool(snd.sf_readf_float(file._file, sample, 1) == 1 and snd.sf_error(file._file) == 0)


def _count(path: Path, part: Part) -> int:
    return sum(len(block) for block in read_part(path, part))
