"""A plan in work: all that makes the wet material of a mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mixer.network.output import is_wanted
from mixer.network.runner import NetworkRunner
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing.progress import StageClock
from mixer.rendering.wanted_audio import WantedAudio

if TYPE_CHECKING:
    from mixer.rendering.kept.kept_material import KeptMaterial
    from mixer.rendering.tracks.kept_tracks import KeptTracks
    from mixer.rendering.tracks.track_material import OfBus


@dataclass(frozen=True)
class Job:
    """A plan that is being carried out.

    Attributes:
        plan: what is to be done.
        clock: is notified of each stage.
        audio: what is wanted besides the mix, wet stems that the plan itself needs included.
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
    audio: WantedAudio
    network: NetworkRunner | None = None
    threads: int | None = None
    kept: KeptMaterial | None = None
    tap: OfBus | None = None
    kept_tracks: KeptTracks | None = None


def wanted_stems(wet: Mapping[str, np.ndarray], job: Job) -> dict[str, np.ndarray]:
    """Those wet stems that the job asks for, by name."""
    return {stem: audio for stem, audio in wet.items() if is_wanted(stem, job.audio.wet_stems)}
