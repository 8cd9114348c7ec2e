"""Copies that synchronised folders make where two people changed a file at once.

Dropbox and Nextcloud name them `Kick (Anna's conflicted copy 2024-01-31)`, ownCloud
`Kick_conflict-20240131-101500`, Syncthing `Kick.sync-conflict-20240131-101500-ABCDEFG`, Resilio
`Kick.Conflict`.
"""

from __future__ import annotations

import re

_CONFLICT = re.compile(
    r"(?P<base>.+?)(?:\s*\((?:[^()]*\s)?conflicted copy\b[^()]*\)|_conflict-\d{8}-\d{6}"
    r"|\.sync-conflict-\d{8}-\d{6}(?:-\w+)?|\.conflict)",
    re.IGNORECASE,
)


def base_of_conflict(title: str) -> str | None:
    """The title of the file of which another is a conflicting copy; None for any other file.

    title: of the copy, without folder and ending.
    """
    match = _CONFLICT.fullmatch(title)
    return None if match is None else match["base"]
