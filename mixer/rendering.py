"""The pipeline: song -> normalised stems -> network -> song's own rate -> amount -> master.

Every stage is written once, here, in order. It prints nothing and writes nothing: `mixer.recipe`
writes what comes out, the command line shows it.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mixer import audio as audio_io
from mixer.console.master import MasterReport, apply_master
from mixer.dsp import db_to_gain, peak_dbfs
from mixer.errors import ModelError, PresetError
from mixer.fxnorm.chain import check_effects, normalise_stem
from mixer.fxnorm.profile import Profile, read_profile
from mixer.fxnorm.rooms import RoomSource, read_rooms
from mixer.loudness import integrated_loudness_lufs, true_peak_dbtp
from mixer.network.model import Bundle, read_bundle
from mixer.network.session import open_network
from mixer.network.stream import run_network
from mixer.song import Song, read_stem, read_sum
from mixer.track_names import STEMS

NO_MODEL = "none"
# What the paper calls the baseline: every stem normalised, no network, no reverb added.
NO_MODEL_EFFECTS = ("eq", "compression", "panning", "loudness")
NO_MODEL_PROFILE = "musdb18"
NETWORK_RATE_HZ = 44_100
LOUDNESS_RANGE_LUFS = (-70.0, -5.0)
CEILING_RANGE_DBTP = (-30.0, 0.0)
WARM_UP_RANGE_S = (0.0, 600.0)

# called with the stage, what in it, and the share of the render that is done, 0 to 1
Progress = Callable[[str, str, float], None]
# share of a render's time that each stage takes, measured with the default model on two cores
_STAGE_SHARES = {"normalise": 0.55, "network": 0.3, "master": 0.15}


@dataclass(frozen=True)
class RenderSettings:
    """Everything that, with the song, decides what the mix sounds like.

    Attributes:
        model: a bundle's name or folder, or "none" for the sum of the normalised stems.
        device: "auto", "cpu", "cuda" or "cuda:N".
        profile: name or file of the profile to normalise to; None for the model's own.
        effects: which normalisations apply, any of `EFFECTS`; None for the model's own.
        amount: 0 (the plain sum of the recordings) to 1 (the mix).
        dry: the recording is dry, so a model that normalises reverb adds a room first; None as
            `song.toml` says.
        rooms: folder of impulse responses for the reverbs; None for generated ones.
        warm_up_s: wrapped audio in front of the song for the network's recurrent layers, cut off
            again; None for the model's own.
        seed: of the rooms and of the dither.
        sample_rate: of the mix in Hz; None for the song's own.
        loudness_lufs: integrated loudness of the mix; None leaves it as it comes.
        true_peak_dbtp: ceiling of the true peak; None for no limiter.
    """

    model: str = "default"
    device: str = "auto"
    profile: str | None = None
    effects: tuple[str, ...] | None = None
    amount: float = 1.0
    dry: bool | None = None
    rooms: str | None = None
    warm_up_s: float | None = None
    seed: int = 0
    sample_rate: int | None = None
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = -1.0

    def __post_init__(self) -> None:
        _check_range("amount", self.amount, (0.0, 1.0))
        _check_range("sample rate in Hz", self.sample_rate, audio_io.SAMPLE_RATES_HZ)
        _check_range("loudness in LUFS", self.loudness_lufs, LOUDNESS_RANGE_LUFS)
        _check_range("true-peak ceiling in dBTP", self.true_peak_dbtp, CEILING_RANGE_DBTP)
        _check_range("warm-up in seconds", self.warm_up_s, WARM_UP_RANGE_S)
        _check_range("seed", self.seed, (0, 2**63 - 1))
        check_effects(self.effects or ())


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
        device: what ran the network, e.g. "cpu" or "cuda:0"; None without a network.
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


def render(
    song: Song,
    settings: RenderSettings | None = None,
    *,
    wet_stems: bool = False,
    progress: Progress | None = None,
) -> Mix:
    """Mix a song.

    Args:
        song: from `load_song`.
        settings: defaults to `RenderSettings()`.
        wet_stems: also return each stem as it stands in the mix.
        progress: called from this thread and from worker threads, never from two at once.

    Returns:
        The mix, at the song's own rate and length unless the settings ask for another rate.
        The same song and settings give the same samples, bit for bit, on the same machine.

    Raises:
        InputError: a recording is damaged, or the song does not fit in memory.
        PresetError: a setting does not fit the model.
        ModelError, DeviceError: no such model or device, or the network failed.
    """
    settings = settings or RenderSettings()
    clock = _Clock(progress or (lambda stage, detail, share: None))
    plan = plan_render(song, settings)
    rate = settings.sample_rate or song.sample_rate

    if settings.amount > 0.0:
        stems, stem_measurements = _normalise(song, plan, settings, clock)
        mix, wet, device = _run_network(stems, plan, settings, wet_stems, clock)
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


@dataclass(frozen=True)
class RenderPlan:
    """What a song and settings come down to.

    Attributes:
        bundle: the model; None for the sum of the normalised stems.
        profile: what the stems are normalised to.
        effects: by which effects, in order.
        sample_rate: at which rate, in Hz.
        stem_order: the stems as the network takes them.
        rooms: for the reverbs; None for generated ones.
        panning_limits_time_axis: see `mixer.fxnorm.panning`.
        identity: name and hash of the model, for the record; None without one.
    """

    bundle: Bundle | None
    profile: Profile
    effects: tuple[str, ...]
    sample_rate: int
    stem_order: tuple[str, ...]
    rooms: RoomSource | None = None
    panning_limits_time_axis: bool = False
    identity: Mapping[str, Any] | None = None

    @property
    def model_name(self) -> str:
        return self.bundle.manifest.name if self.bundle else NO_MODEL


def plan_render(song: Song, settings: RenderSettings) -> RenderPlan:
    """Find the model, the profile and the rooms, and check that they go together.

    Raises:
        ModelError: no such model or profile, or the model does not know one of the song's stems.
        InputError: no usable folder of rooms.
    """
    if settings.model == NO_MODEL:
        return RenderPlan(
            bundle=None,
            profile=read_profile(settings.profile or NO_MODEL_PROFILE),
            effects=settings.effects if settings.effects is not None else NO_MODEL_EFFECTS,
            sample_rate=NETWORK_RATE_HZ,
            stem_order=STEMS,
            rooms=_rooms(settings, NETWORK_RATE_HZ),
        )
    bundle = read_bundle(settings.model)
    manifest = bundle.manifest
    missing = [stem for stem in song.stems if stem not in manifest.stems]
    if missing:
        raise ModelError(
            f"model {manifest.name} mixes {', '.join(manifest.stems)}, not {missing[0]}; "
            "give the files of that stem another one in song.toml"
        )
    dry = song.dry if settings.dry is None else settings.dry
    effects = settings.effects
    if effects is None:
        effects = tuple(e for e in manifest.effects if dry or e != "pre_reverb")
    return RenderPlan(
        bundle=bundle,
        profile=read_profile(settings.profile or bundle.profile_path),
        effects=effects,
        sample_rate=manifest.sample_rate,
        stem_order=tuple(manifest.stems),
        rooms=_rooms(settings, manifest.sample_rate),
        panning_limits_time_axis=manifest.panning_limits_time_axis,
        identity={
            "name": manifest.name,
            "manifest_sha256": bundle.sha256,
            "learnt_to_mix": manifest.learnt_to_mix,
        },
    )


def _rooms(settings: RenderSettings, sample_rate: int) -> RoomSource | None:
    if settings.rooms is None:
        return None
    return read_rooms(
        settings.rooms, sample_rate, lambda path, rate: audio_io.read_audio(path, rate)[0]
    )


def _normalise(
    song: Song, plan: RenderPlan, settings: RenderSettings, clock: _Clock
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

    with ThreadPoolExecutor(_n_workers(song, plan.sample_rate)) as pool:
        results = dict(zip(song.stems, pool.map(one, song.stems), strict=True))
    clock.stop()
    stems = [results[s][0] if s in results else None for s in plan.stem_order]
    return stems, {stem: measurements for stem, (_, measurements) in results.items()}


def _n_workers(song: Song, sample_rate: int) -> int:
    """As many stems at once as there are cores, and as memory holds with room to work."""
    stem_bytes = 8 * song.n_samples_at(sample_rate)
    fitting = audio_io.available_memory_bytes() // (6 * stem_bytes)
    return int(max(1, min(len(song.stems), os.cpu_count() or 1, fitting)))


def _run_network(
    stems: Sequence[np.ndarray | None],
    plan: RenderPlan,
    settings: RenderSettings,
    wet_stems: bool,
    clock: _Clock,
) -> tuple[np.ndarray, dict[str, np.ndarray], str | None]:
    present = [stem for stem in stems if stem is not None]
    if plan.bundle is None:
        mix = np.add.reduce(present)
        named = zip(plan.stem_order, stems, strict=True)
        wet = {name: stem for name, stem in named if stem is not None} if wet_stems else {}
        return mix, wet, None
    clock.start("network")
    network = open_network(plan.bundle, settings.device)
    clock.at(f"on {network.device}", 0.0)
    output = run_network(
        network,
        stems,
        wet_stems=wet_stems,
        warm_up_s=settings.warm_up_s,
        progress=lambda share: clock.at(f"on {network.device}", share),
    )
    clock.stop()
    if not np.isfinite(output.mix).all():
        raise ModelError(f"model {plan.bundle.manifest.name} answered with NaN or infinite samples")
    wet = dict(zip(plan.stem_order, output.wet_stems or (), strict=False))
    # The network answers for every stem; one that the song has not is silence, or its leakage.
    wet = {name: audio for name, audio in wet.items() if np.any(audio)}
    return output.mix, wet, str(network.device)


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
        for stem in {*song.stems, *wet}:
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


@dataclass
class _Clock:
    """Times the stages and tells how far the render is."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""
    _began: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, stage: str) -> None:
        self._stage, self._began = stage, time.perf_counter()
        self.at("", 0.0)

    def at(self, detail: str, share: float) -> None:
        stages = list(_STAGE_SHARES)
        before = sum(_STAGE_SHARES[s] for s in stages[: stages.index(self._stage)])
        with self._lock:
            self.progress(self._stage, detail, before + share * _STAGE_SHARES[self._stage])

    def stop(self) -> None:
        self.seconds[self._stage] = time.perf_counter() - self._began


def _check_range(what: str, value: float | None, allowed: tuple[float, float]) -> None:
    low, high = allowed
    if value is not None and not low <= value <= high:
        raise PresetError(f"{what} must be from {low:g} to {high:g}, not {value:g}")
