"""From the name of a recording to the stem that it belongs to.

Engineers name tracks for each other: `04_SnareUp.wav`, `Song - Lead Vox (dbl).aif`, `BASS DI.wav`.
A name is split into words at separators, digits and capitals; phrases are looked for before words;
of the words found the most telling kind decides (`mixer.song.track_vocabulary`), and of several of
a kind the leftmost. Mixes, click tracks and guides are left out: summed in, they would double the
song or put a metronome over it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mixer.audio.formats import without_audio_suffix
from mixer.song import track_vocabulary as vocabulary
from mixer.song.track_words import HINT, SOURCE, find_evidence, resembling, split_words, strongest
from mixer.stems import STEMS, Stem

_FEWEST_NAMES_FOR_TITLE = 3
_SHARE_WITH_TITLE = 0.8  # of the names; a mix or a click track may lack the title
_FEWEST_OBJECTIONS = 2
_SHARE_WITH_SOURCE = 1 / 3  # of the names: so many must name an instrument of their own
_EXACT = "exact stem name"
_BARE_LEADS = frozenset(("lead", "ld"))
_LEAD_WORDS = frozenset(("lead", "ld", "main", "lv", "lvox", "ldvox", "ldv", "ldvoc"))
_LONGEST_NAME = 512  # characters looked at; file systems stop at 255


@dataclass(frozen=True)
class Classification:
    """Where one recording goes.

    stem: "vocals", "bass", "drums" or "other"; None where it is left out of the mix.
    reason: the word or phrase that decided, for the user to read.
    certain: False where the name says nothing known, or only resembles something known.
    """

    stem: Stem | None
    reason: str
    certain: bool


def classify(name: str) -> Classification:
    """The stem that a file's name speaks for.

    name: a file name, with or without folder and extension. Never fails: a name that says nothing
    goes to "other" with `certain` False.
    """
    litter = _litter(name)
    if litter is not None:
        return litter
    return _decide(_title(name), split_words(_title(name)))


def classify_all(names: Sequence[str]) -> list[Classification]:
    """`classify` for all files of one song, in their order, with what only the folder can tell.

    Words that all names begin or end with (the artist, the song) are ignored where they contradict
    what the names say without them: no song called "Drum Machine Love" is all drums. A bare "Lead"
    is an instrument's where another track is the lead vocal; "Instrumental" is a mix where the song
    has drums or bass of its own, and so is a file that bears the song's name alone.
    """
    tokens = [split_words(_title(name)) for name in names]
    parts = [index for index, name in enumerate(names) if _litter(name) is None]
    own = dict(zip(parts, _without_title([tokens[index] for index in parts]), strict=True))
    results = [
        _litter(name) or _decide(_title(name), own[index]) for index, name in enumerate(names)
    ]
    return _with_context(tokens, own, results)


def _litter(name: str) -> Classification | None:
    base = re.split(r"[/\\]", name)[-1]
    if base.startswith("."):
        return Classification(None, "hidden file: left out", True)
    return None


def _title(name: str) -> str:
    """The file name without folder, audio extension and accents."""
    base = re.split(r"[/\\]", name)[-1][:_LONGEST_NAME]
    decomposed = unicodedata.normalize("NFKD", without_audio_suffix(base))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _decide(title: str, tokens: Sequence[str]) -> Classification:
    exact = title.strip().lower()
    for stem in STEMS:
        if exact == stem:
            return Classification(stem, _EXACT, True)
    best = strongest(tokens)
    if best is None or best.strength == HINT:
        best = resembling(tokens) or best
    if best is None:
        return Classification("other", "no word of the name is known", False)
    goes_to = None if best.meaning == "left out" else best.meaning
    return Classification(goes_to, best.sentence(), not best.guess)


def _without_title(names: list[list[str]]) -> list[list[str]]:
    """The names without the words of a title that nearly all of them begin or end with."""
    for from_end in (False, True):
        for title in _shared_edges(names, from_end):
            if _is_title(title, names, from_end):
                names = [_shortened(tokens, title, from_end) for tokens in names]
                break
    return names


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
    """What nearly all names begin or end with, the longest first."""
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
        return False  # "bass" of bass drum is no title
    meant = strongest(title)
    if meant is None:
        return True
    told = [strongest(rest) for rest in rests]
    sources = [item.meaning for item in told if item is not None and item.strength == SOURCE]
    others = [meaning for meaning in sources if meaning != meant.meaning]
    # One word is more often an instrument (Bass Gtr, Bass Keys): two stems must object to it.
    objections = len(set(others)) if len(title) == 1 else len(others)
    return objections >= _FEWEST_OBJECTIONS and len(sources) >= _SHARE_WITH_SOURCE * len(names)


def _phrase_is_cut(tokens: Sequence[str], rest: Sequence[str]) -> bool:
    """Whether a phrase of the name is no longer in the rest, although one of its words is."""
    phrases = {item.text for item in find_evidence(tokens) if " " in item.text}
    kept = {item.text for item in find_evidence(rest)}
    return any(text not in kept and not set(text.split()).isdisjoint(rest) for text in phrases)


def _with_context(
    whole: list[list[str]], own: dict[int, list[str]], results: list[Classification]
) -> list[Classification]:
    """What a name means beside the others: see `classify_all`.

    whole: the tokens of every name; own: of each part, what the title leaves.
    """
    told = {index: strongest(tokens) for index, tokens in own.items()}
    lead_vocal = any(
        item is not None
        and (item.strength, item.meaning) == (SOURCE, "vocals")
        and not _LEAD_WORDS.isdisjoint({item.text, *own[index]})
        for index, item in told.items()
    )
    rhythm_section = any(result.stem in ("drums", "bass") for result in results)
    sources = sum(item is not None and item.strength == SOURCE for item in told.values())
    adjusted = list(results)
    for index, item in told.items():
        if results[index].reason == _EXACT:
            continue
        text = item.text if item is not None else ""
        if lead_vocal and text in _BARE_LEADS:
            reason = f'word "{text}" beside a track of the lead vocal: an instrument'
            adjusted[index] = Classification("other", reason, True)
        elif rhythm_section and text in vocabulary.WHOLE_BACKINGS:
            reason = f'"{text}" beside its own parts: left out, a mix of them'
            adjusted[index] = Classification(None, reason, True)
        elif whole[index] and not own[index] and sources >= _SHARE_WITH_SOURCE * len(told):
            reason = "the song's name alone, beside its parts: left out, likely their mix"
            adjusted[index] = Classification(None, reason, False)
    return adjusted
