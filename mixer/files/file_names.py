"""Names of files that every file system takes, made of whatever something is called."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

# Characters that some system refuses in names: Windows's reserved ones, control characters,
# lone surrogates.
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def clean(name: str) -> str:
    """Turn a name into the nearest one that Windows, macOS and Linux all accept."""
    name = FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)).rstrip(" .").lstrip(" ")
    if name in ("", ".", "..") or set(name) == {"."}:
        return "_"
    return f"_{name}" if _RESERVED.match(name) else name


def shorten(name: str, max_bytes: int) -> str:
    """Shorten a name to at most `max_bytes` of UTF-8; a hash stands for what is cut off."""
    content = name.encode()
    if len(content) <= max_bytes:
        return name
    digest = hashlib.sha256(content).hexdigest()[:8]
    return content[: max_bytes - 9].decode(errors="ignore").rstrip(" .") + "~" + digest


def key(path: str) -> str:
    """Key of a path: equal for paths that are equal apart from case and Unicode composition."""
    return unicodedata.normalize("NFC", path).casefold()


def unique_names(wanted: Iterable[str], max_bytes: int) -> list[str]:
    """Clean names in the same order; later ones of equal names are numbered."""
    names, taken = list[str](), set[str]()
    for each in wanted:
        base = name = shorten(clean(each), max_bytes)
        number = 1
        while key(name) in taken:
            number += 1
            name = f"{base} ({number})"
        taken.add(key(name))
        names.append(name)
    return names
