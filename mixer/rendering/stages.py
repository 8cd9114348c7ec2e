"""The stages of a render, each a function of arrays: normalise, network, song's rate, amount, desk.

`mixer.rendering.pipeline` puts them in order.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from mixer import audio as audio_io
from mixer.console.before_network import apply_gain_like
from mixer.console.desk import apply_console, apply_master_strip, is_neutral_console
from mixer.console.settings import Console
from mixer.dsp.blocks import db_to_gain
from mixer.errors import ModelError
from mixer.fxnorm.chain import normalise_stem
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.runner import LocalRunner, NetworkRunner
from mixer.network.session import Network
from mixer.rendering.plan import RenderPlan
from mixer.rendering.progress import StageClock
from mixer.rendering.settings import RenderSettings
from mixer.song.song import Song, read_stem, read_sum

# Loudness of the mix on the desk: where -18 dBFS is taken for the level of an analogue desk's 0 VU.
NOMINAL_LUFS = -18.0


def normalise(
    song: Song,
    plan: RenderPlan,
    settings: RenderSettings,
    clock: StageClock,
    threads: int | None,
) -> tuple[list[np.ndarray | None], dict[str, Any]]:
    """Read and normalise every stem, a few at a time; None stands for a stem that is not there."""
    clock.start("normalise")
    done: list[str] = []

    def one(stem: str) -> tuple[np.ndarray, dict[str, Any]]:
        audio = read_stem(song, stem, plan.sample_rate)
        audio, measured = normalise_stem(
            audio,
            plan.sample_rate,
            stem,
            plan.profile,
            plan.effects,
            seed=settings.seed,
            rooms=plan.rooms,
            panning_limits_time_axis=plan.panning_limits_time_axis,
        )
        done.append(stem)
        clock.at(stem, len(done) / len(song.stems))
        return audio, measured

    with ThreadPoolExecutor(_n_workers(song, plan.sample_rate, threads)) as pool:
        results = dict(zip(song.stems, pool.map(one, song.stems), strict=True))
    clock.stop()
    stems = [results[s][0] if s in results else None for s in plan.stem_order]
    return stems, {stem: measurements for stem, (_, measurements) in results.items()}


def _n_workers(song: Song, sample_rate: int, threads: int | None) -> int:
    """As many stems at once as there are cores, and as memory holds with room to work."""
    stem_bytes = 8 * song.n_samples_at(sample_rate)
    fitting = audio_io.available_memory_bytes() // (6 * stem_bytes)
    return int(max(1, min(len(song.stems), threads or os.cpu_count() or 1, fitting)))


def run_model(
    stems: Sequence[np.ndarray | None],
    plan: RenderPlan,
    settings: RenderSettings,
    clock: StageClock,
    opened: NetworkRunner | None,
    *,
    wet_stems: bool,
) -> tuple[np.ndarray, dict[str, np.ndarray], str | None]:
    """The network's mix, its wet stems where they are wanted, and what ran it."""
    if plan.gains_before:
        stems = _with_gains_before(stems, plan)
    if plan.bundle is None:
        named = zip(plan.stem_order, stems, strict=True)
        present = {name: stem for name, stem in named if stem is not None}
        return np.add.reduce(list(present.values())), present if wet_stems else {}, None
    clock.start("network")
    runner = opened or LocalRunner(Network(plan.bundle, settings.device))
    detail = f"on {runner.place}" if runner.place else ""
    clock.at(detail, 0.0)
    output = runner.run(
        stems,
        wet_stems=wet_stems,
        warm_up_s=settings.warm_up_s,
        progress=lambda share: clock.at(detail, share),
    )
    clock.stop()
    if not np.isfinite(output.mix).all():
        raise ModelError(f"model {plan.bundle.manifest.name} answered with NaN or infinite samples")
    there = {name for name, stem in zip(plan.stem_order, stems, strict=True) if stem is not None}
    wet = dict(zip(plan.stem_order, output.wet_stems or (), strict=False))
    # The network answers for every stem; one that the song has not is silence, or its leakage.
    wet = {name: audio for name, audio in wet.items() if name in there or np.any(audio)}
    return output.mix, wet, output.device


