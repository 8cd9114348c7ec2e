"""Words of a name: split at separators, digits and capitals, and brought to the vocabulary's form.

Run-together words are divided, plurals lose their ending, and scripts without spaces are split at
the longest known word.
"""

import re
from functools import cache, lru_cache

from mixer.song.names.track_word_tables import (
    QUALITY,
    SAME_NAMES,
    SOUND,
    SOURCE,
    describing_words,
    fold,
    known_words,
    leaving_out,
    phrase_meanings,
    piece_words,
    word_meanings,
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
# A hash or a UUID, whose letters say nothing: 4bd1 does not mean a kick.
_HASH = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?=[a-f]*\d+[a-f]+\d+[a-f]*\d*[0-9a-f]*(?![0-9a-z]))[0-9a-f]{10,})(?![0-9a-z])",
    re.IGNORECASE,
)
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]+")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}")
_SHORTEST_PIECE = 3  # letters; shorter pieces are found in any word, except for these
_SHORT_PIECES = frozenset(("in", "up", "di", "dt", "oh", "fx", "l", "r"))
# Drums by their initials, which are found in any word: whole names of microphones alone.
_BY_INITIALS = {"kin": ("k", "in"), "kout": ("k", "out"), "sntop": ("sn", "top"),
                "snbot": ("sn", "bot"), "snbtm": ("sn", "btm")}  # fmt: skip


@cache
def _longest_unspaced() -> int:
    return max(len(word) for word in known_words() if _IS_UNSPACED.fullmatch(word))


def split_words(title: str) -> list[str]:
    """Lower-case words and numbers, left to right, in the vocabulary's form if it has one."""
    return list(_split_words(title))


@lru_cache(SAME_NAMES)
def _split_words(title: str) -> tuple[str, ...]:
    tokens: list[str] = []
    said = _HASH.sub(" ", fold(title).replace("'", "").replace("\u2019", ""))
    for chunk in _CHUNK.findall(said):
        if _IS_UNSPACED.fullmatch(chunk):
            tokens.extend(_unspaced(chunk))
            continue
        pieces = [_singular(piece) for piece in _PIECE.findall(chunk)]
        whole = _singular(chunk)
        if len(pieces) > 1 and len(pieces[0]) == 1 < len(whole) - 1 and whole in word_meanings():
            pieces = [whole]  # BVox
        elif len(pieces) > 1 and not all(map(_is_known, pieces)):
            # Capitals not placed at the words' beginnings: KICKin, VOXlead.
            rejoined = [whole] if _is_known(whole) else _segments(whole)
            pieces = rejoined or pieces
        for piece in pieces:
            known = (piece,) if _is_known(piece) else _BY_INITIALS.get(piece)
            tokens.extend(known or _segments(piece) or [piece])
    return tuple(tokens)


def _singular(word: str) -> str:
    """The vocabulary's form: lower case, singular, and "aaaahhh" no longer than "aahh"."""
    word = _DRAWN_OUT.sub(r"\1\1", word.lower())
    if word not in known_words():
        for ending in ("s", "es"):
            if word.endswith(ending) and word.removesuffix(ending) in known_words():
                return word.removesuffix(ending)
    return word


def _is_known(word: str) -> bool:
    return word.isdigit() or word in known_words()


def is_unknown(token: str) -> bool:
    """Whether a token is a word that the vocabulary lacks; numbers and single letters are not."""
    return (len(token) > 1 or is_lone_symbol(token)) and not _is_known(token)


def is_lone_symbol(word: str) -> bool:
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
            if word in known_words():
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
        if word not in leaving_out():
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

    At least one piece must name a source or a sound, or all of them be a phrase (toploop):
    otherwise ordinary words fall apart into "in", "over" and "line". Words that describe stand on
    their side of it (lighthat, and not birdhouse).
    """
    pieces = _divide(word.lower())
    if not pieces or pieces in phrase_meanings():
        return list(pieces)
    before, after = describing_words()
    if pieces[-1] in before - after or pieces[0] in after - before:
        return []
    wanted = (SOURCE, SOUND) if {*pieces} & (before | after) else (SOURCE, SOUND, QUALITY)
    strengths = (word_meanings()[piece][0] for piece in pieces if piece in word_meanings())
    return list(pieces) if any(strength in wanted for strength in strengths) else []


@lru_cache(maxsize=4096)
def _divide(word: str) -> tuple[str, ...]:
    """The word as known pieces, the longest first piece that leaves a divisible rest; or ()."""
    for length in range(len(word), 0, -1):
        piece = _singular(word[:length])
        allowed = piece in piece_words() if length >= _SHORTEST_PIECE else piece in _SHORT_PIECES
        side = piece in ("l", "r") and length != len(word)  # left and right stand last
        if not allowed or side:
            continue
        if length == len(word):
            return (piece,)
        rest = _divide(word[length:])
        if rest:
            return (piece, *rest)
    return ()
