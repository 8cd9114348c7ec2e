"""`mixer listen analyse`: answers to tables, pictures and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from mixer.cli.console import answer, printable, say, talk, talk_error
from mixer.cli.figure_table import figure_table
from mixer.cli.numbers import Whole
from mixer.cli.paths import FilePath
from mixer.cli.terminal import table_console
from mixer.errors import InputError
from mixer.files.whole_file import refuse_existing, refuse_unwritable, write_output
from mixer.files.wording import counted
from mixer.listen.analyse import analyse
from mixer.listen.analysis import Analysis, AnalysisSettings, Blocks, ScaleResult
from mixer.listen.analysis_page import analysis_page
from mixer.listen.analysis_tables import table_paths, write_tables
from mixer.listen.analysis_words import friedman_text, interval_text, pair_texts
from mixer.listen.collecting import collect_answers, default_source
from mixer.listen.design import read_design, read_key
from mixer.listen.plots import draw, svg_file
from mixer.listen.ratings import check_key

REPORT_FILE = "report.html"
ANALYSIS_FOLDER = "analysis"


@click.command(name="analyse")
@click.argument("test", type=FilePath(exists=True, file_okay=False, path_type=Path))
@click.argument("answers", nargs=-1, type=FilePath(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=FilePath(file_okay=False, path_type=Path),
    help="Folder for the report, pictures and CSV tables. [default: TEST/analysis]",
)
@click.option(
    "--screening/--no-screening",
    default=True,
    help="Leave out participants by the rules fixed in the test's key. [default: screening]",
)
@click.option("--complete-only", is_flag=True, help="Leave out participants who did not finish.")
@click.option(
    "--blocks",
    type=click.Choice([blocks.value for blocks in Blocks]),
    default=Blocks.BY_PAGE.value,
    show_default=True,
    help="Unit within which tests compare: a participant's page (a song), or their mean over "
    "songs.",
)
@click.option(
    "--plots/--no-plots",
    default=True,
    help="Draw box plots and violins. [default: plots]",
)
@click.option(
    "--seed", type=Whole(0), default=0, show_default=True, help="Random seed for the bootstrap."
)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
def command(
    test: Path,
    answers: tuple[Path, ...],
    output: Path | None,
    plots: bool,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Analyse the ANSWERS to TEST: screen participants, rate systems, test differences.

    ANSWERS are JSON files, folders of them, or the server's database; without any, TEST's own
    answers.sqlite. A file that cannot be used is reported and left out, and the exit code is 1.
    """
    design, key = read_design(test), read_key(test)
    check_key(design, key, test)
    folder = output or test / ANALYSIS_FOLDER
    _prepare(folder, overwrite)
    collected = collect_answers(answers or [default_source(test)], design)
    for failure in collected.failures:
        talk_error(failure)
    if collected.failures and not collected.answers:
        raise InputError("no answers could be used (see above)")
    analysis = analyse(collected, design, key, _settings(options))
    pictures = draw(analysis) if plots else {}
    paths = {name: folder / f"{name}.svg" for name in pictures}
    if not overwrite:
        refuse_existing(list(paths.values()))
    write_tables(folder, analysis)
    for name, path in paths.items():
        write_output(path, svg_file(pictures[name]).encode("utf-8"))
    page = analysis_page(analysis, pictures).encode("utf-8", "backslashreplace")
    write_output(folder / REPORT_FILE, page)
    if as_json:
        failed = list(collected.failures)
        answer({**analysis.as_json(), "failed": failed, "report": str(folder / REPORT_FILE)})
    elif not quiet:
        _print(analysis)
        say(f"{folder / REPORT_FILE}")
    if collected.failures:
        raise InputError(
            f"{counted(len(collected.failures), 'set')} of answers could not be used (see above); "
            f"{len(collected.answers)} could"
        )


def _settings(options: dict[str, Any]) -> AnalysisSettings:
    return AnalysisSettings(**{**options, "blocks": Blocks(options["blocks"])})


def _prepare(folder: Path, overwrite: bool) -> None:
    """Refuse before the work what would fail at its end."""
    paths = [*table_paths(folder).values(), folder / REPORT_FILE]
    if not overwrite:
        refuse_existing(paths)
    refuse_unwritable(paths)


def _print(analysis: Analysis) -> None:
    console = table_console()
    n_all = len(analysis.participants)
    console.print(
        Text(
            f"{analysis.n_counted} of {n_all} participants count, "
            f"{counted(len(analysis.songs), 'song')}, {counted(len(analysis.systems), 'system')}",
            style="bold",
        )
    )
    for rule in analysis.rules:
        console.print(Text(printable(f"  {rule}")))
    for participant in analysis.participants:
        if not participant.counts:
            console.print(Text(f"left out: {participant.name}: {'; '.join(participant.reasons)}"))
    for remark in analysis.remarks:
        talk(f"note: {remark}")
    for result in analysis.scales:
        console.print(Text(f"\n{result.scale.name}", style="bold"))
        console.print(_systems_table(result))
        console.print(Text(friedman_text(result.friedman)))
        console.print(_pairs_table(result))


def _systems_table(result: ScaleResult) -> Table:
    table = figure_table("system", "median", "95 %", "mean", "95 %", "ratings")
    for system, where in result.systems.items():
        table.add_row(
            Text(printable(system)),
            f"{where.median:.1f}",
            Text(interval_text(where.median_low, where.median_high)),
            f"{where.mean:.1f}",
            Text(interval_text(where.mean_low, where.mean_high)),
            str(where.n),
        )
    return table


def _pairs_table(result: ScaleResult) -> Table:
    table = figure_table(
        "first - second", "blocks", "median", "effect", "Cliff's delta", "p", "p (Holm)"
    )
    for pair in result.pairs:
        names = Text(printable(f"{pair.test.first} - {pair.test.second}"))
        table.add_row(names, *pair_texts(pair))
    return table
