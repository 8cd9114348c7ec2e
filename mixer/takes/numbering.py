"""Names of takes: `song.wav` is the first, then `song.take2.wav`, `song.take3.wav`.

Variations of it are `song.var1.wav`, `song.var2.wav`; each of them may have takes of its own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from mixer.output.destination import Destination
from mixer.song.folders.folder_names import RECIPE_SUFFIX
from mixer.song.song import Song

_TAKE = re.compile(r"(.+)\.take([1-9]\d{0,5})")
_VARIATION = re.compile(r"(.+)\.var([1-9]\d{0,5})")


def base_of(path: Path) -> str:
    """The name that all takes of a mix have in common.

    Args:
        path: of a mix, or of its recipe.
    """
    name = path.name
    name = name.removesuffix(RECIPE_SUFFIX) if name.endswith(RECIPE_SUFFIX) else path.stem
    match = _TAKE.fullmatch(name)
    return match[1] if match else name


def first_mixes(folder: Path) -> list[str]:
    """Names of the mixes in a folder, sorted; their takes and variations are not among them."""
    bases = {base_of(recipe) for recipe in folder.glob(f"*{RECIPE_SUFFIX}")}
    variations = {base for base in bases if (v := _VARIATION.fullmatch(base)) and v[1] in bases}
    return sorted(bases - variations)


def takes_beside(folder: Path, base: str) -> dict[int, Path]:
    """The recipes of all takes in a folder by their number, in order."""
    found = {}
    for path in folder.glob(f"*{RECIPE_SUFFIX}"):
        name = path.name.removesuffix(RECIPE_SUFFIX)
        match = _TAKE.fullmatch(name)
        if name == base:
            found[1] = path
        elif match and match[1] == base:
            found[int(match[2])] = path
    return dict(sorted(found.items()))


def variations_beside(folder: Path, base: str) -> dict[int, Path]:
    """The recipes of all variations of a mix in a folder by their number, in order."""
    found = {}
    for path in folder.glob(f"*{RECIPE_SUFFIX}"):
        match = _VARIATION.fullmatch(path.name.removesuffix(RECIPE_SUFFIX))
        if match and match[1] == base:
            found[int(match[2])] = path
    return dict(sorted(found.items()))


def next_number(folder: Path, base: str) -> int:
    """The number of the next take: above all that left anything in the folder."""
    return _above(folder, base, "take", 1) + 1


def next_variation(folder: Path, base: str) -> int:
    """The number of the next variation: above all that left anything in the folder."""
    return _above(folder, base, "var", 0) + 1


def _above(folder: Path, base: str, word: str, least: int) -> int:
    numbers = [least]
    for path in folder.iterdir() if folder.is_dir() else ():
        match = re.match(rf"{re.escape(base)}\.{word}([1-9]\d{{0,5}})\.", path.name)
        if match:
            numbers.append(int(match[1]))
    return max(numbers)


def take_path(folder: Path, base: str, number: int, file_format: str) -> Path:
    """The file of a take's mix."""
    return folder / f"{base}.take{number}.{file_format}"


def next_take(destination: Destination, song: Song) -> Destination:
    """The destination itself if nothing exists there yet, else that of a new take beside it."""
    if not destination.existing(song):
        return destination
    folder, base = destination.path.parent, base_of(destination.path)
    number = next_number(folder, base)
    return replace(destination, path=take_path(folder, base, number, destination.wanted.format))


def variation_path(folder: Path, base: str, number: int, file_format: str) -> Path:
    """The file of a variation's mix."""
    return folder / f"{base}.var{number}.{file_format}"
