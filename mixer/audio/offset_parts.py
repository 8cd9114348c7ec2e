"""A DC offset that comes, goes or jumps: in a take of a comp, or after a recorder's own silence.

A recorder's offset is the same whatever plays and changes at once, so it is looked for as runs of
stretches with one mean and nothing gradual at their ends. Whatever is less certain is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# A part is one for this long at least, with so many of its stretches within this share of it.
_SHORTEST_S, _MOST_OF_IT, _WITHIN = 2.0, 0.9, 0.1
# A part goes on after a stretch that is off if all but one of so many that follow are of it.
_LOOKED_AHEAD = 3
# An edited recording consists of a few takes.
_MOST_EDGES = 64
# An edge that shows as a jump between two samples is one; any other is crossed in this time.
_CROSSED_S = 0.01
_JUMP_WITHIN, _JUMP_NEAR_SAMPLES, _JUMP_ABOVE_USUAL = 0.2, 256, 3.0
# An envelope changes a synthesiser's mean more slowly: a slope of this fits it better.
_ENVELOPE_S = 0.1

Floats = NDArray[np.float64]
# Sample from which an offset holds, and the offset; straight between two.
Knot = tuple[int, float]


class Stretches(NamedTuple):
    """One channel in stretches of equal length.

    Attributes:
        means: float64 (stretches,).
        settled: means under a window that hears no tone above 12 Hz at 44.1 kHz, (stretches,).
        squares: mean squares, (stretches,).
        n_each: samples of a stretch.
        sample_rate: in Hz.
    """

    means: Floats
    settled: Floats
    squares: Floats
    n_each: int
    sample_rate: int


class Edge(NamedTuple):
    """Change of an offset: between two samples, from one value to another."""

    first: int
    stop: int
    before: float
    after: float


class _Part(NamedTuple):
    first: int
    stop: int
    value: float


def matters(
    mean: Floats | float, square: Floats | float, least: float, share: float
) -> NDArray[np.bool_]:
    """Whether a mean is an offset that any measure shows.

    Args:
        mean, square: of some samples, or of several stretches of them.
        least: of the mean, linear.
        share: of its power in that of the rest.
    """
    rest = np.maximum(np.asarray(square) - np.square(mean), 0.0)
    return np.asarray((np.abs(mean) >= least) & (np.square(mean) >= share * rest))


def find_edges(channel: Stretches, least: float, share: float) -> list[Edge]:
    """Edges between the parts of a channel that have an offset; none if it has one or no offset.

    Args:
        channel: the whole of it.
        least, share: see `matters`.
    """
    parts = list(_parts(channel, least, share))
    edges = list(_edges_between(parts, channel))
    is_clear = all(_is_abrupt(edge, channel) for edge in edges)
    return edges if is_clear and len(edges) <= _MOST_EDGES else []


def knots_of(
    edges: Sequence[Edge], samples: Iterable[NDArray[np.float32]], sample_rate: int
) -> tuple[Knot, ...]:
    """The offset of a channel over time; () if it does not change at once at every edge.

    Args:
        edges: in order.
        samples: those from `first` to `stop` of each edge, float32 (samples,).
        sample_rate: in Hz.
    """
    knots: list[Knot] = []
    for edge, own in zip(edges, samples, strict=True):
        audio = own.astype(np.float64)
        place = _place(edge, audio)
        jump = _jump_near(place, edge, audio)
        half = round(0.5 * _CROSSED_S * sample_rate)
        start, end = (place - half, place + half) if jump is None else (jump - 1, jump)
        slope = round(0.5 * _ENVELOPE_S * sample_rate)
        if _misfit(edge, audio, start, end) > _misfit(edge, audio, place - slope, place + slope):
            return ()
        start, end = start + edge.first, end + edge.first
        start = max(start, knots[-1][0] + 1 if knots else 0)
        knots += [(start, edge.before), (max(end, start + 1), edge.after)]
    return tuple(knots)


def _parts(channel: Stretches, least: float, share: float) -> Iterator[_Part]:
    settled = channel.settled
    n_fewest = int(np.ceil(_SHORTEST_S * channel.sample_rate / channel.n_each))
    first = 0
    while first + n_fewest <= len(settled):
        value = float(np.median(settled[first : first + n_fewest]))
        near = np.abs(settled[first:] - value) <= _WITHIN * abs(value)
        if abs(value) < least or not near[0] or near[:n_fewest].mean() < _MOST_OF_IT:
            first += 1
            continue
        stop = first + _n_going_on(near)
        own = slice(first, stop)
        if matters(value, float(channel.squares[own].mean()), least, share):
            inner = slice(first + 1, stop - 1)
            yield _Part(first, stop, float(channel.means[inner].mean()))
        first = stop


def _n_going_on(near: NDArray[np.bool_]) -> int:
    """How many stretches from the first one on belong together; single ones may be off."""
    off = np.flatnonzero(~near)
    for place in off:
        ahead = near[place + 1 : place + 1 + _LOOKED_AHEAD]
        if ahead.sum() < _LOOKED_AHEAD - 1:
            return int(place)
    return len(near)


def _edges_between(parts: Sequence[_Part], channel: Stretches) -> Iterator[Edge]:
    n_each, n_all = channel.n_each, len(channel.settled)
    for place, part in enumerate(parts):
        before = parts[place - 1] if place else None
        adjoins = before is not None and part.first - before.stop <= 1
        if part.first > 0 and not adjoins:
            yield Edge((part.first - 1) * n_each, (part.first + 1) * n_each, 0.0, part.value)
        after = parts[place + 1] if place + 1 < len(parts) else None
        if after is not None and after.first - part.stop <= 1:
            span = (part.stop - 1) * n_each, (after.first + 1) * n_each
            yield Edge(*span, part.value, after.value)
        elif part.stop < n_all:
            stop = min(part.stop + 1, n_all) * n_each
            yield Edge((part.stop - 1) * n_each, stop, part.value, 0.0)


def _is_abrupt(edge: Edge, channel: Stretches) -> bool:
    """Whether the stretches on either side of an edge have its values at once."""
    first, stop = edge.first // channel.n_each, edge.stop // channel.n_each
    most = _WITHIN * max(abs(edge.before), abs(edge.after))
    before = channel.settled[max(0, first - _LOOKED_AHEAD) : first]
    after = channel.settled[stop : stop + _LOOKED_AHEAD]
    apart = (np.abs(before - edge.before), np.abs(after - edge.after))
    return all(bool((each <= most).all()) for each in apart)


def _place(edge: Edge, audio: Floats) -> int:
    """The sample of an edge's at which it is likeliest to be."""
    # Least squares: before it what is below the middle adds up, after it what is above.
    lower = (audio - 0.5 * (edge.before + edge.after)) * np.sign(edge.after - edge.before)
    return int(np.argmin(np.concatenate([[0.0], np.cumsum(lower)])))


def _jump_near(place: int, edge: Edge, audio: Floats) -> int | None:
    """The sample at which the edge is a jump from the one before it; None if none stands out."""
    step = edge.after - edge.before
    low, high = max(1, place - _JUMP_NEAR_SAMPLES), min(len(audio), place + _JUMP_NEAR_SAMPLES)
    jumps = np.diff(audio[low - 1 : high])
    if not jumps.size or abs(step) <= _JUMP_ABOVE_USUAL * np.percentile(np.abs(jumps), 95.0):
        return None
    best = int(np.argmin(np.abs(jumps - step)))
    return low + best if abs(jumps[best] - step) <= _JUMP_WITHIN * abs(step) else None


def _misfit(edge: Edge, audio: Floats, start: int, end: int) -> float:
    """Energy of what is left of an edge's samples if it is crossed from one sample to another."""
    offset = np.interp(np.arange(len(audio)), (start, end), (edge.before, edge.after))
    return float(np.square(audio - offset).sum())
