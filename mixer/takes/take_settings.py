"""Settings of a take: its parent's with another console, and corrections for small loudspeakers."""

from __future__ import annotations

from dataclasses import replace

from mixer.console.settings import Console
from mixer.errors import SettingsError
from mixer.files.wording import visible
from mixer.output.recorded_mix import RecordedMix, numbers
from mixer.rendering.settings import RenderSettings, asked_ceiling


def correction_requests(parent: RecordedMix, budget_db: float, console: Console) -> list[str]:
    """Requests that boost the stems that are lost on small loudspeakers.

    Raises:
        SettingsError: the parent was not checked, or no stem is lost.
    """
    if not parent.translation:
        raise SettingsError(
            f"{visible(parent.path)}: its translation was not checked; render it with "
            "--check-translation first"
        )
    from mixer.rendering.mix_translation import corrections

    found = corrections(parent.translation, budget_db)
    if not found:
        raise SettingsError("no stem loses a third of its loudness: there is nothing to correct")
    return [
        f"{stem}.eq.{len(console.strip(stem).eq)}="
        f'{{type = "peak", frequency_hz = {hz}, q = 0.8, gain_db = {gain_db}}}'
        for stem, hz, gain_db in found
    ]


def take_settings(
    parent: RecordedMix, settings: RenderSettings, console: Console, *, hold_gain: bool
) -> RenderSettings:
    """The parent's settings with another console; gains that must not change are held."""
    measured = numbers(parent.measurements)
    staging_db = measured.get("console.staging_gain_db")
    held_staging_db = settings.held_staging_db
    is_as_loud = console.loudness_lufs == settings.loudness_lufs
    return replace(
        settings,
        console=replace(console, loudness_lufs=None, true_peak_dbtp=None),
        loudness_lufs=console.loudness_lufs,
        true_peak_dbtp=asked_ceiling(console),
        held_staging_db=staging_db if held_staging_db is None else held_staging_db,
        held_gain_db=(
            measured.get("master.gain_db")
            if hold_gain
            else settings.held_gain_db
            if is_as_loud
            else None
        ),
    )
