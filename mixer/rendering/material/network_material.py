"""The wet material that a network makes of normalised stems, and how sure it is of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from importlib import import_module

import numpy as np

from mixer.dsp.blocks import peak
from mixer.dsp.long_audio import parts_of, silence
from mixer.dsp.threads import Workers, available_threads
from mixer.errors import ModelError
from mixer.network.output import Output, RunOptions, is_wanted
from mixer.network.runner import LocalRunner
from mixer.network.session import Network
from mixer.rendering.choices.level_words import RAW
from mixer.rendering.doubts.doubt import Answer, Doubts, doubts_of
from mixer.rendering.job import Job
from mixer.rendering.levels.stem_levels import bring_to_usual_levels
from mixer.rendering.made_material import Material
from mixer.rendering.material.normalised_stems import (
    normalise_stems,
    stems_at_once,
    sum_of_stems,
    with_gains_before,
)
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing.forecast import ASK, KEEP, LEVELS, OPEN, RUN, network_steps_s
from mixer.rendering.timing.progress import Stage, Steps
from mixer.setting_changes import changes_after


def material_of_network(job: Job) -> Material:
    """Output of a network for the normalised stems.

    Raises:
        InputError: a recording is damaged.
        ModelError, DeviceError: the device does not exist, or the network failed.
    """
    found = _found(job)
    if found is not None:
        return found
    with Workers(1, "opening") as beside:
        opening = beside.submit(_opened, job) if _opens_beside(job) else None
        stems, measurements = normalise_stems(job)
        job = job if opening is None else replace(job, network=opening.result())
    job.clock.start(Stage.NETWORK)
    n_workers = stems_at_once(job.plan.handled_song, job.plan.sample_rate, job.threads)
    steps = Steps(job.clock, _steps_s(job))
    levels = bring_to_usual_levels(job.plan, stems, measurements, n_workers)
    if levels is None or levels["taken_for"] != RAW:
        steps.leave_out(LEVELS)
    steps.at(ASK, 0.0, "")
    normalised = sum_of_stems(stems) if job.audio.stages else None
    given = with_gains_before(stems, job.plan)
    with Workers(1, "doubt") as beside:
        asking = _asking(job, given, beside, n_workers)
        if asking is not None and job.plan.settings.abstain > 0.0:
            job = _drawn(job, given, *asking.result())
        elif asking is not None and (job.threads or available_threads()) == 1:
            asking.result()
        answer = None if job.kept is None else job.kept.answer(job.plan, job.audio.wet_stems)
        made = answer or _run_network(given, job, steps)
        made.doubts = None if asking is None else asking.result()[1]
    made.normalised, made.measurements, made.levels = normalised, measurements, levels
    _keep(job, made, steps, is_found=answer is not None)
    job.clock.stop()
    return _with_curve(made, job.plan)


def _found(job: Job) -> Material | None:
    """The whole material, if an earlier mix has kept all that is wanted of it."""
    if job.kept is None or job.kept.holds(job.plan, job.audio).get(Stage.NORMALISE) != 0:
        return None
    job.clock.start(Stage.NETWORK)
    found = job.kept.answer(job.plan, job.audio.wet_stems)
    job.clock.stop()
    if found is None or (found.doubts is None and job.plan.asks_how_sure):  # it was damaged
        return None
    return _with_curve(found, job.plan)


def _keep(job: Job, made: Material, steps: Steps, *, is_found: bool) -> None:
    """Keep what was made for later mixes, as far as it was not found."""
    if job.kept is None:
        return
    steps.at(KEEP, 0.0, "")
    if not is_found:
        job.kept.keep_answer(job.plan, job.audio.wet_stems, made)
    if made.doubts is not None:
        job.kept.keep_doubts(job.plan, made.doubts)


def _with_curve(made: Material, plan: RenderPlan) -> Material:
    made.output_curve = _output_curve if plan.has_output_curve else None
    return made


def _opens_beside(job: Job) -> bool:
    """Whether the network is opened while stems are normalised: needed, and a core is idle."""
    is_needed = job.network is None and (job.plan.asks_how_sure or not _is_kept(job))
    return is_needed and (job.threads or available_threads()) > 1


def _opened(job: Job) -> LocalRunner | None:
    """The plan's network, open; None for a GPU, whose libraries only one thread can load."""
    from mixer.network.runtime import runs_on_cpu

    plan = job.plan
    assert plan.bundle is not None
    if plan.asks_how_sure:  # loaded here, it keeps nobody waiting
        import_module("mixer.rendering.doubts.answers_of_stems")
    if not runs_on_cpu(plan.settings.device):
        return None
    return LocalRunner(Network(plan.bundle, plan.settings.device, job.threads))


def _is_kept(job: Job) -> bool:
    """Whether the network's answer is kept from an earlier mix."""
    return job.kept is not None and Stage.NETWORK in job.kept.holds(job.plan, job.audio)


def _steps_s(job: Job) -> dict[str, float]:
    """The forecast of each step of the network's stage."""
    stems = job.plan.song.stems
    n_wet = sum(is_wanted(stem, job.audio.wet_stems) for stem in stems)
    holds = {} if job.kept is None else job.kept.holds(job.plan, job.audio)
    return network_steps_s(
        job.plan,
        job.threads or available_threads(),
        n_wet / len(stems),
        n_found=holds.get(Stage.NETWORK),
        keeps=job.kept is not None,
    )


def _output_curve(total: np.ndarray) -> np.ndarray:
    mix = silence(*total.shape)
    for part in parts_of(total):
        np.tanh(total[:, part], out=mix[:, part])
    return mix


def _asking(
    job: Job, stems: Sequence[np.ndarray | None], beside: Workers, n_workers: int
) -> Future[tuple[list[Answer], Doubts]] | None:
    """How sure a model of stems is, to be found beside the network; None if nobody asks."""
    plan = job.plan
    if not plan.asks_how_sure:
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


def _run_network(stems: Sequence[np.ndarray | None], job: Job, steps: Steps) -> Material:
    """The network's answer: its mix, the wet stems that are needed, and its settings."""
    plan = job.plan
    assert plan.bundle is not None
    there = {name for name, stem in zip(plan.stem_order, stems, strict=True) if stem is not None}
    output = _ask_network(stems, job, steps)
    if not np.isfinite(peak(output.mix)):
        raise ModelError(f"model {plan.bundle.manifest.name} returned NaN or infinite samples")
    asked = [name for name in plan.stem_order if is_wanted(name, job.audio.wet_stems)]
    wet = dict(zip(asked, output.wet_stems or (), strict=False))
    # The network answers for every stem; one that the song has not is silence, or its leakage.
    wet = {name: audio for name, audio in wet.items() if name in there or np.any(audio)}
    return Material(output.mix, wet, device=output.device, settings=output.settings)


def _ask_network(stems: Sequence[np.ndarray | None], job: Job, steps: Steps) -> Output:
    plan = job.plan
    assert plan.bundle is not None
    steps.at(OPEN, 0.0, "")
    runner = job.network or LocalRunner(Network(plan.bundle, plan.settings.device, job.threads))
    detail = f"on {runner.place}" if runner.place else ""
    steps.at(RUN, 0.0, detail)
    options = RunOptions(
        wet_stems=job.audio.wet_stems,
        warm_up_s=plan.settings.warm_up_s,
        progress=lambda share: steps.at(RUN, share, detail),
        changes=plan.changes,
        consume=True,
    )
    return runner.run(stems, options)
