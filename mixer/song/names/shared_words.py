"""Words that a session or an export puts into most names, and that say nothing about a track."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mixer.song.names.track_words import find_evidence

_FEWEST_SHARING = 3
_FORMATS = frozenset(("mono", "stereo"))
_FORMAT = re.compile(r"[(\[](mono|stereo)[)\]]", re.IGNORECASE)
_FEWEST_WITH_FORMAT = 2


def without_shared_words(names: list[list[str]]) -> list[list[str]]:
    """The names without mix words that most of them share, which describe the export."""
    sharing: Counter[str] = Counter()
    for tokens in names:
        found = find_evidence(tokens)
        if any(item.family is not None for item in found):
            sharing.update({item.text for item in found if item.family is None})
    shared = {
        word
        for word, times in sharing.items()
        if times >= _FEWEST_SHARING and times > len(names) / 2
    }
    if not shared:
        return names
    words = {part for word in shared for part in word.split()}
    return [[token for token in tokens if token not in words] or tokens for tokens in names]


def without_formats(names: list[list[str]], titles: Sequence[str]) -> list[list[str]]:
    """The names without a "(Stereo)" behind them, which a session puts behind each such track.

    Behind one name alone it may say that the file is the stereo mix.
    """
    formats = [_FORMAT.search(title) for title in titles]
    if sum(found is not None for found in formats) < _FEWEST_WITH_FORMAT:
        return names
    return [
        tokens if found is None else [t for t in tokens if t not in _FORMATS] or tokens
        for tokens, found in zip(names, formats, strict=True)
    ]
