"""Answers of a model of stems, and of a second model, to one song; see `.doubt`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray
from mixer.dsp.threads import Workers
from mixer.network.band_mixer.architecture import CONTROLS_GRAPH
from mixer.network.band_mixer.bands import Levels, band_weights, measure_levels, silent_levels
from mixer.network.band_mixer.controls import StemControls
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.network.band_mixer.run import CONTROL_OUTPUTS, controls_of
from mixer.network.manifest import Manifest
from mixer.network.model import read_bundle
from mixer.network.session import Network
from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.heard_tracks import finished_stems
from mixer.network.track_mixer.predict import predict_settings
from mixer.rendering.choices.shipped import TRACK_MODEL
from mixer.rendering.doubts.doubt import (
    HEARD_S,
    SHIFT_DB,
    TILT_DB,
    Answer,
    Doubts,
    Part,
    gains_db,
    level_db,
    share_drawn,
)
from mixer.setting_changes import Change, StripChanges
from mixer.stems import STEMS

CPU = "cpu"


@dataclass(frozen=True)
class Heard:
    """The middle of a stem, as models hear it.

    Attributes:
        levels: for a band mixer.
        track: for the track model; None for a missing stem, and if that model is not asked.
        is_missing: the song does not have the stem.
    """

    levels: Levels
    track: TrackLevels | None
    is_missing: bool = False


def hear_stems(
    stems: Sequence[FloatArray | None], manifest: Manifest, pool: Workers
) -> list[Heard]:
    """Listen to an excerpt from the middle of each stem, long enough to determine its settings.

    Args:
        stems: float32 (2, samples), in the model's order; None for a missing one.
        manifest: of a band mixer that mixes `STEMS`.
        pool: listens to several at a time.
    """
    hyper, rate = manifest.parameters(BandMixerParameters), manifest.sample_rate
    n_samples = next(stem.shape[-1] for stem in stems if stem is not None)
    length, weights = min(n_samples, round(HEARD_S * rate)), band_weights(hyper, rate)
    start = (n_samples - length) // 2

    def hear(stem: FloatArray | None) -> Heard:
        if stem is None:
            return Heard(silent_levels(hyper, length), None, is_missing=True)
        middle = stem[:, start : start + length]
        track = None if manifest.name == TRACK_MODEL else listen_to(middle, rate)
        return Heard(measure_levels(middle, hyper, weights), track)

    return list(pool.map(hear, stems))


def answers_of_stems(network: Network, heard: Sequence[Heard]) -> list[Answer]:
    """A band mixer's own answer, those to small changes of the stems, and the track model's.

    Args:
        network: an open bundle of a band mixer that mixes `STEMS`.
        heard: from `hear_stems`.

    Raises:
        ModelError, DeviceError: a network failed.
    """
    manifest = network.bundle.manifest
    hyper, levels = manifest.parameters(BandMixerParameters), [each.levels for each in heard]
    there = [place for place, each in enumerate(heard) if not each.is_missing]

    def ask(shifts_db: NDArray[np.float64]) -> Answer:
        shifted = [_shifted(own, by_db) for own, by_db in zip(levels, shifts_db, strict=True)]
        found = controls_of(
            lambda feeds: network.run(CONTROLS_GRAPH, feeds, CONTROL_OUTPUTS), shifted, hyper
        )
        # Changes to the input are part of the answer to the song as it came.
        controls = [
            replace(one.bounded(), gain_db=one.gain_db + by_db[:, None].astype(np.float32))
            for one, by_db in zip(found, shifts_db, strict=True)
        ]
        return _answer(manifest.name, levels, controls, there)

    answers = [ask(shift) for shift in _shifts(len(heard), hyper.n_bands, there)]
    tracks = [each.track for each in heard if each.track is not None]
    if tracks:
        answers.append(_second(levels, tracks, there))
    return answers


def drawn_changes(
    doubts: Doubts, own: Answer, came: Answer, abstain: float
) -> dict[str, StripChanges]:
    """Changes that move an unsure model's settings towards neutral, by stem.

    Neutral is the balance that the stems came in, a flat curve, no width of its own, no shaping.

    Args:
        doubts: their `drawn` is set here.
        own, came: the model's own answer, and the answer for the unprocessed stems.
        abstain: strength, 0 to 1.
    """
    changes = {}
    for stem, record in doubts["stems"].items():
        share = share_drawn(record, abstain)
        record["drawn"] = round(share, 3)
        rest = Change(scale=1.0 - share)
        towards_db = share * (level_db(came, stem) - level_db(own, stem))
        changes[stem] = StripChanges(
            gain_db=Change(offset=towards_db),
            curve_db=rest, balance_db=rest, side_db=rest, shape=rest,
        )  # fmt: skip
    return changes


def as_they_came(stems: Sequence[FloatArray | None]) -> Answer:
    """The unprocessed stems in the form of an answer."""
    parts = []
    for name, stem in zip(STEMS, stems, strict=True):
        if stem is not None:
            power = np.array([float(np.mean(np.square(stem, dtype=np.float64)))])
            parts.append(Part(name, power, 0.0 * power))
    return Answer(tuple(parts), {}, "")


def _shifts(n_stems: int, n_bands: int, there: Sequence[int]) -> list[NDArray[np.float64]]:
    """Level changes in dB for each answer, float64 (stems, bands); the first is zero."""
    nothing, tilt = np.zeros((n_stems, n_bands)), np.linspace(-TILT_DB, TILT_DB, n_bands)
    shifts = [nothing, nothing + tilt, nothing - tilt]
    for place in there:
        for by_db in (SHIFT_DB, -SHIFT_DB):
            shift = nothing.copy()
            shift[place] = by_db
            shifts.append(shift)
    return shifts


def _shifted(levels: Levels, by_db: NDArray[np.float64]) -> Levels:
    added = by_db.astype(np.float32)[None, :, None]
    return replace(levels, mean_db=levels.mean_db + added, peak_db=levels.peak_db + added)


def _answer(
    model: str, levels: Sequence[Levels], controls: Sequence[StemControls], there: Sequence[int]
) -> Answer:
    parts, settings = list[Part](), dict[str, Mapping[str, float]]()
    for place in there:
        own, name = controls[place], STEMS[place]
        mid, side = (
            np.mean(10.0 ** ((levels[place].mean_db[view] + own.gain_db) / 10.0), axis=-1)
            for view in (2, 3)
        )
        parts.append(Part(name, mid, side * 10.0 ** (own.side_db / 10.0)))
        by_band_db = own.gain_db.mean(axis=-1)
        settings[name] = {
            "gain_db": float(by_band_db.mean()),
            "low_db": float(by_band_db[: len(by_band_db) // 3].mean() - by_band_db.mean()),
            "high_db": float(by_band_db[-(len(by_band_db) // 3) :].mean() - by_band_db.mean()),
            "balance_db": float(own.balance_db.mean()),
            "side_db": float(own.side_db.mean()),
            "shape": own.shape,
            "widen_db": own.width_db,
            "room_db": own.room_db,
        }
    return Answer(tuple(parts), settings, model)


def _second(
    levels: Sequence[Levels], tracks: Sequence[TrackLevels], there: Sequence[int]
) -> Answer:
    """The shipped track model's answer for the same stems."""
    names = [STEMS[place] for place in there]
    # Asked once: to optimise its graph takes longer than to run it.
    network = Network(read_bundle(TRACK_MODEL), CPU, optimise=False)
    found = predict_settings(network, finished_stems(tracks, names))
    parts = []
    for place, name, strip in zip(there, names, found.tracks, strict=True):
        gain_db = gains_db(strip, len(levels[place].mean_db[0])) + found.groups[name].gain_db
        mid, side = (
            np.mean(10.0 ** (levels[place].mean_db[view] / 10.0), axis=-1) for view in (2, 3)
        )
        gain = 10.0 ** (gain_db / 10.0)
        parts.append(Part(name, mid * gain, side * gain * strip.width**2))
    return Answer(tuple(parts), {}, TRACK_MODEL)
