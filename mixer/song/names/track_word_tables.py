"""Words and phrases of track names with their meanings, from the vocabularies of all languages."""

import unicodedata
from functools import cache, lru_cache
from itertools import product

from mixer.song.names import left_out_words
from mixer.song.names import track_languages as languages
from mixer.song.names import track_vocabulary as vocabulary
from mixer.song.names.families import Family

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

_SHORTEST_FOREIGN_PIECE = 5  # letters; shorter ones are found in too many words
# Letters that no normal form takes apart.
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe",
     "ß": "ss", "đ": "d", "Đ": "D", "ı": "i", "ё": "е", "Ё": "Е"}
)  # fmt: skip
_LATIN_UP_TO = 0x24F

# The songs of a batch have the same few file names over and over.
SAME_NAMES = 4_096
# And many have just the same files: those are judged once.
SAME_FOLDERS = 512


@lru_cache(SAME_NAMES)
def fold(text: str) -> str:
    """Text in the form in which words are compared: no normal form, ligature or accent matters.

    Full-width letters become plain ones. Marks are removed from Latin letters alone: in other
    scripts they make another letter.
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


@cache
def word_meanings() -> dict[str, tuple[int, Family | None]]:
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
def phrase_meanings() -> dict[tuple[str, ...], tuple[int, Family | None]]:
    """Every phrase, as its words, with its strength and family."""
    table: dict[tuple[str, ...], tuple[int, Family | None]] = {}
    for family, text in vocabulary.PHRASES.items():
        table.update((tuple(phrase.split()), (SOURCE, family)) for phrase in text.split(","))
    for family, text in vocabulary.MACHINE_SOUNDS.items():
        for machine, sound in product(vocabulary.DRUM_MACHINES, text.split()):
            table[(machine, sound)] = table[("tr", machine, sound)] = (SOURCE, family)
    for strength, text in (
        (LEFT_OUT_ALWAYS, left_out_words.PHRASES_ALWAYS),
        (LEFT_OUT_MIX, left_out_words.PHRASES_OF_MIXES),
        (LEFT_OUT_WEAK, left_out_words.PHRASES_WEAK),
    ):
        table.update((tuple(phrase.split()), (strength, None)) for phrase in text.split(","))
    return table


@cache
def silent_phrases() -> frozenset[tuple[str, ...]]:
    """Phrases, as their words, that say nothing although one of these would."""
    return frozenset(tuple(p.split()) for p in left_out_words.PHRASES_OF_PARTS.split(","))


@cache
def known_words() -> frozenset[str]:
    """Words that a name may consist of."""
    phrase_words = {word for phrase in phrase_meanings() for word in phrase}
    neutral = {*vocabulary.NEUTRAL.split(), *map(fold, languages.NEUTRAL.split())}
    return frozenset(word_meanings()) | phrase_words | neutral


@cache
def piece_words() -> frozenset[str]:
    """Words that a run-together word may consist of.

    Words that leave a file out are not among them (refrain is not ref and rain), nor are short
    words of other languages, which are inside too many.
    """
    short = {word for word in _foreign() if len(word) < _SHORTEST_FOREIGN_PIECE}
    own = {word for _, families in _TABLES for text in families.values() for word in text.split()}
    pieces = known_words() - (short - own) - leaving_out()
    return pieces.union(*describing_words())


@cache
def describing_words() -> tuple[frozenset[str], frozenset[str]]:
    """Words that stand in front of a source in a run-together word, and those behind it."""
    before, after = vocabulary.DESCRIBING_BEFORE.split(), vocabulary.DESCRIBING_AFTER.split()
    return frozenset(before) - known_words(), frozenset(after) - known_words()


@cache
def leaving_out() -> frozenset[str]:
    """Words that leave a file out by themselves, so that a longer word must not hold them."""
    return frozenset(
        word
        for word, (strength, family) in word_meanings().items()
        if family is None and strength != LEFT_OUT_WEAK
    )
