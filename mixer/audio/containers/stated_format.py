"""WAV samples that are not coded as their header says, or not as libsndfile takes it.

Exporters write floating-point samples under a header of integers, put 24 bits into the lower end of
32, or state two sizes of a sample: read as stated, such a file is noise at full scale, or 48 dB too
soft. Only headers that leave room for it are looked into. The samples decide: read
as floats, samples of integers have positive and negative halves of very different size, since the
sign of an integer is not apart from its size (two's complement).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixer.audio.containers.chunks import Heads
from mixer.audio.containers.container import named_chunk, riff_header
from mixer.audio.containers.spliced_file import Pieces, Span
from mixer.audio.containers.wave_format import (
    FLOAT,
    PCM,
    WaveFormat,
    plain_format,
    read_wave_format,
)
from mixer.audio.source import at_lower_end

_FLOAT_BYTES = (4, 8)
_MOST_INTEGER_BYTES = 4
_N_LOOKS, _LOOK_FRAMES = 8, 4_096
_BLOCK_FRAMES = 65_536
# Fewer samples that are not zero decide nothing.
_FEWEST = 256
# In a recording of floats, nearly all samples but zeros are above this and all below that, whether
# full scale is 1 or 32 768.
_FLOATS_ABOVE, _FLOATS_BELOW, _MOST_OF_IT = 2.0**-64, 2.0**18, 0.95
# For a while, which is longer for a bass than for a hit, sound is mostly near its level and rarely
# far below it, on both sides of zero: octaves from the median down to the 5th percentile and up to
# the 95th. Integers that could be floats are two levels: as floats they spread evenly, or not.
_WINDOWS_FRAMES = (256, 1_024, 4_096)
_DOWN_OCTAVES, _DOWN_OVER_UP = (2.5, 8.0), 1.3
_SIDES_WITHIN_OCTAVES = 2.0
# A square of 8 bits with noise has fewer.
_FEWEST_LEVELS = 32
# Samples cut at the wrong bytes go up and down more.
_ROUGHER_FROM = 1.5
# A third of any other bytes may look like floats.
_FLOATS_FROM = 0.6


class CorrectedWave(NamedTuple):
    """A WAV or Wave64 file whose samples are not what its header makes of them in libsndfile.

    Attributes:
        pieces: the samples, behind a header that is true.
        full_scale: divisor of what libsndfile then reads.
        correction: what the header says wrongly, or None if it is right.
    """

    pieces: Pieces
    full_scale: float
    correction: str | None


class _Format(NamedTuple):
    """Format that libsndfile is given for the samples; the rest as in `CorrectedWave`."""

    format: WaveFormat
    full_scale: float = 1.0
    correction: str | None = None


class _Samples(NamedTuple):
    """Bytes of a file that are its samples, and their order as in `struct`."""

    file: BinaryIO
    span: Span
    order: str


def corrected_wave(file: BinaryIO, heads: Heads, span: Span) -> CorrectedWave | None:
    """Find out how the samples of a WAV or Wave64 file are coded, if its header leaves a doubt.

    Args:
        file: open for reading.
        heads: of its chunks.
        span: where its samples are.

    Returns:
        None if libsndfile reads the file as it is.

    Raises:
        OSError: the file cannot be read.
    """
    family = heads.family
    if family.kind not in ("riff", "w64"):
        return None
    body = named_chunk(file, heads.chunks, b"fmt ")
    stated = read_wave_format(body, family.order)
    if stated is None:
        return None
    found = _true_format(_Samples(file, span, family.order), stated)
    if found is None and family.kind == "w64" and stated.is_extensible and stated.tag != PCM:
        # libsndfile takes all of these for integers
        found = _Format(stated)
    if found is None:
        return None
    n_bytes = span.n_bytes - span.n_bytes % max(1, found.format.frame_bytes)
    kept = [(b"fmt ", found.format.body(family.order))]
    header = riff_header(family.order, kept, n_bytes, found.format.frame_bytes)
    return CorrectedWave((header, Span(span.start, n_bytes)), found.full_scale, found.correction)


def _true_format(samples: _Samples, stated: WaveFormat) -> _Format | None:
    """How samples are coded; None if as stated."""
    if not stated.channels:
        return None
    by_bits, by_frame = -(-stated.bits // 8), stated.frame_bytes // stated.channels
    if stated.frame_bytes % stated.channels or by_frame < 1:
        by_frame = by_bits
    if stated.tag == FLOAT and by_frame != by_bits:
        return _float_of_two_sizes(samples, stated, by_frame, by_bits)
    if stated.tag == PCM and max(by_bits, by_frame) > 1:
        return _integers_or_not(samples, stated, by_frame, by_bits)
    return None


def are_floats(values: NDArray[np.float32]) -> bool:
    """Whether most finite samples of a file of floats, but zeros, can be sound; few always can.

    Those that are not finite tell nothing: a plug-in may have failed, and soft negative integers
    look so too.
    """
    level = np.abs(values[np.isfinite(values) & (values != 0.0)])
    n_likely = np.count_nonzero((level > _FLOATS_ABOVE) & (level < _FLOATS_BELOW))
    return level.size < _FEWEST or n_likely > _FLOATS_FROM * level.size


def _float_of_two_sizes(
    samples: _Samples, stated: WaveFormat, by_frame: int, by_bits: int
) -> _Format | None:
    """Floats whose header states two sizes: the one at which they are floats."""
    for size in (by_frame, by_bits):
        if size in _FLOAT_BYTES and _are_floats(samples, stated.channels, size):
            if size == by_bits:
                return None
            words = f"{8 * size}-bit float samples, though its header says {stated.bits} bits too"
            return _Format(_sized(stated, FLOAT, size), correction=words)
    return None


def _integers_or_not(
    samples: _Samples, stated: WaveFormat, by_frame: int, by_bits: int
) -> _Format | None:
    """Coding of the samples under a header of integers, if the header is wrong."""
    goes_by_frame = (stated.bits, by_frame) == (24, 4)  # in libsndfile too
    is_cut_by_frame = by_frame != by_bits and (
        goes_by_frame or _cut_better(samples, stated.channels, by_frame, by_bits)
    )
    size = by_frame if is_cut_by_frame else by_bits
    if size in _FLOAT_BYTES and _are_floats(samples, stated.channels, size):
        words = f"{8 * size}-bit float samples, though its header says integers"
        return _Format(_sized(stated, FLOAT, size), correction=words)
    if size > _MOST_INTEGER_BYTES:
        return None
    valid = min(stated.valid_bits, stated.bits)
    n_unused = 8 * size - valid
    if (
        size == by_frame
        and n_unused > 0
        and _is_at_lower_end(samples, stated.channels, size, valid)
    ):
        words = at_lower_end(valid, 8 * size)
        return _Format(_sized(stated, PCM, size), 2.0**-n_unused, words)
    if is_cut_by_frame and not goes_by_frame:
        words = f"samples of {8 * size} bits, though its header says {stated.bits}"
        return _Format(_sized(stated, PCM, size), correction=words)
    return None


def _sized(stated: WaveFormat, tag: int, sample_bytes: int) -> WaveFormat:
    return plain_format(tag, stated.channels, stated.sample_rate, sample_bytes)


def _are_floats(samples: _Samples, channels: int, size: int) -> bool:
    """Whether samples of 4 or 8 bytes are those of a recording of floats."""
    for values in _gathered(samples, channels, size, np.dtype(f"{samples.order}f{size}")):
        heard = values[values != 0.0]
        if len(heard) < _FEWEST:
            continue
        if not np.isfinite(heard).all():
            return False
        level = np.abs(heard)
        if level.max() > _FLOATS_BELOW or np.mean(level > _FLOATS_ABOVE) < _MOST_OF_IT:
            return False
        by_channel = values.reshape(-1, channels).T
        if any(_is_spread_as_sound(by_channel, n) for n in _WINDOWS_FRAMES):
            return True
    return False


def _is_spread_as_sound(values: NDArray[np.floating], n_each: int) -> bool:
    """Whether the levels of samples, (channels, n), are as those of sound around its level."""
    n_windows = values.shape[1] // n_each
    windows = values[:, : n_windows * n_each].reshape(-1, n_each)
    windows = windows[2 * np.count_nonzero(windows, axis=1) >= n_each]
    if not len(windows):
        return False
    octaves = np.log2(np.abs(windows, where=windows != 0.0, out=np.full(windows.shape, np.nan)))
    medians = np.nanmedian(octaves, axis=1)
    loud = medians >= np.percentile(medians, 75)  # the softest is steps of few bits
    windows, octaves = windows[loud], octaves[loud] - medians[loud, np.newaxis]
    ups, downs = octaves[windows > 0.0], octaves[windows < 0.0]
    if min(ups.size, downs.size) == 0 or len(np.unique(np.abs(windows))) < _FEWEST_LEVELS:
        return False
    down, up = -np.nanpercentile(octaves, 5), np.nanpercentile(octaves, 95)
    least, most = _DOWN_OCTAVES
    sides = abs(float(np.median(ups) - np.median(downs)))
    is_skewed = least <= down <= most and down >= _DOWN_OVER_UP * up
    return bool(is_skewed and sides <= _SIDES_WITHIN_OCTAVES)


def _is_at_lower_end(samples: _Samples, channels: int, size: int, valid: int) -> bool:
    """Whether no sample needs more than the valid bits, and the bits below them are in use."""
    limit, unused = 1 << (valid - 1), (1 << (8 * size - valid)) - 1
    uses_lower_bits = False
    for block in _blocks(samples, channels, size):
        values = _integers(block, size, samples.order)
        if values.size and (values.min() < -limit or values.max() >= limit):
            return False
        uses_lower_bits = uses_lower_bits or bool((values & unused).any())
    return uses_lower_bits


def _cut_better(samples: _Samples, channels: int, size: int, other: int) -> bool:
    """Whether samples of one size are sound, and samples of another size noise."""
    if min(size, other) < 2 or max(size, other) > _MOST_INTEGER_BYTES:
        return False
    roughness = _roughness(samples, channels, size)
    return 0.0 < _ROUGHER_FROM * roughness < _roughness(samples, channels, other)


def _roughness(samples: _Samples, channels: int, size: int) -> float:
    """RMS of the steps from sample to sample relative to that of the samples; 0 for silence."""
    steps = power = 0.0
    for raw in _looks(samples, channels * size):
        look = _integers(raw, size, samples.order).reshape(-1, channels).astype(np.float64)
        steps += float(np.square(np.diff(look, axis=0)).sum())
        power += float(np.square(look).sum())
    return (steps / power) ** 0.5 if power else 0.0


def _gathered(
    samples: _Samples, channels: int, size: int, kind: np.dtype[np.floating]
) -> Iterator[NDArray[np.floating]]:
    """The samples of all looks, and, where they decide nothing, of each block."""
    looks = b"".join(_looks(samples, channels * size))
    yield np.frombuffer(looks, kind)
    for block in _blocks(samples, channels, size):
        yield np.frombuffer(block, kind)


def _looks(samples: _Samples, frame_bytes: int) -> Iterator[bytes]:
    """A few places of a file, each a whole number of frames."""
    n_frames = samples.span.n_bytes // frame_bytes
    last = max(0, n_frames - _LOOK_FRAMES)
    for first in np.unique(np.linspace(0, last, _N_LOOKS, dtype=int)):
        samples.file.seek(samples.span.start + int(first) * frame_bytes)
        raw = samples.file.read(min(_LOOK_FRAMES, n_frames) * frame_bytes)
        yield raw[: len(raw) - len(raw) % frame_bytes]


def _blocks(samples: _Samples, channels: int, size: int) -> Iterator[bytes]:
    """All of a file, its looks first, so that what decides is met early."""
    yield from _looks(samples, channels * size)
    most = _BLOCK_FRAMES * channels * size
    for start in range(0, samples.span.n_bytes, most):
        samples.file.seek(samples.span.start + start)
        raw = samples.file.read(min(most, samples.span.n_bytes - start))
        yield raw[: len(raw) - len(raw) % (channels * size)]


def _integers(raw: bytes, size: int, order: str) -> NDArray[np.int32]:
    """Samples of 2, 3 or 4 bytes, (n,)."""
    if size != 3:
        return np.frombuffer(raw, f"{order}i{size}").astype(np.int32)
    wide = np.zeros((len(raw) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)[:, :: 1 if order == "<" else -1]
    return wide.view("<i4")[:, 0] >> 8
