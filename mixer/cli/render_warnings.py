"""Warnings of `mixer render`, before and after it: files, sample rates, damage, clipping."""

from __future__ import annotations

from collections.abc import Collection

from mixer.audio import damage_of
from mixer.cli.console import talk, talk_warning
from mixer.output.recipe import Recipe
from mixer.rendering.choices.shipped import TRACK_MODEL
from mixer.rendering.plans.plan import MaterialKind, RenderPlan
from mixer.rendering.settings import RenderSettings
from mixer.song.file_listing import doubts
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.recording import Recording
from mixer.song.song import Song

# A model of stems hears no more than the sums of so many.
_MANY_RECORDINGS = 8


def warn(song: Song, plan: RenderPlan, *, with_files: bool) -> None:
    """Warn before the render: a line for each file that is left out or in doubt.

    Args:
        song: the song to be rendered.
        plan: plan of the render.
        with_files: also a line for every other file.
    """
    for warning in plan.warnings:
        talk_warning(f"{warning}")
    for note in song.notes:
        talk(f"note: {note}")
    if plan.material is MaterialKind.NETWORK and len(song.recordings) >= _MANY_RECORDINGS:
        talk(
            f"note: {len(song.recordings)} recordings are summed into {len(song.stems)} stems as "
            f"loud as they are; --model {TRACK_MODEL} balances each of them"
        )
    for recording in song.left_out:
        tell = talk if recording.certain else talk_warning
        verb = "read" if recording.file == SONG_FILE else "left out"
        tell(f"{verb}: {_name(recording)} ({recording.reason})")
    for recording in song.recordings:
        said = doubts(recording)
        if said:
            talk_warning(f"{_name(recording)}: {said}")
        elif with_files:
            talk(f"{recording.stem:<7} {_name(recording)} ({recording.reason})")


def note_rate(asked: RenderSettings, plan: RenderPlan, title: str) -> None:
    """Print a line if the format forces another sample rate than the song's."""
    if plan.settings.sample_rate != asked.sample_rate:
        talk(f"note: {plan.song.sample_rate} Hz is converted to {plan.mix_rate} Hz for {title}")


def _name(recording: Recording) -> str:
    """A file's name on one line, whatever it holds."""
    return recording.file.replace("\n", "\\n")


def warn_damaged(song: Song, told: Collection[str] = ()) -> list[str]:
    """Print a line for each recording with damage found so far.

    Args:
        song: the song, before or after its render.
        told: files already reported.

    Returns:
        The files reported now.
    """
    damaged = {
        recording.file: damage
        for recording in song.recordings
        if recording.file not in told and (damage := damage_of(recording.source)) is not None
    }
    for file, damage in damaged.items():
        talk_warning(f"{file}: {damage}")
    return [*told, *damaged]


def warn_clipped(recipe: Recipe) -> None:
    """Warn about samples beyond full scale."""
    output = recipe["output"]
    if output["clipped"]:
        wav = "" if output["format"] == "wav" else "--format wav "
        talk_warning(
            f"{', '.join(output['clipped'])}: beyond full scale, so clipped; "
            f"use {wav}--bit-depth 32f to keep it"
        )