def _with_gains_before(
    stems: Sequence[np.ndarray | None], plan: RenderPlan
) -> list[np.ndarray | None]:
    named = zip(plan.stem_order, stems, strict=True)
    present = {name: stem for name, stem in named if stem is not None}
    changed = apply_gain_like(present, plan.sample_rate, plan.gains_before)
    return [changed.get(name) for name in plan.stem_order]


def to_rate(
    song: Song, mix: np.ndarray, wet: dict[str, np.ndarray], from_rate: int, to_rate: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Mix and wet stems at the rate and length that the mix is to have."""
    n_samples = song.n_samples_at(to_rate)
    for stem in wet:
        wet[stem] = audio_io.resample(wet[stem], from_rate, to_rate, n_samples)
    return audio_io.resample(mix, from_rate, to_rate, n_samples), wet


def blend(
    song: Song,
    mix: np.ndarray | None,
    wet: dict[str, np.ndarray],
    plan: RenderPlan,
    rate: int,
    amount: float,
    *,
    wet_stems: bool,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Cross-fade between the plain sum of the recordings (amount 0) and the mix (amount 1).

    Gains that act before the network act on the recordings as well.
    """
    if amount == 1.0 and mix is not None:
        return mix, wet
    gained: dict[str, np.ndarray] = {}
    if plan.gains_before:
        # What is muted before the network is muted in what it is blended with, too.
        recorded = {stem: read_stem(song, stem, rate) for stem in song.stems}
        gained = apply_gain_like(recorded, rate, plan.gains_before)
        plain = np.add.reduce(list(gained.values()))
    else:
        plain = read_sum(song.recordings, song.n_samples_at(rate), rate)
    if wet_stems:
        for stem in dict.fromkeys((*song.stems, *wet)):
            own = gained.pop(stem) if stem in gained else read_stem(song, stem, rate)
            wet[stem] = own if mix is None else _fade(own, wet.get(stem), amount)
    return (plain if mix is None else _fade(plain, mix, amount)), wet


def _fade(plain: np.ndarray, mixed: np.ndarray | None, amount: float) -> np.ndarray:
    plain *= np.float32(1.0 - amount)
    if mixed is not None:
        plain += np.float32(amount) * mixed
    return plain


def run_desk(
    mix: np.ndarray,
    wet: Mapping[str, np.ndarray],
    plan: RenderPlan,
    song: Song,
    rate: int,
    amount: float,
    clock: StageClock,
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, Any]]:
    """Every wet stem through its strip, their sum through the model's curve and the bus's strip.

    Thresholds and drives mean the same for every song and model: the desk works at `NOMINAL_LUFS`,
    to which the mix is brought before it, and from which it is taken back behind it. Where no strip
    acts on a stem, the mix is the network's own.

    Returns:
        Mix, wet stems and what was done; the same arrays and nothing where the desk is neutral.
    """
    stems, report = dict(wet), dict[str, Any]()
    touches_bus = not is_neutral_console(Console(master=plan.console.master))
    if not plan.touches_stems and not touches_bus:
        return mix, stems, report
    clock.start("console")
    gain_db = _staging_gain_db(mix, rate)
    gain = np.float32(db_to_gain(gain_db))
    if plan.touches_stems:
        staged = {stem: audio * gain for stem, audio in wet.items()}
        output = apply_console(
            staged,
            rate,
            plan.console,
            tempo_bpm=song.tempo_bpm,
            progress=lambda stem: clock.at(stem, list(wet).index(stem) / max(1, len(wet))),
        )
        # What no strip has touched stays bit for bit what it was.
        stems = {
            stem: wet[stem] if audio is staged[stem] else audio / gain
            for stem, audio in output.stems.items()
        }
        report = dict(output.report)
        mix = np.add.reduce(list(stems.values())) if stems else np.zeros_like(mix)
        if plan.has_output_curve and amount > 0.0:
            mix = _fade(mix.copy(), np.tanh(mix), amount)
    if touches_bus:
        bus, report["master"] = apply_master_strip(mix * gain, rate, plan.console.master)
        mix = bus / gain
    report["staging_gain_db"] = gain_db
    clock.stop()
    return mix, stems, report


def _staging_gain_db(mix: np.ndarray, rate: int) -> float:
    """What brings a mix to the desk's nominal level; 0 for silence."""
    loudness_lufs = integrated_loudness_lufs(mix, rate)
    return NOMINAL_LUFS - loudness_lufs if np.isfinite(loudness_lufs) else 0.0
