"""The latent-space mixer over a whole song, in stages: exact, in memory that is accounted for.

The mixer's norms are over the whole song, so it runs as stages between them, each stage over all
chunks before the next. Of the song it keeps the residual stream, two sets of hidden channels
and the summed skips, then two sequences of the BLSTM. Norms are worked out in double precision from
the chunks' moments. The LSTM's state is handed from chunk to chunk, forwards in one thread and
backwards in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixer.network.fxnorm.frames import Audio, empty_chunks, read_frames
from mixer.network.fxnorm.parameters import NORM_EPSILON, HyperParameters
from mixer.network.session import Network

# A chunk of the residual stream then fits the second-level cache at the paper's size.
LATENT_CHUNK_FRAMES = 1024

Feeds = dict[str, NDArray[Any]]


def mix_latent(
    network: Network,
    latent: list[Audio],
    mean_abs: list[Audio],
    pool: Executor,
    progress: Callable[[float], None],
) -> list[Audio]:
    """Make the mask, with squeeze-and-excitation folded in.

    Args:
        network: an open bundle.
        latent: chunks (1, filters, frames) that make the song, of one length except for the last;
            emptied, to give memory back.
        mean_abs: mean magnitude of the front-end in each latent frame, chunks of the same shapes;
            overwritten.
        pool: runs chunks at the same time.
        progress: called with the fraction of this part that is done.

    Returns:
        The mask, chunks of the same shapes, in the memory of `mean_abs`.
    """
    n_frames = sum(chunk.shape[-1] for chunk in latent)
    blocks = TemporalBlocks(network, latent, n_frames, pool)
    latent.clear()
    n_blocks = network.bundle.manifest.parameters(HyperParameters).n_tcn_blocks
    for block in range(n_blocks):
        blocks.depthwise(block)
        if block + 1 < n_blocks:
            blocks.advance(block)
        progress(0.8 * (block + 1) / n_blocks)
    sequence = blocks.features()
    layers = network.bundle.manifest.parameters(HyperParameters).blstm_layers
    for layer in range(layers):
        sequence = _bidirectional(network, sequence, layer, pool)
        progress(0.8 + 0.2 * (layer + 1) / layers)
    _squeeze_and_excite(network, sequence, mean_abs, n_frames, pool)
    return mean_abs


class TemporalBlocks:
    """The song between two norms: its tensors, and the norm that the next stage applies.

    Args:
        network: an open bundle.
        latent: chunks (1, filters, frames); read once, not kept.
        n_frames: their sum.
        pool: runs chunks at the same time.
    """

    def __init__(
        self, network: Network, latent: Sequence[Audio], n_frames: int, pool: Executor
    ) -> None:
        hyper = network.bundle.manifest.parameters(HyperParameters)
        self._network, self._pool, self._n_frames = network, pool, n_frames
        self._hyper: HyperParameters = hyper
        self._chunk_frames = latent[0].shape[-1]
        self._n_chunks = len(latent)
        self._stream = self._chunks(1, hyper.bottleneck_channels, -1)
        self._skips = self._chunks(1, hyper.skip_channels, -1)
        self._hidden = self._chunks(1, hyper.hidden_channels, -1)
        self._spare = self._chunks(1, hyper.hidden_channels, -1)
        self._norm = _norm(pool.map(_moments, latent), n_frames * hyper.n_filters)

        # The norm before a graph is the whole song's, so it is known only once every chunk has been
        # seen: each graph applies the last norm and answers with the moments of the next.
        def enter(index: int) -> Audio:
            feeds = {"latent": latent[index], "norm": self._norm}
            names = ["stream", "hidden_out", "moments"]
            stream, hidden, moments = network.run("latent_entry", feeds, names)
            self._stream[index][...], self._hidden[index][...] = stream, hidden
            self._skips[index][...] = 0.0
            return moments

        self._take_norm(self._each(enter))

    def depthwise(self, block: int) -> None:
        """Run a block's dilated filters; the neighbours' frames are a chunk's context."""
        reach, number = self._hyper.tcn_reach_frames, np.array([block], np.int64)

        def one(index: int) -> Audio:
            start = index * self._chunk_frames - reach
            stop = start + reach + self._hidden[index].shape[-1] + reach
            frames = np.arange(start, stop)
            inside = ((frames >= 0) & (frames < self._n_frames)).astype(np.float32)[None, None]
            # Beyond the song's ends the filters see zeros after the norm, not a norm of zeros: the
            # mask tells the graph which frames are padding.
            wide = read_frames(self._hidden, start, stop)
            feeds: Feeds = {
                "hidden_wide": wide,
                "inside": inside,
                "norm": self._norm,
                "block": number,
            }
            names = ["hidden_out", "moments"]
            self._spare[index][...], moments = self._network.run("latent_depthwise", feeds, names)
            return moments

        self._take_norm(self._each(one))
        # Chunks still to come read their neighbours' old frames, so no chunk may be overwritten.
        self._hidden, self._spare = self._spare, self._hidden

    def advance(self, block: int) -> None:
        """Add a block's residual and skip, and run the next block's first half."""
        number = np.array([block], np.int64)
        names = ["stream_out", "skips_out", "hidden_out", "moments"]

        def one(index: int) -> Audio:
            tensors = self._stream[index], self._skips[index], self._hidden[index]
            feeds: Feeds = {"stream": tensors[0], "skips": tensors[1], "hidden": tensors[2]}
            feeds |= {"norm": self._norm, "block": number}
            *answers, moments = self._network.run("latent_advance", feeds, names)
            for tensor, answer in zip(tensors, answers, strict=True):
                tensor[...] = answer
            return moments

        self._take_norm(self._each(one))

    def features(self) -> list[Audio]:
        """Add the last skip; the BLSTM's input, chunks (frames, 1, filters). Frees the rest."""
        self._stream, self._spare = [], []
        features = self._chunks(-1, 1, self._hyper.n_filters)

        def one(index: int) -> None:
            feeds = {"skips": self._skips[index], "hidden": self._hidden[index], "norm": self._norm}
            (features[index][...],) = self._network.run("latent_exit", feeds, ["features"])

        self._each(one)
        self._skips, self._hidden = [], []
        return features

    def _chunks(self, *shape: int) -> list[Audio]:
        return empty_chunks(shape, self._n_frames, self._chunk_frames)

    def _each(self, work: Callable[[int], Audio | None]) -> list[Audio | None]:
        return list(self._pool.map(work, range(self._n_chunks)))

    def _take_norm(self, moments: Iterable[Audio | None]) -> None:
        elements = self._n_frames * self._hyper.hidden_channels
        self._norm = _norm((moment for moment in moments if moment is not None), elements)


