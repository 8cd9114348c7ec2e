"""Possible corrections between microphones on one source, and their option."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from mixer.errors import SettingsError
from mixer.files.wording import suggest


class Fix(StrEnum):
    """Kind of correction."""

    POLARITY = "polarity"
    DELAY = "delay"


FIXES = (Fix.POLARITY, Fix.DELAY)
NO_FIXES = "none"
# As they are written in song.toml.
FIX_WORDS = (NO_FIXES, Fix.POLARITY, Fix.DELAY, f"{Fix.POLARITY},{Fix.DELAY}")


def check_fixes(fixes: Sequence[str]) -> None:
    """Refuse unknown or repeated fixes.

    Raises:
        SettingsError: a name that is none of `FIXES`, or one given twice.
    """
    for name in fixes:
        if name not in FIXES:
            raise SettingsError(f"unknown fix {name!r}; {suggest(name, FIXES)}")
    if len(set(fixes)) < len(fixes):
        raise SettingsError(f"fix {','.join(fixes)} names one twice; give each at most once")


def parse_fixes(text: str) -> tuple[str, ...]:
    """Parse names of fixes, separated by commas, semicolons, plus signs or spaces; or "none".

    Raises:
        SettingsError: as `check_fixes`.
    """
    for separator in ",;+":
        text = text.replace(separator, " ")
    names = text.lower().split()
    if names == [NO_FIXES]:
        return ()
    if not names:
        raise SettingsError(f"fix is empty; give {' or '.join(FIXES)}, both, or none")
    check_fixes(names)
    return tuple(name for name in FIXES if name in names)
