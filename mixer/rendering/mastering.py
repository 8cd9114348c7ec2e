"""The last stage of a mix: its loudness and its ceiling; its parts take the same gain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixer.console.master import MasterReport, OwnLevels, apply_master
from mixer.dsp.blocks import db_to_gain
from mixer.dsp.long_audio import gained
from mixer.dsp.threads import one_blas_thread
from mixer.rendering.mix import (
    Levels,
    Measurements,
    Mix,
    Premaster,
    measure_each,
    moved_levels,
)
from mixer.rendering.timing.forecast import limiting_s
from mixer.rendering.timing.progress import Stage, StageClock
from mixer.rendering.tracks.track_files import GainedTracks

# Gains that are usually still to be tried wherever the search for a loudness is.
_MORE_TRIES = 1.0


@one_blas_thread
def master(made: Premaster, clock: StageClock | None = None, *, consume: bool = False) -> Mix:
    """Bring a mix to its plan's loudness and below its ceiling, and its wet stems along.

    Args:
        made: from `premaster`.
        clock: is notified of the stage.
        consume: reuse the memory of the mix before its master.
    """
    plan, clock = made.plan, clock or StageClock()
    clock.start(Stage.MASTER)
    tell = clock.rest()
    audio, report = _mastered(
        made, consume=consume, tried=lambda n: tell("", n / (n + _MORE_TRIES))
    )
    if report.max_reduction_db == 0.0:
        clock.leave_out(limiting_s(plan))
    wet, tracks = dict(made.wet_stems), made.wet_tracks
    if report.gain_db != 0.0:
        gain = np.float32(db_to_gain(report.gain_db))
        wet = {stem: gained(stem_audio, gain) for stem, stem_audio in wet.items()}
        tracks = GainedTracks(tracks, gain)
    passed = {stem: moved_levels(own, report.gain_db) for stem, own in made.wet_levels.items()}
    measurements: Measurements = {
        "stems": made.measurements["stems"],
        "network": made.measurements["network"],
        "levels": made.measurements["levels"],
        "tracks": made.measurements["tracks"],
        "wet_stems": passed | measure_each(wet, plan.mix_rate),
        "console": made.measurements["console"],
        "before_master": made.measurements["before_master"],
        "master": report.as_json(),
        "effects": list(plan.effects),
        "profile_sha256": plan.profile.sha256,
    }
    if "reference" in made.measurements:
        from mixer.reference.record import with_loudness

        measurements["reference"] = with_loudness(
            made.measurements["reference"], report.loudness_lufs
        )
    if "doubts" in made.measurements:
        measurements["doubts"] = made.measurements["doubts"]
    if "variation" in made.measurements:
        measurements["variation"] = made.measurements["variation"]
    clock.stop()
    return Mix(
        plan,
        audio,
        wet,
        made.device,
        measurements,
        {**made.seconds, **clock.seconds},
        made.stages,
        tracks,
        report.energies,
    )


def mastered_loudness_lufs(made: Premaster) -> float | None:
    """Loudness that a mix will have after its master, in LUFS; None for silence."""
    return _mastered(made)[1].as_json()["loudness_lufs"]


def _mastered(
    made: Premaster, *, consume: bool = False, tried: Callable[[int], None] = lambda n: None
) -> tuple[np.ndarray, MasterReport]:
    settings = made.plan.settings
    return apply_master(
        made.audio,
        made.plan.mix_rate,
        loudness_lufs=_loudness_target_lufs(made),
        ceiling_dbtp=settings.true_peak_dbtp,
        held_gain_db=settings.held_gain_db,
        own=_own_levels(made.measurements["before_master"], made.energies),
        consume=consume,
        tried=tried,
    )


def _own_levels(before: Levels, energies: np.ndarray | None) -> OwnLevels:
    loudness_lufs, peak_dbtp = before["loudness_lufs"], before["true_peak_dbtp"]
    return OwnLevels(
        -np.inf if loudness_lufs is None else loudness_lufs,
        -np.inf if peak_dbtp is None else peak_dbtp,
        energies,
    )


def _loudness_target_lufs(made: Premaster) -> float | None:
    """The requested target, else the reference's."""
    if made.plan.settings.loudness_lufs is not None or "reference" not in made.measurements:
        return made.plan.settings.loudness_lufs
    return made.measurements["reference"]["moves"]["loudness_lufs"]
