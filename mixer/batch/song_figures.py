"""Figures of one song for the ledger and the tables, taken from what was measured or rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mixer.batch.batch_figures import Figures
from mixer.batch.unmixed import unmixed_of

if TYPE_CHECKING:
    from mixer.output.destination import Rendered
    from mixer.rendering.mix import Mix, Premaster


def figures_of_measurement(made: Premaster, read_s: float, hears_sound: bool) -> Figures:
    """Figures from which the album's offset is computed, and the times so far.

    Args:
        made: the song before its master.
        read_s: seconds that its reading took.
        hears_sound: also measure what an album with one sound compares.
    """
    from mixer.rendering.sound.sound import measure_sound

    return {
        "premaster_lufs": made.measurements["before_master"]["loudness_lufs"],
        "duration_s": round(made.plan.song.duration_s, 3),
        "seconds": _rounded({"read": read_s, **made.seconds}),
        **({"album_sound": measure_sound(made)} if hears_sound else {}),
    }


def figures_of_mix(done: Rendered, read_s: float) -> Figures:
    """Measurements, times, spectrum and remarks of a finished mix.

    Args:
        done: the mix and what was written.
        read_s: seconds that its reading took.
    """
    from mixer.batch.spectrum import third_octave_levels_db

    mix, master = done.mix, done.mix.measurements["master"]
    return {
        "loudness_lufs": master["loudness_lufs"],
        "true_peak_dbtp": master["true_peak_dbtp"],
        "gain_db": master["gain_db"],
        "gain_reduction_db": master["max_reduction_db"],
        "premaster_lufs": mix.measurements["before_master"]["loudness_lufs"],
        "duration_s": round(mix.song.duration_s, 3),
        "sample_rate": mix.sample_rate,
        "model": mix.model["name"] if mix.model else None,
        "device": mix.device,
        "seconds": _rounded({"read": read_s, **mix.seconds, "write": done.write_s}),
        "spectrum_db": third_octave_levels_db(mix.audio, mix.sample_rate),
        **unmixed_of(mix.song).as_figures(),
        "remarks": [*done.remarks, *_doubts(mix)],
    }


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(s, 3) for stage, s in seconds.items()}


def _doubts(mix: Mix) -> list[str]:
    """Doubtful things about a mix: damaged files, and the plan's warnings."""
    from mixer.audio.damage import damage_of

    found = [(r.file, damage_of(r.source)) for r in mix.song.recordings]
    damaged = [f"{file}: {damage}" for file, damage in found if damage is not None]
    return [*damaged, *mix.plan.warnings]
