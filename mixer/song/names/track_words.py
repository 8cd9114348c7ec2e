"""Evidence of a track's name for a stem.

Phrases are looked for before words, and a phrase's words do not speak for themselves.
`mixer.song.names.track_names` decides by what is found here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mixer.song.names.families import STEM_OF_FAMILY, Family
from mixer.song.names.track_word_splitting import is_unknown
from mixer.song.names.track_word_tables import (
    HINT,
    LEFT_OUT_EXPORT,
    QUALITY,
    ROLE,
    SOUND,
    SOURCE,
    known_words,
    phrase_meanings,
    piece_words,
    silent_phrases,
    word_meanings,
)
from mixer.stems import Stem

_SHORTEST_GUESS = 4  # letters of a source's name that a longer unknown word must begin with
_SHORTEST_TYPO = 5


@dataclass(frozen=True)
class Evidence:
    """One word or phrase that says something.

    strength: one of the constants of `track_word_tables`, smaller decides first.
    position: of its first token.
    family: what it speaks for; None if it says that the file is not a part of the song.
    guess: the name does not hold the text, but something that resembles it.
    """

    strength: int
    position: int
    family: Family | None
    text: str
    guess: bool = False

    @property
    def stem(self) -> Stem | None:
        """The family's stem."""
        return None if self.family is None else STEM_OF_FAMILY[self.family]

    @property
    def names_a_part(self) -> bool:
        """Whether it names something that sounds, so that a mix of it is a part all the same."""
        return self.family is not None and self.strength <= SOUND

    def sentence(self) -> str:
        """The evidence in words, for the user."""
        kind = "phrase" if " " in self.text else "word"
        if self.guess:
            return f'resembles the word "{self.text}"'
        if self.family is None:
            return f'{kind} "{self.text}": not a part of the song'
        return f'{kind} "{self.text}"'


def meaning_of(text: str) -> tuple[int, Family] | None:
    """Strength and family of a word or phrase of the vocabulary; None if it has no family."""
    strength, family = (
        word_meanings().get(text) or phrase_meanings().get(tuple(text.split())) or (HINT, None)
    )
    return None if family is None else (strength, family)


def find_evidence(tokens: Sequence[str]) -> list[Evidence]:
    """All phrases and words with a meaning; the words of a phrase do not speak for themselves."""
    phrases, words = phrase_meanings(), word_meanings()
    found: list[Evidence] = []
    position = 0
    while position < len(tokens):
        for length in (3, 2):
            phrase = tuple(tokens[position : position + length])
            if len(phrase) == length and (phrase in phrases or phrase in silent_phrases()):
                if phrase in phrases:
                    strength, family = phrases[phrase]
                    found.append(Evidence(strength, position, family, " ".join(phrase)))
                position += length
                break
        else:
            word = tokens[position]
            if word in words:
                strength, family = words[word]
                found.append(Evidence(strength, position, family, word))
            position += 1
    return found


def strongest(tokens: Sequence[str]) -> Evidence | None:
    """The evidence that decides, or None if nothing is known.

    A bounce of something with a place in the song is a part (FX print); with words that are not
    known beside it, it is the song's (Break My Heart bounce).
    """
    found = find_evidence(tokens)
    if not found:
        return None
    best = min(found, key=lambda item: (item.strength, item.position))
    if best.strength in (QUALITY, ROLE) and any(map(is_unknown, tokens)):
        exports = [item for item in found if item.strength == LEFT_OUT_EXPORT]
        return exports[0] if exports else best
    return best


def resembling(tokens: Sequence[str]) -> Evidence | None:
    """A guess: an instrument's name with letters added, or mistyped."""
    for position, token in enumerate(tokens):
        is_spelt_right = token in known_words() or token in piece_words()
        if is_spelt_right or len(token) < _SHORTEST_GUESS:
            continue
        for length in range(len(token) - 1, _SHORTEST_GUESS - 1, -1):
            strength, family = word_meanings().get(token[:length], (HINT, "other"))
            if strength == SOURCE:
                return Evidence(SOURCE, position, family, token[:length], guess=True)
        typo = _mistyped(token)
        if typo is not None:
            return Evidence(SOURCE, position, word_meanings()[typo][1], typo, guess=True)
    return None


def _mistyped(token: str) -> str | None:
    """The instrument whose name is one slip away (dnare, sanre), if any."""
    if len(token) < _SHORTEST_TYPO:
        return None
    stems = {
        word: STEM_OF_FAMILY[family]
        for word, (strength, family) in word_meanings().items()
        if strength == SOURCE and family and len(word) >= _SHORTEST_TYPO and _one_slip(token, word)
    }
    return min(stems) if len(set(stems.values())) == 1 else None


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter changed, added, lost or swapped with its neighbour turns a into b."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    rest_a, rest_b = a[start:], b[start:]
    swapped = rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]
    return swapped or rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]
