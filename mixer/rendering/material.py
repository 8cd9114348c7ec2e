"""The wet material of a mix: what it is made from, by the plan's kind of material.

`wet_material` is the only entry point: a new way of making wet stems is a function of a `Job` and
a line in `_MAKERS`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from mixer.console.settings import MASTER
from mixer.dsp.blocks import peak, sum_of
from mixer.dsp.free_memory import MOST_IN_MEMORY, available_memory_bytes
from mixer.dsp.long_audio import copy_of, parts_of, silence
from mixer.dsp.threads import Workers, available_threads
from mixer.errors import ModelError
from mixer.model_settings import changes_after
from mixer.network.output import Output, StemRecord, WetStems, is_wanted
from mixer.network.runner import LocalRunner, NetworkRunner
from mixer.network.session import Network
from mixer.rendering.doubt import Answer, Doubts, doubts_of, knows_doubt
from mixer.rendering.plans.plan import MaterialKind, RenderPlan
from mixer.rendering.stem_levels import bring_to_usual_levels
from mixer.rendering.stems_in_work import StemsInWork
from mixer.rendering.timing.forecast import (
    ASK,
    HEAR,
    KEEP,
    OPEN,
    RUN,
    listening_steps_s,
    network_steps_s,
)
from mixer.rendering.timing.progress import Stage, StageClock, Steps
from mixer.rendering.tracks.track_files import ScratchTracks
from mixer.song.song import Song

# What mixes tracks, and what estimates doubts, loads where it is used: a mix of stems has neither.
if TYPE_CHECKING:
    from mixer.fxnorm.chain import StemReport
    from mixer.network.track_mixer.features import TrackLevels
    from mixer.rendering.incoming_levels import IncomingLevels
    from mixer.rendering.kept_material import KeptMaterial
    from mixer.rendering.tracks.kept_tracks import KeptTracks
    from mixer.rendering.tracks.track_console import TrackMix
    from mixer.rendering.tracks.track_material import OfBus


@dataclass(frozen=True)
class Job:
    """A plan that is being carried out.

    Attributes:
        plan: what is to be done.
        clock: is notified of each stage.
        wet_stems: those that are needed, and not only their mix.
        wet_tracks: each wet track is wanted, of a mix of tracks.
        stages: the sum of the normalised stems is wanted.
        network: the plan's model, open already; None opens it.
        threads: stems, chunks and segments at once, at most; None for as many as there are cores.
        kept: material of earlier takes of the same song; None makes everything.
        tap: of a mix of tracks, hears each bus: its name, what comes in and what goes out, float32
            (2, samples), which it must not change; the mix's is called "master". A group that was
            kept is not heard again.
        kept_tracks: tracks and groups that an earlier mix of the same song made.
    """

    plan: RenderPlan
    clock: StageClock
    wet_stems: WetStems
    wet_tracks: bool
    stages: bool
    network: NetworkRunner | None
    threads: int | None
    kept: KeptMaterial | None = None
    tap: OfBus | None = None
    kept_tracks: KeptTracks | None = None


@dataclass
class Material:
    """Material of a mix, beside the recordings.

    Attributes:
        mix: float32 (2, samples); None if nothing is wet.
        wet_stems: stem name to float32 (2, samples); empty if they are not needed.
        normalised: the sum of the normalised stems, float32 (2, samples); None unless wanted.
        device: what ran the network; None without one.
        measurements: of each stem's normalisation, ready for JSON.
        settings: what a network set by stem, ready for JSON; empty for one that sets nothing.
        output_curve: what makes `mix` of the wet stems' sum; None if that sum is the mix.
        tracks: what was set, and every wet track if they are wanted; None for a mix of stems.
        levels: how incoming levels were interpreted; None if no model asked.
        doubts: how sure the model is; None unless requested.
    """

    mix: np.ndarray | None = None
    wet_stems: dict[str, np.ndarray] = field(default_factory=dict)
    normalised: np.ndarray | None = None
    device: str | None = None
    measurements: dict[str, StemReport] = field(default_factory=dict)
    settings: Mapping[str, StemRecord] = field(default_factory=dict)
    output_curve: Callable[[np.ndarray], np.ndarray] | None = None
    tracks: TrackMix | None = None
    levels: IncomingLevels | None = None
    doubts: Doubts | None = None


def wet_material(job: Job) -> Material:
    """Make the wet material, at the plan's `sample_rate`.

    Raises:
        InputError: a recording is damaged.
        ModelError, DeviceError: the device does not exist, or the network failed.
    """
    return _MAKERS[job.plan.material](job)


def _none_of_recordings(job: Job) -> Material:
    return Material()


def _of_stems(job: Job) -> Material:
    """The normalised stems and their sum."""
    stems, measurements = _normalise(job)
    normalised = _sum(stems) if job.stages else None
    named = zip(job.plan.stem_order, _with_gains_before(stems, job.plan), strict=True)
    present = {name: stem for name, stem in named if stem is not None}
    mix = sum_of(list(present.values()))
    return Material(mix, _wanted(present, job), normalised, None, measurements)


def _of_network(job: Job) -> Material:
    """What a network makes of the normalised stems."""
    with Workers(1, "opening") as beside:
        opening = beside.submit(_opened, job) if _opens_beside(job) else None
        stems, measurements = _normalise(job)
        job = job if opening is None else replace(job, network=opening.result())
    job.clock.start(Stage.NETWORK)
    n_workers = _n_workers(job.plan.handled_song, job.plan.sample_rate, job.threads)
    steps = Steps(job.clock, _steps_s(job))
    levels = bring_to_usual_levels(job.plan, stems, measurements, n_workers)
    steps.at(ASK, 0.0, "")
    normalised = _sum(stems) if job.stages else None
    given = _with_gains_before(stems, job.plan)
    with Workers(1, "doubt") as beside:
        asking = _asking(job, given, beside, n_workers)
        if asking is not None and job.plan.settings.abstain > 0.0:
            job = _drawn(job, given, *asking.result())
        elif asking is not None and (job.threads or available_threads()) == 1:
            asking.result()
        output, wet = _run_network(given, job, steps)
        doubts = None if asking is None else asking.result()[1]
    curve = _output_curve if job.plan.has_output_curve else None
    return Material(
        output.mix,
        wet,
        normalised,
        output.device,
        measurements,
        output.settings,
        curve,
        levels=levels,
        doubts=doubts,
    )


def _opens_beside(job: Job) -> bool:
    """Whether the network is opened while stems are normalised: needed, and a core is idle."""
    is_needed = job.network is None and (_is_asked(job.plan) or not _is_kept(job))
    return is_needed and (job.threads or available_threads()) > 1


def _opened(job: Job) -> LocalRunner | None:
    """The plan's network, open; None for a GPU, whose libraries only one thread can load."""
    from mixer.network.runtime import runs_on_cpu

    plan = job.plan
    assert plan.bundle is not None
    if _is_asked(plan):  # loaded here, it keeps nobody waiting
        import_module("mixer.rendering.answers_of_stems")
    if not runs_on_cpu(plan.settings.device):
        return None
    return LocalRunner(Network(plan.bundle, plan.settings.device, job.threads))


