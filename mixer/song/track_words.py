"""Words of a track's name, and their evidence for a stem.

A name is split at separators, digits and capitals, run-together words are divided, plurals are
brought to the vocabulary's form. Phrases are looked for before words, and a phrase's words do not
speak for themselves. `mixer.song.track_names` decides by what is found here.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from mixer.song import left_out_words
from mixer.song import track_languages as languages
from mixer.song import track_vocabulary as vocabulary
from mixer.song.families import STEM_OF_FAMILY, Family
from mixer.stems import Stem

# Smaller decides first. A mix is left out unless something that sounds is named, a bounce unless
# something with a place in the song is.
LEFT_OUT_ALWAYS = -1
SOURCE = 0
SOUND = 1
LEFT_OUT_MIX = 2
QUALITY = 3
ROLE = 4
LEFT_OUT_EXPORT = 5
LEFT_OUT_WEAK = 6
HINT = 7

_TABLES: tuple[tuple[int, dict[Family, str]], ...] = (
    (SOURCE, vocabulary.INSTRUMENTS),
    (SOUND, vocabulary.SOUNDS),
    (QUALITY, vocabulary.QUALITIES),
    (ROLE, vocabulary.ROLES),
    (HINT, vocabulary.HINTS),
)
_LEFT_OUT: tuple[tuple[int, str], ...] = (
    (LEFT_OUT_ALWAYS, left_out_words.ALWAYS),
    (LEFT_OUT_ALWAYS, languages.GUIDES),
    (LEFT_OUT_MIX, left_out_words.MIXES),
    (LEFT_OUT_MIX, languages.MIXES),
    (LEFT_OUT_EXPORT, left_out_words.EXPORTS),
    (LEFT_OUT_WEAK, left_out_words.WEAK),
)

# Scripts that write words without spaces between them: kana, Han, Hangul.
_UNSPACED = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
# Runs of capitals with a plural s (BVs, DIs), capitals before a capitalised word (SFXVox, MIDIGtr),
# words, other capitals, digits, and letters of other scripts.
_PIECE = re.compile(
    r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+"
    rf"|[{_UNSPACED}]+|[^\W\d_A-Za-z{_UNSPACED}]+"
)
_CHUNK = re.compile(rf"[A-Za-z]+|[0-9]+|[{_UNSPACED}]+|[^\W\d_A-Za-z{_UNSPACED}]+")
# By their first and last characters; every other sign of `_UNSPACED` is Han.
_SCRIPTS = (
    ("hiragana", "\u3040", "\u309f"),
    ("katakana", "\u30a0", "\u30ff"),
    ("hangul", "\uac00", "\ud7a3"),
    ("han", "\u3005", "\u9fff"),
)
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
# Letters that no normal form takes apart.
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe",
     "ß": "ss", "đ": "d", "Đ": "D", "ı": "i", "ё": "е", "Ё": "Е"}
)  # fmt: skip
_LATIN_UP_TO = 0x24F

_SHORTEST_PIECE = 3  # letters; shorter pieces are found in any word, except for these
_SHORTEST_FOREIGN_PIECE = 5
_SHORT_PIECES = frozenset(("in", "up", "di", "dt", "oh", "fx", "l", "r"))
_SHORTEST_GUESS = 4  # letters of a source's name that a longer unknown word must begin with
_SHORTEST_TYPO = 5
# The songs of a batch have the same few file names over and over.
SAME_NAMES = 4_096
# And many have just the same files: those are judged once.
SAME_FOLDERS = 512


@lru_cache(SAME_NAMES)
def fold(text: str) -> str:
    """Text in the form in which words are compared: no normal form, ligature or accent matters.

    Full-width letters become plain ones. Marks are taken off Latin letters alone: in other scripts
    they make another letter.
    """
    if text.isascii():
        return text
    folded = []
    latin = False
    for sign in unicodedata.normalize("NFKD", text):
        if not unicodedata.combining(sign):
            latin = ord(sign) <= _LATIN_UP_TO
        elif latin:
            continue
        folded.append(sign)
    return unicodedata.normalize("NFC", "".join(folded)).translate(_LETTERS)


@dataclass(frozen=True)
class Evidence:
    """One word or phrase that says something.

    strength: one of the constants above, smaller decides first. position: of its first token.
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
            return f'{kind} "{self.text}": left out, not a part of the song'
        return f'{kind} "{self.text}"'


