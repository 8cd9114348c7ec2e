"""Names of files that every file system takes, made of whatever something is called."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

# What no name may hold somewhere: what Windows reserves, control characters, half characters.
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def clean(name: str) -> str:
    """A name that Windows, macOS and Linux all take, as near to the given one as can be."""
    name = FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)).rstrip(" .").lstrip(" ")
    if name in ("", ".", "..") or set(name) == {"."}:
        return "_"
    return f"_{name}" if _RESERVED.match(name) else name


def shorten(name: str, max_bytes: int) -> str:
    """At most so many bytes of UTF-8; what is cut off is kept as a hash."""
    content = name.encode()
    if len(content) <= max_bytes:
        return name
    digest = hashlib.sha256(content).hexdigest()[:8]
    return content[: max_bytes - 9].decode(errors="ignore").rstrip(" .") + "~" + digest


def key(path: str) -> str:
    """A path as file systems that fold case and composition see it."""
    return unicodedata.normalize("NFC", path).casefold()


def unique_names(wanted: Iterable[str], max_bytes: int) -> list[str]:
    """A clean name for each, in their order; of equal ones the later ones are numbered."""
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
