"""The second pass: every stem's spectra through its console, summed before they become audio again.

A mix and what its stems send to width and room need one inverse transform a channel, however many
stems there are. The song is cut into segments of fixed length, which any number of threads works
on: a frame's spectra do not depend on the cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import zero_padded
from mixer.dsp.long_audio import release_pages
from mixer.dsp.short_time import Analysis, Synthesis, distinct_channels, is_silent
from mixer.dsp.threads import stop_if_asked
from mixer.network.band_mixer.bands import frames_at_once
from mixer.network.band_mixer.controls import BinGains, SpectralStrip, StemControls, curves_at
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.network.output import Audio

_SEGMENT_SAMPLES = 1 << 18

Spectra = NDArray[np.float32]


@dataclass(frozen=True)
class Strip:
    """One stem of the second pass.

    Attributes:
        stem: float32 (2, samples), or (1, samples) if both channels are equal.
        controls: bounded.
        excess: (frames,), from `mixer.network.band_mixer.controls.excess_db`.
        spectral: fader, curves and shaper.
        width_gain, room_gain: linear, of its sends; None for none.
        wet: where the stem goes as it is before width and room; may be `stem`; None for nowhere.
    """

    stem: Audio
    controls: StemControls
    excess: NDArray[np.float32]
    spectral: SpectralStrip
    width_gain: np.float32 | None
    room_gain: np.float32 | None
    wet: Audio | None


@dataclass(frozen=True)
class Buses:
    """Destinations of sums, float32 `(channels, samples)`; arrays of stems may serve.

    Attributes:
        mix: (2, samples), without width and room.
        width: (1, samples), the sum of what is sent to it; None if nothing is.
        room: (2, samples); likewise.
    """

    mix: Audio
    width: Audio | None
    room: Audio | None

    @property
    def channels(self) -> list[Audio]:
        """All of them, (samples,) each, in this order."""
        there = (bus for bus in (self.mix, self.width, self.room) if bus is not None)
        return [channel for bus in there for channel in bus]


class StemSums:
    """The second pass over a song.

    Args:
        strips: of the stems that are there.
        buses: of as many samples as the stems.
        hyper: the transform.
        weights: (bands, bins), from `mixer.network.band_mixer.bands.band_weights`.
    """

    def __init__(
        self,
        strips: Sequence[Strip],
        buses: Buses,
        hyper: BandMixerParameters,
        weights: NDArray[np.float32],
    ) -> None:
        self.strips, self.buses, self.hyper, self.weights = strips, buses, hyper, weights
        self._n_hops = -(-buses.mix.shape[1] // hyper.hop_samples)
        self._segment_hops = max(1, _SEGMENT_SAMPLES // hyper.hop_samples)
        self._edges = [self._edges_of(strip.stem) for strip in strips]
        # Threads take turns: memory from the system costs as much as a transform that fills it.
        self._idle: list[_Work] = []

    @property
    def n_segments(self) -> int:
        """Segments of the song."""
        return -(-self._n_hops // self._segment_hops)

    def run(self, segment: int) -> None:
        """Fill one segment of everything that is to be filled; several threads may."""
        first_hop = segment * self._segment_hops
        frames = np.arange(first_hop + 1, min(first_hop + self._segment_hops, self._n_hops) + 2)
        try:
            work = self._idle.pop()
        except IndexError:
            work = _Work(self)
        work.begin(frames)
        for first in range(0, len(frames), work.n_frames):
            stop_if_asked()
            block = frames[first : first + work.n_frames]
            work.run(block, (self._span(at, segment, block) for at in range(len(self.strips))))
        self._idle.append(work)

    def _span(self, place: int, segment: int, frames: NDArray[np.int64]) -> Audio:
        """The hops of these frames, as they were before any segment was filled."""
        hop, edges = self.hyper.hop_samples, self._edges[place]
        start_hop, stop_hop = int(frames[0]) - 2, int(frames[-1])
        span = zero_padded(self.strips[place].stem, start_hop * hop, stop_hop * hop)
        begin_hop = segment * self._segment_hops
        end_hop = begin_hop + self._segment_hops
        before = edges.get(begin_hop) if start_hop < begin_hop else None
        after = edges.get(end_hop) if stop_hop > end_hop else None
        if before is None and after is None:
            return span
        span = span.copy()
        if before is not None:
            span[:, :hop] = before[:, :hop]
        if after is not None:
            span[:, -hop:] = after[:, hop:]
        return span

    def _edges_of(self, stem: Audio) -> dict[int, Audio]:
        """Copies of the hops on both sides of each cut, if the stem will be overwritten.

        Within a segment only what later frames do not read is written; its neighbours' first and
        last frames reach one hop across the cut.
        """
        wet = (strip.wet for strip in self.strips if strip.wet is not None)
        if not any(np.may_share_memory(stem, out) for out in (*self.buses.channels, *wet)):
            return {}
        hop = self.hyper.hop_samples
        edges = {}
        for cut in range(self._segment_hops, self._n_hops, self._segment_hops):
            edges[cut] = zero_padded(stem, (cut - 1) * hop, (cut + 1) * hop).copy()
            release_pages()
        return edges


class _Work:
    """One thread's buffers, and what goes on from block to block of a segment."""

    def __init__(self, sums: StemSums) -> None:
        self._strips, hyper = sums.strips, sums.hyper
        self._block_frames, n_bins = hyper.block_frames, sums.weights.shape[1]
        self.n_frames = n_frames = frames_at_once(hyper)
        self._analysis = Analysis(hyper.n_fft, n_frames)
        self._gains = BinGains(sums.weights, n_frames)
        self._part = np.empty((n_frames, 2 * n_bins), np.float32)
        self._sends = _sends(sums.strips, sums.buses)
        self._changed = np.empty(2 * len(sums.strips) * self._part.size, np.float32)
        self._sums = np.empty(len(self._sends) * self._part.size, np.float32)
        self._synthesis = Synthesis(sums.buses.channels, hyper.n_fft, n_frames)
        self._wet = [
            strip.wet if strip.wet is None else Synthesis(list(strip.wet), hyper.n_fft, n_frames)
            for strip in sums.strips
        ]
        self._first, self._curves_db = 0, list[NDArray[np.float32]]()

    def begin(self, frames: NDArray[np.int64]) -> None:
        """Start a segment of these frames."""
        self._first = int(frames[0])
        self._curves_db = [
            curves_at(strip.controls, strip.excess, frames, self._block_frames)
            for strip in self._strips
        ]
        for synthesis in (self._synthesis, *self._wet):
            if synthesis is not None:
                synthesis.begin()

    def run(self, frames: NDArray[np.int64], spans: Iterator[Audio]) -> None:
        """One block of frames of all stems, in order."""
        first, n_frames = int(frames[0]), len(frames)
        block = slice(first - self._first, first - self._first + n_frames)
        part = self._part[:n_frames]
        changed = _rows(self._changed, 2 * len(self._strips), part.shape)
        each = zip(self._strips, self._curves_db, self._wet, spans, strict=True)
        for place, (strip, curves_db, wet, span) in enumerate(each):
            own = changed[2 * place : 2 * place + 2]
            if is_silent(span):
                own.fill(0.0)
            else:
                heard = self._analysis.of(distinct_channels(span))
                strip.spectral.apply(heard, self._gains.of(curves_db[block]), part, own)
            if wet is not None:
                wet.add(first, own)
        sums = _rows(self._sums, len(self._sends), part.shape)
        np.matmul(self._sends, changed.reshape(len(changed), -1), out=sums.reshape(len(sums), -1))
        self._synthesis.add(first, sums)


def _rows(buffer: NDArray[np.float32], n_channels: int, shape: tuple[int, int]) -> Spectra:
    """The first part of a buffer as (channels, frames, 2 bins), without a gap between them."""
    return buffer[: n_channels * shape[0] * shape[1]].reshape(n_channels, *shape)


def _sends(strips: Sequence[Strip], buses: Buses) -> NDArray[np.float32]:
    """Gains from both channels of every stem to every channel of the buses, as rows of those."""
    rows = [np.tile(channel, len(strips)) for channel in np.eye(2, dtype=np.float32)]
    if buses.width is not None:
        gains = [np.float32(strip.width_gain or 0.0) for strip in strips]
        rows.append(np.repeat(gains, 2))
    if buses.room is not None:
        gains = [np.float32(strip.room_gain or 0.0) for strip in strips]
        rows += [np.repeat(gains, 2) * row for row in rows[:2]]
    return np.ascontiguousarray(rows, np.float32)
