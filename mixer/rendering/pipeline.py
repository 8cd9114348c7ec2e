"""The pipeline: plan -> premaster (wet material -> song's own rate -> amount -> desk) -> master.

Every stage is put in its place once, here. It prints nothing and writes nothing:
`mixer.output.destination` writes what comes out, the command line shows it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mixer.dsp.threads import one_blas_thread
from mixer.network.runner import NetworkRunner
from mixer.rendering.job import Job
from mixer.rendering.made_material import Material
from mixer.rendering.mastering import master, mastered_loudness_lufs
from mixer.rendering.material.wet_material import wet_material
from mixer.rendering.mix import (
    Mix,
    Premaster,
    PremasterMeasurements,
    WetMeasurements,
    WetMix,
    measure_levels,
)
from mixer.rendering.plans.plan import MaterialKind, RenderPlan
from mixer.rendering.plans.plan_notes import with_leakage_warning
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.rendering.stages import (
    OfStems,
    blend,
    blend_tracks,
    mix_again,
    run_desk,
    sums_of_stages,
    to_mix_rate,
)
from mixer.rendering.timing.forecast import is_blended, making_forecast
from mixer.rendering.timing.machine_pace import pace_for
from mixer.rendering.timing.progress import Progress, Stage, StageClock
from mixer.rendering.wanted_audio import MIX_ALONE, WantedAudio
from mixer.song.song import Song

# References and variations load where they are used: most mixes have neither.
if TYPE_CHECKING:
    from mixer.reference.record import ReferenceRecord
    from mixer.rendering.kept.kept_material import KeptMaterial


@one_blas_thread
def render(
    song: Song,
    settings: RenderSettings | None = None,
    *,
    wet_stems: bool = False,
    wet_tracks: bool = False,
    stages: bool = False,
    progress: Progress | None = None,
    network: NetworkRunner | None = None,
    threads: int | None = None,
) -> Mix:
    """Mix a song.

    Args:
        song: from `load_song`.
        settings: defaults to `RenderSettings()`.
        wet_stems: also return each stem as it is in the mix.
        wet_tracks: also return each track as it is in its stem, if the model mixes tracks.
        stages: also return the sums of the recordings and of the normalised stems.
        progress: called from this thread and from worker threads, never from two at once.
        network: the settings' model, open already; None opens it for this song.
        threads: stems, chunks and segments at once, at most; None for as many as there are cores.
            It changes no sample.

    Returns:
        The mix, at the song's own rate and length unless the settings ask for another rate.
        The same song and settings give the same samples, bit for bit, on the same machine.

    Raises:
        InputError: a recording is damaged, the song does not fit in memory, or a plug-in failed.
        SettingsError: a setting does not fit the model or the song.
        ModelError, DeviceError: no such model or device, or the network failed.
    """
    plan = plan_render(
        song,
        settings or RenderSettings(),
        network.bundle if network else None,
        wet_tracks=wet_tracks,
    )
    plan = with_leakage_warning(plan) if wet_stems else plan
    audio = WantedAudio(wet_stems, wet_tracks, stages)
    forecast_s = making_forecast(plan, audio, threads=threads)
    with StageClock(progress, forecast_s, pace=pace_for(progress)) as clock:
        made = premaster(plan, audio, clock=clock, network=network, threads=threads)
        mix = master(made, clock)
        clock.end("")
    return mix


@one_blas_thread
def premaster(
    plan: RenderPlan,
    audio: WantedAudio = MIX_ALONE,
    *,
    clock: StageClock | None = None,
    network: NetworkRunner | None = None,
    threads: int | None = None,
    kept: KeptMaterial | None = None,
) -> Premaster:
    """Render up to the master; errors as in `render`.

    Args:
        plan: of the render.
        audio: what is wanted besides the mix.
        clock: times the stages.
        network, threads: as in `render`.
        kept: what earlier takes made of the same song; it changes no sample.

    Nothing here depends on the targets of loudness and true peak, which are the master's.
    """
    clock = clock or StageClock()
    needed = replace(audio, wet_stems=audio.wet_stems or plan.needed_wet_stems)
    job = Job(plan, clock, needed, network, threads, kept)
    return over_desk(wet_mix(job), plan, clock, wet_stems=bool(audio.wet_stems))


def wet_mix(job: Job) -> WetMix:
    """Make a mix up to the console; the job tells which parts of it are needed.

    Raises:
        InputError, ModelError, DeviceError: as in `render`.
    """
    plan, audio = job.plan, job.audio
    if audio.wet_stems and plan.material is MaterialKind.NETWORK:
        plan.check_wet_stems()
    if audio.wet_tracks:
        plan.check_wet_tracks()
    material = wet_material(job)
    if audio.stages or is_blended(plan):
        job.clock.start(Stage.BLEND)
    material = to_mix_rate(material, plan)
    sums = sums_of_stages(material, plan) if audio.stages else {}
    mix, wet = blend(material, plan, wet_stems=audio.wet_stems)
    if audio.stages or is_blended(plan):
        job.clock.stop()
    tracks = material.tracks
    mix, reference = _towards_references(mix, wet, material, job)
    wet_tracks = None if tracks is None else tracks.wet_tracks
    measurements: WetMeasurements = {
        "stems": material.measurements,
        "network": material.settings,
        "levels": material.levels,
        "tracks": {} if tracks is None else tracks.record,
    }
    if reference is not None:
        measurements["reference"] = reference
    if material.doubts is not None:
        measurements["doubts"] = material.doubts
    return WetMix(
        plan=plan,
        audio=mix,
        wet_stems=wet,
        wet_tracks=blend_tracks(wet_tracks, plan) if audio.wet_tracks else {},
        stages=sums,
        output_curve=material.output_curve,
        device=material.device,
        measurements=measurements,
    )


def _towards_references(
    mix: np.ndarray, wet: dict[str, np.ndarray], material: Material, job: Job
) -> tuple[np.ndarray, ReferenceRecord | None]:
    """A mix, and its wet stems in place, moved towards the plan's references if it has any."""
    plan = job.plan
    if plan.reference is None and plan.settings.held_reference is None:
        return mix, None
    from mixer.rendering.reference_step import move_towards_references

    def make_mix(stems: dict[str, np.ndarray]) -> np.ndarray:
        return mix_again(stems, plan, material.output_curve)

    return move_towards_references(mix, wet, plan, make_mix, job.clock)


