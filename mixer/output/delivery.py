"""Files delivered with a mix beside its audio and recipe: DAW sessions and the HTML report."""

from __future__ import annotations

from pathlib import Path

from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.names import (
    LISTENING_COPIES,
    LISTENING_FORMAT,
    RECALL_SUFFIXES,
    REPORT_SUFFIX,
    beside_mix,
    session_files,
)
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe import Recipe
from mixer.output.writing_forecast import report_steps_s
from mixer.rendering.choices.baselines import INPUT_SUM
from mixer.rendering.mix import Mix
from mixer.rendering.timing.progress import Stage, StageClock, Steps
from mixer.song.folders.folder_names import LISTENING_SUFFIX, SESSION_SUFFIX
from mixer.song.song import Song

REPORT = "report"


def delivered_paths(wanted: OutputSettings, mix_path: Path) -> dict[str, Path]:
    """Paths beside the mix, by the keys of `DAW_FORMATS`, `RECALL_SUFFIXES` and `REPORT`."""
    paths = {daw: beside_mix(mix_path, DAW_FORMATS[daw].suffix) for daw in wanted.daw}
    if wanted.edits:
        paths |= {role: beside_mix(mix_path, suffix) for role, suffix in RECALL_SUFFIXES.items()}
    if wanted.has_report:
        paths[REPORT] = beside_mix(mix_path, REPORT_SUFFIX)
    return paths


def listening_copies(wanted: OutputSettings, mix_path: Path) -> dict[str, Path]:
    """Audio that only the report and sessions play, as far as it exists."""
    copies = dict[str, Path]()
    if wanted.edits:
        folder = beside_mix(mix_path, SESSION_SUFFIX)
        copies |= {role: folder / name for role, name in session_files(wanted.daw).items()}
    if wanted.has_copies:
        folder = beside_mix(mix_path, LISTENING_SUFFIX)
        copies |= {key: folder / f"{key}.{LISTENING_FORMAT}" for key in LISTENING_COPIES}
    return copies


def refuse_names(
    wanted: OutputSettings, song: Song, mix_path: Path, home: Path | None = None
) -> None:
    """Check before rendering that sessions can be written.

    Args:
        wanted: what is to be delivered.
        song: what is rendered.
        mix_path: the mix's file.
        home: as in `deliver`.

    Raises:
        OutputError: a file has a name that a session cannot hold.
    """
    if not wanted.daw:
        return
    from mixer.output.daw.daw_session import relative_path

    paths = (mix_path.resolve(), *(r.source.path for r in song.recordings))
    for daw in wanted.daw:
        for path in paths:
            DAW_FORMATS[daw].refuse(relative_path(path, mix_path.parent, home))


def deliver(
    mix: Mix,
    recipe: Recipe,
    mix_path: Path,
    wanted: OutputSettings,
    *,
    home: Path | None = None,
    overwrite: bool = False,
    clock: StageClock | None = None,
) -> tuple[str, ...]:
    """Write what is wanted with a mix that was written with its wet stems.

    Args:
        mix: rendered with `wet_stems` and, for a report, with `stages`.
        recipe: of the mix; tells where its files are.
        mix_path: the mix's file.
        wanted: what is to be delivered.
        home: folder in which everything that lies beside the mix will lie at last, where it is
            made in another one; links to the recordings lead from there. None for where it is made.
        overwrite: replace existing files.
        clock: is notified of the sessions and of the report.

    Returns:
        A line for each deliverable that is incomplete.

    Raises:
        OutputError: something is there already, or the disk is full or read-only.
    """
    paths, left_out, nulls = delivered_paths(wanted, mix_path), tuple[str, ...](), None
    clock = clock or StageClock()
    # Not above: most mixes have neither, and both take long to load.
    if wanted.daw:
        from mixer.output.daw.delivered import write_sessions

        clock.start(Stage.SESSIONS)
        left_out, nulls = write_sessions(
            mix, recipe, mix_path, wanted, paths, home=home, overwrite=overwrite, at=clock.at
        )
    if wanted.has_report:
        from mixer.output.delivered_report import write_mix_report

        clock.start(Stage.REPORT)
        steps = Steps(clock, report_steps_s(mix.plan, wanted))
        copies = listening_copies(wanted, mix_path)[INPUT_SUM].parent if wanted.has_copies else None
        write_mix_report(
            mix, recipe, paths[REPORT], copies, nulls, overwrite=overwrite, at=steps.at
        )
    return tuple(f"not in the session: {file}" for file in left_out)
