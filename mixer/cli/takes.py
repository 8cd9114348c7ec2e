"""`mixer takes`: the takes of a mix, and what changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from mixer.cli.console import answer, level, say
from mixer.cli.paths import FilePath
from mixer.cli.render import DEFAULT_FOLDER
from mixer.takes.listing import ListedTake, list_takes


@click.command(name="takes")
@click.argument("path", metavar="SONG_OR_RECIPE", type=FilePath(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=FilePath(path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Folder of the song's mixes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(path: Path, output: Path, as_json: bool) -> None:
    """List the takes and variations of a mix, each with its changes.

    'mixer replay' renders any of them again, and 'mixer revise' changes it further.
    """
    takes = list_takes(path, mixes=output)
    if as_json:
        answer({"takes": [_as_json(take) for take in takes]})
        return
    for take in takes:
        say(_line(take))
        for change in take.changes:
            say(f"        {change}")


def _line(take: ListedTake) -> str:
    said = take.words or "; ".join(take.asked) or take.made_by
    kind = "variation" if take.words else "take"
    origin = f" (from {take.parent})" if take.parent else ""
    state = f"  ({take.state})" if take.state else ""
    levels = f"{level(take.loudness_lufs, 'LUFS')}  {level(take.true_peak_dbtp, 'dBTP')}"
    return f"{kind} {take.number}  {take.mix.name}  {levels}  {said}{origin}{state}"


def _as_json(take: ListedTake) -> dict[str, object]:
    return {**asdict(take), "recipe": str(take.recipe), "mix": str(take.mix)}