def over_desk(
    wet: WetMix,
    plan: RenderPlan,
    clock: StageClock,
    *,
    wet_stems: bool,
    known: KnownLevels | None = None,
    reports_loudness: bool = True,
    hear: OfStems | None = None,
) -> Premaster:
    """Every wet stem through its strip, their sum through the bus's.

    Args:
        wet: from `wet_mix`; it is not changed.
        plan: the same plan, or one that differs only in console settings and targets.
        clock: is notified of each stage.
        wet_stems: also return the wet stems.
        known: earlier measurements of the same stems; None measures all.
        reports_loudness: whether the record says how loud each strip found its stem and left it.
        hear: is given the wet stems after their strips, which are then neither returned nor
            measured; not for a plan for which a variation is requested.

    Returns:
        The mix before its master, with the given plan or that of the requested variation.

    Raises:
        InputError, SettingsError: as in `mixer.rendering.sound.variation_step.make_varied`.
    """
    if not plan.varies:
        return _through_desk(
            wet,
            plan,
            clock,
            known,
            wet_stems=wet_stems,
            reports_loudness=reports_loudness,
            hear=hear,
        )
    from mixer.rendering.sound.variation_step import make_varied

    known = known or KnownLevels(plan.mix_rate, wet)

    def make(varied: RenderPlan) -> Premaster:
        tells = reports_loudness and varied.settings.variation is not None
        return _through_desk(wet, varied, clock, known, wet_stems=True, reports_loudness=tells)

    made = make_varied(plan, known, make, mastered_loudness_lufs)
    if wet_stems:
        return made
    levels = {stem: known.of(audio) for stem, audio in made.wet_stems.items()}
    return replace(made, wet_stems={}, wet_levels=levels)


def _through_desk(
    wet: WetMix,
    plan: RenderPlan,
    clock: StageClock,
    known: KnownLevels | None,
    *,
    wet_stems: bool,
    reports_loudness: bool,
    hear: OfStems | None = None,
) -> Premaster:
    mix, stems, desk = run_desk(
        wet.audio,
        wet.wet_stems,
        plan,
        wet.output_curve,
        clock,
        reports_loudness=reports_loudness,
        hear=hear,
    )
    known = known or KnownLevels(plan.mix_rate)
    clock.start(Stage.MASTER)
    energies = known.energies(mix)
    measurements: PremasterMeasurements = {
        **wet.measurements,
        "console": desk,
        "before_master": measure_levels(mix, plan.mix_rate, energies),
    }
    wet_levels = {} if wet_stems else {stem: known.of(audio) for stem, audio in stems.items()}
    clock.stop()
    return Premaster(
        plan=plan,
        audio=mix,
        wet_stems=stems if wet_stems else {},
        wet_levels=wet_levels,
        stages=wet.stages,
        device=wet.device,
        wet_tracks=wet.wet_tracks,
        measurements=measurements,
        seconds=dict(clock.seconds),
        energies=energies,
    )
