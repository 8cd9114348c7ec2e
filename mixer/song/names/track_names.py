"""The stem of a recording by its name.

Engineers name tracks for each other: `04_SnareUp.wav`, `Song - Lead Vox (dbl).aif`, `BASS DI.wav`.
A name is split into words at separators, digits and capitals; phrases are looked for before words;
the word of the strongest kind found decides (`mixer.song.names.track_vocabulary`), and of several
of a kind the leftmost. Mixes, click tracks and guides are left out: summed in, they would double
the song or put a metronome over it. Rules that need the whole folder are in
`mixer.song.names.name_context`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from mixer.audio.formats import without_audio_suffix
from mixer.roles import UNKNOWN
from mixer.song.names.complements import Complement, find_complement
from mixer.song.names.families import STEM_OF_FAMILY, Family
from mixer.song.names.separators import Separated, find_separated
from mixer.song.names.titles import without_titles_inside
from mixer.song.names.track_roles import role_of_words
from mixer.song.names.track_word_splitting import is_lone_symbol, is_unknown, split_words
from mixer.song.names.track_word_tables import HINT, LEFT_OUT_WEAK, QUALITY, ROLE, SOURCE, fold
from mixer.song.names.track_words import Evidence, resembling, strongest
from mixer.stems import STEMS, Stem

EXACT = "exact stem name"
NOTHING_KNOWN = "unrecognised file name"
_KIT, _LOOP = "drums", "drum_loop"
# Workstations put these behind the name of a track that they bounced, froze or copied in place.
_BOUNCED = frozenset(
    ("bip", "bounce", "bounced", "bnce", "r", "d", "render", "rendered", "glued", "freeze",
     "frozen", "commit", "cm", "consolidated", "merged", "comp", "dup", "copy", "edit", "stem")
)  # fmt: skip
_LONGEST_NAME = 512  # characters looked at; file systems stop at 255
# "Song - Part", "Song (Part)": what stands before the last of these may be a title.
_SEGMENT = re.compile(r"\s+[-\u2013\u2014]\s+|[\s_]*[()\[\]]")


@dataclass(frozen=True)
class Classification:
    """Stem and role of one recording.

    stem: "vocals", "bass", "drums" or "other"; None if it is left out of the mix.
    reason: the word or phrase that decided, for the user to read.
    certain: False if the name says nothing known, or only resembles something known.
    family: what it plays, as far as the name tells.
    role: what the song's metadata or its folders say that it plays; None to go by its name.
    """

    stem: Stem | None
    reason: str
    certain: bool
    family: Family | None = field(default=None, compare=False)
    role: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class NamedTrack:
    """A name taken apart.

    Attributes:
        title: the file name, folded, without folder and ending; of a separator's, what it says.
        tokens: its words.
        folder: words of the folders that it is in; they speak if the name itself does not.
        whole_title: the file name, folded, without folder and ending.
        separated: what it is and of which file, if its name is a separator's.
    """

    title: str
    tokens: tuple[str, ...]
    folder: tuple[str, ...] = ()
    whole_title: str = ""
    separated: Separated | None = None

    @property
    def complement(self) -> Complement | None:
        return find_complement(self.tokens)[0]

    @property
    def evidence(self) -> Evidence | None:
        """The deciding evidence: the name, or if it names no source, its folders."""
        own = self._behind_title() or strongest(find_complement(self.tokens)[1])
        if own is not None and own.strength <= SOURCE:
            return own
        hint = strongest(self.folder)
        if hint is not None and hint.names_a_part and (own is None or hint.strength < own.strength):
            return hint
        return own

    def _behind_title(self) -> Evidence | None:
        """The source named last in "Title - Part" and "Title (Part)", where words of the title are
        not known: its other words say nothing then.
        """
        segments = [split_words(segment) for segment in _SEGMENT.split(self.title)]
        segments = [tokens for tokens in segments if tokens]
        if len(segments) < 2 or tuple(chain.from_iterable(segments)) != self.tokens:
            return None
        last = strongest(segments[-1])
        is_title = any(map(is_unknown, segments[0]))
        return last if is_title and last is not None and last.strength == SOURCE else None


def classify(name: str) -> Classification:
    """Classify a file by its name.

    name: a file name, with or without folder and extension. Never fails: an unrecognised name
    goes to "other" with `certain` False.
    """
    return hidden_file(name) or decide(parse_name(name))


def stem_of_part(name: str, titles: Sequence[tuple[str, ...]] = ()) -> Stem | None:
    """The stem of a file whose name surely is that of a part; None for a backing and a complement.

    Args:
        name: as in `classify`.
        titles: words of the song's, which say nothing in it.
    """
    if hidden_file(name) is not None:
        return None
    track = parse_name(name)
    if titles:
        (tokens,) = without_titles_inside([list(track.tokens)], titles)
        track = replace(track, tokens=tuple(tokens))
    told = decide(track)
    if not told.certain or told.reason == EXACT:
        return told.stem if told.certain else None
    item = track.evidence
    is_part = item is not None and item.strength != QUALITY and track.complement is None
    return told.stem if is_part else None


def names_a_source(name: str) -> bool:
    """Whether a file is named after an instrument or voice, not after what it does or sounds like.

    name: as in `classify`.
    """
    item = parse_name(name).evidence
    return item is not None and item.strength == SOURCE


def hidden_file(name: str) -> Classification | None:
    """Files that are hidden, by their name."""
    if re.split(r"[/\\]", name)[-1].startswith("."):
        return Classification(None, "hidden file", True)
    return None


def parse_name(name: str, folder: Sequence[str] = ()) -> NamedTrack:
    """A file's name as words.

    Args:
        name: of the file; folders in front of it are dropped.
        folder: words of folders that say what is in them.
    """
    base = re.split(r"[/\\]", name)[-1][:_LONGEST_NAME]
    title = fold(without_audio_suffix(base))
    separated = find_separated(title)
    said = title if separated is None else separated.text
    return NamedTrack(said, tuple(split_words(said)), tuple(folder), title, separated)


def is_numbered_instrument(tokens: Sequence[str]) -> bool:
    """Whether a name is the one that a workstation gives to a new track: Inst 3."""
    numbered = len(tokens) > 1 and tokens[0] == "inst" and tokens[1].isdigit()
    return numbered and all(token.isdigit() or token in _BOUNCED for token in tokens[2:])


def decide(track: NamedTrack) -> Classification:
    """The stem of one name, by itself."""
    exact = track.title.strip().lower()
    for stem in STEMS:
        if exact == stem:
            return Classification(stem, EXACT, True, stem)
    complement = track.complement
    if complement is not None:
        return Classification("other", complement.reason, True, "other")
    if is_numbered_instrument(track.tokens):
        return Classification("other", NOTHING_KNOWN, False)
    best = track.evidence
    if best is None or best.strength >= LEFT_OUT_WEAK:
        best = resembling(track.tokens) or best
    if best is None:
        return Classification("other", NOTHING_KNOWN, False)
    certain = not best.guess and not _may_mean_another(track, best)
    if best.stem is None or best.text not in track.folder or best.text in track.tokens:
        return Classification(best.stem, best.sentence(), certain, best.family)
    role = role_of_words((*track.tokens, *track.folder), best.stem)
    if best.family == _KIT and role == _LOOP:
        role = UNKNOWN  # in a folder of drums lie microphones of the kit
    reason = f"its folder's {best.sentence()}"
    told = None if role == UNKNOWN else role
    return Classification(best.stem, reason, certain, best.family, told)


def _may_mean_another(track: NamedTrack, best: Evidence) -> bool:
    """Whether the deciding word may belong to something else: a title, a person, another use."""
    unknown = any(map(is_unknown, track.tokens))
    if best.strength in (LEFT_OUT_WEAK, HINT) or is_lone_symbol(best.text):
        return unknown
    if (
        best.strength == ROLE
        and best.family is not None
        and STEM_OF_FAMILY[best.family] == "vocals"
    ):
        return unknown
    segments = [split_words(segment) for segment in _SEGMENT.split(track.title)]
    if len(segments) < 2 or best.text in track.folder:
        return False
    first = segments[0]
    rest = [token for segment in segments[1:] for token in segment]
    return (
        best.text in " ".join(first)
        and any(map(is_unknown, first))
        and any(map(is_unknown, rest))
        and strongest(rest) is None
    )
