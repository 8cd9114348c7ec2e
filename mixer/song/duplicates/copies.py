"""Files that duplicate a recording, found by their names: copies, other formats, takes, dry ones.

Only certain duplicates are left out: another format of the same name, a copy of the same bytes, a
take beside its comp. Weaker evidence gives a remark on the file. `mixer.song.duplicates.relations`
compares the samples themselves.
"""

from __future__ import annotations

import filecmp
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path, PurePosixPath

from mixer.audio.formats import without_audio_suffix
from mixer.song.names.track_word_splitting import split_words
from mixer.song.names.track_word_tables import SAME_FOLDERS, SAME_NAMES, fold

# The best first; of others the lossless ones come before.
_FORMATS = (".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf", ".flac")
_COPY_WORD = (
    "copy|copie|copia|copia de|kopie|kopia|kopi|kopio|copie de|duplicate|копия|副本|のコピー|コピー"
)
_COPIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?P<of>.+?)[\s_]*(?:-\s*)?(?:{fold(_COPY_WORD)}|{fold('복사본')}|{fold('사본')})"
        r"(?:[\s_]*\(?\d+\)?)?$",
        r"^(?P<of>.+?)\s*\([^()]*(?:conflict|in konflikt|en conflit|en conflicto)[^()]*\)$",
        # As Syncthing, ownCloud and Resilio name them.
        r"^(?P<of>.+?)(?:\.sync-conflict-\d{8}-\d{6}(?:-\w+)?|_conflict-\d{8}-\d{6}|\.conflict)$",
        r"^(?:copy of|kopie von|copie de|copia de|copia di|kopia)\s+(?P<of>.+)$",
        r"^(?P<of>.+?)\s*\(\d{1,2}\)$",
    )
)
_TAKE = frozenset(("take", "tk", "playlist"))
_COMP = frozenset(("comp", "comped", "compiled", "comping"))
_DRY = frozenset(("dry", "unprocessed", "nofx"))


@dataclass(frozen=True)
class Copy:
    """Relation of a file to the one that it copies.

    Attributes:
        reason: for the user.
        is_left_out: whether it is certain; otherwise the reason is only a remark.
    """

    reason: str
    is_left_out: bool


def find_copies(paths: Sequence[Path], names: Sequence[str]) -> dict[int, Copy]:
    """Copies among the files that are to be mixed.

    Args:
        paths: of the files; compared byte by byte if their names say that one is a copy.
        names: relative to the song's folder.

    Returns:
        Each copy by its index in `paths`.
    """
    formats, named, others = _by_name(tuple(names))
    found: dict[int, Copy] = {}
    for place, copy in chain(formats, _compared(paths, names, named), others):
        found.setdefault(place, copy)
    return found


_Told = tuple[tuple[int, Copy], ...]


@lru_cache(SAME_FOLDERS)
def _by_name(names: tuple[str, ...]) -> tuple[_Told, tuple[tuple[int, int], ...], _Told]:
    """Copies decided by names alone, and pairs of copy and original to be compared byte by byte."""
    return (
        tuple(_other_formats(names)),
        tuple(_named_copies(names)),
        (*_takes(names), *_dry(names)),
    )


def _compared(
    paths: Sequence[Path], names: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, Copy]]:
    for place, original in pairs:
        if _same_bytes(paths[place], paths[original]):
            yield place, Copy(f"a copy of {names[original]}", True)
        else:
            yield place, Copy(f"named as a copy of {names[original]}, which differs", False)


@lru_cache(SAME_NAMES)
def _title(name: str) -> tuple[str, str]:
    """Folder and title, in the form for comparing."""
    path = PurePosixPath(name)
    return str(path.parent), fold(without_audio_suffix(path.name)).strip().casefold()


def _other_formats(names: Sequence[str]) -> Iterator[tuple[int, Copy]]:
    same: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        same[_title(name)].append(place)
    for places in same.values():
        suffixes = [PurePosixPath(names[place]).suffix.lower() for place in places]
        if len(set(suffixes)) < len(suffixes) or len(places) == 1:
            continue
        best, *rest = sorted(places, key=lambda place: _rank(names[place]))
        for place in rest:
            yield place, Copy(f"the same as {names[best]} in another format", True)


def _rank(name: str) -> tuple[int, str]:
    suffix = PurePosixPath(name).suffix.lower()
    return (_FORMATS.index(suffix) if suffix in _FORMATS else len(_FORMATS)), name


def _named_copies(names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of a file named as a copy and its original."""
    titles = {_title(name): place for place, name in reversed(list(enumerate(names)))}
    for place, name in enumerate(names):
        folder, title = _title(name)
        for pattern in _COPIES:
            match = pattern.match(title)
            original = titles.get((folder, match["of"].strip())) if match else None
            if original is not None and original != place:
                yield place, original
                break


def _same_bytes(a: Path, b: Path) -> bool:
    try:
        return a.stat().st_size == b.stat().st_size and filecmp.cmp(a, b, shallow=False)
    except OSError:
        return False


def _takes(names: Sequence[str]) -> Iterator[tuple[int, Copy]]:
    """Takes: left out beside their comp, remarked on without one."""
    takes: dict[tuple[str, ...], list[int]] = defaultdict(list)
    comps: dict[tuple[str, ...], int] = {}
    for place, name in enumerate(names):
        tokens = _words(name)
        if not _COMP.isdisjoint(tokens):
            comps.setdefault(_without(tokens, _COMP), place)
        elif not _TAKE.isdisjoint(tokens):
            takes[_without(tokens, _TAKE, numbers=True)].append(place)
    for rest, places in takes.items():
        comp = comps.get(rest)
        for place in places:
            if comp is not None:
                yield place, Copy(f"a take beside its comp {names[comp]}", True)
            elif len(places) > 1 and len(rest) > 1:
                reason = f"one of {len(places)} takes, going by the names; all of them are mixed"
                yield place, Copy(reason, False)


def _dry(names: Sequence[str]) -> Iterator[tuple[int, Copy]]:
    """Dry signals of recordings whose processed version is also present."""
    there = {_words(name): place for place, name in enumerate(names)}
    for place, name in enumerate(names):
        tokens = _words(name)
        if _DRY.isdisjoint(tokens):
            continue
        rest = _without(tokens, _DRY)
        for other in (rest, (*rest, "wet"), (*rest, "processed")):
            if other in there:
                reason = f"named as the dry signal of {names[there[other]]}: both are mixed"
                yield place, Copy(reason, False)
                break


@lru_cache(SAME_NAMES)
def _words(name: str) -> tuple[str, ...]:
    folder, _ = _title(name)
    return (folder, *split_words(without_audio_suffix(PurePosixPath(name).name)))


def _without(
    tokens: tuple[str, ...], words: frozenset[str], numbers: bool = False
) -> tuple[str, ...]:
    """The tokens without some words; with `numbers`, also without a number after such a word."""
    kept = []
    for place, token in enumerate(tokens):
        is_number = numbers and token.isdigit() and tokens[place - 1] in words
        if token not in words and not is_number:
            kept.append(token)
    return tuple(kept)
