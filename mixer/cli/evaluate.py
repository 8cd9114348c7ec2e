"""`mixer evaluate`: a mix against a reference, many of them, or whole systems."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from mixer import audio as audio_io
from mixer.cli.console import answer, progress_bar, talk, talk_error
from mixer.cli.evaluate_tables import print_result, print_summary
from mixer.cli.extras import load_extra
from mixer.cli.groups import Commands
from mixer.cli.loading_view import load_with_progress
from mixer.cli.numbers import Number, Whole
from mixer.cli.paths import FilePath
from mixer.errors import InputError, MixerError
from mixer.evaluate.alignment import MAX_LAG_S
from mixer.evaluate.pair import PairReport, PairSettings, evaluate_pair
from mixer.evaluate.pairing import FilePair, audio_by_name, find_pairs, read_pairs, unpaired
from mixer.evaluate.profile_target import target_of_profile
from mixer.evaluate.summary import SongResult, Summary, summarise
from mixer.evaluate.system import (
    EVALUATION_RATE_HZ,
    SystemSettings,
    check_songs,
    evaluate_systems,
)
from mixer.evaluate.table import write_table
from mixer.files.whole_file import refuse_existing
from mixer.fxnorm.profile import read_profile
from mixer.meters.target import TargetCurve, measure_target
from mixer.rendering.choices.baselines import HUMAN_FILE_NAMES
from mixer.rendering.settings import RenderSettings
from mixer.song.load import load_song
from mixer.song.samples import read_stems
from mixer.song.stem_container import open_song

PAIRS_SUFFIX = ".csv"

_SHARED_OPTIONS = (
    click.option(
        "--target",
        help="Also compare the balance with a profile (name or file) or a folder of mixes.",
    ),
    click.option(
        "--align/--no-align", default=True, help="Compensate for a lag between the two. [default]"
    ),
    click.option(
        "--max-lag",
        type=Number(),
        default=MAX_LAG_S,
        show_default=True,
        help="Largest lag, in seconds.",
    ),
    click.option(
        "--trim/--no-trim", default=True, help="Ignore silence before and after. [default]"
    ),
    click.option(
        "--loudness-match/--no-loudness-match",
        default=True,
        help="Compare levels at the reference's loudness. [default]",
    ),
    click.option(
        "--csv", "csv_path", type=FilePath(path_type=Path), help="Write a CSV table to this file."
    ),
    click.option(
        "--plot",
        "plot_path",
        type=FilePath(path_type=Path),
        help="Write a PNG to this file (needs the plot extra).",
    ),
    click.option(
        "--seed",
        type=Whole(0),
        default=0,
        show_default=True,
        help="Random seed for the bootstrap and the renders.",
    ),
    click.option("--overwrite", is_flag=True, help="Replace existing files."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    click.option("-q", "--quiet", is_flag=True, help="Print only errors."),
)


def _shared_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_SHARED_OPTIONS):
        function = option(function)
    return function


class _MixesByDefault(Commands):
    """Arguments that do not begin with `system` go to `mixes`, which need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # A folder of mixes is likely called mixes: that word is never taken for the command.
        if args and args[0] != "system" and args[0] not in ctx.help_option_names:
            args = ["mixes", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_MixesByDefault, name="evaluate")
def command() -> None:
    """Measure mixes against reference mixes, or whole systems against each other.

    \b
    mixer evaluate MIX REFERENCE               a mix against a reference
    mixer evaluate MIXES/ REFERENCES/          folders, paired by file name
    mixer evaluate PAIRS.csv                   columns mix,reference[,song][,system]
    mixer evaluate system --model A SONGS...   render songs and compare systems
    """


