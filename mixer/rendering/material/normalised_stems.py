"""The normalised stems of a plan in work: all of them read and normalised, a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mixer.dsp.blocks import sum_of
from mixer.dsp.free_memory import MOST_IN_MEMORY, available_memory_bytes
from mixer.dsp.threads import Workers, available_threads
from mixer.rendering.job import Job
from mixer.rendering.material.stems_in_work import StemsInWork
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing.progress import Stage
from mixer.song.song import Song

if TYPE_CHECKING:
    from mixer.fxnorm.chain import StemReport


def normalise_stems(job: Job) -> tuple[list[np.ndarray | None], dict[str, StemReport]]:
    """Read and normalise every stem, a few at a time.

    Returns:
        float32 `(2, samples)` at the plan's `sample_rate` in the plan's order, None for a stem that
        is not there; what was done to each, by name.

    Raises:
        InputError: a recording is damaged.
    """
    plan, stems = job.plan, job.plan.handled_song.stems
    job.clock.start(Stage.NORMALISE)
    n_workers = stems_at_once(plan.handled_song, plan.sample_rate, job.threads)
    work = StemsInWork(plan, job.clock, n_workers, job.kept)
    with Workers(n_workers) as pool:
        deque(pool.map(work.begin, stems), maxlen=0)
        # The longest first, so that none is alone at the end.
        results = dict(pool.map(work.end, work.longest_first()))
    job.clock.stop()
    audios = [results[s][0] if s in results else None for s in plan.stem_order]
    return audios, {stem: results[stem][1] for stem in stems}


def stems_at_once(song: Song, sample_rate: int, threads: int | None) -> int:
    """As many stems at once as there are cores, and as memory holds with room to work."""
    stem_bytes = 8 * song.n_samples_at(sample_rate)
    fitting = available_memory_bytes() // min(6 * stem_bytes, MOST_IN_MEMORY)
    return int(max(1, min(len(song.stems), threads or available_threads(), fitting)))


def sum_of_stems(stems: Sequence[np.ndarray | None]) -> np.ndarray:
    """The sum of those stems that are there, float32 `(2, samples)`."""
    return sum_of([stem for stem in stems if stem is not None])


def with_gains_before(
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
