"""Pairs of mono files that are two sides of one recording, by name: OH L and OH R, Mid and Side.

Workstations and people write the side in many places and languages, and number the files: the names
are compared without the side, then also without a track's number or a take's.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath

from mixer.audio.formats import without_audio_suffix
from mixer.song.names.track_word_tables import SAME_FOLDERS, SAME_NAMES, fold


class Side(StrEnum):
    """Side of a mono file within a pair."""

    LEFT = "left"
    RIGHT = "right"
    MID = "mid"
    SIDE = "side"


_OPPOSITE = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.MID: Side.SIDE, Side.SIDE: Side.MID}

_LETTERS = {"l": Side.LEFT, "r": Side.RIGHT, "m": Side.MID, "s": Side.SIDE}
_WORDS = {
    Side.LEFT: """
        left lft lt lch lchan links linke linker gauche izq izquierda izquierdo izdo sinistra
        sinistro sx esquerda esquerdo esq vanster venstre lewy lewa левый левая лев л
        """,
    Side.RIGHT: """
        right rgt rght rt rch rchan rechts rechte rechter droite droit derecha derecho dcha dch
        destra destro dx direita direito dir der hoger hojre hoyre prawy prawa правый правая прав п
        """,
    Side.MID: "mid middle mitte mitten",
    Side.SIDE: "side sides seite seiten",
}
_SPELLED = {fold(word): side for side, text in _WORDS.items() for word in text.split()}
# Words of scripts without spaces: found anywhere in a name.
_SIGNS = {
    fold(sign): side
    for side, text in {Side.LEFT: "左声道 左聲道 左チャンネル 左 왼쪽 좌", Side.RIGHT:
                       "右声道 右聲道 右チャンネル 右 오른쪽 우"}.items()
    for sign in text.split()
}  # fmt: skip
# An article and an address besides: a side beside its partner alone.
_NEVER_LONE = frozenset(("der", "dir"))
_SHORTEST_RUN_TOGETHER = 3  # letters of a side at the end of another word: overheadleft
# Large, middle and small are sizes of these.
_SIZED = ("tom", "drum", "shaker", "cym", "gong", "bell")
_RATE = re.compile(r"(?<![A-Za-z0-9])\d{2,3}(?:[.,_]\d{1,3})?\s?k(?:hz)?(?![A-Za-z0-9])", re.I)
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_A-Za-z]+")

_SURROUND = {
    "l": "L", "r": "R", "c": "C", "lfe": "LFE", "sub": "LFE", "ls": "Ls", "rs": "Rs", "sl": "Ls",
    "sr": "Rs", "lss": "Lss", "rss": "Rss", "lsr": "Lsr", "rsr": "Rsr", "lb": "Lb", "rb": "Rb",
    "bl": "Lb", "br": "Rb", "lrs": "Lrs", "rrs": "Rrs", "cs": "Cs", "lc": "Lc", "rc": "Rc",
    "left": "L", "right": "R", "center": "C", "centre": "C",
}  # fmt: skip
# Left Surround, Rear Right: a side with one of these beside it.
_BEHIND = frozenset(("surround", "surr", "rear"))
_ONLY_SURROUND = frozenset(_SURROUND.values()) - {"L", "R", "C", "LFE"}
_SMALLEST_SURROUND = 4


@dataclass(frozen=True)
class Sides:
    """Sides found in names, by the indices of the files.

    Attributes:
        sides: "left", "right", "mid" or "side" of each file that has its partner.
        partners: the place of that partner.
        lone: the side of each file whose partner is missing.
        surround: places of the files of each surround set, with their channels.
    """

    sides: dict[int, Side] = field(default_factory=dict)
    partners: dict[int, int] = field(default_factory=dict)
    lone: dict[int, Side] = field(default_factory=dict)
    surround: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Number:
    words_before: int
    is_behind_side: bool
    value: int


@dataclass(frozen=True)
class _Reading:
    """A name read with one of its words as the side.

    words: the rest without numbers. before: how many of them are in front of the side.
    numbers: each with how many words are in front of it, and whether the side is too.
    is_word: the side is a word of its own, not the end of another. is_letter: a single letter.
    is_size: it may be the size of a drum. means_more: the word has another meaning by itself.
    """

    place: int
    side: Side
    words: tuple[str, ...]
    before: int
    numbers: tuple[_Number, ...]
    is_word: bool
    is_letter: bool
    is_size: bool
    means_more: bool


def find_sides(names: Sequence[str]) -> Sides:
    """Find the sides among mono files.

    Args:
        names: of the files, with their folders and endings.

    Returns:
        Pairs, files without a partner, surround sets. A name that two files claim is given to
        neither.
    """
    return _found(tuple(names))


@lru_cache(SAME_FOLDERS)
def _found(names: tuple[str, ...]) -> Sides:
    """As `find_sides`; equal sets of names, as many songs have, are read once."""
    found = Sides(surround=_surround(names))
    readings = [
        reading
        for place, name in enumerate(names)
        if place not in found.surround
        for reading in _readings(place, name)
    ]
    _pair_equal(readings, found)
    _pair_numbered(readings, found)
    for reading in readings:
        if reading.is_size or not reading.is_word or reading.place in found.sides:
            continue
        if reading.means_more:
            continue
        if reading.side in (Side.LEFT, Side.RIGHT):
            others = {r.side for r in readings if r.place == reading.place and r.is_word}
            if _OPPOSITE[reading.side] not in others:
                found.lone[reading.place] = reading.side
    return found


@lru_cache(SAME_NAMES)
def _pieces(name: str) -> tuple[str, tuple[str, ...]]:
    """The folder of a name, and its words, numbers and sides, in the writing that they have."""
    path = PurePosixPath(name)
    title = _RATE.sub(" ", fold(without_audio_suffix(path.name)))
    return str(path.parent), tuple(_PIECE.findall(title))


def _readings(place: int, name: str) -> Iterable[_Reading]:
    folder, pieces = _pieces(name)
    sized = any(piece.lower().startswith(_SIZED) for piece in pieces)
    for index, piece in enumerate(pieces):
        for side, rest, is_word in _sides_of(piece, index, pieces):
            is_letter = is_word and len(piece) == 1 and piece.lower() in _LETTERS
            if is_letter and side in (Side.MID, Side.SIDE) and (sized or index == 0):
                continue
            words: list[str] = [folder]
            numbers = []
            before = 1
            for at, other in enumerate(pieces):
                text = rest if at == index else other
                if text.isdigit():
                    numbers.append(_Number(len(words), at > index, int(text)))
                elif text:
                    words.append(text.lower())
                if at == index:
                    before = len(words)
            yield _Reading(
                place,
                side,
                tuple(words),
                before,
                tuple(numbers),
                is_word,
                is_letter,
                sized and is_letter,
                piece.lower() in _NEVER_LONE,
            )


def _sides_of(piece: str, index: int, pieces: Sequence[str]) -> Iterable[tuple[Side, str, bool]]:
    """The sides that a piece of a name may say, what is left of it, and whether it is a word."""
    lower = piece.lower()
    if [other.lower() for other in pieces[index + 1 : index + 2]] == ["hand"]:
        return  # of a pianist: what it plays, not where it is heard
    if lower in _LETTERS:
        yield _LETTERS[lower], "", True
        return
    if lower in _SPELLED:
        yield _SPELLED[lower], "", True
        return
    for sign, side in _SIGNS.items():
        if sign in piece:
            yield side, piece.replace(sign, "", 1), True
            return
    for word, side in _SPELLED.items():
        if len(word) >= _SHORTEST_RUN_TOGETHER and word not in _NEVER_LONE and lower.endswith(word):
            yield side, lower.removesuffix(word), False
    if lower[-1] in ("l", "r"):  # OHL, guitarr
        yield _LETTERS[lower[-1]], lower[:-1], False


def _pair_equal(readings: Sequence[_Reading], found: Sides) -> None:
    """Pair names that differ only in the side."""
    groups: dict[tuple[tuple[str, ...], tuple[_Number, ...], bool], list[_Reading]]
    groups = defaultdict(list)
    for reading in readings:
        pair = reading.side in (Side.LEFT, Side.RIGHT)
        groups[reading.words, reading.numbers, pair].append(reading)
    both = {key for key, group in groups.items() if key[2] and _is_pair(group)}
    for key, group in groups.items():
        # L and R beside M and S of one name are sizes or four microphones.
        if not _is_pair(group) or (not key[2] and (*key[:2], True) in both):
            continue
        _give(group, found)


def _pair_numbered(readings: Sequence[_Reading], found: Sides) -> None:
    """Pair names that also differ in a number: 07 OH L and 08 OH R, OH_L_01 and OH_R_02."""
    groups: dict[tuple[str, ...], list[_Reading]] = defaultdict(list)
    for reading in readings:
        if reading.side in (Side.LEFT, Side.RIGHT):
            groups[reading.words].append(reading)
    for group in groups.values():
        for steps in ((1,), (-1,), None):
            lefts = [r for r in group if r.side == Side.LEFT and (steps or r.is_word)]
            for left in [r for r in lefts if r.place not in found.sides]:
                rights = [
                    r
                    for r in group
                    if r.side == Side.RIGHT
                    and r.place not in found.sides
                    and _are_numbered(left, r, steps)
                ]
                if len(rights) == 1 and (steps or _is_alone(group, found)):
                    _give([left, rights[0]], found)


def _are_numbered(left: _Reading, right: _Reading, steps: tuple[int, ...] | None) -> bool:
    """Whether one number at the front or the end differs, by one of the steps (any for None)."""
    pairs = list(zip(left.numbers, right.numbers, strict=False))
    if len(left.numbers) != len(right.numbers) or left.before != right.before:
        return False
    if any((a.words_before, a.is_behind_side) != (b.words_before, b.is_behind_side)
           for a, b in pairs):  # fmt: skip
        return False
    differing = [(a, b.value - a.value) for a, b in pairs if a.value != b.value]
    if len(differing) != 1:
        return False
    number, step = differing[0]
    # Gtr 1 L and Gtr 2 R are two guitars: the number right before a side belongs to the word.
    is_counter = (
        number.words_before == 1 or number.is_behind_side or number.words_before < left.before
    )
    return is_counter and (steps is None or step in steps)


def _is_alone(group: Sequence[_Reading], found: Sides) -> bool:
    """Whether one left and one right of a name are without a partner."""
    free = [r for r in group if r.place not in found.sides]
    return sorted(reading.side for reading in free) == [Side.LEFT, Side.RIGHT]


def _is_pair(group: Sequence[_Reading]) -> bool:
    said = sorted(reading.side for reading in group)
    places = {reading.place for reading in group}
    if said == [Side.MID, Side.SIDE]:
        same = group[0].is_letter == group[1].is_letter
        return len(places) == len(said) and same and all(r.is_word for r in group)
    return said == [Side.LEFT, Side.RIGHT] and len(places) == len(said)


def _give(group: Sequence[_Reading], found: Sides) -> None:
    if any(reading.place in found.sides for reading in group):
        return
    for own, other in (group, reversed(group)):
        found.sides[own.place] = own.side
        found.partners[own.place] = other.place


def _surround(names: Sequence[str]) -> dict[int, str]:
    """Places of files that are the channels of one surround recording."""
    groups: dict[tuple[str, ...], dict[int, str]] = defaultdict(dict)
    for place, name in enumerate(names):
        folder, _ = _pieces(name)
        words = _with_sides_behind([w.lower() for w in re.findall(r"[^\W_]+", _title(name))])
        for index, word in enumerate(words):
            if word in _SURROUND:
                rest = tuple(words[:index] + words[index + 1 :])
                groups[folder, *rest][place] = _SURROUND[word]
    found: dict[int, str] = {}
    for group in groups.values():
        channels = set(group.values())
        if (
            len(channels) >= _SMALLEST_SURROUND
            and channels & (_ONLY_SURROUND | {"LFE"})
            and (len(channels) == len(group) and {"L", "R"} <= channels)
        ):
            found |= group
    return found


def _with_sides_behind(words: list[str]) -> list[str]:
    """Words of a name in which those for a loudspeaker behind are one: left surround is ls."""
    for index, (one, other) in enumerate(itertools.pairwise(words)):
        word = other if one in _BEHIND else one
        side = _SPELLED.get(word) or _LETTERS.get(word)
        if side in (Side.LEFT, Side.RIGHT) and (one in _BEHIND) != (other in _BEHIND):
            letter = "ls" if side is Side.LEFT else "rs"
            return [*words[:index], letter, *words[index + 2 :]]
    return words


def _title(name: str) -> str:
    return fold(without_audio_suffix(PurePosixPath(name).name))
