"""TOML that a stranger wrote: parsed in a time that its length bounds.

The parser takes time with the square of a key's parts, so that one key of 200 kB stops it for
minutes. No key that means something has more than a few.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

MOST_KEY_PARTS = 100
# Ends and beginnings of keys: between two of these is one key, a value or a comment.
_AROUND_KEYS = re.compile(r"[=\n,{}\[\]]")
_PART = re.compile(r"[^\s.][ \t]*\.")
# In a text or a comment nothing ends a key; the long quotes first.
_NOT_KEYS = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'|#[^\n]*",
    re.DOTALL,
)


def parse_toml(text: str) -> dict[str, Any]:
    """The table of a TOML text.

    Raises:
        ValueError: the text is not TOML, or has a key of more than `MOST_KEY_PARTS` parts.
        RecursionError: it is nested too deeply.
    """
    for between in _AROUND_KEYS.split(_NOT_KEYS.sub("q", text)):
        if between.count(".") > MOST_KEY_PARTS and len(_PART.findall(between)) > MOST_KEY_PARTS:
            raise ValueError(f"a key has more than {MOST_KEY_PARTS} parts")
    return tomllib.loads(text)
