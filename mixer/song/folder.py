"""Every file under a song's folder: a candidate to be mixed, or left out with its reason.

A song is a folder of recordings, of folders of instruments (`Drums/Kick In.wav`), or of a folder of
stems or multitracks beside a mix of them. A folder of several songs is not one song. Nothing is
passed over in silence.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mixer.audio.formats import is_audio_name, without_audio_suffix
from mixer.errors import InputError
from mixer.song.folder_names import BATCH_STATE_FOLDER, RECIPE_SUFFIX
from mixer.song.folder_words import (
    INSTRUMENT,
    MIXES,
    OTHER,
    PARTS,
    PERHAPS_INSTRUMENT,
    SET_ASIDE,
    TAKES,
    kind_of,
)
from mixer.song.not_recordings import not_a_recording
from mixer.song.track_names import classify, stem_of_part
from mixer.song.track_words import split_words

MAX_FILES = 20_000
_MAX_DEPTH = 4  # folders below the song's in which recordings are looked for
_MAX_WALK = 24  # folders below it that are listed at all
_FEWEST_PARTS = 2
_SHOWN_SONGS = 3
_WRITTEN = "written by mixer"
_HIDDEN = "in a hidden folder"
_OF_MIXES = "by its name of mixes and not of parts"
# Endings of folders that mixer writes beside a mix.
_MIXERS_FOLDERS = (".stems", ".tracks", ".report")


@dataclass(frozen=True)
class FolderFile:
    """One file under a song's folder.

    Attributes:
        path: where it is.
        name: relative to the song's folder, with forward slashes.
        instruments: words of the instruments' folders that it lies in.
        reason: why it is left out; None for a candidate.
        may_be_a_part: it is left out, and may have been meant to be mixed.
    """

    path: Path
    name: str
    instruments: tuple[str, ...] = ()
    reason: str | None = None
    may_be_a_part: bool = False


@dataclass
class _Folder:
    """A folder as it lies on disk."""

    path: Path
    files: list[str] = field(default_factory=list)
    folders: list[_Folder] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    is_cut: bool = False

    @property
    def audio(self) -> list[str]:
        """Names that may be recordings of it."""
        names = frozenset(self.files)
        return [
            name
            for name in self.files
            if is_audio_name(name)
            and not name.startswith(".")
            and f"{os.path.splitext(name)[0]}{RECIPE_SUFFIX}" not in names  # noqa: PTH122
        ]

    @property
    def is_output_of_batch(self) -> bool:
        return any(folder.path.name == BATCH_STATE_FOLDER for folder in self.folders)

    @property
    def holds_audio(self) -> bool:
        if self.path.name.startswith(".") or self.is_output_of_batch:
            return False
        return bool(self.audio) or any(
            folder.holds_audio for folder in self.folders if not self.was_written(folder)
        )

    def was_written(self, inner: _Folder) -> bool:
        """Whether mixer wrote one of its folders, beside a mix."""
        base, ending = os.path.splitext(inner.path.name)  # noqa: PTH122
        return ending in _MIXERS_FOLDERS and base + RECIPE_SUFFIX in self.files

    def parts(self) -> list[str]:
        """Stems that its own files name with certainty."""
        return [stem for name in self.audio if (stem := stem_of_part(name)) is not None]


@dataclass(frozen=True)
class _Plan:
    """What becomes of the folders in one.

    Attributes:
        read: they are searched further; with the words of their instrument, if it is one.
        left_out: with the reason.
        own_reason: why the folder's own recordings are left out; None where they are not.
        songs: folders that are songs of their own; the folder is not one song then.
    own_sums: the folder's own recordings that are the sum of one of its folders, and why.
    """

    read: dict[str, tuple[str, ...]]
    left_out: dict[str, str]
    own_reason: str | None = None
    songs: tuple[str, ...] = ()
    own_sums: dict[str, str] = field(default_factory=dict)


def list_song_folder(folder: Path) -> list[FolderFile]:
    """Every file under a song's folder, links to folders among them, in no order.

    Raises:
        InputError: it cannot be read, holds songs and not one song, or more than `MAX_FILES` files.
    """
    root = _scan(folder)
    plan = _plan(root, is_song=True)
    if plan.songs:
        _refuse_songs(folder, plan.songs)
    files = list(_listed(root, "", (), plan, 0))
    if all(file.reason is not None for file in files):
        songs = find_song_folders(folder).songs
        if len(songs) > 1:
            _refuse_songs(folder, [path.relative_to(folder).as_posix() for path in songs])
    return files


def _refuse_songs(folder: Path, songs: Sequence[str]) -> None:
    more = len(songs) - _SHOWN_SONGS
    raise InputError(
        f"{folder}: holds songs, not the parts of one ({', '.join(songs[:_SHOWN_SONGS])}"
        + (f" and {more} more" if more > 0 else "")
        + f"); render one of them, or all: mixer batch init {shlex.quote(str(folder))}"
    )


@dataclass(frozen=True)
class SongTree:
    """The songs in a tree of folders.

    Attributes:
        songs: their folders, sorted; the tree's own where it is a song.
        left_out: what else holds audio, and why it is not a song.
    """

    songs: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...]


def find_song_folders(folder: Path) -> SongTree:
    """The song folders in a tree.

    Folders of mixes, of what is set aside and of mixer's own results are passed over; hidden
    folders and links to folders too.

    Raises:
        InputError: it cannot be read.
    """
    songs: list[Path] = []
    left_out: list[tuple[Path, str]] = []
    _search(_scan(folder, bounded=False), songs, left_out)
    return SongTree(tuple(sorted(songs)), tuple(left_out))


def _search(folder: _Folder, songs: list[Path], left_out: list[tuple[Path, str]]) -> None:
    plan = _plan(folder, is_song=True)
    inner_folders = {inner.path.name: inner for inner in folder.folders}
    named = any(
        words or (kind_of(name, folder.path.name) == PARTS and _is_collection(inner_folders[name]))
        for name, words in plan.read.items()
    )
    if named or plan.own_reason is not None or (folder.audio and not plan.songs):
        songs.append(folder.path)
        for name, inner in inner_folders.items():
            # Of a song that lies in another's folder that one mixes nothing.
            titled = kind_of(name, folder.path.name) in (OTHER, PERHAPS_INSTRUMENT)
            if titled and name in plan.left_out and (_is_band(inner) or _holds_songs(inner)):
                _search(inner, songs, left_out)
        return
    left_out += [(folder.path / name, "beside songs, not in one of them") for name in folder.audio]
    for inner in folder.folders:
        name = inner.path.name
        if name in plan.songs and _is_no_song(folder, inner, plan.songs):
            left_out.append((inner.path, "named after no song, and no file in it after a part"))
        elif name in plan.songs or name in plan.read:
            _search(inner, songs, left_out)
        elif name in plan.left_out:
            left_out.append((inner.path, plan.left_out[name]))


def _is_no_song(folder: _Folder, inner: _Folder, songs: Sequence[str]) -> bool:
    """Whether a folder beside songs is one of samples, of exports, and the like.

    Its name is no title, and no file in it is named after a part.
    """
    has_title = kind_of(inner.path.name, folder.path.name) in (OTHER, PERHAPS_INSTRUMENT)
    beside_parts = any(_n_parts(other) for other in folder.folders if other.path.name in songs)
    return not has_title and beside_parts and not _n_parts(inner)


def _scan(folder: Path, *, bounded: bool = True) -> _Folder:
    n_files = 0

    def scan(path: Path, depth: int) -> _Folder:
        nonlocal n_files
        found = _Folder(path)
        with os.scandir(path) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_dir(follow_symlinks=False):
                    if depth < _MAX_WALK:
                        found.folders.append(_readable(Path(entry.path), depth + 1))
                    else:
                        found.links.append(entry.name)
                    continue
                n_files += 1
                is_link = entry.is_symlink() and os.path.isdir(entry.path)  # noqa: PTH112
                (found.links if is_link else found.files).append(entry.name)
        if bounded and n_files > MAX_FILES:
            raise InputError(f"{folder}: more than {MAX_FILES} files; give the folder of one song")
        return found

    def _readable(path: Path, depth: int) -> _Folder:
        try:
            return scan(path, depth)
        except OSError:
            return _Folder(path, is_cut=True)

    try:
        return scan(folder, 0)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror})") from None


def _plan(folder: _Folder, is_song: bool) -> _Plan:
    """What becomes of the folders in one.

    Args:
        folder: a song's, or one of its folders.
        is_song: it is not a folder of an instrument, so its folders may be songs.
    """
    inner = {f.path.name: f for f in folder.folders if f.holds_audio}
    kinds = {name: kind_of(name, folder.path.name) for name in inner}
    left_out = {name: reason for name in inner if (reason := _aside(folder, inner[name], kinds))}
    rest = [name for name in inner if name not in left_out]
    if not is_song:
        return _Plan(dict.fromkeys(rest, ()), left_out)
    if not rest:
        return _Plan({}, left_out)
    has_parts = bool(folder.parts())
    instruments = _instruments(inner, kinds, rest, has_parts)
    collections = [name for name in rest if kinds[name] == PARTS and name not in instruments]
    collections = [n for n in collections if inner[n].audio or _is_collection(inner[n])]
    others = [name for name in rest if name not in instruments and name not in collections]
    if not folder.audio and any(_holds_parts(inner[name]) for name in others):
        # Beside other songs, a folder named "Stems" is one of them.
        others, collections = others + collections, []
    read = {name: tuple(split_words(name)) for name in instruments}
    if has_parts or instruments:
        for name in (*collections, *others):
            left_out[name] = _beside(folder, name, kinds[name] == PARTS)
        return _Plan(read, left_out, own_sums=_own_sums(folder, inner, instruments))
    if not collections and len(others) == 1 and _is_collection(inner[others[0]]):
        collections, others = others, []
    if collections:
        return _of_collections(folder, inner, collections, others, left_out)
    if len(others) > 1 or not folder.audio:
        if len(others) == 1:
            return _Plan({others[0]: ()}, left_out)
        return _Plan({}, left_out, songs=tuple(others))
    return _Plan({}, left_out | {name: _beside(folder, name, False) for name in others})


def _of_collections(
    folder: _Folder,
    inner: dict[str, _Folder],
    collections: list[str],
    others: list[str],
    left_out: dict[str, str],
) -> _Plan:
    """One folder of stems or multitracks is the song; more than one would double it."""
    best = max(collections, key=lambda name: (_n_parts(inner[name]), _n_lossless(inner[name])))
    for name in collections:
        if name != best:
            left_out[name] = (
                f'in the folder "{name}", beside "{best}", which is mixed; '
                f"render {folder.path.name}/{name} to mix it instead"
            )
    for name in others:
        left_out[name] = _beside(folder, name, False)
    own_reason = f'beside the folder "{best}" of the song\'s parts: likely a mix of them'
    return _Plan({best: ()}, left_out, own_reason if folder.audio else None)


def _instruments(
    inner: dict[str, _Folder], kinds: dict[str, str], names: list[str], has_parts: bool
) -> list[str]:
    """Folders of instruments: their names say so, and what is in them does not object."""
    named = [
        name
        for name in names
        if kinds[name].startswith(INSTRUMENT)
        and not _is_a_song(inner[name], name)
        and not _holds_songs(inner[name])
    ]
    sure = [name for name in named if kinds[name] == INSTRUMENT]
    if has_parts:
        return named
    # One song called "Voices" among many does not make an instrument of it.
    return named if sure and len(named) > (len(names) - len(named)) else []


def _own_sums(folder: _Folder, inner: dict[str, _Folder], instruments: list[str]) -> dict[str, str]:
    """Drums.wav beside the folder Drums: the sum of what is in it."""
    words = {tuple(split_words(name)): name for name in instruments if _holds_audios(inner[name])}
    titles = {name: tuple(split_words(without_audio_suffix(name))) for name in folder.audio}
    return {
        name: f'by its name the sum of the folder "{words[title]}": left out'
        for name, title in titles.items()
        if title in words
    }


def _holds_audios(folder: _Folder) -> bool:
    return len(folder.audio) >= _FEWEST_PARTS


def _is_a_song(folder: _Folder, name: str) -> bool:
    """Whether a folder with an instrument's name holds tracks of several other stems."""
    own = classify(name).stem
    return len({stem for stem in folder.parts() if stem != own}) > 1


