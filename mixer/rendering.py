"""The pipeline: song -> normalised stems -> network -> song's own rate -> amount -> master.

Every stage is written once, here, in order. It prints nothing and writes nothing: `mixer.recipe`
writes what comes out, the command line shows it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mixer import audio as audio_io
from mixer.console.master import MasterReport, apply_master
from mixer.dsp import db_to_gain, peak_dbfs
from mixer.errors import ModelError
from mixer.fxnorm.chain import normalise_stem
from mixer.loudness import integrated_loudness_lufs, true_peak_dbtp
from mixer.network.model import Bundle
from mixer.network.output import Output
from mixer.network.session import open_network
from mixer.network.stream import run_network
from mixer.planning import RenderPlan, plan_render
from mixer.progress import Progress, StageClock
from mixer.settings import RenderSettings
from mixer.song import Song, read_stem, read_sum


@dataclass(frozen=True)
class Mix:
    """A finished mix and how it came about.

    Attributes:
        audio: float32 (2, samples).
        sample_rate: in Hz.
        song: what it is a mix of.
        settings: what was asked for.
        wet_stems: stem name to float32 (2, samples) as it stands in the mix, before the limiter
            and the network's output curve; empty unless asked for.
        device: what ran the network, e.g. "cpu", "cuda:0" or "cuda:0 in fp16"; None without one.
        model: name of the bundle and hash of its manifest; None without a network.
        measurements: of each stage, ready for JSON; loudness None means silence.
        seconds: wall-clock time of each stage.
    """

    audio: np.ndarray
    sample_rate: int
    song: Song
    settings: RenderSettings
    wet_stems: Mapping[str, np.ndarray]
    device: str | None
    model: Mapping[str, Any] | None
    measurements: Mapping[str, Any]
    seconds: Mapping[str, float]

    @property
    def residual(self) -> np.ndarray:
        """What the mix has beyond the sum of its wet stems: the output curve and the limiter."""
        return self.audio - sum(self.wet_stems.values())

    @property
    def real_time_factor(self) -> float:
        """Seconds of music for each second of rendering."""
        return self.song.duration_s / max(sum(self.seconds.values()), 1e-9)


class NetworkRunner(Protocol):
    """A bundle that is held open from song to song, here or in another process."""

    @property
    def bundle(self) -> Bundle: ...

    def run(
        self,
        stems: Sequence[np.ndarray | None],
        *,
        wet_stems: bool,
        warm_up_s: float | None,
        progress: Callable[[float], None],
    ) -> Output:
        """As `mixer.network.stream.run_network`."""
        ...


def render(
    song: Song,
    settings: RenderSettings | None = None,
    *,
    wet_stems: bool = False,
    progress: Progress | None = None,
    network: NetworkRunner | None = None,
    threads: int | None = None,
) -> Mix:
    """Mix a song.

    Args:
        song: from `load_song`.
        settings: defaults to `RenderSettings()`.
        wet_stems: also return each stem as it stands in the mix.
        progress: called from this thread and from worker threads, never from two at once.
        network: the settings' model, open already; None opens it for this song.
        threads: stems normalised at once, at most; None for as many as there are cores.

    Returns:
        The mix, at the song's own rate and length unless the settings ask for another rate.
        The same song and settings give the same samples, bit for bit, on the same machine.

    Raises:
        InputError: a recording is damaged, or the song does not fit in memory.
        PresetError: a setting does not fit the model.
        ModelError, DeviceError: no such model or device, or the network failed.
    """
    settings = settings or RenderSettings()
    clock = StageClock(progress or (lambda stage, detail, share: None))
    plan = plan_render(song, settings, network.bundle if network else None)
    if wet_stems and settings.amount > 0.0:
        plan.check_wet_stems()
    rate = settings.sample_rate or song.sample_rate

    if settings.amount > 0.0:
        stems, stem_measurements = _normalise(song, plan, settings, clock, threads)
        mix, wet, device = _run_network(stems, plan, settings, wet_stems, clock, network)
        del stems
        mix, wet = _to_rate(song, mix, wet, plan.sample_rate, rate)
    else:
        mix, wet, device, stem_measurements = None, {}, None, {}

    clock.start("master")
    mix, wet = _blend(song, mix, wet, rate, settings.amount, wet_stems)
    before = _levels(mix, rate)
    audio, master = apply_master(
        mix, rate, loudness_lufs=settings.loudness_lufs, ceiling_dbtp=settings.true_peak_dbtp
    )
    del mix
    wet = _with_gain(wet, master)
    clock.stop()
    return Mix(
        audio=audio,
        sample_rate=rate,
        song=song,
        settings=settings,
        wet_stems=wet,
        device=device,
        model=plan.identity if settings.amount > 0.0 else None,
        measurements={
            "stems": stem_measurements,
            "wet_stems": {stem: _levels(stem_audio, rate) for stem, stem_audio in wet.items()},
            "before_master": before,
            "master": master.as_json(),
            "effects": list(plan.effects),
            "profile_sha256": plan.profile.sha256,
        },
        seconds=clock.seconds,
    )


def _normalise(
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


def _run_network(
    stems: Sequence[np.ndarray | None],
    plan: RenderPlan,
    settings: RenderSettings,
    wet_stems: bool,
    clock: StageClock,
    opened: NetworkRunner | None,
) -> tuple[np.ndarray, dict[str, np.ndarray], str | None]:
    present = [stem for stem in stems if stem is not None]
    if plan.bundle is None:
        mix = np.add.reduce(present)
        named = zip(plan.stem_order, stems, strict=True)
        wet = {name: stem for name, stem in named if stem is not None} if wet_stems else {}
        return mix, wet, None
    clock.start("network")
    if opened is not None:
        output = opened.run(
            stems,
            wet_stems=wet_stems,
            warm_up_s=settings.warm_up_s,
            progress=lambda share: clock.at("", share),
        )
    else:
        network = open_network(plan.bundle, settings.device)
        clock.at(f"on {network.description}", 0.0)
        output = run_network(
            network,
            stems,
            wet_stems=wet_stems,
            warm_up_s=settings.warm_up_s,
            progress=lambda share: clock.at(f"on {network.description}", share),
        )
    clock.stop()
    if not np.isfinite(output.mix).all():
        raise ModelError(f"model {plan.bundle.manifest.name} answered with NaN or infinite samples")
    wet = dict(zip(plan.stem_order, output.wet_stems or (), strict=False))
    # The network answers for every stem; one that the song has not is silence, or its leakage.
    wet = {name: audio for name, audio in wet.items() if np.any(audio)}
    return output.mix, wet, output.device


def _to_rate(
    song: Song, mix: np.ndarray, wet: dict[str, np.ndarray], from_rate: int, to_rate: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    n_samples = song.n_samples_at(to_rate)
    for stem in wet:
        wet[stem] = audio_io.resample(wet[stem], from_rate, to_rate, n_samples)
    return audio_io.resample(mix, from_rate, to_rate, n_samples), wet


def _blend(
    song: Song,
    mix: np.ndarray | None,
    wet: dict[str, np.ndarray],
    rate: int,
    amount: float,
    wet_stems: bool,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Cross-fade between the plain sum of the recordings (amount 0) and the mix (amount 1)."""
    if amount == 1.0 and mix is not None:
        return mix, wet
    plain = read_sum(song.recordings, song.n_samples_at(rate), rate)
    if wet_stems:
        for stem in dict.fromkeys((*song.stems, *wet)):
            own = read_stem(song, stem, rate)
            wet[stem] = own if mix is None else _fade(own, wet.get(stem), amount)
    return (plain if mix is None else _fade(plain, mix, amount)), wet


def _fade(plain: np.ndarray, mixed: np.ndarray | None, amount: float) -> np.ndarray:
    plain *= np.float32(1.0 - amount)
    if mixed is not None:
        plain += np.float32(amount) * mixed
    return plain


def _with_gain(wet: dict[str, np.ndarray], master: MasterReport) -> dict[str, np.ndarray]:
    if master.gain_db == 0.0:
        return wet
    gain = np.float32(db_to_gain(master.gain_db))
    return {stem: audio * gain for stem, audio in wet.items()}


def _levels(audio: np.ndarray, sample_rate: int) -> dict[str, float | None]:
    """Peak, true peak and loudness for the record; None where silent."""
    levels = {
        "peak_dbfs": float(peak_dbfs(audio)),
        "true_peak_dbtp": true_peak_dbtp(audio, sample_rate),
        "loudness_lufs": integrated_loudness_lufs(audio, sample_rate),
    }
    return {name: value if math.isfinite(value) else None for name, value in levels.items()}
