"""Words for the interpretation of incoming levels; see `mixer.rendering.levels.incoming_levels`."""

from __future__ import annotations

from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest

AUTO = "auto"
# Nothing, something, everything.
RAW, ROUGH, MIX = "raw", "rough", "mix"
WORDS = (AUTO, RAW, ROUGH, MIX)


def parse_levels(text: str) -> str:
    """Parse one of `WORDS`.

    Raises:
        SettingsError: any other word.
    """
    word = text.strip().lower()
    check_levels(word)
    return word


def check_levels(word: str) -> None:
    """Raise SettingsError for anything but one of `WORDS`."""
    if word not in WORDS:
        raise SettingsError(f"unknown levels {quote(word)}; {suggest(word, WORDS)}")
