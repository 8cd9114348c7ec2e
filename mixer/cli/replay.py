"""`mixer replay`: the same mix again from its recipe, bit for bit, or what differs."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from mixer.audio.formats import FORMATS
from mixer.cli.console import answer, printable, progress_bar, say, talk
from mixer.cli.paths import FilePath
from mixer.errors import SettingsError
from mixer.files.wording import counted
from mixer.output.recipe_reader import read_recipe
from mixer.output.recorded_mix import RecordedMix
from mixer.output.replay import Replay, find_differences, replay
from mixer.output.replay_differences import Difference

EXIT_NOT_THE_SAME = 1


@click.command(name="replay")
@click.argument(
    "recipe_path", metavar="MIX.json", type=FilePath(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "-o",
    "--output",
    type=FilePath(path_type=Path),
    help="Keep the new mix: its path, or a folder. [default: compare and discard]",
)
@click.option(
    "--song",
    "song_folder",
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="The song's folder, if it has moved. [default: where it was]",
)
@click.option("--check", is_flag=True, help="Only show what has changed since; render nothing.")
@click.option("--allow-plugins", is_flag=True, help="Load the plug-ins that the recipe names.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def command(
    recipe_path: Path,
    output: Path | None,
    song_folder: Path | None,
    check: bool,
    allow_plugins: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Render the mix of MIX.json (or of the mix next to it) again.

    Compares recordings, song.toml, model, profile, versions and system with the recipe, then the
    new files with the recorded ones. The exit code is 0 if all are identical bit for bit,
    otherwise 1.
    """
    recipe = read_recipe(recipe_path)
    if check:
        _, differences = find_differences(recipe, song_folder)
        same = not differences
        if as_json:
            answer(_as_json(differences, same=same, written={}))
        else:
            _show(differences)
            say("nothing that the recipe records has changed" if same else _count(differences))
    else:
        name = _name(output, recipe)
        folder = None if output is None else (output if name is None else output.parent)
        with (
            tempfile.TemporaryDirectory(prefix="mixer-replay-") as spare,
            progress_bar(quiet=quiet or as_json) as show,
        ):
            result = replay(
                recipe,
                folder or Path(spare),
                name=name,
                song_folder=song_folder,
                allow_plugins=allow_plugins,
                progress=show,
            )
        same = result.is_same
        _show_result(result, kept=folder is not None, as_json=as_json)
    if not same:
        click.get_current_context().exit(EXIT_NOT_THE_SAME)


def _name(output: Path | None, recipe: RecordedMix) -> str | None:
    """The file's name if the output is one; None if it is a folder, or nothing."""
    if output is None or output.is_dir():
        return None
    ending = output.suffix.lower().lstrip(".")
    if ending not in FORMATS:
        return None
    if ending != recipe.file_format:
        raise SettingsError(
            f"{output} does not end in .{recipe.file_format}, as the recorded mix does; "
            "choose another --output"
        )
    return output.name


def _show(differences: list[Difference]) -> None:
    for difference in differences:
        talk(printable(difference))


def _count(differences: list[Difference]) -> str:
    kinds = list(dict.fromkeys(difference.kind for difference in differences))
    return f"{counted(len(differences), 'difference')}, of {', '.join(kinds)}"


def _show_result(result: Replay, *, kept: bool, as_json: bool) -> None:
    differences = list(result.differences)
    written = {name: str(path) for name, path in result.written.items()} if kept else {}
    if as_json:
        answer(_as_json(differences, same=result.is_same, written=written))
        return
    _show(differences)
    for path in written.values():
        say(_from_here(Path(path)))
    if result.is_same:
        say(f"bit for bit the same: {', '.join(result.written)}")
        if not kept:
            talk("note: the new mix was only compared; -o FOLDER keeps it")
    elif result.written:
        changed = [d.what for d in differences if d.kind == "output"]
        say(f"not the same: {', '.join(changed)}")
    else:
        say(f"not rendered, because the mix would differ: {_count(differences)}")


def _from_here(path: Path) -> str:
    """A path within the current folder as one would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _as_json(
    differences: list[Difference], *, same: bool, written: dict[str, str]
) -> dict[str, object]:
    return {
        "same": same,
        "differences": [asdict(difference) for difference in differences],
        "written": written,
    }