@cache
def _words() -> dict[str, tuple[int, Family | None]]:
    """Every single word with its strength and family."""
    table: dict[str, tuple[int, Family | None]] = {}
    for strength, words in _LEFT_OUT:
        table.update((word, (strength, None)) for word in map(fold, words.split()))
    table.update((word, (QUALITY, "other")) for word in map(fold, languages.BACKINGS.split()))
    table.update((word, (HINT, "vocals")) for word in map(fold, languages.HINTS.split()))
    table.update(_foreign())
    for strength, families in _TABLES:
        for family, text in families.items():
            table.update((word, (strength, family)) for word in text.split())
    return table


@cache
def _foreign() -> dict[str, tuple[int, Family | None]]:
    """Sources in the other languages."""
    return {
        fold(word): (SOURCE, family)
        for families in languages.LANGUAGES.values()
        for family, text in families.items()
        for word in text.split()
    }


@cache
def _phrases() -> dict[tuple[str, ...], tuple[int, Family | None]]:
    table: dict[tuple[str, ...], tuple[int, Family | None]] = {}
    for family, text in vocabulary.PHRASES.items():
        table.update((tuple(phrase.split()), (SOURCE, family)) for phrase in text.split(","))
    for strength, text in (
        (LEFT_OUT_ALWAYS, left_out_words.PHRASES_ALWAYS),
        (LEFT_OUT_MIX, left_out_words.PHRASES_OF_MIXES),
        (LEFT_OUT_WEAK, left_out_words.PHRASES_WEAK),
    ):
        table.update((tuple(phrase.split()), (strength, None)) for phrase in text.split(","))
    return table


@cache
def _known() -> frozenset[str]:
    """Words that a name may consist of."""
    phrase_words = {word for phrase in _phrases() for word in phrase}
    neutral = {fold(word) for word in languages.NEUTRAL.split()}
    return frozenset(_words()) | phrase_words | frozenset(vocabulary.NEUTRAL.split()) | neutral


@cache
def _pieces() -> frozenset[str]:
    """Words that a run-together word may consist of.

    Words that leave a file out are not among them (refrain is not ref and rain), nor are short
    words of other languages, which are inside too many.
    """
    short = {word for word in _foreign() if len(word) < _SHORTEST_FOREIGN_PIECE}
    own = {word for _, families in _TABLES for text in families.values() for word in text.split()}
    return _known() - (short - own) - _leaving_out()


@cache
def _leaving_out() -> frozenset[str]:
    """Words that leave a file out by themselves, so that a longer word must not hold them."""
    return frozenset(
        word
        for word, (strength, family) in _words().items()
        if family is None and strength != LEFT_OUT_WEAK
    )


@cache
def _longest_unspaced() -> int:
    return max(len(word) for word in _known() if _IS_UNSPACED.fullmatch(word))


def split_words(title: str) -> list[str]:
    """Lower-case words and numbers, left to right, in the vocabulary's form if it has one."""
    return list(_split_words(title))


@lru_cache(SAME_NAMES)
def _split_words(title: str) -> tuple[str, ...]:
    tokens: list[str] = []
    for chunk in _CHUNK.findall(fold(title).replace("'", "").replace("\u2019", "")):
        if _IS_UNSPACED.fullmatch(chunk):
            tokens.extend(_unspaced(chunk))
            continue
        pieces = [_singular(piece) for piece in _PIECE.findall(chunk)]
        whole = _singular(chunk)
        if len(pieces) > 1 and not all(map(_is_known, pieces)):
            # Capitals not placed at the words' beginnings: KICKin, VOXlead.
            rejoined = [whole] if _is_known(whole) else _segments(whole)
            pieces = rejoined or pieces
        for piece in pieces:
            tokens.extend([piece] if _is_known(piece) else _segments(piece) or [piece])
    return tuple(tokens)


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


def is_unknown(token: str) -> bool:
    """Whether a token is a word that the vocabulary lacks; numbers and single letters are not."""
    return (len(token) > 1 or is_lone_sign(token)) and not _is_known(token)


def is_lone_sign(word: str) -> bool:
    """Whether a word is one character of a script without spaces, as many others have inside."""
    return len(word) == 1 and _IS_UNSPACED.fullmatch(word) is not None


