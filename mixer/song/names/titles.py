"""The artist's or the song's name in track names.

It is what nearly all names begin or end with, or what the song's folder is called. It is ignored if
it contradicts what the names say without it: no song called "Drum Machine Love" is all drums.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mixer.song.names.track_word_splitting import is_unknown, split_words
from mixer.song.names.track_word_tables import SOUND, SOURCE
from mixer.song.names.track_words import find_evidence, strongest

SHARE_WITH_SOURCE = 1 / 3  # of the names: so many must name an instrument of their own
_FEWEST_NAMES_FOR_TITLE = 3
_SHARE_WITH_TITLE = 0.8  # of the names; a mix or a click track may lack the title
_FEWEST_OBJECTIONS = 2
_FEWEST_WORDS = 2  # of a folder's title; one word alone may be anything
# "Artist - Title", "Artist_Title", "Title (Live)".
_SEGMENT = re.compile(r"\s+[-\u2013\u2014]\s+|_|[()\[\]]")


def titles_of_folder(song: str) -> list[tuple[str, ...]]:
    """Titles that the name of a song's folder may hold, each as its words.

    One that names an instrument and nothing else (Lead Guitar, Drums and Bass) is none.
    """
    titles = []
    for segment in _SEGMENT.split(song):
        words = tuple(token for token in split_words(segment) if not token.isdigit())
        meant = strongest(words)
        is_said = any(map(is_unknown, words)) or meant is None or meant.strength > SOUND
        if len(words) >= _FEWEST_WORDS and is_said:
            titles.append(words)
    return titles


def without_titles_inside(
    names: list[list[str]], titles: Sequence[tuple[str, ...]]
) -> list[list[str]]:
    """The names without a title of the folder, or a part of one, wherever they have it.

    Args:
        names: the tokens of every name.
        titles: from `titles_of_folder`.
    """
    return [_without_title_inside(tokens, titles) for tokens in names]


def _without_title_inside(tokens: list[str], titles: Sequence[tuple[str, ...]]) -> list[str]:
    for title in titles:
        for length in range(min(len(title), len(tokens)), _FEWEST_WORDS - 1, -1):
            for start in range(len(tokens) - length + 1):
                run = tuple(tokens[start : start + length])
                if _is_part_of_title(run, title):
                    return tokens[:start] + tokens[start + length :]
    return tokens


def _is_part_of_title(run: tuple[str, ...], title: tuple[str, ...]) -> bool:
    """Whether words are a title, or a part of one that is not said of tracks."""
    if run == title:
        return True
    places = range(len(title) - len(run) + 1)
    return any(title[place : place + len(run)] == run for place in places) and any(
        map(is_unknown, run)
    )


def without_title(names: list[list[str]], song: Sequence[str] = ()) -> list[list[str]]:
    """The names without a title that nearly all of them, or the folder itself, bear.

    Args:
        names: the tokens of every name.
        song: those of the folder's name.
    """
    for from_end in (False, True):
        for title in _shared_edges(names, from_end):
            if _is_title(title, names, from_end):
                names = [_shortened(tokens, title, from_end) for tokens in names]
                break
    title = tuple(token for token in song if not token.isdigit())
    if any(map(is_unknown, title)) or _is_word_of_all(title, names):
        names = [_shortened(tokens, title, False) for tokens in names]
    return names


def _is_word_of_all(title: tuple[str, ...], names: list[list[str]]) -> bool:
    """Whether a folder's one word begins all names and contradicts some: Rise Drums, Rise Choir."""
    if len(title) != 1 or any(_edge(tokens, 1, False) != title for tokens in names):
        return False
    meant = strongest(title)
    told = [strongest(_shortened(tokens, title, False)) for tokens in names]
    others = [item for item in told if item is not None and item.family is not None]
    objections = {item.stem for item in others} - {None if meant is None else meant.stem}
    return len(objections) >= _FEWEST_OBJECTIONS


def _edge(tokens: Sequence[str], count: int, from_end: bool) -> tuple[str, ...]:
    """The first or last words; numbers count tracks and do not belong to a title."""
    words = [token for token in tokens if not token.isdigit()]
    return tuple(words[-count:] if from_end else words[:count])


def _shared_words(names: list[list[str]], count: int, from_end: bool) -> tuple[str, ...]:
    """The commonest `count` words at the edge, or () where too few names share them."""
    edges = Counter(_edge(tokens, count, from_end) for tokens in names)
    enough = max(_FEWEST_NAMES_FOR_TITLE, _SHARE_WITH_TITLE * len(names))
    shared = (edge for edge, times in edges.items() if len(edge) == count and times >= enough)
    return next(shared, ())


def _shared_edges(names: list[list[str]], from_end: bool) -> list[tuple[str, ...]]:
    """Words that nearly all names begin or end with, the longest first."""
    edges: list[tuple[str, ...]] = []
    while edge := _shared_words(names, len(edges) + 1, from_end):
        edges.insert(0, edge)
    return edges


def _shortened(tokens: list[str], title: tuple[str, ...], from_end: bool) -> list[str]:
    if _edge(tokens, len(title), from_end) != title:
        return tokens
    places = [place for place, token in enumerate(tokens) if not token.isdigit()]
    if from_end:
        return tokens[: places[-len(title)]]
    return tokens[places[len(title) - 1] + 1 :]


def _is_title(title: tuple[str, ...], names: list[list[str]], from_end: bool) -> bool:
    """Whether words at the edge are a title: they are unknown, or the rests contradict them.

    In `KickIn, KickOut, KickSub` the common word is the instrument: the rests name no other one.
    """
    rests = [_shortened(tokens, title, from_end) for tokens in names]
    if len(title) == 1 and any(map(_phrase_is_cut, names, rests)):
        return False  # "bass" of bass drum is not a title
    meant = strongest(title)
    if meant is None or (len(title) > 1 and any(map(is_unknown, title))):
        return True
    told = [strongest(rest) for rest in rests]
    # A title that only names a sound (a song called Beat) yields to other sounds.
    strength = SOURCE if meant.strength == SOURCE else SOUND
    sources = [item.stem for item in told if item is not None and item.strength <= strength]
    others = [stem for stem in sources if stem != meant.stem]
    # One word is more often an instrument (Bass Gtr, Bass Keys): two stems must object to it.
    objections = len(set(others)) if len(title) == 1 else len(others)
    return objections >= _FEWEST_OBJECTIONS and len(sources) >= SHARE_WITH_SOURCE * len(names)


def _phrase_is_cut(tokens: Sequence[str], rest: Sequence[str]) -> bool:
    """Whether a phrase of the name is no longer in the rest, although one of its words is."""
    phrases = {item.text for item in find_evidence(tokens) if " " in item.text}
    kept = {item.text for item in find_evidence(rest)}
    return any(text not in kept and not set(text.split()).isdisjoint(rest) for text in phrases)
