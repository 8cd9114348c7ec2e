"""`mixer check`: the table of a song folder's files, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mixer.cli.console import answer, cell, printable, progress_bar
from mixer.cli.paths import FilePath
from mixer.cli.terminal import table_console
from mixer.errors import InputError
from mixer.files.wording import counted
from mixer.preset.merge import Resolved
from mixer.rendering.asked_song import load_asked
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings, with_console
from mixer.rendering.timing.load_forecast import SongLoading, about_a_check_s
from mixer.rendering.timing.progress import Stage, StageClock
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.inspection import SongInspection, inspect_song
from mixer.song.load_progress import audio_seconds
from mixer.song.song import Song

# Below this, nine columns leave too little for words.
_WIDE_COLUMNS = 110


@click.command(name="check")
@click.argument("song_dir", type=FilePath(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--strict", is_flag=True, help="Treat unrecognised names and damaged files as errors."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def command(song_dir: Path, strict: bool, as_json: bool, quiet: bool) -> None:
    """Show how the files of SONG_DIR are classified, and any problems with them.

    Nothing is rendered or written. The exit code is that of mixer render for the same folder: 0 if
    it would make a mix, 1 if the song would fail, 2 for a mistake in song.toml.
    """
    with progress_bar(quiet=quiet or as_json) as show:
        with SongLoading(show, about_a_check_s) as loading:
            song, resolved = load_asked(
                song_dir, strict=strict, leave_out_faulty=True, loading=loading
            )
        audio_s = audio_seconds(song.recordings)
        check_s = {Stage.CHECK: about_a_check_s(audio_s, len(song.recordings))}
        with StageClock(show, check_s, follows=loading.clock) as clock:
            clock.start(Stage.CHECK)
            inspection = inspect_song(song, clock.at)
            clock.end("")
    if as_json:
        answer(inspection.as_json())
    else:
        _print_table(inspection)
    _refuse_as_render_would(song, resolved, inspection)


def _refuse_as_render_would(song: Song, resolved: Resolved, inspection: SongInspection) -> None:
    """Raise the MixerError that `mixer render` of the same folder would."""
    # As rendering does: what shows in the headers first, what decoding finds last.
    _refuse_faulty([recording.fault for recording in song.left_out])
    settings = with_console(RenderSettings(), resolved.console)
    plan_render(song, settings, presets=resolved.sources)
    _refuse_faulty([file.fault for file in inspection.files])


def _refuse_faulty(faults: Sequence[str | None]) -> None:
    first = next(filter(None, faults), None)
    if first is not None:
        raise InputError(first)


def _without_stem(file: str) -> str:
    return "read" if file == SONG_FILE else "left out"


def _print_table(inspection: SongInspection) -> None:
    console = table_console()
    # Where they do not fit beside it, reason and findings stand below the file's name.
    is_narrow = console.width < _WIDE_COLUMNS
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for name in ("file", "stem", *(() if is_narrow else ("why",))):
        table.add_column(name, overflow="fold")
    for name in ("Hz", "ch", "s", "dBFS", "LUFS"):
        table.add_column(name, justify="right", no_wrap=True)
    if not is_narrow:
        table.add_column("findings", overflow="fold", style="yellow")
    for file in inspection.files:
        name, why = Text(printable(file.file)), Text(printable(file.reason))
        found = Text(printable("; ".join(file.findings)), style="yellow")
        below = [Padding(text, (0, 0, 0, 2)) for text in (why, found) if text.plain]
        table.add_row(
            Group(name, *below) if is_narrow else name,
            Text(file.stem or _without_stem(file.file), style="" if file.stem else "dim"),
            *(() if is_narrow else (why,)),
            str(file.sample_rate or "-"),
            str(file.channels or "-"),
            cell(file.duration_s),
            cell(file.peak_dbfs),
            cell(file.loudness_lufs),
            *(() if is_narrow else (found,)),
        )
    console.print(table)
    for note in inspection.notes:
        console.print(Text(printable(note)))
    minutes, seconds = divmod(inspection.duration_s, 60)
    console.print(
        Text(
            f"{printable(inspection.song)}: {counted(len(inspection.files), 'file')}, "
            f"stems {', '.join(inspection.stems)}, "
            f"{minutes:.0f}:{seconds:04.1f} at {inspection.sample_rate} Hz, "
            f"{'dry' if inspection.dry else 'wet'}, {counted(inspection.n_findings, 'finding')}"
        )
    )
