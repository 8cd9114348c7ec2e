"""`mixer render`: a song folder in, a finished mix out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from mixer.audio.formats import (
    DEFAULT_FORMAT,
    FORMATS,
    is_any_audio_name,
    refuse_depth_of_lossy,
)
from mixer.cli.console import answer, progress_bar
from mixer.cli.opening import open_written
from mixer.cli.paths import FilePath
from mixer.cli.planning_view import plan_with_progress
from mixer.cli.render_view import result, show_delivered, show_plan, show_result
from mixer.cli.render_warnings import note_rate, warn, warn_clipped, warn_damaged
from mixer.cli.session_song import DEFAULT_FOLDER, SongOrSession, song_of_session
from mixer.cli.settings_options import given_settings, settings_options
from mixer.errors import AlreadyThereError, SettingsError
from mixer.files.wording import nearest
from mixer.output.config import RENDER, read_config, settings_over_defaults
from mixer.output.destination import Destination, Rendered, forecast_of, render_to
from mixer.output.names import format_of, mix_name
from mixer.output.output_settings import OutputSettings
from mixer.preset.merge import Resolved
from mixer.rendering.asked_song import load_asked
from mixer.rendering.choices.level_words import ROUGH
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.plan_notes import with_leakage_warning
from mixer.rendering.settings import RenderSettings, at_fitting_rate, with_console
from mixer.rendering.timing.forecast import looking_s
from mixer.rendering.timing.load_forecast import SongLoading, about_a_mix
from mixer.rendering.timing.progress import Progress, Stage, StageClock
from mixer.song.damaged_files import look_for_damage, that_hide_damage
from mixer.song.song import Song
from mixer.takes.numbering import next_take


@click.command(name="render")
@click.argument("song_dir", type=SongOrSession(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=FilePath(path_type=Path),
    help=f"The mix (a name ending in .{', .'.join(FORMATS)}) or a folder for it.  "
    f"[default: {DEFAULT_FOLDER}/]",
)
@settings_options(RenderSettings)
@settings_options(OutputSettings)
@click.option(
    "--preset",
    "presets",
    multiple=True,
    help="Preset of strips and targets: a name or a file; repeatable.",
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting, such as vocals.gain_db=1.5, in place of a preset's; repeatable.",
)
@click.option("--allow-plugins", is_flag=True, help="Let preset files load plug-ins.")
@click.option(
    "--allow-outside",
    is_flag=True,
    help="Also read a session's audio from outside its folder.",
)
@click.option(
    "--strict", is_flag=True, help="Treat unrecognised names and damaged files as errors."
)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@click.option("--next", "is_next", is_flag=True, help="If the mix exists, write the next take "
              "instead: NAME.take2.wav.")  # fmt: skip
@click.option("--open", "opens", is_flag=True, help="Open the report, or else the mix, when done.")
@click.option("--dry-run", is_flag=True, help="Show the plan; render nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
@click.option("-v", "--verbose", is_flag=True, help="Also print how each stem was normalised.")
def command(
    song_dir: Path,
    output: Path | None,
    presets: tuple[str, ...],
    sets: tuple[str, ...],
    allow_plugins: bool,
    allow_outside: bool,
    strict: bool,
    overwrite: bool,
    is_next: bool,
    opens: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Mix the stems or raw tracks in SONG_DIR.

    Writes the mix and, next to it, its recipe NAME.mix.json with all settings and measurements.
    SONG_DIR may also be a workstation session (.rpp, .dawproject): its tracks are assembled in
    NAME.song next to the mix.
    """
    _refuse_both(is_next, overwrite)
    # Whoever made a session set its faders.
    defaults = {"levels": ROUGH} if song_dir.is_file() else {}
    if song_dir.is_file():
        song_dir = song_of_session(
            song_dir, output, allow_outside=allow_outside, overwrite=overwrite, dry_run=dry_run
        )
    with progress_bar(quiet=quiet or as_json) as show:
        with SongLoading(show, about_a_mix(options["model"])) as loading:
            song, resolved = load_asked(
                song_dir, presets, sets, strict=strict, allow_plugins=allow_plugins, loading=loading
            )
            destination = _destination(output, options, song, overwrite=overwrite, is_next=is_next)
            wanted, asked = destination.wanted, settings_of(options, resolved, defaults)
            settings = at_fitting_rate(asked, song, wanted.format)
            plan, clock = plan_with_progress(
                song, settings, show, loading, resolved.sources, wet_tracks=wanted.tracks
            )
        # A dry run reports what it would replace instead.
        _check(replace(destination, overwrite=overwrite or dry_run), plan)
        plan = with_leakage_warning(plan) if wanted.delivers_wet_stems else plan
        if not quiet:
            warn(song, plan, with_files=not dry_run)
            note_rate(asked, plan, FORMATS[wanted.format].title)
        if not (dry_run or quiet or strict):
            clock = _look_for_damage(destination, plan, show, clock)
        told = [] if quiet else warn_damaged(song)
        if not dry_run:
            done = render_to(destination, plan, progress=show, follows=clock)
    if dry_run:
        show_plan(plan, destination, resolved.table, as_json)
        return
    if not quiet:
        warn_damaged(song, told)
    _tell(done, destination, as_json=as_json, quiet=quiet, verbose=verbose)
    if opens:
        open_written(destination)


