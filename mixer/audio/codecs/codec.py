"""Formats that libsndfile does not read, through PyAV: AAC, WMA, WavPack, Matroska, stem
containers.

PyAV is FFmpeg, which the codecs extra installs. An untrusted file gets no more than it needs: a
list of containers without playlists and without anything that opens another file or address, one
thread, and no more memory than a block.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mixer.audio.codecs.pyav import import_av
from mixer.audio.containers.flac_frames import flac_position
from mixer.audio.containers.ogg_pages import damaged_flac
from mixer.audio.containers.spliced_file import SplicedFile
from mixer.audio.damage import note_damage
from mixer.audio.source import BLOCK_SAMPLES, AudioSource, unreadable
from mixer.errors import InputError
from mixer.files.regular_file import open_regular

# By FFmpeg's names; one that opens other files (hls, concat, dash, image2 ...) never joins.
_CONTAINERS = (
    "aac,ac3,eac3,aiff,alac,amr,ape,asf,asf_o,au,avi,caf,dsf,dts,dtshd,flac,flv,iff,ircam,matroska,"
    "mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,nut,ogg,oma,rm,sox,tak,truehd,tta,voc,w64,wav,wv,xwma"
)
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
# Zeros without end, which take no room on the disk, are looked through for audio by C code that
# hears no signal; to open a real file, or to read its next packet, takes milliseconds.
_WITHIN_S = 20.0
# A track that begins later than this is taken for a mistake of its header.
_MAX_LEAD_S = 600.0
# Matroska rounds times to a millisecond.
_LEAD_FROM_S = 0.002
_PLACED_BY_TIME = ("mov", "matroska")
# Each packet has a checksum, which FFmpeg looks at where it is asked to, and its own place: what
# does not decode leaves a gap, and what comes after it stays where it was.
_CHECKED = ("flac", "wavpack", "tta")
_KEPT_LAYOUTS = 4_096


def probe_codec(path: Path) -> list[AudioSource]:
    """All audio streams of a file, counted by decoding if the container is not certain.

    Raises:
        InputError: PyAV is missing, or it cannot read the file.
    """
    av = import_av(path)
    try:
        status = path.stat()
        return list(_probe(av, path, status.st_size, status.st_mtime_ns))
    except (av.FFmpegError, OSError, ValueError, NotImplementedError) as error:
        raise InputError(unreadable(path, error)) from None


@functools.lru_cache(_KEPT_LAYOUTS)
def _probe(av: Any, path: Path, size: int, mtime_ns: int) -> tuple[AudioSource, ...]:
    with opened_by_av(av, path) as container:
        is_mov = _is(container, "mov")
        fragmented = is_mov and _has_fragments(path)
        if any(s.codec_context is None for s in container.streams.audio):
            raise ValueError("FFmpeg does not know its codec")
        streams = [
            (s.index, s.rate, s.channels, s.codec_context.name, _stated_samples(s))
            for s in container.streams.audio
        ]
    if is_mov and not fragmented:
        believed = [_is_borne_out(av, path, n, stated) for n, (*_, stated) in enumerate(streams)]
    else:
        believed = [False] * len(streams)
    sources = []
    for number, (_, rate, channels, name, stated) in enumerate(streams):
        source = AudioSource(path, number, rate, channels, 0, name)
        if believed[number]:
            n_samples, fault, remark = stated, None, None
        else:
            n_samples, n_bad, lead = _count(av, source)
            fault = f"damaged: {n_bad} of its packets cannot be decoded" if n_bad else None
            remark = None
            if is_mov and not fragmented and n_samples < stated - rate // 10:
                fault = (
                    f"truncated: {n_samples / rate:.2f} of the {stated / rate:.2f} s that its "
                    "header promises"
                )
            elif is_mov and not fragmented and stated:
                n_samples = min(n_samples, lead + stated)
            elif fault is None and stated == 0:
                remark = "its header does not state its length"
            link = damaged_flac(path)
            fault = fault if link is None else link.fault
        sources.append(AudioSource(path, number, rate, channels, n_samples, name, remark, fault))
    return tuple(sources)


def decode_codec(source: AudioSource) -> Iterator[np.ndarray]:
    """Decode a stream up to its length: float32 (channels, samples) blocks.

    Raises:
        InputError: PyAV is missing, or nothing of the stream can be read.
    """
    av = import_av(source.path)
    left = source.n_samples or None
    try:
        for block in _decode(av, source, []):
            block = block[:, :left]
            if left is not None:
                left -= block.shape[1]
            if block.shape[1]:
                yield block
            if left == 0:
                return
    except (av.FFmpegError, OSError, ValueError, NotImplementedError) as error:
        raise InputError(unreadable(source.path, error)) from None


def decode_rest(source: AudioSource, position: int) -> Iterator[np.ndarray]:
    """Decode a damaged FLAC file with FFmpeg from a sample position on; gaps become silence."""
    av = import_av(source.path)
    try:
        for block in _decode(av, source, [], fill_gaps=True):
            skipped = min(position, block.shape[1])
            position -= skipped
            if skipped < block.shape[1]:
                yield block[:, skipped:]
    except (av.FFmpegError, OSError, ValueError) as error:
        note_damage(source, f"damaged: {error}")


def _decode(
    av: Any, source: AudioSource, bad: list[int], fill_gaps: bool = False
) -> Iterator[np.ndarray]:
    """Everything of a stream, its start offset as silence; `bad` gets packets that fail."""
    with opened_by_av(av, source.path) as container:
        stream = _stream(container, source)
        fill_gaps = fill_gaps or stream.codec_context.name in _CHECKED
        resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=source.sample_rate)
        placed = any(_is(container, name) for name in _PLACED_BY_TIME)
        position = 0
        for frame in _frames(av, container, stream, bad):
            if (position == 0 and placed) or fill_gaps:
                yield from _silence(_gap(frame, source, position), source.channels)
                position += _gap(frame, source, position)
            frame.pts = None
            for plain in resampler.resample(frame):
                block = plain.to_ndarray()
                position += block.shape[1]
                yield block


def _stream(container: Any, source: AudioSource) -> Any:
    stream = container.streams.audio[source.stream]
    stream.codec_context.thread_count = 1
    if stream.codec_context.name in _CHECKED:
        stream.codec_context.options = {"err_detect": "crccheck+explode"}
    return stream


def _frames(av: Any, container: Any, stream: Any, bad: list[int]) -> Iterator[Any]:
    packets = container.demux(stream)
    # FFmpeg counts the packets of a FLAC file that it finds, and misses some behind damage.
    is_flac = _is(container, "flac")
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
        except av.error.InvalidDataError:
            bad.append(0)
            return
        except av.error.EOFError:
            return
        try:
            frames = packet.decode()
            if frames and is_flac:
                frames[0].pts = flac_position(bytes(packet), stream.codec_context.extradata)
            yield from frames
        except (av.error.InvalidDataError, av.error.PatchWelcomeError):
            bad.append(packet.pos or 0)


def _gap(frame: Any, source: AudioSource, position: int) -> int:
    """Samples by which a frame comes later than what is before it, if that is plausible."""
    if frame.pts is None or frame.time_base is None:
        return 0
    at = round(float(frame.pts * frame.time_base) * source.sample_rate)
    gap_s = (at - position) / source.sample_rate
    return at - position if _LEAD_FROM_S < gap_s <= _MAX_LEAD_S else 0


def _silence(n_samples: int, channels: int) -> Iterator[np.ndarray]:
    while n_samples > 0:
        n_block = min(n_samples, BLOCK_SAMPLES)
        yield np.zeros((channels, n_block), np.float32)
        n_samples -= n_block


def _count(av: Any, source: AudioSource) -> tuple[int, int, int]:
    """Samples that decode, packets that do not, and samples of silence in front."""
    bad: list[int] = []
    n_samples = lead = 0
    with opened_by_av(av, source.path) as container:
        stream = _stream(container, source)
        placed = any(_is(container, name) for name in _PLACED_BY_TIME)
        fill_gaps = stream.codec_context.name in _CHECKED
        for frame in _frames(av, container, stream, bad):
            if frame.sample_rate != source.sample_rate:
                return sum(block.shape[1] for block in _decode(av, source, [])), len(bad), lead
            if n_samples == 0 and placed:
                n_samples = lead = _gap(frame, source, 0)
            elif fill_gaps:
                n_samples += _gap(frame, source, n_samples)
            n_samples += frame.samples
    return n_samples, len(bad), lead


def _is_borne_out(av: Any, path: Path, number: int, stated: int) -> bool:
    """Whether an MP4's packets are all there and can hold what its header states."""
    n_packets, n_bytes, end, lead = 0, 0, 0, None
    with opened_by_av(av, path) as container:
        stream = container.streams.audio[number]
        frame_size = stream.codec_context.frame_size
        for packet in container.demux(stream):
            if packet.size == 0 or packet.pts is None or packet.duration is None:
                continue
            lead = packet.pts if lead is None else lead
            n_packets, n_bytes = n_packets + 1, n_bytes + packet.size
            end = max(end, packet.pts + packet.duration)
        ends_at = int(end * stream.time_base * stream.rate)
    # a start offset is found by decoding
    if not n_packets or not stated or not frame_size or (lead or 0) > 0:
        return False
    return stated <= ends_at + 1 and stated <= n_packets * 2 * frame_size


