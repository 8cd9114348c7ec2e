"""From a track's name to its words, and from the words to evidence for a stem.

A name is split at separators, digits and capitals, run-together words are divided, plurals are
brought to the vocabulary's form. Phrases are looked for before words, and a phrase's words do not
speak for themselves. `mixer.song.track_names` decides by what is found here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from mixer.song import track_vocabulary as vocabulary
from mixer.song.track_vocabulary import Meaning
from mixer.stems import Stem

# Smaller decides first. A mix is left out unless a source is named, so it stands next to that.
LEFT_OUT_ALWAYS = -1
SOURCE = 0
LEFT_OUT_WITHOUT_SOURCE = 1
SOUND = 2
ROLE = 3
HINT = 4

_TABLES: tuple[tuple[int, dict[Stem, str]], ...] = (
    (SOURCE, vocabulary.INSTRUMENTS),
    (SOUND, vocabulary.SOUNDS),
    (ROLE, vocabulary.ROLES),
    (HINT, vocabulary.HINTS),
)

# Runs of capitals with a plural s (BVs, DIs), capitals before a capitalised word (SFXVox, MIDIGtr),
# words, other capitals, digits, and letters of scripts without capitals.
_PIECE = re.compile(
    r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\W\d_A-Za-z]+"
)
_CHUNK = re.compile(r"[A-Za-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")

_SHORTEST_PIECE = 3  # letters; shorter pieces are found in any word, but for these
_SHORT_PIECES = frozenset(("in", "up", "di", "dt", "oh", "fx", "l", "r"))
_SHORTEST_GUESS = 4  # letters of a source's name that a longer unknown word must begin with
_SHORTEST_TYPO = 5


@dataclass(frozen=True)
class Evidence:
    """One word or phrase that says something.

    strength: one of the constants above, smaller decides first. position: of its first token.
    guess: the name does not hold the text, but something that resembles it.
    """

    strength: int
    position: int
    meaning: Meaning
    text: str
    guess: bool = False

    def sentence(self) -> str:
        """The evidence in words, for the user."""
        kind = "phrase" if " " in self.text else "word"
        if self.guess:
            return f'resembles the word "{self.text}"'
        if self.meaning == "left out":
            return f'{kind} "{self.text}": left out, not a part of the song'
        return f'{kind} "{self.text}"'


@cache
def _words() -> dict[str, tuple[int, Meaning]]:
    """Every single word with its strength and meaning."""
    table: dict[str, tuple[int, Meaning]] = {}
    for word in vocabulary.ALWAYS_LEFT_OUT.split():
        table[word] = (LEFT_OUT_ALWAYS, "left out")
    for word in vocabulary.LEFT_OUT_UNLESS_SOURCE.split():
        table[word] = (LEFT_OUT_WITHOUT_SOURCE, "left out")
    for strength, stems in _TABLES:
        for stem, words in stems.items():
            table.update((word, (strength, stem)) for word in words.split())
    return table


@cache
def _phrases() -> dict[tuple[str, ...], tuple[int, Meaning]]:
    table: dict[tuple[str, ...], tuple[int, Meaning]] = {}
    for meaning, text in vocabulary.PHRASES.items():
        strength = LEFT_OUT_ALWAYS if meaning == "left out" else SOURCE
        for phrase in text.split(","):
            table[tuple(phrase.split())] = (strength, meaning)
    for phrase in vocabulary.PHRASES_LEFT_OUT_UNLESS_SOURCE.split(","):
        table[tuple(phrase.split())] = (LEFT_OUT_WITHOUT_SOURCE, "left out")
    return table


@cache
def _known() -> frozenset[str]:
    """Words that a name may consist of."""
    phrase_words = {word for phrase in _phrases() for word in phrase}
    return frozenset(_words()) | phrase_words | frozenset(vocabulary.NEUTRAL.split())


def split_words(title: str) -> list[str]:
    """Lower-case words and numbers, left to right, in the vocabulary's form where it has one."""
    tokens: list[str] = []
    for chunk in _CHUNK.findall(title.replace("'", "").replace("\u2019", "")):
        pieces = [_singular(piece) for piece in _PIECE.findall(chunk)]
        whole = _singular(chunk)
        if len(pieces) > 1 and not all(map(_is_known, pieces)):
            # Capitals not placed at the words' beginnings: KICKin, VOXlead.
            rejoined = [whole] if _is_known(whole) else _segments(whole)
            pieces = rejoined or pieces
        for piece in pieces:
            tokens.extend([piece] if _is_known(piece) else _segments(piece) or [piece])
    return tokens


