"""Files to samples, block by block: what is there, with what is missing said and not guessed."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from mixer.audio.codecs.pyav import has_av
from mixer.audio.damage import damage_of, note_damage
from mixer.audio.formats import CODEC_SUFFIXES, SAMPLE_RATES_HZ, VIDEO_SUFFIXES, suffix_of
from mixer.audio.layout import Layout, layout_of, open_part, read_next, read_part
from mixer.audio.source import OR_LEAVE_OUT, AudioSource, unreadable
from mixer.dsp.threads import stop_if_asked
from mixer.errors import InputError
from mixer.extras import install_command
from mixer.files.regular_file import open_regular

# libsndfile's error for a known container with an unknown coding.
_FOREIGN_CODING = ("unsupported", "unknown error in flac", "unimplemented", "not supported")
_READ_BY_CODEC = "codec"
_OF_CODECS = CODEC_SUFFIXES | VIDEO_SUFFIXES


def probe(path: Path) -> list[AudioSource]:
    """Describe every audio stream of a file: one, or five for a stem container.

    The length is what decodes. A file that is truncated or damaged says so in `fault`.

    Raises:
        InputError: the file is not audio, is neither mono nor stereo, or has a sample rate
            outside `SAMPLE_RATES_HZ`.
    """
    sources = _probe_codec_first(path) if _is_codec(path.name) else _probe_plain(path)
    for source in sources:
        low_hz, high_hz = SAMPLE_RATES_HZ
        if source.channels == 0:
            raise InputError(unreadable(path, ValueError("damaged header")))
        if source.channels not in (1, 2):
            raise InputError(
                f"{path.name}: has {source.channels} channels; mixer reads mono and stereo, "
                f"so split the file{OR_LEAVE_OUT}"
            )
        if not low_hz <= source.sample_rate <= high_hz:
            raise InputError(
                f"{path.name}: has a sample rate of {source.sample_rate} Hz; "
                f"mixer reads {low_hz} to {high_hz} Hz, so convert the file first"
            )
    return sources


def read_blocks(source: AudioSource) -> Iterator[np.ndarray]:
    """Decode a stream into blocks: float32 (channels, samples) of any length, full scale ±1.

    Damage found on the way is kept for `damage_of`.

    Raises:
        InputError: the file cannot be decoded, or holds NaN or infinite samples.
    """
    position = 0
    scale = np.float32(1.0 / source.full_scale)
    for block in _decode_codec_or_plain(source):
        stop_if_asked()
        if not np.isfinite(block).all():
            raise InputError(_not_finite(source, block, position))
        if source.offset:
            block = block - offset_over(source, position, block.shape[1])
        position += block.shape[1]
        yield block if source.full_scale == 1.0 else block * scale
    if position < source.n_samples:
        note_damage(
            source,
            f"damaged: only {position / source.sample_rate:.2f} of its "
            f"{source.n_samples / source.sample_rate:.2f} s can be decoded",
        )


def _not_finite(source: AudioSource, block: np.ndarray, position: int) -> str:
    """Message on a block, (channels, samples), that has NaN or infinite samples."""
    from mixer.audio.containers.stated_format import are_floats

    bad = position + int(np.flatnonzero(~np.isfinite(block).all(axis=0))[0])
    what = f"NaN or infinite samples at {bad / source.sample_rate:.3f} s"
    if source.encoding == "FLOAT" and not are_floats(block):
        what = "its samples are not floating-point numbers, though its header says so"
    return f"{source.path.name}: {what}; export the file again{OR_LEAVE_OUT}"


def offset_over(source: AudioSource, first: int, n_samples: int) -> np.ndarray:
    """Offset to subtract from samples of a source, float32 (channels, n_samples or 1)."""
    if all(len(knots) == 1 for knots in source.offset):
        return np.array([knots[0][1] for knots in source.offset], np.float32)[:, np.newaxis]
    places = np.arange(first, first + n_samples)
    offset = [np.interp(places, *np.transpose(knots)) for knots in source.offset]
    return np.array(offset, np.float32)


def hides_damage(source: AudioSource) -> bool:
    """Whether damage shows only while decoding; in Ogg pages and MPEG frames, probing finds it."""
    if source.reader == _READ_BY_CODEC or source.encoding.startswith("ALAC"):
        return True
    try:
        return _FlacChecksum(source.path).is_flac
    except OSError:  # which reading it says
        return False


def verify(source: AudioSource) -> None:
    """Decode a stream to its end only to look for damage.

    Raises:
        InputError: it is truncated or damaged.
    """
    if source.fault is None:
        for _ in read_blocks(source):
            pass
    fault = damage_of(source)
    if fault is not None:
        raise InputError(f"{source.path.name}: {fault}; copy or export it again")


def read_segment(path: Path, start: int, n_samples: int) -> np.ndarray:
    """Read a part of a file without decoding the rest; silence stands after its end.

    Args:
        path: a file in a format that seeks to the sample (WAV, FLAC ...); not m4a or mp4.
        start: first sample, 0 or more; may be beyond the end.
        n_samples: number of samples to read.

    Returns:
        float32 (channels, n_samples), full scale ±1.

    Raises:
        InputError: the file does not exist, is not audio, is damaged within the part, or the part
            has NaN or infinite samples.
    """
    (segment,) = read_segments(path, [(start, n_samples)])
    return segment


def read_segments(path: Path, spans: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """As `read_segment`, for many parts of a file, which is opened as few times as can be.

    Args:
        path: of the file.
        spans: first sample and number of samples of each part.
    """
    try:
        layout = layout_of(path)
        if layout.fault is not None:
            raise InputError(f"{path}: {layout.fault}; copy or make it again")
        # A second seek in Vorbis decodes to samples that differ from those of a first one.
        at_once = 1 if layout.encoding.startswith("VORBIS") else max(len(spans), 1)
        found: list[np.ndarray] = []
        for first in range(0, len(spans), at_once):
            with open_part(path, layout.parts[0]) as file:
                for span in spans[first : first + at_once]:
                    found.append(_segment(path, file, layout.n_samples, *span))
        return found
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(unreadable(path, error)) from None


def _segment(
    path: Path, file: soundfile.SoundFile, n_file: int, start: int, n_samples: int
) -> np.ndarray:
    n_there = max(min(n_file - start, n_samples), 0)
    segment = np.zeros((n_samples, file.channels), np.float32)
    if n_there:
        file.seek(start)
        n_read = read_next(file, segment[:n_there])
    if n_there and n_read < n_there:
        raise InputError(f"{path}: has less audio than its header states; make it again")
    if not np.isfinite(segment).all():
        raise InputError(f"{path}: has NaN or infinite samples; make it again")
    return segment.T


def _is_codec(name: str) -> bool:
    return suffix_of(name) in _OF_CODECS


def _probe_codec_first(path: Path) -> list[AudioSource]:
    """The streams by PyAV; by libsndfile if only the name is one for PyAV."""
    try:
        return _by_codec(path)
    except InputError:
        try:
            return [_plain_source(path)]
        except (soundfile.LibsndfileError, OSError):
            pass
        raise


def _probe_plain(path: Path) -> list[AudioSource]:
    try:
        source = _plain_source(path)
    except OSError as error:
        raise InputError(unreadable(path, error)) from None
    except soundfile.LibsndfileError as error:
        packed = _packed_in_wave(path)
        if has_av():
            with contextlib.suppress(InputError):
                found = _by_codec(path)
                if found and (packed is None or _keeps_packets_apart(path)):
                    return found
        raise InputError(_why_not(path, error, packed)) from None
    return [source]


def _packed_in_wave(path: Path) -> tuple[str, str] | None:
    """The coding of a WAV file in packets, and what keeps such packets apart."""
    from mixer.audio.containers.chunks import read_heads
    from mixer.audio.containers.container import named_chunk
    from mixer.audio.containers.wave_format import packed_coding, read_wave_format

    with contextlib.suppress(OSError), open_regular(path) as file:
        heads = read_heads(file)
        if heads is not None and heads.family.kind in ("riff", "w64"):
            form = read_wave_format(named_chunk(file, heads.chunks, b"fmt "), heads.family.order)
            return None if form is None else packed_coding(form.tag)
    return None


def _keeps_packets_apart(path: Path) -> bool:
    """Whether the packets in a WAV file have heads of their own: of ADTS, LOAS or Ogg."""
    from mixer.audio.containers.chunks import read_heads

    with contextlib.suppress(OSError), open_regular(path) as file:
        heads = read_heads(file)
        if heads is not None and heads.audio is not None:
            file.seek(heads.audio.start)
            head = file.read(4)
            words = int.from_bytes(head[:2], "big")
            return head == b"OggS" or words & 0xFFF6 == 0xFFF0 or words & 0xFFE0 == 0x56E0
    return False


def _why_not(path: Path, error: soundfile.LibsndfileError, packed: tuple[str, str] | None) -> str:
    """Message on a file that libsndfile refuses, and FFmpeg too if it is there."""
    if packed is not None:
        coding, container = packed
        if not has_av():
            needed = f"which needs PyAV; install it with {install_command('codecs')}"
            return f"{path.name}: holds {coding} in a WAV file, {needed}"
        return (
            f"{path.name}: holds {coding} in a WAV file, which does not keep its packets apart, so "
            f"it cannot be decoded; export it again, as WAV or {container}"
        )
    if any(words in str(error).lower() for words in _FOREIGN_CODING) and not has_av():
        return f"{path.name}: its codec needs PyAV; install it with {install_command('codecs')}"
    return unreadable(path, error)


def _plain_source(path: Path) -> AudioSource:
    layout = layout_of(path)
    if layout.is_uneven and has_av():
        try:
            (source, *_) = _by_codec(path)
        except (InputError, ValueError):
            pass
        else:
            # what FFmpeg cannot decode between two joined MPEG files is a tag, not damage
            fault = source.fault if layout.encoding.startswith("PCM_") else layout.fault
            return replace(source, fault=fault, remark=layout.remark)
    return AudioSource(
        path,
        0,
        layout.sample_rate,
        layout.channels,
        layout.n_samples,
        layout.encoding,
        layout.remark,
        layout.fault,
        full_scale=layout.full_scale,
        time_reference=_believed(layout),
        correction=layout.correction,
    )


def _believed(layout: Layout) -> int | None:
    """The time reference that a file states, in samples; None if it states none, or garbage."""
    if layout.time_reference is None:
        return None
    from mixer.audio.containers.time_reference import believed_reference

    return believed_reference(layout.time_reference, layout.sample_rate)


def _by_codec(path: Path) -> list[AudioSource]:
    """The streams that PyAV finds.

    Raises:
        InputError: as `probe_codec`.
    """
    from mixer.audio.codecs.codec import probe_codec
    from mixer.audio.containers.time_reference import read_time_reference

    return [
        replace(
            source,
            reader=_READ_BY_CODEC,
            time_reference=read_time_reference(path, source.sample_rate),
        )
        for source in probe_codec(path)
    ]


def _decode_codec_or_plain(source: AudioSource) -> Iterator[np.ndarray]:
    if source.reader == _READ_BY_CODEC:
        from mixer.audio.codecs.codec import decode_codec

        yield from decode_codec(source)
        return
    position = 0
    checked = _FlacChecksum(source.path)
    try:
        for part in layout_of(source.path).parts:
            for block in read_part(source.path, part):
                checked.add(block)
                position += len(block)
                yield block.T
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(unreadable(source.path, error)) from None
    if position < source.n_samples and checked.is_flac and has_av():
        from mixer.audio.codecs.codec import decode_rest

        note_damage(source, f"damaged at {position / source.sample_rate:.2f} s")
        left = source.n_samples - position
        for block in decode_rest(source, position):
            yield block[:, :left]
            left -= min(left, block.shape[1])
    elif position >= source.n_samples and checked.differs() and source.fault is None:
        note_damage(source, "damaged: its samples do not match its checksum (MD5)")


class _FlacChecksum:
    """The MD5 of all samples, which is in a FLAC file's header."""

    def __init__(self, path: Path) -> None:
        with open_regular(path) as file:
            head = file.read(42)
        self.is_flac = head[:4] == b"fLaC" and len(head) == 42
        self._stated = head[26:42] if self.is_flac else bytes(16)
        self._bits = ((head[20] & 1) << 4 | head[21] >> 4) + 1 if self.is_flac else 0
        self._used = any(self._stated) and self._bits in (8, 16, 24)
        self._hash = hashlib.md5(usedforsecurity=False)

    def add(self, block: np.ndarray) -> None:
        """Samples (n, channels) as libsndfile scales them."""
        if not self._used:
            return
        steps = block * np.float32(2.0 ** (self._bits - 1))
        if self._bits < 24:
            self._hash.update(steps.astype(f"<i{self._bits // 8}").data)
        else:
            as_bytes = steps.astype("<i4").view(np.uint8).reshape(-1, 4)
            self._hash.update(np.ascontiguousarray(as_bytes[:, :3]).data)

    def differs(self) -> bool:
        """Whether the samples were others."""
        return self._used and self._hash.digest() != self._stated
