"""A DC offset of a recording, as faulty converters make it: found, to be removed.

It cannot be heard, but it is measured: it adds to the power that loudness, dynamics and the limiter
go by, and takes headroom. Any recording has some mean; an offset is one that lasts: nearly every
fifth of a second of the file has it, or of a part of it (`mixer.audio.offset_parts`). Files are
looked at in a few places first; only one that seems to have an offset is read as a whole. A
recording without one is not touched.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from mixer.audio.decoding import read_blocks
from mixer.audio.excerpts import seeks
from mixer.audio.layout import layout_of, open_part
from mixer.audio.offset_parts import Edge, Knot, Stretches, find_edges, knots_of, matters
from mixer.audio.source import AudioSource
from mixer.errors import InputError

# -60 dBFS, relative to full scale: below it no level or limiter shows an offset.
LEAST_OFFSET = 1e-3
# Float files may be scaled to integers; anything beyond those is not audio, which others report.
MOST_OFFSET = 2.0**31
# Share of the power of the rest: 1 % is 0.04 dB of level; recordings have less than a thousandth.
LEAST_SHARE = 0.01
# An offset lasts if so many stretches have it, each within this share of it.
_LASTS_FROM, _WITHIN = 0.9, 0.5
_STRETCH_SAMPLES = 8_192
# A single hit has a mean, and lasts no longer than a few stretches.
_FEWEST_STRETCHES = 5
# A first look is less exact, and must not overlook anything.
_N_LOOKS, _LOOK_SAMPLES, _LOOK_FROM = 8, 4_096, 0.5
_LOOK_LASTS_FROM, _LOOK_WITHIN = 0.75, 0.75
# Files that are not sought in are looked at from their beginning.
_LOOK_S = 10.0
_KEPT = 4_096


class _Measured(NamedTuple):
    """Stretches of a file, (stretches, channels), and the file's mean, (channels,).

    Attributes:
        means, squares: of each stretch.
        settled: means under a Hann window, which hears no tone of music.
        mean: of all samples.
    """

    means: NDArray[np.float64]
    squares: NDArray[np.float64]
    settled: NDArray[np.float64]
    mean: NDArray[np.float64]


def offset_of(source: AudioSource) -> tuple[tuple[Knot, ...], ...]:
    """Offset of each channel of a file over time, to be removed, in the file's own samples.

    Found once a run while the file stays the same. A file that cannot be decoded has none: whoever
    reads it says so.

    Args:
        source: from `probe`.

    Returns:
        As `AudioSource.offset`; () for none.
    """
    try:
        status = source.path.stat()
        as_written = replace(source, full_scale=1.0, offset=())
        return _offset(as_written, status.st_size, status.st_mtime_ns)
    except (OSError, InputError, soundfile.LibsndfileError):
        return ()


def without_offset(source: AudioSource) -> AudioSource:
    """The same source, whose offset, if it has one, is removed wherever it is read."""
    return replace(source, offset=offset_of(source))


@functools.lru_cache(_KEPT)
def _offset(source: AudioSource, size: int, mtime_ns: int) -> tuple[tuple[Knot, ...], ...]:
    looked = _first_look(source)
    lasts = _lasting(looked, _LOOK_LASTS_FROM, _LOOK_WITHIN, _LOOK_FROM)
    if (
        not lasts.any()
        and not matters(looked.settled, looked.squares, LEAST_OFFSET, LEAST_SHARE).any()
    ):
        return ()
    measured = _measured(read_blocks(source), source.channels)
    edges = [_edges(measured, channel, source.sample_rate) for channel in range(source.channels)]
    lasting = _lasting(measured, _LASTS_FROM, _WITHIN, 1.0)
    jumping = _knots(source, edges) if any(edges) else [()] * source.channels
    if not lasting.any() and not any(jumping):
        return ()
    constant = np.where(lasting, measured.mean, 0.0)
    return tuple(own or ((0, float(mean)),) for own, mean in zip(jumping, constant, strict=True))


def _edges(measured: _Measured, channel: int, sample_rate: int) -> list[Edge]:
    stretches = Stretches(
        measured.means[:, channel],
        measured.settled[:, channel],
        measured.squares[:, channel],
        _STRETCH_SAMPLES,
        sample_rate,
    )
    edges = find_edges(stretches, LEAST_OFFSET, LEAST_SHARE)
    is_audio = all(max(abs(e.before), abs(e.after)) <= MOST_OFFSET for e in edges)
    return edges if is_audio else []


def _knots(source: AudioSource, edges: Sequence[list[Edge]]) -> list[tuple[Knot, ...]]:
    """Offsets of channels over time; the file is read again, for its samples at the edges."""
    around = [[np.zeros(e.stop - e.first, np.float32) for e in own] for own in edges]
    position = 0
    for block in read_blocks(source):
        stop = position + block.shape[1]
        for channel, own in enumerate(edges):
            for edge, samples in zip(own, around[channel], strict=True):
                low, high = max(edge.first, position), min(edge.stop, stop)
                if low < high:
                    part = block[channel, low - position : high - position]
                    samples[low - edge.first : high - edge.first] = part
        position = stop
    return [
        knots_of(own, samples, source.sample_rate)
        for own, samples in zip(edges, around, strict=True)
    ]


def _lasting(
    measured: _Measured, lasts_from: float, within: float, least: float
) -> NDArray[np.bool_]:
    """Which channels have an offset that matters and lasts; `least` scales what matters."""
    offset = measured.mean
    if len(measured.means) < _FEWEST_STRETCHES:
        return np.zeros(len(offset), bool)
    rest = np.maximum(measured.squares.mean(axis=0) - offset**2, 0.0)
    counts = (np.abs(offset) >= least * LEAST_OFFSET) & (np.abs(offset) <= MOST_OFFSET)
    counts &= offset**2 >= least * LEAST_SHARE * rest
    lasts = np.abs(measured.means - offset) <= within * np.abs(offset)
    return np.asarray(counts & (lasts.mean(axis=0) >= lasts_from))


def _first_look(source: AudioSource) -> _Measured:
    if not seeks(source) or source.n_samples < _N_LOOKS * _LOOK_SAMPLES:
        return _measured(_beginning(source), source.channels)
    last = source.n_samples - _LOOK_SAMPLES
    found = []
    with open_part(source.path, layout_of(source.path).parts[0]) as file:
        for start in np.linspace(0, last, _N_LOOKS, dtype=int):
            file.seek(int(start))
            found.append(file.read(_LOOK_SAMPLES, dtype="float32", always_2d=True))
    # Where a file of packets ends, less may be read than it has; NaN and infinity others report.
    whole = [part for part in found if len(part) == _LOOK_SAMPLES and np.isfinite(part).all()]
    looked = np.array(whole, np.float64).reshape(-1, _LOOK_SAMPLES, source.channels)
    means = looked.mean(axis=1)
    middle = np.median(means, axis=0) if whole else np.zeros(source.channels)
    return _Measured(means, np.square(looked).mean(axis=1), _settled(looked), middle)


def _beginning(source: AudioSource) -> Iterator[NDArray[np.float32]]:
    left = round(_LOOK_S * source.sample_rate)
    for block in read_blocks(source):
        yield block
        left -= block.shape[1]
        if left <= 0:
            return


def _measured(blocks: Iterator[NDArray[np.float32]], n_channels: int) -> _Measured:
    """Measure blocks of any length, in stretches of one length; what is left at the end is none."""
    total, n_samples = np.zeros(n_channels), 0
    means, squares, settled = ([np.zeros((0, n_channels))] for _ in range(3))
    left = np.zeros((n_channels, 0), np.float32)
    for block in blocks:
        total += block.sum(axis=1, dtype=np.float64)
        n_samples += block.shape[1]
        span = np.concatenate([left, block], axis=1) if left.size else block
        n_whole = span.shape[1] // _STRETCH_SAMPLES
        left = span[:, n_whole * _STRETCH_SAMPLES :]
        whole = span[:, : n_whole * _STRETCH_SAMPLES].T.astype(np.float64)
        own = whole.reshape(n_whole, _STRETCH_SAMPLES, n_channels)
        means.append(own.mean(axis=1))
        squares.append(np.square(own).mean(axis=1))
        settled.append(_settled(own))
    return _Measured(
        np.concatenate(means),
        np.concatenate(squares),
        np.concatenate(settled),
        total / max(n_samples, 1),
    )


def _settled(stretches: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means under a Hann window, of (stretches, samples, channels)."""
    window = np.hanning(stretches.shape[1] + 2)[1:-1]
    return np.asarray(np.einsum("ijk,j->ik", stretches, window / window.sum()))
