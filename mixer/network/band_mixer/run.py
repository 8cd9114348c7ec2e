"""A whole song through the band mixer: exact, in two passes over each stem.

Pass 1 reads every stem's levels; the network turns them into the console's settings, once, over the
whole song; pass 2 sends each stem through its console. Levels and settings live at the rate of
blocks (5 a second), so memory beside the stems grows by some 40 kB a second of song. What a pass
does to a sample depends on a window around it alone: nothing is cut into segments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import filter_stft, peak
from mixer.errors import InputError
from mixer.network.band_mixer.architecture import CONTROLS_GRAPH
from mixer.network.band_mixer.bands import Levels, band_weights, measure_levels, silent_levels
from mixer.network.band_mixer.controls import StemControls, excess_db, spectral_gains
from mixer.network.band_mixer.parameters import STRIP_CONTROLS, BandMixerParameters
from mixer.network.band_mixer.space import add_space
from mixer.network.output import Audio, Output, Progress, RunOptions
from mixer.network.session import Network
from mixer.network.song_reader import SongReader

# Shares of the time, for progress.
_LEVELS, _CONTROLS = 0.3, 0.05

# What the network answers to the levels of all stems: see `mix_by_bands`.
Predict = Callable[[dict[str, NDArray[np.float32]]], list[NDArray[np.float32]]]
LEVEL_INPUTS = ("mean_db", "peak_db")
CONTROL_OUTPUTS = ("gain_db", "balance_db", "side_db", "strips")


def run_band_mixer(network: Network, stems: Sequence[Audio | None], options: RunOptions) -> Output:
    """Mix normalised stems with a band mixer; see `mixer.network.stream.run_network`.

    It needs no warm-up: the settings are found for the song as a whole.
    """
    manifest = network.bundle.manifest

    def predict(levels: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        return network.run(CONTROLS_GRAPH, levels, CONTROL_OUTPUTS)

    return mix_by_bands(
        predict,
        stems,
        manifest.stems,
        manifest.parameters(BandMixerParameters),
        manifest.sample_rate,
        wet_stems=options.wet_stems,
        progress=options.progress,
        threads=options.threads or network.threads,
        device=network.description,
    )


def mix_by_bands(
    predict: Predict,
    stems: Sequence[Audio | None],
    names: Sequence[str],
    hyper: BandMixerParameters,
    sample_rate: int,
    *,
    wet_stems: bool,
    progress: Progress | None = None,
    threads: int = 1,
    device: str = "cpu",
) -> Output:
    """The two passes around any network that predicts the console's settings.

    Args:
        predict: called once, with `mean_db` and `peak_db`, each (1, stems x views x bands, blocks);
            answers `gain_db` (1, stems x bands, blocks), `balance_db` and `side_db`
            (1, stems x bands) and `strips` (1, stems x controls), as `StemControls` says.
        stems: normalised, (2, samples) float32 each; None for a missing one.
        names: their names, for messages.
        hyper: the network's.
        sample_rate: in Hz.
        wet_stems: also return each stem as it stands in the mix.
        progress: called with the fraction done, from the calling thread.
        threads: stems at a time.
        device: for the record.

    Raises:
        InputError: stems of the wrong number, shape or type, empty, or not finite.
    """
    report = progress or (lambda done: None)
    song = SongReader(stems, names, 0)
    weights = band_weights(hyper, sample_rate)
    with ThreadPoolExecutor(min(threads, len(names)), thread_name_prefix="network") as pool:

        def levels_of(place: int) -> Levels:
            stem = stems[place]
            if stem is None:
                return silent_levels(hyper, song.n_samples)
            if not np.isfinite(peak(stem)):
                raise InputError(f"stem {names[place]} holds samples that are not finite")
            return measure_levels(stem, hyper, weights)

        levels = []
        for found in pool.map(levels_of, range(len(names))):
            levels.append(found)
            report(_LEVELS * len(levels) / len(names))
        settings = controls_of(predict, levels, hyper)
        report(_LEVELS + _CONTROLS)

        def wet_of(place: int) -> Audio | None:
            stem = stems[place]
            if stem is None:
                return None
            controls = settings[place].bounded()
            excess = excess_db(levels[place].frame_db, hyper, sample_rate)
            modify = spectral_gains(controls, excess, weights, hyper)
            wet = filter_stft(stem, hyper.n_fft, modify)
            add_space(wet, sample_rate, controls.width_db, controls.room_db)
            return wet

        mix = np.zeros((hyper.n_channels, song.n_samples), np.float32)
        kept: list[Audio] = []
        # No more under way than run: a stem that is in the mix gives its memory back.
        under_way = [pool.submit(wet_of, place) for place in range(min(threads, len(names)))]
        for place in range(len(names)):
            wet = under_way.pop(0).result()
            if wet is not None:
                mix += wet
            if wet_stems:
                kept.append(np.zeros_like(mix) if wet is None else wet)
            del wet
            if place + threads < len(names):
                under_way.append(pool.submit(wet_of, place + threads))
            report(_LEVELS + _CONTROLS + (1 - _LEVELS - _CONTROLS) * (place + 1) / len(names))
    return Output(mix, kept if wet_stems else None, device)


def controls_of(
    predict: Predict, levels: Sequence[Levels], hyper: BandMixerParameters
) -> list[StemControls]:
    """What the network sets for each stem; see `mix_by_bands`."""
    n_blocks = levels[0].mean_db.shape[-1]
    feeds = {
        "mean_db": np.stack([stem.mean_db for stem in levels]).reshape(1, -1, n_blocks),
        "peak_db": np.stack([stem.peak_db for stem in levels]).reshape(1, -1, n_blocks),
    }
    gain_db, balance_db, side_db, strips = predict(feeds)
    gain_db = gain_db.reshape(hyper.n_stems, hyper.n_bands, n_blocks)
    balance_db = balance_db.reshape(hyper.n_stems, hyper.n_bands)
    side_db = side_db.reshape(hyper.n_stems, hyper.n_bands)
    strips = strips.reshape(hyper.n_stems, len(STRIP_CONTROLS))
    return [
        StemControls(gain_db[i], balance_db[i], side_db[i], *(float(value) for value in strips[i]))
        for i in range(hyper.n_stems)
    ]
