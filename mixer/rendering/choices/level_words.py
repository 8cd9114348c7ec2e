"""Words for the interpretation of incoming levels; see `mixer.rendering.levels.incoming_levels`."""

from __future__ import annotations

from mixer.errors import SettingsError
from mixer.files.wording import suggest

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
    if word not in WORDS:
        raise SettingsError(f"unknown levels '{text}'; {suggest(word, WORDS)}")
    return word
