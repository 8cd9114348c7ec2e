"""Tracks that are microphones on one source by their names: kick in and out, DI and amplifier.

A name without its microphone words is that of the source; tracks with the same source are
candidates, and their sound decides (`mixer.song.microphones.cancellation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from mixer.song.names.track_word_splitting import split_words
from mixer.song.names.track_word_tables import SOURCE
from mixer.song.names.track_words import find_evidence
from mixer.song.tracks import Track

# Where a microphone stands.
_TOP = ("top", "up", "upper", "batter", "beater", "in", "inside", "oben", "innen")
_PLACES = frozenset(
    (
        *_TOP, "bottom", "btm", "bot", "down", "lower", "under", "und", "out", "outside", "side",
        "front", "back", "rear", "resonant", "reso", "near", "close", "mid", "neck", "body",
        "bridge", "unten", "aussen", "dessus", "dessous", "dentro", "fuera",
    )
)  # fmt: skip
_BELOW = frozenset(("bottom", "btm", "bot", "down", "lower", "under", "und", "unten", "dessous"))
_LINES = frozenset(("di", "direct"))
_AWAY = frozenset(("room", "rm", "amb", "ambient", "ambience", "far", "distant", "hall"))
_DEVICES = frozenset(
    (
        "mic", "mik", "micro", "microphone", "di", "direct", "amp", "amplifier", "cab", "cabinet",
        "line", "dyn", "dynamic", "cond", "condenser", "ribbon", "tube", "pzm", "boundary", "sm",
        "md", "re", "akg", "beta", "audix", "neumann", "royer", "coles", "shure", "sennheiser",
        "senn",
    )
)  # fmt: skip
_NUMBERED = frozenset(("mic", "mik", "micro", "microphone"))
# Models that engineers name tracks after, without the letters before their numbers.
_MODELS = frozenset(
    (
        "47", "48", "49", "52", "54", "56", "57", "58", "67", "84", "86", "87", "88", "91", "112",
        "121", "122", "160", "184", "201", "214", "251", "414", "421", "441", "451", "460", "545",
        "604", "606", "609", "635", "664", "901", "902", "903", "904", "905", "906", "4033", "4038",
        "4040", "4050", "4060",
    )
)  # fmt: skip
_SHORT_MODELS = frozenset((("d", "6"), ("d", "12"), ("re", "20"), ("sm", "7"), ("pr", "40")))
_LETTERS_OF_MODELS = frozenset(
    ("u", "c", "e", "d", "m", "r", "b", "i", "km", "tlm", "at", "nt", "pr")
)
_SIDES = frozenset(("l", "r", "left", "right"))


@dataclass(frozen=True)
class Microphone:
    """A track that may be one of several microphones at a source.

    Attributes:
        track: the track.
        words: of its name that identify the microphone; empty if it only names the source.
    """

    track: Track
    words: tuple[str, ...]

    @property
    def is_top(self) -> bool:
        """Whether it is on the side where the source is struck."""
        return any(word in _TOP for word in self.words)

    @property
    def is_below(self) -> bool:
        """Whether it stands below the source."""
        return not _BELOW.isdisjoint(self.words)

    @property
    def is_line(self) -> bool:
        """Whether it is the instrument's own output and not a microphone."""
        return not _LINES.isdisjoint(self.words)

    @property
    def is_away(self) -> bool:
        """Whether it is a room microphone, whose distance is intentional."""
        return not _AWAY.isdisjoint(self.words)


def microphone_groups(tracks: Sequence[Track]) -> list[list[Microphone]]:
    """Groups of two or more tracks whose names differ only in microphone words."""
    groups: dict[tuple[str, ...], list[Microphone]] = {}
    for track in tracks:
        source, words = _taken_apart(track)
        if source:
            folder = PurePosixPath(track.name).parent.as_posix()
            key = (folder, track.stem, *source)
            groups.setdefault(key, []).append(Microphone(track, words))
    found = []
    for group in groups.values():
        said = [microphone.words for microphone in group]
        # Words that several tracks share do not distinguish microphones: those are parts.
        alone = [microphone for microphone in group if said.count(microphone.words) == 1]
        if len(alone) > 1:
            found.append(alone)
    return found


def _taken_apart(track: Track) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of the source, in the vocabulary's families, and those of the microphone."""
    tokens = split_words(PurePosixPath(track.title).name)
    if tokens and tokens[0].isdigit():  # a track's number
        tokens = tokens[1:]
    is_kick = "kick" in map(_family, tokens)
    source: list[str] = []
    words: list[str] = []
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        is_number = token in _MODELS or before in _NUMBERED or (before, token) in _SHORT_MODELS
        if token.isdigit() and is_number:
            if source and source[-1] == before and before in _LETTERS_OF_MODELS:
                words.append(source.pop())
            words.append(token)
        elif token in _PLACES | _AWAY | _DEVICES or (token == "sub" and is_kick):
            words.append(token)
        elif len(track.recordings) == 1 or token not in _SIDES:
            source.append(token)
    return tuple(map(_family, source)), tuple(words)


def _family(token: str) -> str:
    """The family that a word names, so that Snr and Snare are one; else the word."""
    families = [e.family for e in find_evidence([token]) if e.strength == SOURCE and e.family]
    return families[0] if families else token