def _singular(word: str) -> str:
    """The vocabulary's form: lower case, singular, and "aaaahhh" no longer than "aahh"."""
    word = _DRAWN_OUT.sub(r"\1\1", word.lower())
    if word not in _known():
        for ending in ("s", "es"):
            if word.endswith(ending) and word.removesuffix(ending) in _known():
                return word.removesuffix(ending)
    return word


def _is_known(word: str) -> bool:
    return word.isdigit() or word in _known()


def _segments(word: str) -> list[str]:
    """Known words that a run-together word consists of (kickin, leadvox), or nothing.

    At least one piece must name a source or a sound: otherwise ordinary words fall apart into
    "in", "over" and "line".
    """
    pieces = _divide(word.lower())
    strengths = (_words()[piece][0] for piece in pieces if piece in _words())
    return list(pieces) if any(strength in (SOURCE, SOUND) for strength in strengths) else []


@lru_cache(maxsize=4096)
def _divide(word: str) -> tuple[str, ...]:
    """The word as known pieces, the longest first piece that leaves a divisible rest; or ()."""
    for length in range(len(word), 0, -1):
        piece = _singular(word[:length])
        allowed = piece in _known() if length >= _SHORTEST_PIECE else piece in _SHORT_PIECES
        side = piece in ("l", "r") and length != len(word)  # left and right stand last
        if not allowed or side:
            continue
        if length == len(word):
            return (piece,)
        rest = _divide(word[length:])
        if rest:
            return (piece, *rest)
    return ()


def find_evidence(tokens: Sequence[str]) -> list[Evidence]:
    """All phrases and words with a meaning; the words of a phrase do not speak for themselves."""
    phrases, words = _phrases(), _words()
    found: list[Evidence] = []
    position = 0
    while position < len(tokens):
        for length in (3, 2):
            phrase = tuple(tokens[position : position + length])
            if len(phrase) == length and phrase in phrases:
                strength, meaning = phrases[phrase]
                found.append(Evidence(strength, position, meaning, " ".join(phrase)))
                position += length
                break
        else:
            word = tokens[position]
            if word in words:
                strength, meaning = words[word]
                found.append(Evidence(strength, position, meaning, word))
            position += 1
    return found


def strongest(tokens: Sequence[str]) -> Evidence | None:
    found = find_evidence(tokens)
    return min(found, key=lambda item: (item.strength, item.position)) if found else None


def resembling(tokens: Sequence[str]) -> Evidence | None:
    """A guess: an instrument's name with letters added, or mistyped."""
    for position, token in enumerate(tokens):
        if token in _known() or len(token) < _SHORTEST_GUESS:
            continue
        for length in range(len(token) - 1, _SHORTEST_GUESS - 1, -1):
            strength, meaning = _words().get(token[:length], (HINT, "other"))
            if strength == SOURCE:
                return Evidence(SOURCE, position, meaning, token[:length], guess=True)
        typo = _mistyped(token)
        if typo is not None:
            return Evidence(SOURCE, position, _words()[typo][1], typo, guess=True)
    return None


def _mistyped(token: str) -> str | None:
    """The instrument whose name is one slip away (dnare, sanre), if any."""
    if len(token) < _SHORTEST_TYPO:
        return None
    meanings = {
        word: meaning
        for word, (strength, meaning) in _words().items()
        if strength == SOURCE and len(word) >= _SHORTEST_TYPO and _one_slip(token, word)
    }
    return min(meanings) if len(set(meanings.values())) == 1 else None


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
