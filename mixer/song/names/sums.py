"""Files that are sums of other tracks in the folder, by their names: Kick SUM, Drum Bus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mixer.song.names import left_out_words
from mixer.song.names.families import PARTS_OF_FAMILY, Family
from mixer.song.names.track_vocabulary import NEUTRAL
from mixer.song.names.track_word_tables import HINT, QUALITY, ROLE, SOUND, word_meanings
from mixer.song.names.track_words import Evidence

_FEWEST_PARTS = 2
# Surer than "mix" or "full", which a part of its own may be called: Drums Mix, Full Strings.
_CERTAIN = frozenset(
    ("sum", "bus", "buss", "submix", "subgroup", "group", "grp", "gruppe", "groupe", "grupo",
     "gruppo", "all", "summed", "summing", "premix", "combined")
)  # fmt: skip
# Names of a file with everything that is sung.
_ALL_VOICES = frozenset(("acapella", "acappella", "capella", "a cappella", "a capella"))
# A group of singers is a part.
_NOT_OF_VOICES = frozenset(("group", "grp", "gruppe", "groupe", "grupo", "gruppo", "full", "all"))
_NEUTRAL = frozenset(NEUTRAL.split())


@dataclass(frozen=True)
class Sum:
    """A file that is the sum of others by its name.

    Attributes:
        parts: indices of the files that it contains.
        certain: whether its name can hardly mean anything else.
    """

    parts: tuple[int, ...]
    certain: bool


def find_sums(
    tokens: Mapping[int, Sequence[str]], evidence: Mapping[int, Evidence | None]
) -> dict[int, Sum]:
    """The sums among a folder's files.

    A sum holds what its name says: a "Steve Vox SUM" Steve's voices, a "Rhythm Gtr Bus" the rhythm
    guitars. With backing voices alone beside it, a "Lead Vox SUM" is the lead; with microphones of
    the kick alone, a "Drum Bus" is the rest of the kit.

    Args:
        tokens: of each part, by its place.
        evidence: what decides each of them.

    Returns:
        Place of each sum to what it holds; at least two files.
    """
    words = {place: _sum_words(own, evidence[place]) for place, own in tokens.items()}
    parts = {
        place: item
        for place, item in evidence.items()
        if item is not None and item.family is not None and not words[place]
    }
    found = {}
    for place, said in words.items():
        item = evidence[place]
        if not said or item is None or item.family is None or item.family == "other":
            continue
        certain = not _CERTAIN.isdisjoint(said)
        held = [p for p, other in parts.items() if _may_hold(item, other)]
        if certain:
            held = _with_its_words(tokens, place, item, held)
        held = _of_its_number(tokens, place, item, held)
        of_one_word = [p for p in held if parts[p].text == item.text]
        held = of_one_word if len(of_one_word) >= _FEWEST_PARTS else held
        if len(held) >= _FEWEST_PARTS and not _are_a_narrower_group(tokens, place, item, held):
            found[place] = Sum(tuple(held), certain)
    return found


def _may_hold(item: Evidence, other: Evidence) -> bool:
    """Whether a sum by one piece of evidence may hold a part by another."""
    if not item.names_a_part:
        return other.text == item.text
    return other.names_a_part and other.family in _held(item.family)


def _held(family: Family | None) -> tuple[Family | None, ...]:
    return (family,) if family is None else PARTS_OF_FAMILY.get(family, (family,))


def _sum_words(tokens: Sequence[str], item: Evidence | None) -> frozenset[str]:
    if item is None or item.family is None:
        return frozenset()
    if item.text in _ALL_VOICES:
        return frozenset((item.text,))
    said = left_out_words.SUMS.intersection(tokens)
    if not item.names_a_part:
        # Rooms SUM; but a "Lead Full" or a "Crowd All" may be anything.
        return said & _CERTAIN - {"all"} if item.strength == ROLE else frozenset()
    return said - _NOT_OF_VOICES if item.stem == "vocals" and "all" not in said else said


def _with_its_words(
    tokens: Mapping[int, Sequence[str]], place: int, item: Evidence, held: Sequence[int]
) -> list[int]:
    """The parts that have every word by which the sum's name is narrower than its instrument's."""
    own = _narrowing(tokens[place], item)
    return [part for part in held if own.issubset(tokens[part])]


def _narrowing(tokens: Iterable[str], item: Evidence) -> set[str]:
    """Words of a sum's name that choose among its instrument's tracks: Steve, rhythm, floor."""
    meanings = word_meanings()
    passed = {*item.text.split(), *left_out_words.SUMS, *_NEUTRAL}
    chosen = set()
    for token in tokens:
        strength, family = meanings.get(token, (HINT, "other"))
        # Another instrument (Kick Snare Bus), a mix (Vox Main Bus), a treatment (Drum Bus Crush).
        is_of_another_kind = strength <= SOUND or family is None or family == "drums"
        if token not in passed and not is_of_another_kind and len(token) > 1:
            chosen.add(token)
    return {token for token in chosen if not token.isdigit()}


def _of_its_number(
    tokens: Mapping[int, Sequence[str]], place: int, item: Evidence, held: Sequence[int]
) -> list[int]:
    """The parts of the sum's number, if it has one: of BGV1 SUM, BGV1 A and BGV1 B."""
    number = _number_behind(tokens[place], item.text)
    if number is None:
        return list(held)
    numbers = {part: _number_behind(tokens[part], item.text) for part in held}
    return [part for part in held if numbers[part] is None or numbers[part] == number]


def _number_behind(tokens: Sequence[str], text: str) -> int | None:
    """The number right behind a word or a phrase."""
    words = text.split()
    for place in range(len(tokens) - len(words)):
        behind = tokens[place + len(words)]
        if list(tokens[place : place + len(words)]) == words and behind.isdigit():
            return int(behind)
    return None


def _are_a_narrower_group(
    tokens: Mapping[int, Sequence[str]], place: int, item: Evidence, held: Sequence[int]
) -> bool:
    """Whether all parts share a word that the sum's name lacks, as kicks do beside a drum bus."""
    shared = set(tokens[held[0]]).intersection(*(tokens[part] for part in held[1:]))
    meanings = word_meanings()
    for word in shared - set(tokens[place]) - set(item.text.split()) - _NEUTRAL:
        strength, family = meanings.get(word, (HINT, None))
        is_wide = strength <= SOUND and family == item.family
        if family is not None and not is_wide and strength <= max(QUALITY, ROLE):
            return True
    return False
