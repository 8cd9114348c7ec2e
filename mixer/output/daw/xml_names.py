"""Paths of files in XML, which cannot hold everything that a file system allows."""

from __future__ import annotations

import re

from mixer.errors import OutputError
from mixer.files.wording import visible

# Everything but the characters of XML 1.0 (fifth edition, 2.2), escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def refuse_name(path: str) -> None:
    """Raise OutputError if XML cannot hold a file's path: control characters, half characters."""
    if _FORBIDDEN.search(path):
        raise OutputError(f"{visible(path)} has a name that XML cannot hold; rename it")
