"""Mistakes of a manifest, a line each with row and column, all of them at once."""

from __future__ import annotations

import re
from pathlib import Path

from mixer.errors import SettingsError
from mixer.files.wording import counted

# Beyond this, further mistakes of the same kind do not help.
MAX_ERRORS_SHOWN = 50
# Beyond this a sheet is of another kind, and to read on takes time.
MOST_MISTAKES = 5_000
_ROW = re.compile(r"row (\d+)\b")


class ManifestError(SettingsError):
    """All mistakes of a manifest.

    Attributes:
        mistakes: one line each, in the order of the rows: row, column, mistake, and what to do.
    """

    def __init__(self, path: Path, mistakes: list[str]) -> None:
        self.mistakes = sorted(mistakes, key=_row_of)
        shown = self.mistakes[:MAX_ERRORS_SHOWN]
        if len(mistakes) > len(shown):
            shown.append(f"... and {len(mistakes) - len(shown)} more")
        count = counted(len(mistakes), "mistake")
        lines = "\n".join(f"  {mistake}" for mistake in shown)
        super().__init__(f"{path}: {count}; nothing was rendered\n{lines}")


def mistake(row: int, column: str, what: str) -> str:
    """Message of one line about the mistake in a cell."""
    return f"row {row}, column {column}: {what}"


def _row_of(mistake: str) -> int:
    """Where it is; what is about the whole sheet comes first."""
    match = _ROW.match(mistake)
    return int(match.group(1)) if match else 0
