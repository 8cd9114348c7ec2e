"""The wet material of a mix: what it is made from, by the plan's kind of material.

`wet_material` is the only entry point: a new way of making wet stems is a function of a `Job` and
a line in `_MAKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from mixer.console.settings import MASTER
from mixer.dsp.blocks import sum_of
from mixer.dsp.long_audio import copy_of
from mixer.dsp.threads import available_threads
from mixer.network.session import Network
from mixer.rendering.job import Job, wanted_stems
from mixer.rendering.made_material import Material
from mixer.rendering.material.network_material import material_of_network
from mixer.rendering.material.normalised_stems import (
    normalise_stems,
    sum_of_stems,
    with_gains_before,
)
from mixer.rendering.plans.plan import MaterialKind
from mixer.rendering.timing.forecast import ASK, HEAR, OPEN, listening_steps_s
from mixer.rendering.timing.progress import Stage, Steps
from mixer.rendering.tracks.track_files import ScratchTracks

# The track mixer and the estimate of doubts load where used: a mix of stems needs neither.
if TYPE_CHECKING:
    from mixer.network.track_mixer.features import TrackLevels


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
    stems, measurements = normalise_stems(job)
    normalised = sum_of_stems(stems) if job.audio.stages else None
    named = zip(job.plan.stem_order, with_gains_before(stems, job.plan), strict=True)
    present = {name: stem for name, stem in named if stem is not None}
    mix = sum_of(list(present.values()))
    return Material(mix, wanted_stems(present, job), normalised, None, measurements)


def _listen(job: Job, steps: Steps) -> tuple[TrackLevels, ...]:
    from mixer.rendering.tracks.track_material import listen_to_tracks

    tracks, plan = job.plan.tracks, job.plan
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


def _listening_steps(job: Job, *, is_found: bool) -> Steps:
    keeps = job.kept is not None and Stage.LISTEN in job.kept.keeps
    cores = job.threads or available_threads()
    return Steps(job.clock, listening_steps_s(job.plan, cores, is_found=is_found, keeps=keeps))


def _of_tracks(job: Job) -> Material:
    """Every track through the strip that the model sets, summed by groups, each after its bus."""
    from mixer.rendering.tracks import track_console, track_material
    from mixer.rendering.tracks.track_strip import run_bus
    from mixer.rendering.tracks.tracks_to_mix import TracksToMix
    from mixer.rendering.tracks.user_strip_chain import UserStripChain

    plan, clock = job.plan, job.clock
    rate = plan.mix_rate
    clock.start(Stage.LISTEN)
    heard = None if job.kept is None else job.kept.levels(plan.tracks)
    steps = _listening_steps(job, is_found=heard is not None)
    levels = heard or _listen(job, steps)
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
    user = UserStripChain(plan.user, plan.console, rate, plan.song.tempo_bpm)
    kept = ScratchTracks([track.name for track in plan.tracks]) if job.audio.wet_tracks else None
    to_mix = TracksToMix(plan.tracks, levels, settings, plan.n_samples, rate)
    groups = track_material.mix_tracks(
        to_mix,
        user,
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
        wanted_stems(groups, job),
        device=None if network is None else network.description,
        output_curve=bus,
        tracks=track_console.TrackMix(
            settings, kept, track_console.describe(to_mix, found, user.report)
        ),
        levels=meaning.as_json(),
        doubts=doubts,
    )


_MAKERS: Mapping[MaterialKind, Callable[[Job], Material]] = {
    MaterialKind.RECORDINGS: _none_of_recordings,
    MaterialKind.STEMS: _of_stems,
    MaterialKind.NETWORK: material_of_network,
    MaterialKind.TRACKS: _of_tracks,
}
