"""All takes of a mix, and what changed from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixer.errors import InputError
from mixer.files.whole_file import hash_file
from mixer.files.wording import listed, visible
from mixer.output.names import FileRole
from mixer.output.recipe_reader import read_recipe
from mixer.output.recipe_words import change_lines
from mixer.output.recorded_mix import RecordedMix, RecordedTake, numbers
from mixer.song.folders.folder_names import RECIPE_SUFFIX
from mixer.takes.numbering import base_of, first_mixes, takes_beside, variations_beside


@dataclass(frozen=True)
class ListedTake:
    """One take.

    Attributes:
        number: 1 is the first mix; of a variation, its own.
        recipe: its recipe's file.
        mix: its mix's file.
        state: "" if the mix is unchanged since it was written, else what is wrong.
        parent: file of the recipe that it came from; None for a mix that came from none.
        made_by: the command that made it.
        asked: the request as given.
        words: difference of a variation from the first mix; "" for a take.
        changes: differences from its parent, a line each.
        same, different: parts that are, and are not, bit for bit the parent's.
        loudness_lufs, true_peak_dbtp: of the mix; None for silence.
    """

    number: int
    recipe: Path
    mix: Path
    state: str
    parent: str | None
    made_by: str
    asked: tuple[str, ...]
    words: str
    changes: tuple[str, ...]
    same: tuple[str, ...]
    different: tuple[str, ...]
    loudness_lufs: float | None
    true_peak_dbtp: float | None


def list_takes(path: str | Path, *, mixes: str | Path = "mixes") -> tuple[ListedTake, ...]:
    """List the takes of a mix, then its variations, each in the order of numbers.

    Args:
        path: any recipe or mix of it, or the song's folder.
        mixes: folder of mixes, used if `path` is a song's folder.

    Returns:
        A row for each, with its recipe, loudness in LUFS, true peak in dBTP and changes.

    Raises:
        InputError: no takes were found, or a recipe cannot be read.
    """
    path = Path(path)
    is_song = path.is_dir()
    folder = Path(mixes) if is_song else path.parent
    base = path.resolve().name if is_song else base_of(path)
    found = takes_beside(folder, base)
    if not found:
        if is_song:
            _refuse_folder_of_mixes(path)
        raise InputError(
            f"{visible(folder / base)}{RECIPE_SUFFIX}: no such recipe, so there are no takes; "
            "render the song first, or give the recipe of a take"
        )
    rows = [*found.items(), *variations_beside(folder, base).items()]
    return tuple(_listed(number, read_recipe(recipe)) for number, recipe in rows)


def _refuse_folder_of_mixes(folder: Path) -> None:
    """Raise with the names of the mixes if a folder holds mixes, where a song was expected."""
    mixes = first_mixes(folder)
    if mixes:
        raise InputError(
            f"{visible(folder)}: a folder of mixes, not of a song; give one of its recipes: "
            f"{listed(name + RECIPE_SUFFIX for name in mixes)}"
        )


def _listed(number: int, recipe: RecordedMix) -> ListedTake:
    take: RecordedTake | None = recipe.take
    mix = recipe.outputs[FileRole.MIX]
    measured = numbers(recipe.measurements)
    return ListedTake(
        number=number,
        recipe=recipe.path,
        mix=mix.path,
        state=_state(recipe),
        parent=None if take is None else take.parent.file,
        made_by="render" if take is None else take.made_by,
        asked=() if take is None else take.asked,
        words="" if take is None or take.variation is None else take.variation.words,
        changes=() if take is None else tuple(change_lines(map(vars, take.changes))),
        same=() if take is None else take.same,
        different=() if take is None else take.different,
        loudness_lufs=measured.get("master.loudness_lufs"),
        true_peak_dbtp=measured.get("master.true_peak_dbtp"),
    )


def _state(recipe: RecordedMix) -> str:
    mix = recipe.outputs[FileRole.MIX]
    if not mix.path.is_file():
        return "its mix is missing"
    return "" if mix.is_there(hash_file) else "its mix has changed since"
