"""Answers of tools as JSON of a bounded length."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from mixer.mcp.tools import Json

# An answer that is longer says so, and names what was left out.
MOST_ANSWER_CHARACTERS = 60_000


def bounded_json(answer: Json) -> str:
    """JSON of an answer; the longest of its parts are left out if it would be too long."""
    answer = {key: _plain(part) for key, part in answer.items()}
    whole = json.dumps(answer, ensure_ascii=False)
    if len(whole) <= MOST_ANSWER_CHARACTERS:
        return whole
    sizes = {key: len(json.dumps(part)) for key, part in answer.items()}
    kept, left_out = dict(answer), list[str]()
    for key in sorted(sizes, key=lambda key: sizes[key], reverse=True):
        kept.pop(key)
        left_out.append(key)
        shorter = json.dumps({**kept, "left_out_as_too_long": left_out}, ensure_ascii=False)
        if len(shorter) <= MOST_ANSWER_CHARACTERS:
            break
    return shorter


def _plain(part: Any) -> Any:
    """What JSON can say of a part: what is not finite is null, as silence is elsewhere."""
    if isinstance(part, Mapping):
        return {str(key): _plain(inner) for key, inner in part.items()}
    if isinstance(part, list | tuple):
        return [_plain(inner) for inner in part]
    if isinstance(part, float) and not math.isfinite(part):
        return None
    return part if part is None or isinstance(part, str | bool | int | float) else str(part)
