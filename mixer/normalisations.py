"""The effects that can be normalised: names, order, and which exclude each other.

Nothing heavy is imported; what each does is in `mixer.fxnorm.chain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mixer.errors import SettingsError

# In the order in which they run.
EFFECTS = ("pre_reverb", "reverb", "eq", "compression", "panning", "balance", "loudness")
DEFAULT_EFFECTS = ("eq", "compression", "balance", "loudness")
# Sets of which one effect at most may be chosen.
EXCLUSIVE_EFFECTS = (("panning", "balance"),)
NO_EFFECTS = "none"


def check_effects(effects: Sequence[str], amounts: Mapping[str, float] | None = None) -> None:
    """Refuse a choice of effects that cannot be run.

    Raises:
        SettingsError: a name that is none of `EFFECTS`, a name given twice, another order than that
            of `EFFECTS`, effects that exclude each other, or an amount outside of 0 to 1.
    """
    for name in [*effects, *(amounts or {})]:
        if name not in EFFECTS:
            raise SettingsError(f"unknown effect {name!r}: choose from {', '.join(EFFECTS)}")
    if list(effects) != [name for name in EFFECTS if name in effects]:
        raise SettingsError(
            f"effects {','.join(effects)}: each at most once and in the order {','.join(EFFECTS)}"
        )
    for exclusive in EXCLUSIVE_EFFECTS:
        if len(set(exclusive) & set(effects)) > 1:
            names = " and ".join(exclusive)
            raise SettingsError(f"effects {names} exclude each other: leave one out")
    for name, amount in (amounts or {}).items():
        if not 0.0 <= amount <= 1.0:
            raise SettingsError(f"amount of {name}: {amount!r} is not between 0 and 1")


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
        raise SettingsError(f"effects: name some of {', '.join(EFFECTS)}, or none for none")
    # The order in which they run is fixed; the order in which they are named does not matter.
    known = sorted((name for name in names if name in EFFECTS), key=EFFECTS.index)
    effects = (*known, *(name for name in names if name not in EFFECTS))
    check_effects(effects)
    return effects
