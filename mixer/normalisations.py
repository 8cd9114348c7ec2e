"""The effects that can be normalised, a line each: names, order, and which exclude each other.

A new one is a file in `mixer.fxnorm` with its `Stage` and a line here. Nothing heavy is imported:
a line says where its stage is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mixer.errors import SettingsError


@dataclass(frozen=True)
class Normalisation:
    """An effect that can be normalised.

    Attributes:
        name: in settings and manifests.
        found_in: module and name of its `mixer.fxnorm.stage.Stage`.
        is_default: applied unless others are requested.
        excludes: an effect that it cannot be chosen with.
        draws_rooms: needs rooms, and so a seed.
        for_dry_songs: does to a wet recording what was done to it before.
    """

    name: str
    found_in: str
    is_default: bool = False
    excludes: str = ""
    draws_rooms: bool = False
    for_dry_songs: bool = False

    @property
    def module(self) -> str:
        return self.found_in.partition(":")[0]

    def stage(self) -> Any:
        """The normalisation's `Stage`; imports it."""
        return getattr(import_module(self.module), self.found_in.partition(":")[2])


# In the order in which they run.
NORMALISATIONS = (
    Normalisation(
        "pre_reverb", "mixer.fxnorm.reverb:PRE_REVERB", draws_rooms=True, for_dry_songs=True
    ),
    Normalisation("reverb", "mixer.fxnorm.reverb:REVERB_SEND", draws_rooms=True),
    Normalisation("eq", "mixer.fxnorm.equalization:EQUALIZATION", is_default=True),
    Normalisation("compression", "mixer.fxnorm.compression:COMPRESSION", is_default=True),
    Normalisation("panning", "mixer.fxnorm.panning:PANNING", excludes="balance"),
    Normalisation("balance", "mixer.fxnorm.balance:BALANCE", is_default=True),
    Normalisation("loudness", "mixer.fxnorm.loudness:LOUDNESS", is_default=True),
)
EFFECTS = tuple(effect.name for effect in NORMALISATIONS)
DEFAULT_EFFECTS = tuple(effect.name for effect in NORMALISATIONS if effect.is_default)
REVERBS = tuple(effect.name for effect in NORMALISATIONS if effect.draws_rooms)
FOR_DRY_SONGS = tuple(effect.name for effect in NORMALISATIONS if effect.for_dry_songs)
NO_EFFECTS = "none"


def check_effects(effects: Sequence[str], amounts: Mapping[str, float] | None = None) -> None:
    """Refuse a choice of effects that cannot be run.

    Raises:
        SettingsError: a name that is none of `EFFECTS`, a name given twice, another order than that
            of `EFFECTS`, effects that exclude each other, or an amount outside of 0 to 1.
    """
    for name in [*effects, *(amounts or {})]:
        if name not in EFFECTS:
            raise SettingsError(f"unknown effect {name!r}; choose from {', '.join(EFFECTS)}")
    if list(effects) != [name for name in EFFECTS if name in effects]:
        raise SettingsError(
            f"effects {','.join(effects)} must each be named once, in the order {','.join(EFFECTS)}"
        )
    for effect in NORMALISATIONS:
        if {effect.name, effect.excludes} <= set(effects):
            names = f"{effect.name} and {effect.excludes}"
            raise SettingsError(f"effects {names} exclude each other; leave one out")
    for name, amount in (amounts or {}).items():
        if not 0.0 <= amount <= 1.0:
            raise SettingsError(f"amount of {name} must be from 0 to 1, not {amount!r}")


def parse_effects(text: str) -> tuple[str, ...]:
    """Names of effects in any order, between commas, semicolons, plus signs or spaces; or none.

    Raises:
        SettingsError: as `check_effects`.
    """
    for separator in ",;+":
        text = text.replace(separator, " ")
    names = text.lower().split()
    if names == [NO_EFFECTS]:
        return ()
    if not names:
        raise SettingsError(f"effects must name one or more of {', '.join(EFFECTS)}, or be none")
    # The order in which they run is fixed; the order in which they are named does not matter.
    known = sorted((name for name in names if name in EFFECTS), key=EFFECTS.index)
    effects = (*known, *(name for name in names if name not in EFFECTS))
    check_effects(effects)
    return effects
