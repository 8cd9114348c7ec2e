"""A whole song through the band mixer: exact, in two passes over each stem.

Pass 1 reads every stem's levels; the network turns them into the console's settings, once, over the
whole song; pass 2 sends the stems through their consoles and sums them
(`mixer.network.band_mixer.sums`). Levels and settings live at the rate of blocks (5 a second), so
memory beside the stems grows by about 40 kB a second of song. A pass changes a sample by a
window around it alone: segments of the song differ in nothing from the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import peak
from mixer.dsp.long_audio import silence
from mixer.dsp.threads import Workers
from mixer.errors import InputError
from mixer.network.band_mixer.architecture import CONTROLS_GRAPH
from mixer.network.band_mixer.bands import Levels, band_weights, measure_levels, silent_levels
from mixer.network.band_mixer.changes import as_table, change_controls
from mixer.network.band_mixer.controls import SpectralStrip, StemControls, excess_db
from mixer.network.band_mixer.parameters import STRIP_CONTROLS, BandMixerParameters
from mixer.network.band_mixer.space import add_returns, add_space, send_gains
from mixer.network.band_mixer.sums import Buses, StemSums, Strip
from mixer.network.output import (
    Audio,
    Output,
    RunOptions,
    StemRecord,
    is_wanted,
)
from mixer.network.session import Network
from mixer.network.song_reader import SongReader
from mixer.setting_changes import StripChanges

# Shares of the time, for progress.
_LEVELS, _CONTROLS = 0.3, 0.05
# Share of the second pass that is done when only width and room are left.
_STEMS = 0.7

# Width and room of a wet stem, beside all that a mix alone takes.
_A_WET_STEM = 0.1

# The network's answer to the levels of all stems: see `mix_by_bands`.
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

    output = mix_by_bands(
        predict,
        stems,
        manifest.stems,
        manifest.parameters(BandMixerParameters),
        manifest.sample_rate,
        replace(options, threads=options.threads or network.threads),
    )
    return replace(output, device=network.description)


def mix_by_bands(
    predict: Predict,
    stems: Sequence[Audio | None],
    names: Sequence[str],
    hyper: BandMixerParameters,
    sample_rate: int,
    options: RunOptions,
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
        options: `threads` stems, then segments of the song, at a time; one by default.

    Raises:
        InputError: stems of the wrong number, shape or type, empty, or not finite.
    """
    n_samples = SongReader(stems, names, 0).n_samples
    weights = band_weights(hyper, sample_rate)
    song = _Song(stems, names, n_samples, hyper, sample_rate, weights, options)
    with Workers(min(options.threads or 1, len(names)), "network") as pool:
        levels = song.levels(pool)
        found = [each.bounded() for each in controls_of(predict, levels, hyper)]
        used = _with_changes(found, names, options.changes)
        record = {
            name: _record(*settings)
            for name, stem, *settings in zip(names, stems, found, used, strict=True)
            if stem is not None
        }
        song.tell(_LEVELS + _CONTROLS)
        mix, wet = _sum_stems(pool, song, levels, used)
        options.progress(1.0)
    return Output(mix, wet if options.wet_stems else None, "cpu", record)


def _sum_stems(
    pool: Workers, song: _Song, levels: Sequence[Levels], used: Sequence[StemControls]
) -> tuple[Audio, list[Audio]]:
    """The second pass: the mix, and the wet stems that are wanted."""
    strips, kept = song.strips(levels, used)
    buses = _buses(song, strips)
    sums = StemSums(strips, buses, song.hyper, song.weights)
    for done, _ in enumerate(pool.map(sums.run, range(sums.n_segments)), start=1):
        song.report_second_pass(_STEMS * done / sums.n_segments)
    if song.options.consume and isinstance(song.stems, list):
        song.stems[:] = [None] * len(song.stems)
    returns = pool.submit(add_returns, buses.mix, song.sample_rate, buses.width, buses.room)
    spaces = [
        pool.submit(song.add_space, strip.wet, strip.controls)
        for strip in strips
        if strip.wet is not None
    ]
    del strips, sums
    for done, each in enumerate((returns, *spaces)):
        each.result()
        song.tell(1.0 + _A_WET_STEM * done)
    return buses.mix, kept


