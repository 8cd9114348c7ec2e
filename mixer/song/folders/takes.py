"""Takes of one session that lie side by side: by part, by folder, or all in one folder.

A recorder ends all tracks of a take together, and takes rarely last equally long. So the files of
several takes form a grid, takes by parts, in which lengths differ from take to take alone. Mixed
as one song, all takes would play at once.
"""

from __future__ import annotations

import itertools
import posixpath
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mixer.audio.formats import without_audio_suffix
from mixer.errors import InputError
from mixer.song.folders.folder_tree import Folder
from mixer.song.names.track_names import stem_of_part
from mixer.song.names.track_word_splitting import is_unknown, split_words

_Item = TypeVar("_Item")
# Take, part and path of each file.
_Grid = dict[Hashable, dict[Hashable, str]]
_FEWEST_TAKES, _FEWEST_PARTS, _FEWEST_FILES = 2, 2, 6
# In one folder nothing but the names tells takes from parts.
_FEWEST_IN_ONE_FOLDER = 3
_MOST_LOOKED_AT = 8
_SAME_LENGTH_S, _OTHER_LENGTH_S = 0.01, 0.05
_MOST_DEPTH = 4


def takes_by_part(inner: Mapping[str, Folder], names: Sequence[str]) -> tuple[str, ...]:
    """Names of takes that lie in folders of parts: Kick/Take 1, Snare/Take 1, Kick/Take 2, ...

    Each of the folders is a part (Kick/Day 1/Take 1), or each of those that hold the recordings
    (Drums/Kick/Take 1).

    Args:
        inner: folders in one folder, by name.
        names: those that may be of parts.
    """
    folders = [inner[name] for name in names]
    parts = {folder.place: dict(_recordings(folder, "")) for folder in folders}
    inmost = {
        folder.place: {without_audio_suffix(file): f"{folder.place}/{file}" for file in own}
        for folder in _all_below(folders)
        if (own := folder.audio)
    }
    return _takes_of(parts) or (_takes_of(inmost) if inmost.keys() != parts.keys() else ())


def _takes_of(parts: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Names of takes, if the files of parts are takes.

    Args:
        parts: path of each part's folder, and title and path of each file in it.
    """
    grid: _Grid = defaultdict(dict)
    titles: dict[Hashable, str] = {}
    for part, files in parts.items():
        # The part's own name may be in front: Kick/Kick_01, Snare/Snare_01.
        own = set(split_words(posixpath.basename(part))).intersection(*map(split_words, files))
        for title, place in files.items():
            words = tuple(word for word in split_words(title) if word not in own)
            if _tells_takes_apart(words):
                grid[words][part] = place
                titles.setdefault(words, " ".join(words) if own else title)
    wide = {words: row for words, row in grid.items() if 2 * len(row) > len(parts)}
    return tuple(sorted(titles[words] for words in wide)) if _are_takes(wide) else ()


def are_folders_of_takes(inner: Mapping[str, Folder], names: Sequence[str]) -> bool:
    """Whether folders that seem to be of instruments are each a take with all of its parts.

    Args:
        inner: folders in one folder, by name.
        names: of the folders in question.
    """
    grid: _Grid = {
        name: {title: place for title, place in _recordings(inner[name], "") if stem_of_part(title)}
        for name in names
        if _tells_takes_apart(tuple(split_words(name)))
    }
    return len(grid) == len(names) and _is_filled(grid) and _are_takes(grid)


def holds_takes(folder: Folder) -> bool:
    """Whether the folders in a folder are takes of one session: it is not a part itself."""
    inner = {one.name: one for one in folder.folders_with_audio}
    return are_folders_of_takes(inner, list(inner))


def takes_in_one_folder(folder: Folder) -> tuple[str, ...]:
    """Names of takes whose parts all lie in one folder: 01_kick, 01_snare, 02_kick, ..."""
    grid: _Grid = defaultdict(dict)
    titles: dict[Hashable, str] = {}
    for file in folder.audio:
        words = split_words(without_audio_suffix(file))
        take = tuple(word for word in words if word.isdigit() or is_unknown(word))
        part = tuple(word for word in words if not (word.isdigit() or is_unknown(word)))
        if not take or not part or part in grid[take]:
            return ()
        grid[take][part] = f"{folder.place}/{file}"
        titles.setdefault(take, " ".join(take))
    n_parts = max(map(len, grid.values()), default=0)
    if min(len(grid), n_parts) < _FEWEST_IN_ONE_FOLDER or not _is_filled(grid):
        return ()
    return tuple(sorted(titles.values())) if _are_takes(grid) else ()


def _recordings(folder: Folder, prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Title, from the first folder, and path of each recording in a folder or below it."""
    for file in folder.audio:
        yield prefix + without_audio_suffix(file), f"{folder.place}/{file}"
    for inner in folder.folders_with_audio if depth < _MOST_DEPTH else ():
        yield from _recordings(inner, f"{prefix}{inner.name}/", depth + 1)


def _all_below(folders: Iterable[Folder]) -> Iterator[Folder]:
    for folder in folders:
        yield folder
        yield from _all_below(folder.folders_with_audio)


def _tells_takes_apart(words: Sequence[str]) -> bool:
    """Whether a name can be a take's: DI and Amp, Verse and Chorus are parts of one."""
    return any(word.isdigit() or is_unknown(word) for word in words)


def _is_filled(grid: Mapping[Hashable, Mapping[Hashable, str]]) -> bool:
    """Whether nearly every take has nearly every part."""
    parts = {part for row in grid.values() for part in row}
    return 10 * sum(map(len, grid.values())) >= 9 * len(grid) * len(parts)


def _are_takes(grid: Mapping[Hashable, Mapping[Hashable, str]]) -> bool:
    """Whether the files of each row are equally long, and most rows are not."""
    rows = [row for row in grid.values() if len(row) >= _FEWEST_PARTS]
    if len(rows) < _FEWEST_TAKES or sum(map(len, rows)) < _FEWEST_FILES:
        return False
    lengths_s: list[float] = []
    for row in _some(rows):
        own = [found for place in _some(list(row.values())) if (found := _length_s(place))]
        if len(own) < _FEWEST_PARTS or max(own) - min(own) > _SAME_LENGTH_S:
            return False
        lengths_s.append(own[0])
    lengths_s.sort()
    n_other = 1 + sum(
        after - before > _OTHER_LENGTH_S for before, after in itertools.pairwise(lengths_s)
    )
    return n_other >= _FEWEST_TAKES and 2 * n_other > len(lengths_s)


def _some(items: Sequence[_Item]) -> list[_Item]:
    """A few items from beginning to end."""
    step = max(1, -(-len(items) // _MOST_LOOKED_AT))
    return list(items[::step])


def _length_s(place: str) -> float | None:
    """Length of a recording; None if it cannot be read, or says itself where it starts."""
    # Not above: plans look at folders by the thousand, and only at names in nearly all of them.
    from mixer.audio import probe

    try:
        (source, *_) = probe(Path(place))
    except (InputError, ValueError):
        return None
    return None if source.time_reference else source.n_samples / source.sample_rate