def _tell(
    done: Rendered, destination: Destination, *, as_json: bool, quiet: bool, verbose: bool
) -> None:
    if not quiet:
        warn_clipped(done.recipe)
    if as_json:
        answer(result(done, destination))
    elif not quiet:
        _show(done, destination, verbose=verbose)


def _look_for_damage(
    destination: Destination, plan: RenderPlan, show: Progress, loaded: StageClock
) -> StageClock:
    """Decode all files that may hide damage; the clock of that, or else that of the loading."""
    sources = that_hide_damage([recording.source for recording in plan.song.recordings])
    if not sources:
        return loaded
    look_s, then_s = looking_s(sources), sum(forecast_of(destination, plan).values())
    with StageClock(show, {Stage.LOOK: look_s}, follows=loaded, then_s=then_s) as clock:
        clock.start(Stage.LOOK)
        look_for_damage(sources, clock.at)
        clock.end("")
    return clock


def _refuse_both(is_next: bool, overwrite: bool) -> None:
    if is_next and overwrite:
        raise click.UsageError("--next keeps what is there, --overwrite replaces it; give one")


def _destination(
    output: Path | None, options: dict[str, Any], song: Song, *, overwrite: bool, is_next: bool
) -> Destination:
    given = given_settings(OutputSettings, options)
    named = _format_in_name(output)
    weaker = read_config(RENDER).output_beside(given, named)
    wanted = OutputSettings(**weaker | given)
    path, file_format = output_path(output, wanted.format, song.folder)
    if "bit_depth" in given:
        refuse_depth_of_lossy(file_format, wanted.bit_depth)
    destination = Destination(path, replace(wanted, format=file_format), overwrite=overwrite)
    return next_take(destination, song) if is_next else destination


def _check(destination: Destination, plan: RenderPlan) -> None:
    try:
        destination.check(plan)
    except AlreadyThereError as error:
        raise AlreadyThereError(f"{error}, or --next to write the next take beside it") from None


def _show(done: Rendered, destination: Destination, *, verbose: bool) -> None:
    if verbose:
        from mixer.cli.render_tables import show_stems

        show_stems(done.mix)
    show_result(done.mix, destination.path)
    show_delivered(destination, done)


def settings_of(
    options: dict[str, Any], resolved: Resolved, defaults: Mapping[str, Any] = MappingProxyType({})
) -> RenderSettings:
    """The settings that a command line asks for, over a console and over defaults of its own."""
    asked = {**defaults} | given_settings(RenderSettings, options)
    return with_console(
        settings_over_defaults(asked, resolved.console),
        resolved.console,
        keeps_loudness="loudness_lufs" in asked,
        keeps_ceiling="true_peak_dbtp" in asked,
    )


def _format_in_name(output: Path | None) -> str:
    """The format that the name of a mix asks for; empty if a folder or nothing is named."""
    if output is None or os.path.isdir(output):  # noqa: PTH112 - a name may be too long
        return ""
    ending = output.suffix.lower().lstrip(".")
    return ending if ending in FORMATS else ""


def output_path(output: Path | None, file_format: str, song: Path) -> tuple[Path, str]:
    """Path and format of the mix of a song in a folder: a file by its ending, else a folder.

    Raises:
        SettingsError: the ending is not a format's but resembles one, or another's than the format.
    """
    # Path.is_dir raises for a name that is too long; here it is not a folder, and is refused later.
    if output is not None and not os.path.isdir(output):  # noqa: PTH112
        # A name that is nothing but an ending, like `.wav`, has no suffix of its own.
        name = output.name if output.suffix else f"x{output.name}"
        if is_any_audio_name(name):
            ending = format_of(output)
            return output, format_of(output, file_format or ending)
        meant = nearest(output.suffix.lstrip("."), FORMATS)
        if meant is not None:
            raise SettingsError(
                f"{output} does not end in a format that can be written; did you mean .{meant}?"
                " If it is to be a folder, create it first"
            )
    file_format = file_format or DEFAULT_FORMAT
    folder = output or Path(DEFAULT_FOLDER)
    return folder / f"{mix_name(song)}.{file_format}", file_format