def _stated_samples(stream: Any) -> int:
    if stream.duration is None or stream.time_base is None:
        return 0
    return int(stream.duration * stream.time_base * stream.rate)


def _is(container: Any, name: str) -> bool:
    return name in container.format.name.split(",")


def _has_fragments(path: Path) -> bool:
    """Whether an MP4 is made of fragments, whose header does not know how many follow."""
    position = 0
    with open_regular(path) as file:
        for _ in range(1_000):
            file.seek(position)
            head = file.read(16)
            if len(head) < 8 or head[4:8] == b"moof":
                return head[4:8] == b"moof"
            size = int.from_bytes(head[:4], "big")
            if size == 1:
                size = int.from_bytes(head[8:16], "big")
            if size < 8:
                return False
            position += size
    return False


@contextlib.contextmanager
def opened_by_av(av: Any, path: Path) -> Iterator[Any]:
    """A file's container, opened so that an untrusted file opens no other."""
    open_regular(path).close()  # FFmpeg would wait for a pipe
    link = damaged_flac(path)
    if link is None:
        # A name that looks like an address stays a name.
        with av.open(f"file:{path}", options=_OPTIONS, timeout=_WITHIN_S) as container:
            yield container
        return
    # FFmpeg drops a damaged page with all its frames, and stops where one lacks.
    with (
        SplicedFile(path, link.pieces) as frames,
        av.open(frames, format="flac", options=_OPTIONS) as container,
    ):
        yield container
