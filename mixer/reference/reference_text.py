"""A reference as it is given: `song.wav`, or `song.wav:tone=0.7,width`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest


class Aspect(StrEnum):
    """Aspect of a reference that a mix can be moved towards."""

    TONE = "tone"  # the long-term spectrum, whatever its level
    WIDTH = "width"  # side against middle, by band
    LEVEL = "level"  # the vocals against the rest, and stems against the mix
    DYNAMICS = "dynamics"  # how far the loudness varies
    LOUDNESS = "loudness"


ASPECTS = tuple(aspect.value for aspect in Aspect)
# Between references in a cell of a manifest.
_BETWEEN = ";"


@dataclass(frozen=True)
class Asked:
    """One reference.

    Attributes:
        path: a recording, a folder of recordings, or a folder with stems.
        amounts: of each requested aspect, 0 to 1.
    """

    path: str
    amounts: Mapping[Aspect, float]


def parse_reference(text: str) -> Asked:
    """Parse one reference as it is given on the command line.

    Raises:
        SettingsError: an unknown aspect, or an amount that is not from 0 to 1.
    """
    path, colon, said = text.strip().rpartition(":")
    # A drive of Windows, or a name that holds a colon.
    if not colon or not path or (len(path) == 1 and said[:1] in ("\\", "/")) or "/" in said:
        path, said = text.strip(), ""
    if not path:
        raise SettingsError("a reference needs a file or a folder: song.wav, or song.wav:tone=0.7")
    words = [word.strip() for word in said.split(",")] if said else list(ASPECTS)
    amounts: dict[Aspect, float] = {}
    for word in words:
        name, _, number = word.partition("=")
        name = name.strip().lower()
        if name not in ASPECTS:
            raise SettingsError(
                f"unknown aspect {quote(name)} of reference {quote(path)}; {suggest(name, ASPECTS)}"
            )
        amounts[Aspect(name)] = _amount(number, name, path) if number else 1.0
    return Asked(path, amounts)


def parse_references(text: str) -> tuple[str, ...]:
    """Check references separated by semicolons and return them unchanged; "none" gives none.

    Raises:
        SettingsError: as in `parse_reference`.
    """
    if text.strip().lower() in ("", "none"):
        return ()
    texts = tuple(part.strip() for part in text.split(_BETWEEN) if part.strip())
    for one in texts:
        parse_reference(one)
    return texts


def reference_from(text: str, base: Path) -> str:
    """A reference, its path resolved against a folder, in the form of `parse_reference`."""
    asked = parse_reference(text)
    said = ",".join(f"{aspect}={amount!r}" for aspect, amount in asked.amounts.items())
    return f"{base / asked.path}:{said}"


def _amount(text: str, name: str, path: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount <= 1.0:
        raise SettingsError(
            f"{name} of reference {quote(path)} must be from 0 to 1, not {quote(text)}"
        )
    return amount