def _is_band(folder: _Folder) -> bool:
    """Whether its own files are tracks of several stems."""
    return len(set(folder.parts())) > 1


def _holds_songs(folder: _Folder) -> bool:
    """Whether several folders in one hold tracks of several stems each: an EP by its name."""
    return _n_bands(folder) > 1


def _n_bands(folder: _Folder) -> int:
    return sum(_is_band(inner) + _n_bands(inner) for inner in folder.folders)


def _aside(folder: _Folder, inner: _Folder, kinds: dict[str, str]) -> str | None:
    """Why a folder is left out by its name."""
    name = inner.path.name
    kind = kinds[name]
    if kind == MIXES and not (_is_band(inner) and not folder.parts()):
        return f'in the folder "{name}", {_OF_MIXES}'
    if kind == SET_ASIDE or (kind == TAKES and folder.audio):
        return f'in the folder "{name}", which is set aside by its name'
    return None


def _beside(folder: _Folder, name: str, is_collection: bool) -> str:
    if is_collection:
        return (
            f'in the folder "{name}", beside parts of the song; '
            f"render {folder.path.name}/{name} to mix it instead"
        )
    return f'in the folder "{name}", which is not named after an instrument; rename it to mix it'


def _holds_parts(folder: _Folder) -> bool:
    return _n_parts(folder) >= _FEWEST_PARTS


