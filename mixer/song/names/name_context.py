"""Meaning of a track's name in the context of the song's other names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from mixer.song.names import track_vocabulary as vocabulary
from mixer.song.names.complements import held_by
from mixer.song.names.sections import find_choir_basses, find_saxophones
from mixer.song.names.separators import source_name
from mixer.song.names.shared_words import without_formats, without_shared_words
from mixer.song.names.sums import find_sums
from mixer.song.names.titles import (
    SHARE_WITH_SOURCE,
    titles_of_folder,
    without_title,
    without_titles_inside,
)
from mixer.song.names.track_names import (
    EXACT,
    NOTHING_KNOWN,
    Classification,
    NamedTrack,
    decide,
    hidden_file,
    is_numbered_instrument,
    parse_name,
)
from mixer.song.names.track_roles import role_of_words
from mixer.song.names.track_word_splitting import is_unknown, split_words
from mixer.song.names.track_word_tables import HINT, LEFT_OUT_WEAK, ROLE, SAME_FOLDERS, SOURCE
from mixer.song.names.track_words import Evidence, find_evidence
from mixer.stems import Stem

_LEAD_VOCAL = "ld"  # engineers' short form; a synthesiser's lead is written out
_BARE_LEADS = frozenset(("lead", _LEAD_VOCAL))
_BESIDE_LEADS = ("backing_vocals", "vocal_double", "choir")
_FEWEST_PARTS_OF_MIX = 2
_SHOWN_PARTS = 3
_OLD = "old"
_VERSIONS = frozenset(("v", "version", "final", "new", "edit"))


def classify_all(
    names: Sequence[str], folders: Sequence[Sequence[str]] | None = None, song: str = ""
) -> list[Classification]:
    """Classify all files of one song, in order, using the context of the whole folder.

    Words that all names begin or end with (the artist, the song) are ignored if they contradict
    what the names say without them. So are words of mixes and bounces that most names share. A bare
    "Lead" is an instrument if another track is the vocal; "Instrumental", "no vocals" and
    "Main" are mixes if the song has their parts, a "Kick SUM" if its microphones are there,
    and so is a file that bears the song's name alone.

    Args:
        names: of the files.
        folders: of each, the words of the instruments' folders that it is in.
        song: the name of the song's folder.
    """
    own_folders = tuple(map(tuple, folders)) if folders is not None else ((),) * len(names)
    words = split_words(song)
    heard = _words_of_all(tuple(names))
    # A title is removed from names that begin with all of it; its other words are in none of them.
    title = tuple(token for token in words if not token.isdigit())
    title = title if heard.issuperset(title) else ()
    own = frozenset(heard.intersection(words))
    inside = tuple(t for t in titles_of_folder(song) if len(own.intersection(t)) > 1)
    return list(_classified(tuple(names), own_folders, title, inside, own))


@lru_cache(SAME_FOLDERS)
def _words_of_all(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(token for name in names for token in parse_name(name).tokens)


@lru_cache(SAME_FOLDERS)
def _classified(
    names: tuple[str, ...],
    folders: tuple[tuple[str, ...], ...],
    title: tuple[str, ...],
    inside: tuple[tuple[str, ...], ...],
    song: frozenset[str],
) -> tuple[Classification, ...]:
    """As `classify_all`, cached by names, which are equal in many songs.

    Args:
        names, folders: as there.
        title: words of the song's name if the files' names may begin with them.
        inside: titles in the song's name that may be anywhere in the files' names.
        song: words of the song's name that are in names of files.
    """
    whole = [parse_name(name, own) for name, own in zip(names, folders, strict=True)]
    parts = [index for index, name in enumerate(names) if hidden_file(name) is None]
    own = without_title([list(whole[index].tokens) for index in parts], title)
    own = without_titles_inside(own, inside)
    own = without_shared_words(own)
    own = without_formats(own, [whole[index].title for index in parts])
    tracks = {
        index: replace(whole[index], tokens=tuple(tokens))
        for index, tokens in zip(parts, own, strict=True)
    }
    results = [hidden_file(name) or decide(tracks[index]) for index, name in enumerate(names)]
    return tuple(_Folder(names, whole, tracks, results, song, inside).judged())


class _Folder:
    """The names of one song and the classification of each by itself."""

    def __init__(
        self,
        names: Sequence[str],
        whole: Sequence[NamedTrack],
        tracks: Mapping[int, NamedTrack],
        results: list[Classification],
        song: frozenset[str],
        titles: Sequence[tuple[str, ...]],
    ) -> None:
        self.names, self.whole, self.tracks, self.results = names, whole, tracks, results
        self.song, self.titles = song, titles
        self.evidence: dict[int, Evidence | None] = {
            index: track.evidence for index, track in tracks.items()
        }

    def judged(self) -> list[Classification]:
        """The results, each changed by the first rule about the folder that applies."""
        tokens = {index: track.tokens for index, track in self.tracks.items()}
        # These hold for the exact name of a stem, too.
        adjusted = self._separated() | find_choir_basses(tokens, self.evidence)
        for judge in (self._complements, self._backings, self._weak_mixes, self._sums,
                      self._leads, self._horns, self._songs_name, self._older,
                      self._words_of_title):  # fmt: skip
            for index, result in judge().items():
                if self.results[index].reason != EXACT:
                    adjusted.setdefault(index, result)
        return [adjusted.get(index, result) for index, result in enumerate(self.results)]

    def _named(self, test: Callable[[Evidence], bool]) -> dict[int, Evidence]:
        """Evidence of certain parts that passes a test; complements are not parts."""
        return {
            index: item
            for index, item in self.evidence.items()
            if item is not None
            and self.results[index].stem is not None
            and self.tracks[index].complement is None
            and item.text not in vocabulary.WHOLE_BACKINGS
            and test(item)
        }

    def _stems(self) -> dict[int, Stem]:
        """Stems of certain parts, exact ones among them."""
        stems: dict[int, Stem] = {}
        for index, track in self.tracks.items():
            result, item = self.results[index], self.evidence[index]
            backing = item is not None and item.text in vocabulary.WHOLE_BACKINGS
            if result.stem and result.certain and track.complement is None and not backing:
                stems[index] = result.stem
        return stems

    def _complements(self) -> dict[int, Classification]:
        complements = {
            index: track.complement
            for index, track in self.tracks.items()
            if track.complement is not None
        }
        if not complements:
            return {}
        out, replaced = held_by(complements, self._stems())
        found = {
            index: Classification(
                None, f"{complements[index].reason}, left out: a mix of the parts beside it", True
            )
            for index in out
        }
        for index in replaced:
            what = next(c.text for place, c in complements.items() if place not in out)
            reason = f'left out, held by the file with "{what}"'
            self.results[index] = Classification(None, reason, True)
        return found

    def _backings(self) -> dict[int, Classification]:
        stems = self._stems()
        rhythm = any(stem in ("drums", "bass") for stem in stems.values())
        others = sum(stem == "other" for stem in stems.values())
        if not rhythm and others < _FEWEST_PARTS_OF_MIX:
            return {}
        return {
            index: Classification(None, f'"{item.text}" beside its own parts: a mix of them', True)
            for index, item in self.evidence.items()
            if item is not None
            and item.text in vocabulary.WHOLE_BACKINGS
            and not is_numbered_instrument(self.tracks[index].tokens)
        }

    def _weak_mixes(self) -> dict[int, Classification]:
        """Names that mean a mix only if parts are present: Main, Final, LR."""
        if len(self._named(lambda item: item.names_a_part)) >= _FEWEST_PARTS_OF_MIX:
            return {}
        return {
            index: Classification("other", f'word "{item.text}": perhaps a mix', False)
            for index, item in self.evidence.items()
            if item is not None
            and item.strength == LEFT_OUT_WEAK
            and self.results[index].stem is None
            and len(self.tracks) > 1
            and not self._is_of_recorder(index)
        }

    def _is_of_recorder(self, index: int) -> bool:
        """Whether it is the sum that a field recorder writes beside its numbered tracks."""
        tokens = self.whole[index].tokens
        if "lr" not in tokens:
            return False
        front = tokens[: tokens.index("lr")]
        beside = [self.whole[place].tokens for place in self.tracks if place != index]
        numbered = [t for t in beside if t[: len(front)] == front and t[-1:] and t[-1].isdigit()]
        return len(numbered) >= _FEWEST_PARTS_OF_MIX

    def _sums(self) -> dict[int, Classification]:
        tokens = {
            index: track.tokens
            for index, track in self.tracks.items()
            if track.complement is None and (self.results[index].stem is not None or track.folder)
        }
        sums = find_sums(tokens, {index: self.evidence[index] for index in tokens})
        found = {}
        for index, said in sums.items():
            held = [self.names[part] for part in said.parts[:_SHOWN_PARTS]]
            more = f" and {len(said.parts) - len(held)} more" if len(said.parts) > len(held) else ""
            reason = f"named as the sum of {', '.join(held)}{more}"
            found[index] = Classification(None, reason, said.certain)
        return found

    def _leads(self) -> dict[int, Classification]:
        vocals = self._named(lambda item: item.strength == SOURCE and item.stem == "vocals")
        only_backing = all(self._is_backing(place) for place in vocals)
        singers = {token for p in vocals for token in self.tracks[p].tokens if is_unknown(token)}
        found = {}
        for index, item in self.evidence.items():
            others = set(vocals) - {index}
            if item is None or item.text not in _BARE_LEADS or not others:
                continue
            tokens = self.tracks[index].tokens
            if any(e.stem == "vocals" and e is not item for e in find_evidence(tokens)[1:]):
                continue  # a double of the lead
            if only_backing or item.text == _LEAD_VOCAL or not singers.isdisjoint(tokens):
                beside = "backing vocals" if only_backing else "a vocal"
                reason = f'word "{item.text}" beside {beside}: likely the lead vocal'
                found[index] = Classification("vocals", reason, False, "lead_vocal")
            else:
                reason = f'word "{item.text}" beside a vocal: likely an instrument'
                found[index] = Classification("other", reason, False, "other")
        return found

    def _is_backing(self, index: int) -> bool:
        return role_of_words(self.tracks[index].tokens, "vocals") in _BESIDE_LEADS

    def _horns(self) -> dict[int, Classification]:
        return find_saxophones(self.evidence)

    def _separated(self) -> dict[int, Classification]:
        """Files that a separator took apart, beside what it made of them."""
        made: dict[str, list[int]] = defaultdict(list)
        for index, track in self.tracks.items():
            if track.separated is not None:
                made[track.separated.source].append(index)
        found = {}
        for index, track in self.tracks.items():
            parts = [part for part in made.get(source_name(track.whole_title), ()) if part != index]
            if parts:
                beside = ", ".join(self.names[part] for part in parts[:_SHOWN_PARTS])
                reason = f"separated into {beside}"
                certain = len(parts) >= _FEWEST_PARTS_OF_MIX
                found[index] = Classification(None, reason, certain)
        return found

    def _words_of_title(self) -> dict[int, Classification]:
        """Names of which only a word of the song's own title says anything."""
        return {
            index: Classification("other", NOTHING_KNOWN, False)
            for index, item in self.evidence.items()
            if item is not None
            and item.strength in (ROLE, HINT)
            and item.text in self.song
            and not self.results[index].certain
        }

    def _songs_name(self) -> dict[int, Classification]:
        sources = len(self._named(lambda item: item.strength == SOURCE))
        if sources < max(SHARE_WITH_SOURCE * len(self.tracks), 1):
            return {}
        reason = "the song's name alone, beside its parts: likely their mix"
        return {
            index: Classification(None, reason, False)
            for index, track in self.tracks.items()
            if not track.folder
            and self._bears_only_the_title(index)
            and not self._names_a_person(index)
        }

    def _older(self) -> dict[int, Classification]:
        """Versions marked as old behind the name of a file that is there too."""
        by_name = {
            (track.tokens, track.folder): index
            for index, track in self.tracks.items()
            if self.results[index].stem is not None
        }
        found = {}
        for index, track in self.tracks.items():
            if _OLD not in track.tokens[1:]:
                continue  # "Old Piano" is an instrument
            tokens = tuple(token for token in track.tokens if token != _OLD)
            newer = by_name.get((tokens, track.folder))
            if newer is not None and self.results[index].stem is not None:
                reason = f"an older version of {self.names[newer]}"
                found[index] = Classification(None, reason, False)
        return found

    def _names_a_person(self, index: int) -> bool:
        """Whether some other parts have the same words: Erica beside Erica Harm is a singer."""
        words = {token for token in self.whole[index].tokens if not token.isdigit()}
        others = [
            place
            for place, item in self.evidence.items()
            if place != index
            and item is not None
            and item.family is not None
            and words.issubset(self.whole[place].tokens)
        ]
        return len(words) == 1 and 0 < len(others) <= (len(self.tracks) - 1) / 2

    def _bears_only_the_title(self, index: int) -> bool:
        """Whether a name consists only of the title that all names or the folder have."""
        whole = [token for token in self.whole[index].tokens if not token.isdigit()]
        if not whole or not self.tracks[index].tokens:
            return bool(whole)
        item = self.evidence[index]
        words = [token for token in whole if token not in _VERSIONS]
        return tuple(words) in self.titles or (
            any(map(is_unknown, words))  # "Song" or "Take" would be no title
            and all(token in self.song for token in words)
            and (item is None or not item.names_a_part)
        )
