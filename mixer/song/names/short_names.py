"""Names of tracks as people read them: without the ending, and without what all of them share.

A session exports `2.Song_Stem_KICK.wav`, `2.Song_Stem_VOX LEAD.wav`, ...: on a narrow channel only
the shared beginning would be left to read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mixer.audio.formats import without_audio_suffix

# Two or three microphones of one drum share its name, and a song of them is called by that.
_FEWEST_SHARING = 4
_UP_TO_A_BOUNDARY = re.compile(r".*[\s_\-./)\]]", re.DOTALL)
_LETTER = re.compile(r"[^\W\d_]")


def shared_beginning(names: Sequence[str]) -> str:
    """Beginning that the names of all tracks of a song share, up to the end of a word.

    Args:
        names: file names, with or without endings.

    Returns:
        Empty if there are fewer than four names, or if a name would be left without a letter.
    """
    titles = sorted(without_audio_suffix(name) for name in names)
    if len(titles) < _FEWEST_SHARING:
        return ""
    # All names between the first and the last in order begin as these two do.
    pairs = enumerate(zip(titles[0], titles[-1], strict=False))
    n_shared = next((place for place, (a, b) in pairs if a != b), len(titles[0]))
    found = _UP_TO_A_BOUNDARY.match(titles[0][:n_shared])
    if found is None:
        return ""
    is_readable = all(_LETTER.search(title[found.end() :]) for title in titles)
    return found.group() if is_readable else ""


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Each name, without its ending and the shared beginning, by the whole name."""
    shared = shared_beginning(names)
    return {name: without_audio_suffix(name).removeprefix(shared) for name in names}