def _is_kept(job: Job) -> bool:
    """Whether the network's answer is kept from an earlier take."""
    return job.kept is not None and Stage.NETWORK in job.kept.holds(job.plan)


def _steps_s(job: Job) -> dict[str, float]:
    """The forecast of each step of the network's stage."""
    stems = job.plan.song.stems
    n_wet = sum(is_wanted(stem, job.wet_stems) for stem in stems)
    is_kept = _is_kept(job)
    cores = job.threads or available_threads()
    keeps = _kept_answer(job) is not None and not is_kept
    return network_steps_s(job.plan, cores, n_wet / len(stems), is_kept=is_kept, keeps=keeps)


def _kept_answer(job: Job) -> KeptMaterial | None:
    """Where the network's answer is kept, or is to be kept: with all wet stems, or not at all."""
    return job.kept if isinstance(job.wet_stems, bool) and job.wet_stems else None


def _output_curve(total: np.ndarray) -> np.ndarray:
    mix = silence(*total.shape)
    for part in parts_of(total):
        np.tanh(total[:, part], out=mix[:, part])
    return mix


def _is_asked(plan: RenderPlan) -> bool:
    """Whether the plan's model is asked how sure it is."""
    if not plan.settings.uncertainty or plan.bundle is None:
        return False
    return knows_doubt(plan.bundle.manifest)


