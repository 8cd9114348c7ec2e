"""Exact streaming: a whole song through the network, in memory that grows at the latent rate.

Everything at the sample rate is local; what is global in time (norms, temporal blocks, BLSTM, the
mean of squeeze-and-excitation) lives at the latent rate. Pass 1 goes over chunks and keeps the
pooled latent and the mean magnitude of every latent frame; the latent mixer runs once over the
whole song; pass 2 computes the front-end again, chunk by chunk, and decodes. The result is the
whole-file forward pass, up to float rounding, whatever the size of the chunks.

Memory beside the stems and the mix: 4 bytes x (filters + bottleneck + 2 hidden + skip channels) for
each latent frame, 1.9 MB a second of song at the paper's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mixer.dsp.long_audio import silence
from mixer.dsp.threads import Workers
from mixer.errors import InputError
from mixer.network.fxnorm.frames import empty_chunks, read_frames, write_frames
from mixer.network.fxnorm.latent import LATENT_CHUNK_FRAMES, mix_latent
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.output import Audio, Output, Progress, RunOptions, WetStems, wanted_of
from mixer.network.session import Network
from mixer.network.song_reader import SongReader

# Latent samples a chunk aims at: large enough for efficient products, small enough for the caches.
CHUNK_SAMPLES = 8192
# Shares of the time, for progress: two passes over the audio, the latent mixer between them.
_PASS_1, _LATENT = 0.4, 0.25


def run_fxnorm(network: Network, stems: Sequence[Audio | None], options: RunOptions) -> Output:
    """Mix normalised stems with the paper's network; see `mixer.network.stream.run_network`."""
    manifest = network.bundle.manifest
    seconds = manifest.warm_up_s if options.warm_up_s is None else options.warm_up_s
    if not seconds >= 0.0:
        raise InputError(f"warm_up_s is {seconds}; it must be 0 or more")
    hyper = manifest.parameters(HyperParameters)
    song = SongReader(stems, manifest.stems, round(seconds * manifest.sample_rate))
    n_frames = hyper.latent_frames(song.n_total)
    chunk_frames = options.chunk_frames
    if chunk_frames is not None and chunk_frames < 1:
        raise InputError(f"chunk_frames is {chunk_frames}; it must be at least 1")
    size = min(chunk_frames or max(1, CHUNK_SAMPLES // hyper.hop_samples), n_frames)
    workers = options.threads or (network.threads if network.device.kind == "cpu" else 1)
    with Workers(workers, "network") as pool:
        run = _Run(network, song, hyper, n_frames, size, pool, options.progress)
        return run.decode(run.mask(*run.analyse()), wet_stems=options.wet_stems)


@dataclass(frozen=True)
class _Run:
    """One song on its way through the network."""

    network: Network
    song: SongReader
    hyper: HyperParameters
    n_frames: int
    size: int
    pool: Workers
    progress: Progress

    def analyse(self) -> tuple[list[Audio], list[Audio]]:
        """Pass 1: latent and mean magnitude, chunks of the latent mixer's own length."""
        everywhere = (0, self.n_frames * self.hyper.pool_frames)
        # Not this pass's chunks: what the mixer answers must not depend on them.
        shape = (1, self.hyper.n_filters, -1)
        latent = empty_chunks(shape, self.n_frames, LATENT_CHUNK_FRAMES)
        mean_abs = empty_chunks(shape, self.n_frames, LATENT_CHUNK_FRAMES)

        def one(first: int) -> None:
            feeds = self._feeds(first, everywhere)
            if not np.isfinite(feeds["samples"]).all():
                sample = max(0, first * self.hyper.hop_samples - self.song.n_warm_up)
                raise InputError(
                    f"the stems hold samples that are not finite, after sample {sample}"
                )
            chunk, level = self.network.run("front_end", feeds, ["latent", "mean_abs"])
            write_frames(latent, first, chunk)
            write_frames(mean_abs, first, level)

        for done in self._each(one, 0):
            self.progress(_PASS_1 * done)
        return latent, mean_abs

    def mask(self, latent: list[Audio], mean_abs: list[Audio]) -> list[Audio]:
        """The latent mixer over the whole song, in chunks as they came."""

        def progress(done: float) -> None:
            self.progress(_PASS_1 + _LATENT * done)

        return mix_latent(self.network, latent, mean_abs, self.pool, progress)

    def decode(self, mask: list[Audio], *, wet_stems: WetStems) -> Output:
        """Pass 2: the mix, and the wet stems where asked for."""
        hyper, warm_up = self.hyper, self.song.n_warm_up
        mix = silence(hyper.n_channels, self.song.n_samples)
        wet = silence(hyper.n_inputs, mix.shape[1]) if wet_stems else None
        graph, names = "back_end", ["mix"]
        if wet_stems:
            graph, names = "back_end_stems", ["mix", "wet_stems"]
        after = self.n_frames * hyper.pool_frames - hyper.frames_after_last_whole
        whole = (hyper.first_whole_frame, after)

        def one(first: int) -> None:
            feeds = self._feeds(first, whole)
            start, stop = first - hyper.context_frames, first + self.size + hyper.context_frames
            feeds["mask"] = read_frames(mask, start, stop)
            answers = self.network.run(graph, feeds, names)
            sample = first * hyper.hop_samples - warm_up
            cut = max(0, -sample)  # the rest of the warm-up
            to = slice(sample + cut, min(mix.shape[1], sample + self.size * hyper.hop_samples))
            taken = slice(cut, cut + to.stop - to.start)
            mix[:, to] = answers[0][0, :, taken]
            if wet is not None:
                wet[:, to] = answers[1][0, :, taken]

        for done in self._each(one, warm_up // hyper.hop_samples):
            self.progress(_PASS_1 + _LATENT + (1.0 - _PASS_1 - _LATENT) * done)
        stems = None if wet is None else np.split(wet, hyper.n_stems)
        order = self.network.bundle.manifest.stems
        wanted = None if stems is None else wanted_of(stems, order, wet_stems)
        return Output(mix, wanted, self.network.description)

    def _each(self, work: Callable[[int], None], from_frame: int) -> Iterator[float]:
        """Run `work` on the first frame of every chunk, in threads; yields the fraction done."""
        firsts = range(from_frame, self.n_frames, self.size)
        for index, _ in enumerate(self.pool.map(work, firsts)):
            yield (index + 1) / len(firsts)

    def _feeds(self, first: int, inside: tuple[int, int]) -> dict[str, Audio]:
        """Samples of the chunk with its context, and which front-end frames count."""
        hyper = self.hyper
        frame = first - hyper.context_frames
        start = frame * hyper.hop_samples - hyper.left_samples
        samples = self.song.read(start, hyper.chunk_samples(self.size))
        n_front = (self.size + 2 * hyper.context_frames) * hyper.pool_frames
        index = np.arange(n_front) + frame * hyper.pool_frames
        counts = (index >= inside[0]) & (index < inside[1])
        return {"samples": samples, "inside": counts.astype(np.float32)[None, None]}
