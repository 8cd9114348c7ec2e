"""The requested variations of a mix, and the console of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.console.settings import Console
from mixer.errors import InputError, SettingsError
from mixer.files.wording import suggest, visible
from mixer.network.output import WetStems
from mixer.output.recipe_reader import read_recipe
from mixer.preset.find import ENDING as PRESET_ENDING
from mixer.preset.merge import resolve
from mixer.rendering.choices.axes import Axis, moves_named, named_moves
from mixer.rendering.mix import WetMix
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.settings import RenderSettings
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.rendering.sound.sound import with_moves
from mixer.rendering.sound.variation_step import variation_moves
from mixer.stems import VOCALS
from mixer.takes.blending import blend_consoles
from mixer.takes.numbering import base_of, variations_beside
from mixer.takes.spreading import MOST_VARIATIONS, spread_out

FloatMatrix = NDArray[np.float64]
FIRST = "first"


@dataclass(frozen=True)
class Wanted:
    """Requested variations, one or more of them.

    Attributes:
        spread: number of variations to spread out along the axes.
        names: of `mixer.rendering.choices.axes.named_moves`, one step each.
        blends: for each, the text as given, and the name and share of its parts.
        away: distance of each variation from the first mix, in spreads.
    """

    spread: int = 0
    names: tuple[str, ...] = ()
    blends: tuple[tuple[str, Sequence[tuple[str, float]]], ...] = ()
    away: float = 1.0

    def __post_init__(self) -> None:
        if not (self.spread or self.names or self.blends):
            raise SettingsError("give a number of variations, or name one")
        if not 0 <= self.spread <= MOST_VARIATIONS:
            raise SettingsError(
                f"the number of variations must be 1 to {MOST_VARIATIONS}, not {self.spread}; "
                "more would be too similar"
            )
        for name in self.names:
            moves_named(name)

    @property
    def n(self) -> int:
        """Number of variations in all."""
        return self.spread + len(self.names) + len(self.blends)


@dataclass(frozen=True)
class Asked:
    """One variation to make: its request, its moves in dB by axis, and its console."""

    text: str
    moves: Mapping[str, float]
    console: Console


@dataclass(frozen=True)
class First:
    """The first mix, from which all others come.

    Attributes:
        wet: the wet mix before the console.
        known: measured loudness of its stems.
        parts: hashes of its parts, from `mixer.takes.parts.hash_parts`.
        hashes: of the wet stems in front of their strips, by the `id` of their arrays.
        sound: its figures of `mixer.rendering.sound.sound`, in dB.
        recipe: its file.
        settings: what all variations are rendered by, except for their consoles.
        loudness_lufs: of the mix.
        is_written: waits until its recipe is written; raises the error that prevented it.
    """

    wet: WetMix
    known: KnownLevels
    parts: Mapping[str, str]
    hashes: Mapping[int, str]
    sound: Mapping[str, float]
    recipe: Path
    settings: RenderSettings
    loudness_lufs: float
    is_written: Callable[[], object]


def wet_stems_for(plan: RenderPlan, wanted: Wanted) -> WetStems:
    """The wet stems that the first mix or any of the variations acts on, or is measured by."""
    if not plan.has_wet_stems:
        return False
    named = {FIRST, *named_moves()}
    if plan.sums_wet_stems or any(part not in named for _, b in wanted.blends for part, _ in b):
        return True
    return plan.needed_wet_stems | {VOCALS}


def covariance(axes: Sequence[Axis], answers: Sequence[Mapping[str, float]]) -> FloatMatrix:
    """Covariance of a model's answers along axes, in spreads, (axes, axes).

    Args:
        axes: along which mixes can be moved.
        answers: figures of each, from `mixer.rendering.doubts.doubt.sound_of`; none for no doubt.
    """
    rows = [[row.get(axis.name, 0.0) / axis.spread_db for axis in axes] for row in answers]
    if len(rows) < 2 or not axes:
        return np.zeros((len(axes), len(axes)))
    return np.cov(np.array(rows).T, bias=True).reshape(len(axes), len(axes))


def asked_variations(
    first: First, wanted: Wanted, axes: Sequence[Axis], unsure: FloatMatrix
) -> list[Asked]:
    """Every variation with its console.

    Raises:
        InputError: nothing can be moved.
        SettingsError: a name moves nothing in this mix, or a blend has an unknown part.
    """
    if wanted.spread and not axes:
        raise InputError(f"{visible(first.recipe)}: no axis can be moved")
    plan, found = first.wet.plan, list[Asked]()
    # As far as people differ, and further where the model itself does not know.
    shape = np.eye(len(axes)) + unsure
    spread = spread_out(axes, wanted.spread, away=wanted.away, shape=shape) if axes else []
    for moves in spread:
        text = ", ".join(f"{name} {move_db:+g} dB" for name, move_db in moves.items())
        found.append(Asked(text, moves, with_moves(plan.asked, moves, plan.song.stems)))
    for name in wanted.names:
        moves = variation_moves(name, wanted.away, axes)
        found.append(Asked(name, moves, with_moves(plan.asked, moves, plan.song.stems)))
    for text, parts in wanted.blends:
        consoles = [(share, _console_of(part, first, wanted.away, axes)) for part, share in parts]
        found.append(Asked(text, {}, blend_consoles(consoles)))
    return found


def _console_of(part: str, first: First, away: float, axes: Sequence[Axis]) -> Console:
    """The desk of a part of a blend: "first", a named variation, "var2", or a preset's file.

    Raises:
        SettingsError: the part is unknown.
    """
    plan, base = first.wet.plan, base_of(first.recipe)
    if part == FIRST:
        return plan.asked
    if part in named_moves():
        return with_moves(plan.asked, variation_moves(part, away, axes), plan.song.stems)
    there = variations_beside(first.recipe.parent, base)
    beside = {f"var{number}": path for number, path in there.items()}
    if part in beside:
        return read_recipe(beside[part]).settings.console or Console()
    if part.endswith(PRESET_ENDING):
        console = resolve([part]).console
        return replace(console, loudness_lufs=None, true_peak_dbtp=None)
    known = [FIRST, *beside, *named_moves()]
    raise SettingsError(
        f"unknown part of a blend {part!r}; {suggest(part, known)} (or the file of a preset)"
    )
