"""The wet material that a network makes of normalised stems, and how sure it is of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from mixer.dsp.blocks import peak
from mixer.dsp.long_audio import parts_of, silence
from mixer.dsp.threads import Workers, available_threads
from mixer.errors import ModelError
from mixer.network.output import Output, is_wanted
from mixer.network.runner import LocalRunner
from mixer.network.session import Network
from mixer.rendering.doubts.doubt import Answer, Doubts, doubts_of, knows_doubt
from mixer.rendering.job import Job, Material
from mixer.rendering.material.normalised_stems import (
    normalise_stems,
    stems_at_once,
    sum_of_stems,
    with_gains_before,
)
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.stem_levels import bring_to_usual_levels
from mixer.rendering.timing.forecast import ASK, KEEP, OPEN, RUN, network_steps_s
from mixer.rendering.timing.progress import Stage, Steps
from mixer.setting_changes import changes_after

if TYPE_CHECKING:
    from mixer.rendering.kept_material import KeptMaterial


def material_of_network(job: Job) -> Material:
    """Output of a network for the normalised stems.

    Raises:
        InputError: a recording is damaged.
        ModelError, DeviceError: the device does not exist, or the network failed.
    """
    with Workers(1, "opening") as beside:
        opening = beside.submit(_opened, job) if _opens_beside(job) else None
        stems, measurements = normalise_stems(job)
        job = job if opening is None else replace(job, network=opening.result())
    job.clock.start(Stage.NETWORK)
    n_workers = stems_at_once(job.plan.handled_song, job.plan.sample_rate, job.threads)
    steps = Steps(job.clock, _steps_s(job))
    levels = bring_to_usual_levels(job.plan, stems, measurements, n_workers)
    steps.at(ASK, 0.0, "")
    normalised = sum_of_stems(stems) if job.stages else None
    given = with_gains_before(stems, job.plan)
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
        import_module("mixer.rendering.doubts.answers_of_stems")
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
    from mixer.rendering.doubts.answers_of_stems import CPU, answers_of_stems, hear_stems

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
    from mixer.rendering.doubts.answers_of_stems import as_they_came, drawn_changes

    plan, abstain = job.plan, job.plan.settings.abstain
    drawn = drawn_changes(doubts, answers[0], as_they_came(stems), abstain)
    changes = {
        stem: changes_after(plan.changes.get(stem), change) for stem, change in drawn.items()
    }
    return replace(job, plan=replace(plan, changes={**plan.changes, **changes}))


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
