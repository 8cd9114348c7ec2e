"""Files that are sums of other tracks in the folder, by their names: Kick SUM, Drum Bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mixer.song.names import left_out_words
from mixer.song.names.families import PARTS_OF_FAMILY, Family
from mixer.song.names.track_words import Evidence

_FEWEST_PARTS = 2
# Surer than "mix" or "full", which a part of its own may be called: Drums Mix, Full Strings.
_CERTAIN = frozenset(
    ("sum", "bus", "buss", "submix", "subgroup", "group", "grp", "gruppe", "groupe", "grupo",
     "gruppo", "all", "summed", "summing", "premix", "combined")
)  # fmt: skip
# What of a song is sung, as one file.
_ALL_VOICES = frozenset(("acapella", "acappella", "capella", "a cappella", "a capella"))
# A group of singers is a part.
_NOT_OF_VOICES = frozenset(("group", "grp", "gruppe", "groupe", "grupo", "gruppo", "full", "all"))


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

    Args:
        tokens: of each part, by its place.
        evidence: what decides each of them.

    Returns:
        Place of each sum to what it holds; at least two files.
    """
    words = {place: _sum_words(own, evidence[place]) for place, own in tokens.items()}
    families = {
        place: item.family
        for place, item in evidence.items()
        if item is not None and item.names_a_part and not words[place]
    }
    found = {}
    for place, said in words.items():
        item = evidence[place]
        if not said or item is None or item.family is None or item.family == "other":
            continue
        parts = tuple(p for p, family in families.items() if family in _held(item.family))
        if len(parts) >= _FEWEST_PARTS:
            found[place] = Sum(parts, not _CERTAIN.isdisjoint(said))
    return found


def _held(family: Family) -> tuple[Family, ...]:
    return PARTS_OF_FAMILY.get(family, (family,))


def _sum_words(tokens: Sequence[str], item: Evidence | None) -> frozenset[str]:
    if item is None or not item.names_a_part:
        return frozenset()
    if item.text in _ALL_VOICES:
        return frozenset((item.text,))
    said = left_out_words.SUMS.intersection(tokens)
    return said - _NOT_OF_VOICES if item.stem == "vocals" and "all" not in said else said