def _bidirectional(
    network: Network, sequence: list[Audio], layer: int, pool: Executor
) -> list[Audio]:
    """One layer of the BLSTM: chunks (frames, 1, filters) in and out."""
    units = sequence[0].shape[-1] // 2
    n_frames = sum(len(chunk) for chunk in sequence)
    answers = empty_chunks((-1, 1, 2 * units), n_frames, len(sequence[0]))
    names = ["sequence_out", "hidden_out", "cell_out"]

    def one_way(backwards: int) -> None:
        step = -1 if backwards else 1
        state: Feeds = {name: np.zeros((1, 1, units), np.float32) for name in ("hidden", "cell")}
        number = np.array([2 * layer + backwards], np.int64)
        # The state that one chunk leaves is what the next one starts from: chunks in order, and
        # backwards in the reverse order, equal one pass over the song.
        for chunk, answer in list(zip(sequence, answers, strict=True))[::step]:
            feeds: Feeds = {
                "sequence": np.ascontiguousarray(chunk[::step]),
                **state,
                "direction": number,
            }
            out, state["hidden"], state["cell"] = network.run("recurrent", feeds, names)
            answer[..., backwards * units : (backwards + 1) * units] = out[::step]

    list(pool.map(one_way, (0, 1)))
    return answers


def _squeeze_and_excite(
    network: Network,
    sequence: list[Audio],
    mean_abs: list[Audio],
    n_frames: int,
    pool: Executor,
) -> None:
    """Softplus of the BLSTM's answer, times one gain a filter from the mean of |p mask|."""

    def one(index: int) -> Audio:
        feeds: Feeds = {"sequence": sequence[index], "mean_abs": mean_abs[index]}
        mask, level = network.run("squeeze", feeds, ["mask", "level"])
        mean_abs[index][...] = mask
        return level

    # One gain a filter for the whole song, so all chunks' levels come before any gain.
    levels = list(pool.map(one, range(len(sequence))))
    mean: NDArray[Any] = np.stack(levels).astype(np.float64).sum(axis=0) / n_frames
    (gains,) = network.run("excite", {"mean_level": mean.astype(np.float32)}, ["gains"])
    with np.errstate(over="ignore"):  # an infinite mask shows in the answers, which are checked
        for chunk in mean_abs:
            chunk *= gains


def _moments(chunk: Audio) -> NDArray[np.float64]:
    """Sum and sum of squares."""
    wide = chunk.astype(np.float64).ravel()
    return np.array([wide.sum(), wide @ wide])


def _norm(moments: Iterable[NDArray[np.floating]], elements: int) -> Audio:
    """Mean and inverse deviation, (2,), of all chunks together."""
    sums = np.stack(list(moments)).astype(np.float64).sum(axis=0)
    mean = sums[0] / elements
    # Rounding may leave a constant signal's variance a hair below zero.
    variance = max(sums[1] / elements - mean * mean, 0.0)
    return np.array([mean, 1.0 / np.sqrt(variance + NORM_EPSILON)], np.float32)
