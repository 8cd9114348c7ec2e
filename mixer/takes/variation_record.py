"""Files about a variation beside its mix: its place in the recipe, a preset, one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mixer.console.settings import Console
from mixer.errors import InputError
from mixer.files.whole_file import hash_file, write_json, write_output
from mixer.output.recipe import Take
from mixer.output.recipe_reader import read_recipe
from mixer.preset.find import ENDING
from mixer.preset.preset_writing import preset_text
from mixer.preset.schema import plain_table
from mixer.rendering.choices.axes import AXES, VariationTable
from mixer.rendering.mix import Mix
from mixer.rendering.settings import RenderSettings, with_targets
from mixer.takes.asking import changed_settings
from mixer.takes.bus_figures import bus_of
from mixer.takes.numbering import variations_beside
from mixer.takes.parts import REST, same_parts

MADE_BY = "variations"
TABLE_SUFFIX = ".variations.json"


def take_of(
    mix: Mix, parent: Path, number: int, asked: str, place: VariationTable, *,
    parts: Mapping[str, str], was: Mapping[str, str],
) -> Take:  # fmt: skip
    """Origin of a variation in the first mix.

    Args:
        mix: the variation's.
        parent: recipe of the first.
        number: of the variation.
        asked: the request, as given.
        place: its place among the axes.
        parts, was: hashes of its wet stems and of the first's; empty for a mix of tracks, whose
            tracks are not hashed.
    """
    recorded = read_recipe(parent)
    before = plain_table(recorded.settings.console or Console())
    same = same_parts(was, parts, [s for s in mix.song.stems if s not in parts])
    return {
        "number": number,
        "made_by": MADE_BY,
        "parent": {"file": parent.name, "sha256": hash_file(parent)},
        "asked": [asked],
        "changes": changed_settings(before, plain_table(mix.console)),
        "parts": dict(parts),
        "same": same,
        "different": [name for name in parts if name not in (*same, REST)],
        "bus": {"was": bus_of(recorded.measurements), "now": bus_of(mix.measurements)},
        "variation": place,
    }


def write_preset(path: Path, settings: RenderSettings, words: str) -> Path:
    """Write a variation's console and targets as a preset beside its mix, for `--preset`.

    Raises:
        OutputError: it cannot be written.
    """
    preset = path.with_suffix(ENDING)
    console = with_targets(settings.console or Console(), settings)
    write_output(preset, preset_text(plain_table(console), summary=words))
    return preset


def write_table(folder: Path, base: str) -> Path:
    """Write one table of all variations of a mix that lie beside it, from their recipes.

    Raises:
        OutputError: it cannot be written.
    """
    rows: list[dict[str, Any]] = []
    for number, path in variations_beside(folder, base).items():
        try:
            recipe = read_recipe(path)
        except InputError:  # somebody's own file of that name
            continue
        if recipe.take is None or recipe.take.variation is None:
            continue
        row = {"number": number, "asked": list(recipe.take.asked), "recipe": path.name}
        preset = path.with_name(f"{base}.var{number}{ENDING}")
        row |= {"preset": preset.name if preset.is_file() else None}
        rows.append(row | asdict(recipe.take.variation))
    table = folder / f"{base}{TABLE_SUFFIX}"
    axes = [
        {"name": axis.name, "spread_db": axis.spread_db, "up": axis.up, "down": axis.down}
        for axis in AXES
    ]
    write_json(table, {"axes": axes, "variations": rows})
    return table
