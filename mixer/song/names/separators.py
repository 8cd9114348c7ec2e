"""Names that source separators give: `Song_(Vocals)_UVR-MDX-NET-Voc_FT`, `1_Song_(Instrumental)`.

The stem is in brackets behind an underscore. The song's title and the model's name are around it,
and words of theirs (Voc, Inst, the "ep" of an epoch) say nothing about the file. A separator that
works on the result of another one adds brackets: `Song_(Vocals)_A_(No Reverb)_B`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BRACKETS = re.compile(r"_\(([^()]*)\)(?=_|$)")
_NUMBER = re.compile(r"\d+_")
_STEMS = frozenset(
    ("vocals", "lead vocals", "backing vocals", "instrumental", "drums", "bass", "other", "guitar",
     "piano", "strings", "woodwinds", "brass", "synth", "kick", "snare", "toms", "hh", "hihat",
     "hi-hat", "cymbals", "ride", "crash", "speech", "music", "karaoke")
)  # fmt: skip
_NEGATED = "no "


@dataclass(frozen=True)
class Separated:
    """Meaning of a separated file's name.

    Attributes:
        text: the words in its brackets.
        source: the file that was separated, as `source_name` writes it.
        song: the file that was separated at first, likewise.
    """

    text: str
    source: str
    song: str


def find_separated(title: str) -> Separated | None:
    """Read a name that a separator gave; None if it is another name.

    title: of a file, without folder and ending.
    """
    found = list(_BRACKETS.finditer(title))
    if not any(_is_stem(match[1]) for match in found):
        return None
    text = " ".join(match[1] for match in found)
    first, last = (source_name(title[: match.start()]) for match in (found[0], found[-1]))
    return Separated(text, last, first)


def source_name(title: str) -> str:
    """A file's title in the form in which it is in front of the brackets of what was separated."""
    return _NUMBER.sub("", title.lower(), count=1) if _NUMBER.match(title) else title.lower()


def _is_stem(text: str) -> bool:
    return text.lower().removeprefix(_NEGATED) in _STEMS