@command.command(name="mixes")
@click.argument("mix", type=FilePath(exists=True, path_type=Path))
@click.argument("reference", type=FilePath(exists=True, path_type=Path), required=False)
@click.option(
    "--stems",
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="Folder of the mix's wet stems, to measure how much the others mask each.",
)
@_shared_options
def mixes(
    mix: Path,
    reference: Path | None,
    stems: Path | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Measure MIX against REFERENCE: two files, two folders, or just a CSV of pairs.

    The paper's measures are errors in percent, 0 for the reference itself.
    """
    if reference is None and mix.suffix.lower() != PAIRS_SUFFIX:
        raise click.UsageError("give a mix and its reference, two folders, or a CSV of pairs")
    pairs = find_pairs(mix, reference) if reference is not None else read_pairs(mix)
    if stems is not None and len(pairs) > 1:
        raise click.UsageError("--stems works with a single mix only")
    _prepare_outputs(options)
    if reference is not None and not quiet:
        for path in unpaired(mix, reference):
            talk(f"no partner for {path}: left out")
    settings = _pair_settings(options)
    results: list[SongResult] = []
    failed: list[dict[str, str]] = []
    with progress_bar(quiet=quiet or as_json) as show:
        for index, pair in enumerate(pairs):
            show("measure", pair.song, index / len(pairs))
            try:
                report = _evaluate_files(pair, settings, stems)
            except MixerError as error:
                if len(pairs) == 1:
                    raise
                failed.append({"song": pair.song, "system": pair.system, "error": str(error)})
                talk_error(f"{pair.song}: {error}")
                continue
            results.append(
                SongResult(pair.song, pair.system, str(pair.mix), str(pair.reference), report)
            )
    _finish(results, failed, options, as_json, quiet)


@command.command(name="system")
@click.argument(
    "songs",
    nargs=-1,
    required=True,
    type=FilePath(exists=True, path_type=Path),
)
@click.option(
    "--model", "models", multiple=True, help="Bundle name or folder, or none; repeatable."
)
@click.option(
    "--device", default="auto", show_default=True, help="Device: auto, cpu, cuda or cuda:N."
)
@click.option(
    "--rooms",
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="Folder of impulse responses.",
)
@click.option(
    "--dry/--wet", default=None, help="Treat the songs as dry, or as wet. [default: song.toml]"
)
@click.option(
    "--reference-name",
    default=HUMAN_FILE_NAMES[0],
    show_default=True,
    help="Name of the human mix in each song's folder.",
)
@click.option(
    "--reference-sum",
    is_flag=True,
    help="For songs without that file, use the sum of their (wet) stems.",
)
@click.option("--masking/--no-masking", default=True, help="Measure the stems' masking. [default]")
@_shared_options
def system(
    songs: tuple[Path, ...], models: tuple[str, ...], as_json: bool, quiet: bool, **options: Any
) -> None:
    """Render SONGS (folders, or .stem.mp4 files) with every model; compare with human mixes.

    Two baselines are rendered as well: the plain sum of the recordings, and the sum of the
    normalised stems.
    """
    _prepare_outputs(options)
    rooms = options["rooms"]
    settings = SystemSettings(
        render=RenderSettings(
            device=options["device"],
            rooms=str(rooms) if rooms else None,
            dry=options["dry"],
            seed=options["seed"],
        ),
        pair=_pair_settings(options),
        reference_name=options["reference_name"],
        reference_sum=options["reference_sum"],
        stem_masking=options["masking"],
    )
    results: list[SongResult] = []
    failed: list[dict[str, str]] = []
    with progress_bar(quiet=quiet or as_json) as bar:
        loaded, show = load_with_progress(songs, open_song, bar)
        check_songs(loaded, settings)
        for index, song in enumerate(loaded):

            def show_song(name: str, system: str, share: float, done: int = index) -> None:
                show(name, system, (done + share) / len(loaded))

            try:
                results.extend(evaluate_systems([song], models, settings, show_song))
            except InputError as error:
                if len(loaded) == 1:
                    raise
                failed.append({"song": song.name, "error": str(error)})
                talk_error(f"{song.name}: {error}")
    _finish(results, failed, options, as_json, quiet)


def _prepare_outputs(options: dict[str, Any]) -> None:
    """Refuse before the work what would fail at its end."""
    paths = [path for path in (options["csv_path"], options["plot_path"]) if path is not None]
    if not options["overwrite"]:
        refuse_existing(paths)
    if options["plot_path"] is not None:
        load_extra("mixer.evaluate.plot", "plot")


def _pair_settings(options: dict[str, Any]) -> PairSettings:
    if not 0.0 <= options["max_lag"] < math.inf:
        raise click.UsageError("--max-lag must be a number of seconds, 0 or more")
    return PairSettings(
        align=options["align"],
        max_lag_s=options["max_lag"],
        trim_silence=options["trim"],
        match_loudness=options["loudness_match"],
        target=_target(options["target"]) if options["target"] else None,
    )


def _target(name: str) -> TargetCurve:
    folder = Path(name)
    if folder.is_dir():
        paths = audio_by_name(folder).values()
        return measure_target((audio_io.read_audio(p, EVALUATION_RATE_HZ) for p in paths), name)
    return target_of_profile(read_profile(name), name)


def _evaluate_files(pair: FilePair, settings: PairSettings, stems: Path | None) -> PairReport:
    mix, _ = audio_io.read_audio(pair.mix, EVALUATION_RATE_HZ)
    reference, _ = audio_io.read_audio(pair.reference, EVALUATION_RATE_HZ)
    try:
        wet = read_stems(load_song(stems), EVALUATION_RATE_HZ) if stems else None
        return evaluate_pair(mix, reference, EVALUATION_RATE_HZ, settings, wet)
    except InputError as error:
        raise InputError(f"{pair.mix.name} against {pair.reference.name}: {error}") from None


def _finish(
    results: Sequence[SongResult],
    failed: Sequence[dict[str, str]],
    options: dict[str, Any],
    as_json: bool,
    quiet: bool,
) -> None:
    """Write and show the results; the exit code reports failures."""
    summary = summarise(results, options["seed"])
    if results and options["csv_path"] is not None:
        write_table(options["csv_path"], results)
    if results and options["plot_path"] is not None:
        _plot(results, summary, options["plot_path"])
    if as_json:
        answer(
            {
                "results": [result.as_json() for result in results],
                "summary": summary.as_json(),
                "failed": list(failed),
            }
        )
    elif not quiet and len(results) == 1:
        print_result(results[0])
    elif not quiet and results:
        print_summary(results, summary)
    if failed:
        raise InputError(f"{len(failed)} could not be measured (see above); {len(results)} were")


def _plot(results: Sequence[SongResult], summary: Summary, path: Path) -> None:
    plot = load_extra("mixer.evaluate.plot", "plot")
    if len(results) == 1:
        plot.plot_pair(results[0], path)
    else:
        plot.plot_summary(results, summary, path)
