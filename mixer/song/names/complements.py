"""Files that hold everything but one part: "no_vocals", "minus drums", "Song (without bass)".

Source separators write them beside the part that they lack. With only that part beside it, such a
file is the rest of the song; beside the parts that it contains, it is a mix of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mixer.song.names.track_word_splitting import is_unknown
from mixer.song.names.track_word_tables import SOURCE, fold
from mixer.song.names.track_words import Evidence, find_evidence, resembling, strongest
from mixer.stems import Stem

_BEFORE = frozenset(
    ("no", "non", "minus", "without", "except", "excluding", "wo", "sans", "ohne", "sin", "senza",
     "sem", "zonder", "utan", "uten", "uden", "bez", "без", "去", "无", "無")
)  # fmt: skip
_PHRASES_BEFORE = frozenset((("w", "o"), ("all", "but"), ("everything", "but")))
_AFTER = frozenset(
    ("removed", "muted", "less", "なし", "抜き", fold("제거"), fold("없음"), fold("없이"))
)
# A guitar or a trumpet is played muted; a song is heard with its vocals or its drums muted.
_MUTED = "muted"
_MUTED_ALONE = frozenset(("drums", "vocals", "lead_vocal", "backing_vocals"))
# Between the negation and what is negated.
_BETWEEN = frozenset(
    ("the", "all", "any", "lead", "main", "backing", "background", "bg", "le", "la", "les", "il")
)
# Words that are negated without naming an instrument.
_OTHERS = frozenset(("other", "lead", "melody", "synth", "backing"))


@dataclass(frozen=True)
class Complement:
    """The stem that a name negates.

    Attributes:
        stem: the missing stem.
        text: the words of the name: "no vocal".
    """

    stem: Stem
    text: str

    @property
    def reason(self) -> str:
        return f'"{self.text}": everything but the {self.stem}'


def find_complement(tokens: Sequence[str]) -> tuple[Complement | None, list[str]]:
    """Find the stem that a name negates, and the remaining tokens.

    Piano (no vocals) is a piano: a part that is named beside the negation decides, unless other
    words show that it is the song's title.

    Args:
        tokens: from `split_words`.

    Returns:
        The complement, or None if the name is a part or negates nothing; the tokens outside the
        negation.
    """
    span = _negation(tokens)
    if span is None:
        return None, list(tokens)
    start, end, negated = span
    outside = [*tokens[:start], *tokens[end:]]
    named = strongest(outside)
    if named is not None and named.names_a_part:
        behind = any(item.names_a_part for item in find_evidence(tokens[end:]))
        if behind or not any(map(is_unknown, outside)):
            return None, outside
    assert negated.stem is not None
    return Complement(negated.stem, " ".join(tokens[start:end])), outside


def _negation(tokens: Sequence[str]) -> tuple[int, int, Evidence] | None:
    """First index, last index (exclusive) and evidence of a negation."""
    for position, token in enumerate(tokens):
        length = 2 if tuple(tokens[position : position + 2]) in _PHRASES_BEFORE else 1
        if token in _BEFORE or length > 1:
            end = position + length
            while end < len(tokens) and tokens[end] in _BETWEEN and _is_followed(tokens, end):
                end += 1
            negated = _part(tokens[end : end + 2]) or _part(tokens[end : end + 1])
            if negated is not None:
                return position, end + len(negated.text.split()), negated
        if token in _AFTER and position:
            for length in (2, 1):
                negated = _part(tokens[max(position - length, 0) : position])
                is_played = token == _MUTED and negated and negated.family not in _MUTED_ALONE
                if negated is not None and not is_played:
                    return position - len(negated.text.split()), position + 1, negated
        negated = _run_together(token)
        if negated is not None:
            return position, position + 1, negated
    return None


def _is_followed(tokens: Sequence[str], place: int) -> bool:
    return place + 1 < len(tokens) and _part(tokens[place + 1 : place + 2]) is not None


def _run_together(token: str) -> Evidence | None:
    """Evidence for the part negated within one word: novox, drumless."""
    if token.startswith("no") and len(token) > len("novo"):
        return _part([token.removeprefix("no")]) or _part([token.removeprefix("no").rstrip("s")])
    if token.endswith("less"):
        return _part([token.removesuffix("less")])
    return None


def _part(tokens: Sequence[str]) -> Evidence | None:
    """The part that exactly these tokens name; None for none, and for an effect."""
    for item in find_evidence(tokens):
        whole = item.text == " ".join(tokens)
        if whole and item.family is not None and (item.strength == SOURCE or item.text in _OTHERS):
            return item
    # Other languages decline what is negated.
    guess = resembling(tokens) if len(tokens) == 1 else None
    return None if guess is None else replace(guess, text=tokens[0])


def held_by(
    complements: dict[int, Complement], stems: dict[int, Stem]
) -> tuple[set[int], set[int]]:
    """Complements that are mixes of the parts beside them, and the parts that they replace.

    A separator that was run once for each part leaves pairs (vocals and no_vocals, drums and
    no_drums) instead of one complete set of parts: then the first pair is the song.

    Args:
        complements: index of the file to the part that it lacks.
        stems: index of every certain part to its stem.

    Returns:
        Indices of complements to leave out, and of parts to leave out in favour of a complement.
    """
    lacked = {complement.stem for complement in complements.values()}
    there = set(stems.values())
    if len(complements) > 1 and there <= lacked and len(there) == len(stems) < 4:
        kept = min(
            (place for place, complement in complements.items() if complement.stem in there),
            key=lambda place: (complements[place].stem != "vocals", place),
            default=None,
        )
        if kept is not None:
            stem = complements[kept].stem
            return set(complements) - {kept}, {p for p, own in stems.items() if own != stem}
    out = {
        place
        for place, complement in complements.items()
        if any(stem != complement.stem for stem in stems.values())
    }
    if not stems and len(complements) > 1:
        out = set(sorted(complements)[1:])
    return out, set()