def _unspaced(run: str) -> list[str]:
    """Words of a script without spaces: the longest known one at each place, the rest between."""
    tokens: list[str] = []
    position = 0
    is_word = True
    while position < len(run):
        for length in range(min(_longest_unspaced(), len(run) - position), 0, -1):
            word = run[position : position + length]
            if word in _known():
                tokens.append(word)
                is_word = True
                break
        else:
            word = run[position]
            if is_word:
                tokens.append(word)
            else:
                tokens[-1] += word
            is_word = False
        position += len(word)
    return _without_inner(tokens)


def _without_inner(tokens: list[str]) -> list[str]:
    """The words of a run, without those that leave a file out from the inside of a longer word.

    Where one script ends and another begins, so does a word: a mix after a title in Han is a mix,
    while katakana before it is the beginning of "remix". Such a word joins what it is a part of.
    """
    for place, word in enumerate(tokens):
        if word not in _leaving_out():
            continue
        before, after = tokens[:place][-1:], tokens[place + 1 :][:1]
        if any(not _is_known(b) and _script(b[-1]) == _script(word[0]) for b in before):
            joined = [*tokens[: place - 1], before[0] + word, *tokens[place + 1 :]]
        elif any(not _is_known(a) and _script(a[0]) == _script(word[-1]) for a in after):
            joined = [*tokens[:place], word + after[0], *tokens[place + 2 :]]
        else:
            continue
        return _without_inner(joined)
    return tokens


def _script(sign: str) -> str:
    """The script of a character of `_UNSPACED`; the mark of a long vowel belongs to katakana."""
    return next(name for name, first, last in _SCRIPTS if first <= sign <= last)


def _segments(word: str) -> list[str]:
    """Known words that a run-together word consists of (kickin, leadvox), or nothing.

    At least one piece must name a source or a sound: otherwise ordinary words fall apart into
    "in", "over" and "line".
    """
    pieces = _divide(word.lower())
    strengths = (_words()[piece][0] for piece in pieces if piece in _words())
    return (
        list(pieces) if any(strength in (SOURCE, SOUND, QUALITY) for strength in strengths) else []
    )


@lru_cache(maxsize=4096)
def _divide(word: str) -> tuple[str, ...]:
    """The word as known pieces, the longest first piece that leaves a divisible rest; or ()."""
    for length in range(len(word), 0, -1):
        piece = _singular(word[:length])
        allowed = piece in _pieces() if length >= _SHORTEST_PIECE else piece in _SHORT_PIECES
        side = piece in ("l", "r") and length != len(word)  # left and right stand last
        if not allowed or side:
            continue
        if length == len(word):
            return (piece,)
        rest = _divide(word[length:])
        if rest:
            return (piece, *rest)
    return ()


def meaning_of(text: str) -> tuple[int, Family] | None:
    """Strength and family of a word or phrase of the vocabulary; None if it has no family."""
    strength, family = _words().get(text) or _phrases().get(tuple(text.split())) or (HINT, None)
    return None if family is None else (strength, family)


def find_evidence(tokens: Sequence[str]) -> list[Evidence]:
    """All phrases and words with a meaning; the words of a phrase do not speak for themselves."""
    phrases, words = _phrases(), _words()
    found: list[Evidence] = []
    position = 0
    while position < len(tokens):
        for length in (3, 2):
            phrase = tuple(tokens[position : position + length])
            if len(phrase) == length and phrase in phrases:
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
        if token in _known() or len(token) < _SHORTEST_GUESS:
            continue
        for length in range(len(token) - 1, _SHORTEST_GUESS - 1, -1):
            strength, family = _words().get(token[:length], (HINT, "other"))
            if strength == SOURCE:
                return Evidence(SOURCE, position, family, token[:length], guess=True)
        typo = _mistyped(token)
        if typo is not None:
            return Evidence(SOURCE, position, _words()[typo][1], typo, guess=True)
    return None


def _mistyped(token: str) -> str | None:
    """The instrument whose name is one slip away (dnare, sanre), if any."""
    if len(token) < _SHORTEST_TYPO:
        return None
    stems = {
        word: STEM_OF_FAMILY[family]
        for word, (strength, family) in _words().items()
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
