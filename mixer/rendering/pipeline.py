"""The pipeline: song -> normalised stems -> network -> song's own rate -> amount -> desk -> master.

Every stage is put in its place once, here. It prints nothing and writes nothing:
`mixer.output.recipe` writes what comes out, the command line shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mixer import audio as audio_io
from mixer.console.master import MasterReport, apply_master
from mixer.dsp.blocks import db_to_gain
from mixer.network.runner import NetworkRunner
from mixer.rendering.mix import Mix, measure_levels
from mixer.rendering.plan import plan_render
from mixer.rendering.progress import Progress, StageClock
from mixer.rendering.settings import RenderSettings
from mixer.rendering.stages import blend, normalise, run_desk, run_model, to_rate
from mixer.song.song import Song, read_sum


def render(
    song: Song,
    settings: RenderSettings | None = None,
    *,
    wet_stems: bool = False,
    stages: bool = False,
    progress: Progress | None = None,
    network: NetworkRunner | None = None,
    threads: int | None = None,
) -> Mix:
    """Mix a song.

    Args:
        song: from `load_song`.
        settings: defaults to `RenderSettings()`.
        wet_stems: also return each stem as it stands in the mix.
        stages: also return the sums of the recordings and of the normalised stems.
        progress: called from this thread and from worker threads, never from two at once.
        network: the settings' model, open already; None opens it for this song.
        threads: stems normalised at once, at most; None for as many as there are cores.

    Returns:
        The mix, at the song's own rate and length unless the settings ask for another rate.
        The same song and settings give the same samples, bit for bit, on the same machine.

    Raises:
        InputError: a recording is damaged, the song does not fit in memory, or a plug-in failed.
        SettingsError: a setting does not fit the model or the song.
        ModelError, DeviceError: no such model or device, or the network failed.
    """
    settings = settings or RenderSettings()
    clock = StageClock(progress or (lambda stage, detail, share: None))
    plan = plan_render(song, settings, network.bundle if network else None)
    amount = settings.amount
    needs_wet = wet_stems or plan.touches_stems
    if needs_wet and amount > 0.0:
        plan.check_wet_stems()
    rate = settings.sample_rate or song.sample_rate

    kept: dict[str, np.ndarray] = {}
    mix, wet, device = None, dict[str, np.ndarray](), None
    stem_measurements: dict[str, Any] = {}
    if amount > 0.0:
        stems, stem_measurements = normalise(song, plan, settings, clock, threads)
        if stages:
            total = np.add.reduce([stem for stem in stems if stem is not None])
            n_samples = song.n_samples_at(rate)
            kept["normalised"] = audio_io.resample(total, plan.sample_rate, rate, n_samples)
        mix, wet, device = run_model(stems, plan, settings, clock, network, wet_stems=needs_wet)
        del stems
        mix, wet = to_rate(song, mix, wet, plan.sample_rate, rate)
    if stages:
        kept["input"] = read_sum(song.recordings, song.n_samples_at(rate), rate)
    mix, wet = blend(song, mix, wet, plan, rate, amount, wet_stems=needs_wet)
    mix, wet, desk = run_desk(mix, wet, plan, song, rate, amount, clock)

    clock.start("master")
    before = measure_levels(mix, rate)
    audio, master = apply_master(
        mix, rate, loudness_lufs=settings.loudness_lufs, ceiling_dbtp=settings.true_peak_dbtp
    )
    del mix
    wet = _with_gain(wet, master)
    wet_levels = {stem: measure_levels(own, rate) for stem, own in wet.items()}
    clock.stop()
    return Mix(
        audio=audio,
        sample_rate=rate,
        song=song,
        settings=settings,
        wet_stems=wet if wet_stems else {},
        device=device,
        model=plan.identity if amount > 0.0 else None,
        measurements={
            "stems": stem_measurements,
            "wet_stems": wet_levels,
            "console": desk,
            "before_master": before,
            "master": master.as_json(),
            "effects": list(plan.effects),
            "profile_sha256": plan.profile.sha256,
        },
        seconds=clock.seconds,
        console=plan.asked,
        stages=kept,
    )


def _with_gain(wet: Mapping[str, np.ndarray], master: MasterReport) -> dict[str, np.ndarray]:
    if master.gain_db == 0.0:
        return dict(wet)
    gain = np.float32(db_to_gain(master.gain_db))
    return {stem: audio * gain for stem, audio in wet.items()}
