"""`mixer variations`: other mixes of a song beside the first, as loud, named by what they do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mixer.cli.console import answer, level, progress_bar, say, talk
from mixer.cli.numbers import Number, Whole
from mixer.cli.paths import FilePath
from mixer.cli.planning_view import plan_with_progress
from mixer.cli.render import output_path, settings_of
from mixer.cli.render_view import show_delivered, show_result
from mixer.cli.render_warnings import warn
from mixer.cli.session_song import DEFAULT_FOLDER
from mixer.cli.settings_options import given_settings, settings_options
from mixer.output.destination import Destination
from mixer.output.output_settings import OutputSettings
from mixer.rendering.asked_song import load_asked
from mixer.rendering.choices.axes import AXES, named_moves
from mixer.rendering.settings import RenderSettings, at_fitting_rate
from mixer.rendering.timing.load_forecast import SongLoading
from mixer.takes.blending import parse_blend
from mixer.takes.each_variation import MadeVariation
from mixer.takes.spreading import MOST_VARIATIONS
from mixer.takes.variation_plan import Wanted
from mixer.takes.variations import (
    MadeVariations,
    about_making,
    find_first,
    hashed_song,
    make_variations,
)

DEFAULT_SPREAD = 5


@click.command(name="variations")
@click.argument(
    "song_dir", type=FilePath(exists=True, file_okay=False, path_type=Path), required=False
)
@click.option(
    "-o",
    "--output",
    type=FilePath(path_type=Path),
    help=f"The first mix, or a folder for all mixes.  [default: {DEFAULT_FOLDER}/]",
)
@click.option(
    "-n",
    "spread",
    type=Whole(1, MOST_VARIATIONS),
    help=f"Number of variations to spread out.  [default: {DEFAULT_SPREAD} if none is named]",
)
@click.option(
    "--variation", "names", multiple=True, help="A variation by name, such as brighter; repeatable."
)
@click.option(
    "--blend",
    "blends",
    multiple=True,
    metavar="NAME=SHARE,...",
    help="Blend of other mixes' settings; repeatable.",
)
@click.option(
    "--away",
    type=Number(0.1, 3.0),
    default=1.0,
    show_default=True,
    help="Distance from the first mix: 1 is the usual spread between engineers.",
)
@click.option("--list", "as_list", is_flag=True, help="Show the axes and the names.")
@settings_options(RenderSettings, lambda option: option.name != "variation")
@settings_options(OutputSettings)
@click.option("--preset", "presets", multiple=True, help="Preset of the first mix; repeatable.")
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting of the first mix; repeatable.",
)
@click.option("--allow-plugins", is_flag=True, help="Let preset files load plug-ins.")
@click.option(
    "--strict", is_flag=True, help="Treat unrecognised names and damaged files as errors."
)
@click.option(
    "--overwrite", is_flag=True, help="Replace the first mix; variations are never replaced."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
def command(
    song_dir: Path | None,
    output: Path | None,
    spread: int | None,
    names: tuple[str, ...],
    blends: tuple[str, ...],
    away: float,
    as_list: bool,
    presets: tuple[str, ...],
    sets: tuple[str, ...],
    allow_plugins: bool,
    strict: bool,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Mix SONG_DIR, and make other mixes of it as NAME.var1.wav, NAME.var2.wav ...

    They vary along the axes in which human mixes of one song differ, and are as loud as the first
    mix, which is also written if missing. Each comes with a preset NAME.var1.toml and a recipe.
    """
    if as_list:
        _show_axes()
        return
    if song_dir is None:
        raise click.UsageError("give a song's folder; --list shows the variations")
    wanted = _wanted(spread, names, blends, away)
    with progress_bar(quiet=quiet or as_json) as show:
        outputs = OutputSettings(**given_settings(OutputSettings, options))
        path, file_format = output_path(output, outputs.format, song_dir.resolve())
        with SongLoading(
            show, about_making(options["model"], wanted, path), hashes=True
        ) as loading:
            song, resolved = load_asked(
                song_dir, presets, sets, strict=strict, allow_plugins=allow_plugins, loading=loading
            )
            settings = at_fitting_rate(settings_of(options, resolved), song, file_format)
            plan, clock = plan_with_progress(
                song, settings, show, loading, resolved.sources, wet_tracks=outputs.tracks
            )
            destination = Destination(
                path, replace(outputs, format=file_format), overwrite=overwrite
            )
            there = find_first(plan, destination, song)
            table = hashed_song(plan, there)
        if there is None:
            destination.check(plan)
        if not quiet:
            warn(song, plan, with_files=True)
        made = make_variations(
            plan, destination, wanted, there=there, song=table, progress=show, follows=clock
        )
    if as_json:
        answer(_as_json(made))
    elif not quiet:
        _show(made, destination)


def _wanted(
    spread: int | None, names: tuple[str, ...], blends: tuple[str, ...], away: float
) -> Wanted:
    return Wanted(
        spread=spread or (0 if names or blends else DEFAULT_SPREAD),
        names=names,
        blends=tuple((text, parse_blend(text)) for text in blends),
        away=away,
    )


def _show_axes() -> None:
    by_axis: dict[str, list[str]] = {}
    for name, moves in named_moves().items():
        by_axis.setdefault(next(iter(moves)), []).append(name)
    for axis in AXES:
        names = ", ".join(by_axis[axis.name])
        say(f"{axis.name:<11} {axis.spread_db:4.2f} dB  {names:<24} by {axis.moved_by}")


def _show(made: MadeVariations, destination: Destination) -> None:
    for line in made.left_out:
        talk(line)
    if made.first is not None:
        show_result(made.first.mix, destination.path)
        show_delivered(destination, made.first)
    for each in made.made:
        say(_line(each))


def _line(each: MadeVariation) -> str:
    place = each.take["variation"]
    levels = f"{level(each.loudness_lufs, 'LUFS')}  {level(each.true_peak_dbtp, 'dBTP')}"
    return f"{each.path}  {levels}  {place['distance']:.2f} away  {place['words']}"


def _as_json(made: MadeVariations) -> dict[str, object]:
    return {
        "first": {
            "mix": str(made.first_path),
            "rendered": made.first is not None,
            "loudness_lufs": made.first_lufs,
            "sound": dict(made.first_sound),
        },
        "unsure_db": dict(made.unsure_db),
        "left_out": list(made.left_out),
        "table": str(made.table),
        "variations": [
            {
                "mix": str(each.path),
                "preset": str(each.preset),
                "asked": each.take["asked"][0],
                "loudness_lufs": each.loudness_lufs,
                "true_peak_dbtp": each.true_peak_dbtp,
                **each.take["variation"],
            }
            for each in made.made
        ],
    }