def _asking(
    job: Job, stems: Sequence[np.ndarray | None], beside: Workers, n_workers: int
) -> Future[tuple[list[Answer], Doubts]] | None:
    """How sure a model of stems is, to be found beside the network; None if nobody asks."""
    plan = job.plan
    if not _is_asked(plan):
        return None
    from mixer.rendering.answers_of_stems import CPU, answers_of_stems, hear_stems

    bundle = plan.bundle
    assert bundle is not None
    # Before the network takes them.
    with Workers(n_workers, "listening") as pool:
        heard = hear_stems(stems, bundle.manifest, pool)

    def ask() -> tuple[list[Answer], Doubts]:
        runner = job.network
        here = runner.on_cpu if isinstance(runner, LocalRunner) else None
        answers = answers_of_stems(here or Network(bundle, CPU, job.threads), heard)
        return answers, doubts_of(answers)

    return beside.submit(ask)


def _drawn(
    job: Job, stems: Sequence[np.ndarray | None], answers: Sequence[Answer], doubts: Doubts
) -> Job:
    """The job with what its doubts draw towards neutral."""
    from mixer.rendering.answers_of_stems import as_they_came, drawn_changes

    plan, abstain = job.plan, job.plan.settings.abstain
    drawn = drawn_changes(doubts, answers[0], as_they_came(stems), abstain)
    changes = {
        stem: changes_after(plan.changes.get(stem), change) for stem, change in drawn.items()
    }
    return replace(job, plan=replace(plan, changes={**plan.changes, **changes}))


def _listen(job: Job, steps: Steps) -> tuple[TrackLevels, ...]:
    from mixer.rendering.tracks.track_material import listen_to_tracks

    tracks, plan = job.plan.tracks, job.plan
    heard = None if job.kept is None else job.kept.levels(tracks)
    if heard is None:
        heard = listen_to_tracks(
            tracks,
            plan.n_samples,
            plan.mix_rate,
            job.threads,
            lambda name, share: steps.at(HEAR, share, name),
        )
        if job.kept is not None:
            job.kept.keep_levels(tracks, heard)
    return heard


def _of_tracks(job: Job) -> Material:
    """Every track through the strip that the model sets, summed by groups, each after its bus."""
    from mixer.rendering.tracks import track_console, track_material
    from mixer.rendering.tracks.track_hand_strips import HandStrips
    from mixer.rendering.tracks.track_strip import run_bus

    plan, clock = job.plan, job.clock
    rate, n_samples = plan.mix_rate, plan.n_samples
    clock.start(Stage.LISTEN)
    steps = Steps(clock, listening_steps_s(plan, job.threads or available_threads()))
    levels = _listen(job, steps)
    steps.at(OPEN, 0.0, "")
    network = None if plan.bundle is None else Network(plan.bundle, plan.settings.device)
    found, meaning = track_console.set_console(plan, levels, network)
    doubts = None
    if plan.settings.uncertainty:
        steps.at(ASK, 0.0, "")
        plan, doubts = track_console.doubts_of_console(plan, levels, network)
    settings = track_console.with_changes(found, plan)
    clock.stop()
    clock.start(Stage.TRACKS)
    hand = HandStrips(plan.hand, plan.console, rate, plan.song.tempo_bpm)
    kept = ScratchTracks([track.name for track in plan.tracks]) if job.wet_tracks else None
    groups = track_material.mix_tracks(
        plan.tracks,
        levels,
        settings,
        hand,
        n_samples,
        rate,
        keep=None if kept is None else kept.keep,
        threads=job.threads,
        tell=clock.at,
        tap=job.tap,
        kept=job.kept_tracks,
    )

    def bus(total: np.ndarray) -> np.ndarray:
        run_bus(total, rate, settings.mix)
        return total

    total = sum_of(list(groups.values()))
    before = None if job.tap is None else copy_of(total)
    mix = bus(total)
    clock.stop()
    if job.tap is not None and before is not None:
        job.tap(MASTER, before, mix)
    return Material(
        mix,
        _wanted(groups, job),
        device=None if network is None else network.description,
        output_curve=bus,
        tracks=track_console.TrackMix(
            settings,
            kept,
            track_console.describe(plan.tracks, levels, found, settings, hand.report),
        ),
        levels=meaning.as_json(),
        doubts=doubts,
    )