def _is_collection(folder: _Folder) -> bool:
    """Whether a folder named after stems or multitracks holds those of one song."""
    return _n_parts(folder) > 0 and not _plan(folder, is_song=True).songs


def _n_parts(folder: _Folder) -> int:
    return len(folder.parts()) + sum(_n_parts(inner) for inner in folder.folders)


def _n_lossless(folder: _Folder) -> int:
    lossy = (".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4")
    own = sum(not name.lower().endswith(lossy) for name in folder.audio)
    return own + sum(_n_lossless(inner) for inner in folder.folders)


def _listed(
    folder: _Folder, prefix: str, words: tuple[str, ...], plan: _Plan, depth: int
) -> Iterator[FolderFile]:
    """The files of a folder that is searched."""
    siblings = frozenset(folder.files)
    for name in folder.files:
        told = not_a_recording(folder.path / name, siblings)
        reason: str | None
        if told is not None:
            reason, warn = told.reason, told.may_be_a_part
        elif name not in folder.audio:
            reason, warn = "a mix that mixer made", False
        else:
            reason, warn = plan.own_sums.get(name) or plan.own_reason, True
        yield FolderFile(folder.path / name, prefix + name, words, reason, warn and bool(reason))
    yield from _links(folder, prefix)
    for inner in folder.folders:
        name = inner.path.name
        inside = f"{prefix}{name}/"
        if name in plan.read and depth < _MAX_DEPTH:
            own = (*words, *plan.read[name])
            further = _plan(inner, is_song=not own)
            if further.songs:
                reason = f'in the folder "{prefix}{name}", which holds songs of its own'
                yield from _passed_over(inner, inside, reason)
            else:
                yield from _listed(inner, inside, own, further, depth + 1)
        else:
            written = f'in the folder "{name}", {_WRITTEN}' if folder.was_written(inner) else None
            yield from _passed_over(inner, inside, written or plan.left_out.get(name))


