"""Rendering in segments of the length that a network was trained on, cross-faded.

The norms of a Wave-U-Net span its whole input, so it runs on segments of the length that it was
trained on, ten seconds as published. Neighbouring segments overlap and, as their norms differ, do
not agree there, so they are cross-faded. All segments have full length: the last begins earlier
rather than being padded, and a song shorter than a segment follows wrapped audio of its own.
One segment of the published size takes about 2 GB: as many run at once as memory holds.

Seams, measured by the benchmark of segments with a small network trained to sum its stems, 15 of
them in 30 s: cut hard, the step at a seam is -47 dBFS, a click; cross-faded over 5 % of
a segment it is -71 dBFS, no more than between any two samples. The difference from one forward pass
over the whole song is -32 dB with either, and with longer fades: it is that of the norms, not of
the seams.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from contextlib import closing

import numpy as np

from mixer.dsp.free_memory import available_memory_bytes
from mixer.dsp.long_audio import silence
from mixer.dsp.threads import Workers
from mixer.errors import InputError, ModelError
from mixer.network.output import Audio, Output, RunOptions
from mixer.network.session import Network
from mixer.network.song_reader import SongReader
from mixer.network.wave_u_net.architecture import SEGMENT_GRAPH
from mixer.network.wave_u_net.parameters import WaveUNetParameters

# Length of a fade as a share of a segment; beyond a third, three segments would meet in one.
FADE_SHARE, LONGEST_FADE_SHARE = 0.05, 0.33


def run_segments(
    network: Network,
    stems: Sequence[Audio | None],
    options: RunOptions,
    *,
    fade_share: float = FADE_SHARE,
) -> Output:
    """Mix normalised stems with a Wave-U-Net.

    Args:
        network: an open bundle of that kind.
        stems: one (2, samples) float32 array for each of the model's stems, in its order, at its
            rate; None for a missing one, which counts as silence.
        options: wet stems are refused, this network has none; as many segments run at once as
            there are threads, and as memory holds.
        fade_share: length of a fade as a share of a segment, 0 (cut hard) to 0.33.

    Returns:
        The mix as long as the stems.

    Raises:
        ModelError: wet stems are requested.
        InputError: stems of the wrong number, shape or type, empty, or not finite.
        DeviceError: the device failed.
    """
    manifest = network.bundle.manifest
    if options.wet_stems:
        raise ModelError(
            f"model {manifest.name} is a Wave-U-Net, which makes no wet stems; render"
            " without stems or with another model"
        )
    if not 0.0 <= fade_share <= LONGEST_FADE_SHARE:
        raise InputError(f"fade_share is {fade_share}; it must be in 0 ... {LONGEST_FADE_SHARE}")
    hyper = manifest.parameters(WaveUNetParameters)
    seconds = manifest.warm_up_s if options.warm_up_s is None else options.warm_up_s
    if not seconds >= 0.0:
        raise InputError(f"warm_up_s is {seconds}; it must be 0 or more")
    song = SongReader(stems, manifest.stems, round(seconds * manifest.sample_rate))
    if song.n_total < hyper.output_samples:
        song = SongReader(stems, manifest.stems, hyper.output_samples - song.n_samples)
    length, fade = hyper.output_samples, round(fade_share * hyper.output_samples)
    starts = segment_starts(song.n_total, length, fade)
    fades = fade_starts(starts, length, fade)
    mix = silence(hyper.n_channels, song.n_samples)
    with closing(_run_each(network, song, starts, hyper, options.threads)) as segments:
        for index, (start, whole) in enumerate(zip(starts, segments, strict=True)):
            first = fades[index - 1] if index else 0
            end = fades[index] + fade if index < len(fades) else song.n_total
            if end > song.n_warm_up:
                segment = whole[:, first - start : end - start]
                fade_out = fade if fades[index:] else 0
                segment *= fade_weights(end - first, fade if index else 0, fade_out)
                kept = max(first, song.n_warm_up)
                to = slice(kept - song.n_warm_up, end - song.n_warm_up)
                mix[:, to] += segment[:, kept - first :]
            options.progress((index + 1) / len(starts))
    return Output(mix, None, network.description)


def segment_starts(n_samples: int, segment_samples: int, fade_samples: int) -> list[int]:
    """Starts of segments that cover `n_samples` evenly, none reaching beyond.

    Args:
        n_samples: at least `segment_samples`.
        segment_samples: length of each.
        fade_samples: least overlap of neighbours, at most a third of a segment.
    """
    step = segment_samples - fade_samples
    n_steps = -(-(n_samples - segment_samples) // step)
    return [round(i * (n_samples - segment_samples) / max(1, n_steps)) for i in range(n_steps + 1)]


def fade_starts(starts: Sequence[int], segment_samples: int, fade_samples: int) -> list[int]:
    """Start of each segment's fade into the next, in the middle of the overlap.

    Overlaps of a short song may be longer than the fade, and reach into a third segment; fades of
    at most a third of a segment never do.
    """
    return [
        (start + after + segment_samples - fade_samples) // 2
        for start, after in itertools.pairwise(starts)
    ]


def fade_weights(n_samples: int, fade_in_samples: int, fade_out_samples: int) -> Audio:
    """Weights (n_samples,): raised cosines at both ends, which sum to one with the neighbour's.

    Equal gain rather than equal power: both segments hold the same music.
    """
    weights = np.ones(n_samples, np.float32)
    weights[:fade_in_samples] *= _rise(fade_in_samples)
    weights[n_samples - fade_out_samples :] *= _rise(fade_out_samples)[::-1]
    return weights


def _rise(n_samples: int) -> Audio:
    phase = (np.arange(n_samples) + 0.5) / max(1, n_samples)
    return (0.5 - 0.5 * np.cos(np.pi * phase)).astype(np.float32)


def _run_each(
    network: Network,
    song: SongReader,
    starts: Sequence[int],
    hyper: WaveUNetParameters,
    threads: int | None,
) -> Generator[Audio, None, None]:
    """The mix of every segment in order, with no more in flight than memory holds."""
    wanted = threads or (network.threads if network.device.kind == "cpu" else 1)
    at_once = max(1, min(wanted, len(starts), available_memory_bytes() // hyper.segment_bytes))
    with Workers(at_once, "network") as pool:
        under_way = [pool.submit(_run_one, network, song, s, hyper) for s in starts[:at_once]]
        for index in range(len(starts)):
            yield under_way.pop(0).result()
            for start in starts[index + at_once : index + at_once + 1]:
                under_way.append(pool.submit(_run_one, network, song, start, hyper))


def _run_one(network: Network, song: SongReader, start: int, hyper: WaveUNetParameters) -> Audio:
    """The mix (2, output_samples) of the segment that begins at `start` of warm-up and song."""
    feed = song.read(start - hyper.margin_samples, hyper.input_samples)
    if not np.isfinite(feed).all():
        sample = max(0, start - hyper.margin_samples - song.n_warm_up)
        raise InputError(f"the stems hold samples that are not finite, after sample {sample}")
    (mix,) = network.run(SEGMENT_GRAPH, {"stems": feed}, ["mix"])
    segment: Audio = mix[0]
    return segment