_MAKERS: Mapping[MaterialKind, Callable[[Job], Material]] = {
    MaterialKind.RECORDINGS: _none_of_recordings,
    MaterialKind.STEMS: _of_stems,
    MaterialKind.NETWORK: _of_network,
    MaterialKind.TRACKS: _of_tracks,
}


def _normalise(job: Job) -> tuple[list[np.ndarray | None], dict[str, StemReport]]:
    """Read and normalise every stem, a few at a time; None stands for a stem that is not there."""
    plan, stems = job.plan, job.plan.handled_song.stems
    job.clock.start(Stage.NORMALISE)
    n_workers = _n_workers(plan.handled_song, plan.sample_rate, job.threads)
    work = StemsInWork(plan, job.clock, n_workers, job.kept)
    with Workers(n_workers) as pool:
        deque(pool.map(work.begin, stems), maxlen=0)
        # The longest first, so that none is alone at the end.
        results = dict(pool.map(work.end, work.longest_first()))
    job.clock.stop()
    audios = [results[s][0] if s in results else None for s in plan.stem_order]
    return audios, {stem: results[stem][1] for stem in stems}


def _n_workers(song: Song, sample_rate: int, threads: int | None) -> int:
    """As many stems at once as there are cores, and as memory holds with room to work."""
    stem_bytes = 8 * song.n_samples_at(sample_rate)
    fitting = available_memory_bytes() // min(6 * stem_bytes, MOST_IN_MEMORY)
    return int(max(1, min(len(song.stems), threads or available_threads(), fitting)))


def _wanted(wet: dict[str, np.ndarray], job: Job) -> dict[str, np.ndarray]:
    return {stem: audio for stem, audio in wet.items() if is_wanted(stem, job.wet_stems)}


def _sum(stems: Sequence[np.ndarray | None]) -> np.ndarray:
    return sum_of([stem for stem in stems if stem is not None])


def _with_gains_before(
    stems: Sequence[np.ndarray | None], plan: RenderPlan
) -> Sequence[np.ndarray | None]:
    """Stems with the mute, solo and gain that act before the network."""
    if not plan.gains_before:
        return stems
    from mixer.console.before_network import apply_pre_network_gains

    named = zip(plan.stem_order, stems, strict=True)
    present = {name: stem for name, stem in named if stem is not None}
    changed = apply_pre_network_gains(present, plan.sample_rate, plan.gains_before)
    return [changed.get(name) for name in plan.stem_order]


def _run_network(
    stems: Sequence[np.ndarray | None], job: Job, steps: Steps
) -> tuple[Output, dict[str, np.ndarray]]:
    """The network's answer, and its wet stems by name if they are needed."""
    plan, clock = job.plan, job.clock
    assert plan.bundle is not None
    there = {name for name, stem in zip(plan.stem_order, stems, strict=True) if stem is not None}
    # What was kept has all wet stems, whether they are wanted or none is.
    found = job.kept if isinstance(job.wet_stems, bool) else None
    output = None if found is None else found.output(plan)
    if output is None:
        output = _ask_network(stems, job, steps)
        kept = _kept_answer(job)
        if kept is not None:
            steps.at(KEEP, 0.0, "")
            kept.keep_output(plan, output)
    clock.stop()
    if not np.isfinite(peak(output.mix)):
        raise ModelError(f"model {plan.bundle.manifest.name} returned NaN or infinite samples")
    asked = [name for name in plan.stem_order if is_wanted(name, job.wet_stems)]
    wet = dict(zip(asked, output.wet_stems or (), strict=False))
    # The network answers for every stem; one that the song has not is silence, or its leakage.
    wet = {name: audio for name, audio in wet.items() if name in there or np.any(audio)}
    return output, wet


def _ask_network(stems: Sequence[np.ndarray | None], job: Job, steps: Steps) -> Output:
    plan = job.plan
    assert plan.bundle is not None
    steps.at(OPEN, 0.0, "")
    runner = job.network or LocalRunner(Network(plan.bundle, plan.settings.device, job.threads))
    detail = f"on {runner.place}" if runner.place else ""
    steps.at(RUN, 0.0, detail)
    return runner.run(
        stems,
        wet_stems=job.wet_stems,
        warm_up_s=plan.settings.warm_up_s,
        progress=lambda share: steps.at(RUN, share, detail),
        changes=plan.changes,
        consume=True,
    )