def _passed_over(folder: _Folder, prefix: str, reason: str | None) -> Iterator[FolderFile]:
    """The files of a folder that is not searched."""
    if reason is None and folder.path.name.startswith("."):
        reason = _HIDDEN
    if folder.is_output_of_batch:
        reason = f'in the folder "{folder.path.name}", {_WRITTEN}'
    is_sure = reason is not None and reason.endswith((_WRITTEN, _OF_MIXES, _HIDDEN))
    audio = frozenset(folder.audio)
    siblings = frozenset(folder.files)
    for name in folder.files:
        told = None if name in audio else not_a_recording(folder.path / name, siblings)
        why = reason or f"more than {_MAX_DEPTH} folders below the song's"
        if told is not None:
            yield FolderFile(folder.path / name, prefix + name, (), told.reason)
        elif name in audio:
            yield FolderFile(folder.path / name, prefix + name, (), why, not is_sure)
        else:
            yield FolderFile(folder.path / name, prefix + name, (), "a mix that mixer made")
    yield from _links(folder, prefix)
    if folder.is_cut:
        yield FolderFile(folder.path, prefix, (), "a folder that cannot be read", True)
    for inner in folder.folders:
        yield from _passed_over(inner, f"{prefix}{inner.path.name}/", reason)


def _links(folder: _Folder, prefix: str) -> Iterator[FolderFile]:
    for name in folder.links:
        reason = "a link to a folder, or one too deep to be searched"
        yield FolderFile(folder.path / name, prefix + name, (), reason, True)