def _buses(song: _Song, strips: Sequence[Strip]) -> Buses:
    """Arrays for what the strips send to, in the memory of spare stems as far as there are any."""
    spare = song.spare_stems() if song.options.consume else []

    def array() -> Audio:
        return spare.pop() if spare else silence(2, song.n_samples)

    width = array()[:1] if any(strip.width_gain is not None for strip in strips) else None
    room = array() if any(strip.room_gain is not None for strip in strips) else None
    return Buses(array(), width, room)


def _with_changes(
    found: Sequence[StemControls], names: Sequence[str], changes: Mapping[str, StripChanges]
) -> list[StemControls]:
    asked = [changes.get(name) for name in names]
    return [change_controls(*pair) for pair in zip(found, asked, strict=True)]


def _record(found: StemControls, used: StemControls) -> StemRecord:
    record: StemRecord = {"used": as_table(used)}
    if used is not found:
        record["found"] = as_table(found)
    return record


@dataclass(frozen=True)
class _Song:
    """Data of both passes."""

    stems: Sequence[Audio | None]
    names: Sequence[str]
    n_samples: int
    hyper: BandMixerParameters
    sample_rate: int
    weights: np.ndarray
    options: RunOptions

    def is_wanted(self, name: str) -> bool:
        """Whether a stem is also wanted as it is in the mix."""
        return is_wanted(name, self.options.wet_stems)

    def tell(self, done: float) -> None:
        """Report the share of a mix alone that is done, wet stems beside it not counted."""
        whole = 1.0 + _A_WET_STEM * sum(self.is_wanted(name) for name in self.names)
        self.options.progress(done / whole)

    def report_second_pass(self, share: float) -> None:
        """Report the share of the second pass that is done."""
        self.tell(_LEVELS + _CONTROLS + (1.0 - _LEVELS - _CONTROLS) * share)

    def levels(self, pool: Workers) -> list[Levels]:
        """The first pass: the network's inputs for each stem, a stem a thread."""
        levels = []
        for own in pool.map(self._levels_of, self.names, self.stems):
            levels.append(own)
            self.tell(_LEVELS * len(levels) / len(self.names))
        return levels

    def _levels_of(self, name: str, stem: Audio | None) -> Levels:
        if stem is None:
            return silent_levels(self.hyper, self.n_samples)
        levels = measure_levels(stem, self.hyper, self.weights)
        # Every sample is in a frame.
        if not np.isfinite(levels.frame_db).all() and not np.isfinite(peak(stem)):
            raise InputError(f"stem {name} holds samples that are not finite")
        return levels

    def strips(
        self, levels: Sequence[Levels], used: Sequence[StemControls]
    ) -> tuple[list[Strip], list[Audio]]:
        """The stems' parts in the second pass, and where the wet stems that are wanted go."""
        strips, wet_stems = [], list[Audio]()
        for name, stem, own, controls in zip(self.names, self.stems, levels, used, strict=True):
            wet = None
            if self.is_wanted(name):
                own_memory = self.options.consume and stem is not None and stem.flags.writeable
                wet = stem if own_memory and stem is not None else silence(2, self.n_samples)
                wet_stems.append(wet)
            if stem is not None:
                strips.append(self._strip(stem, own, controls, wet))
        return strips, wet_stems

    def _strip(
        self, stem: Audio, levels: Levels, controls: StemControls, wet: Audio | None
    ) -> Strip:
        excess = excess_db(levels.frame_db, self.hyper, self.sample_rate)
        spectral = SpectralStrip(controls, self.weights)
        gains = send_gains(controls.width_db, controls.room_db)
        heard = stem[:1] if levels.is_mono else stem
        return Strip(heard, controls, excess, spectral, *gains, wet)

    def spare_stems(self) -> list[Audio]:
        """Stems that nobody needs once they are summed: what they become may overwrite them."""
        return [
            stem
            for name, stem in zip(self.names, self.stems, strict=True)
            if stem is not None and stem.flags.writeable and not self.is_wanted(name)
        ]

    def add_space(self, stem: Audio, controls: StemControls) -> None:
        add_space(stem, self.sample_rate, controls.width_db, controls.room_db)


def controls_of(
    predict: Predict, levels: Sequence[Levels], hyper: BandMixerParameters
) -> list[StemControls]:
    """The network's settings for each stem; see `mix_by_bands`."""
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
