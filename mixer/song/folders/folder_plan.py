"""Plan for the folders in a folder: read as instruments or parts, left out, or songs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mixer.audio.formats import without_audio_suffix
from mixer.song.folders.folder_contents import (
    holds_audios,
    holds_parts,
    holds_songs,
    is_a_song,
    is_band,
    n_lossless,
    n_parts,
)
from mixer.song.folders.folder_neighbours import (
    kept_by_workstation,
    numbered_songs,
    pieces_of_downloads,
    songs_by_instrument,
    songs_in_one_folder,
)
from mixer.song.folders.folder_tree import Folder
from mixer.song.folders.folder_words import INSTRUMENT, FolderKind, kind_of
from mixer.song.folders.takes import (
    are_folders_of_takes,
    holds_takes,
    takes_by_part,
    takes_in_one_folder,
)
from mixer.song.names.track_word_splitting import split_words

OF_MIXES = "named as a folder of mixes, not of parts"
_SHOWN_TITLES = 2
_FEWEST_NUMBERED = 2


@dataclass(frozen=True)
class FolderPlan:
    """Plan for the folders in one folder.

    Attributes:
        read: folders to search further, with the words of their instrument, if any.
        left_out: folders that are left out, with the reason.
        own_reason: why the folder's own recordings are left out; None if they are not.
        songs: folders that are songs themselves; if there are any, the folder is not one song.
        own_sums: the folder's own recordings that are the sum of one of its folders, with the
            reason.
        is_album: whether the songs are numbered: their names do not make them doubtful then.
        is_mingled: whether the folder's own recordings are parts of several songs.
    """

    read: dict[str, tuple[str, ...]]
    left_out: dict[str, str]
    own_reason: str | None = None
    songs: tuple[str, ...] = ()
    own_sums: dict[str, str] = field(default_factory=dict)
    is_album: bool = False
    is_mingled: bool = False


def plan_folder(folder: Folder, is_song: bool) -> FolderPlan:
    """Plan how the folders in a folder are read.

    Args:
        folder: of a song, or one inside it.
        is_song: False for an instrument's folder, whose folders cannot be songs.
    """
    inner = {f.name: f for f in folder.folders_with_audio}
    kinds = {name: kind_of(name, folder.name) for name in inner}
    left_out = pieces_of_downloads(inner) | {
        name: reason for name in inner if (reason := _aside(folder, inner[name], kinds))
    }
    rest = [name for name in inner if name not in left_out]
    if not is_song:
        return FolderPlan({name: tuple(split_words(name)) for name in rest}, left_out)
    for what, titles in (
        ("song", songs_in_one_folder(folder.audio)),
        ("take", takes_in_one_folder(folder)),
    ):
        if titles:
            return _of_mingled(folder, rest, what, titles, left_out)
    if not rest:
        return FolderPlan({}, left_out)
    has_parts = bool(folder.parts)
    numbered = [] if has_parts else numbered_songs({name: inner[name] for name in rest}, kinds)
    if numbered:
        return _of_numbered(folder, kinds, rest, numbered, left_out)
    instruments = _instruments(inner, kinds, rest, has_parts)
    for what, titles in (
        ("song", songs_by_instrument(inner, instruments)),
        ("take", takes_by_part(inner, instruments)),
    ):
        if titles:
            return _of_songs_by_instrument(rest, what, titles, left_out)
    if are_folders_of_takes(inner, instruments):
        return _of_numbered(folder, kinds, rest, instruments, left_out)
    collections = [
        name for name in rest if kinds[name] == FolderKind.PARTS and name not in instruments
    ]
    collections = [n for n in collections if inner[n].audio or is_collection(inner[n])]
    others = [name for name in rest if name not in instruments and name not in collections]
    if not folder.audio and any(holds_parts(inner[name]) for name in others):
        # Beside other songs, a folder named "Stems" is one of them.
        others, collections = others + collections, []
    read = {name: tuple(split_words(name)) for name in instruments}
    among = _numbered_among(inner, instruments, others)
    read |= dict.fromkeys(among, ())
    others = [name for name in others if name not in among]
    if has_parts or instruments:
        for name in (*collections, *others):
            left_out[name] = _beside(folder, name, kinds[name] == FolderKind.PARTS)
        return FolderPlan(read, left_out, own_sums=_own_sums(folder, inner, instruments))
    if not collections and len(others) == 1 and is_collection(inner[others[0]]):
        collections, others = others, []
    if collections:
        return _of_collections(folder, inner, collections, others, left_out)
    return _of_others(folder, others, left_out)


def _of_others(folder: Folder, others: list[str], left_out: dict[str, str]) -> FolderPlan:
    """Folders that hold neither parts nor collections: songs, or what stands beside recordings."""
    if len(others) > 1 or not folder.audio:
        if len(others) == 1:
            return FolderPlan({others[0]: ()}, left_out)
        return FolderPlan({}, left_out, songs=tuple(others))
    return FolderPlan({}, left_out | {name: _beside(folder, name, False) for name in others})


def _of_mingled(
    folder: Folder,
    rest: Sequence[str],
    what: str,
    titles: tuple[str, ...],
    left_out: Mapping[str, str],
) -> FolderPlan:
    """A folder whose own files are of several songs or takes: nothing in it is mixed."""
    reason = f"of several {what}s in one folder ({_shown(titles)}); make a folder for each {what}"
    beside = {name: _beside(folder, name, False) for name in rest}
    return FolderPlan({}, {**left_out, **beside}, own_reason=reason, is_mingled=True)


def _of_numbered(
    folder: Folder,
    kinds: Mapping[str, str],
    rest: Sequence[str],
    numbered: Sequence[str],
    left_out: Mapping[str, str],
) -> FolderPlan:
    """An album whose songs are numbered folders."""
    others = [name for name in rest if kinds[name] == FolderKind.OTHER]
    beside = {
        name: _beside(folder, name, kinds[name] == FolderKind.PARTS)
        for name in rest
        if name not in (*numbered, *others)
    }
    return FolderPlan({}, {**left_out, **beside}, songs=(*numbered, *others), is_album=True)


def _of_songs_by_instrument(
    names: Iterable[str], what: str, titles: tuple[str, ...], left_out: Mapping[str, str]
) -> FolderPlan:
    """Folders of instruments with a file for each song or take."""
    reasons = {
        name: f'in the folder "{name}", with {what}s by instrument ({_shown(titles)}); '
        f"make a folder for each {what}, with its instruments"
        for name in names
    }
    return FolderPlan({}, {**left_out, **reasons})


def _shown(titles: tuple[str, ...]) -> str:
    more = len(titles) - _SHOWN_TITLES
    return ", ".join(titles[:_SHOWN_TITLES]) + (f" and {more} more" if more > 0 else "")


def _of_collections(
    folder: Folder,
    inner: dict[str, Folder],
    collections: list[str],
    others: list[str],
    left_out: dict[str, str],
) -> FolderPlan:
    """One folder of stems or multitracks is the song; more than one would double it."""
    best = max(collections, key=lambda name: (n_parts(inner[name]), n_lossless(inner[name])))
    for name in collections:
        if name != best:
            left_out[name] = (
                f'in the folder "{name}", beside "{best}", which is mixed; '
                f"render {folder.name}/{name} to mix it instead"
            )
    for name in others:
        left_out[name] = _beside(folder, name, False)
    own_reason = f'beside the folder "{best}" of the song\'s parts: likely a mix of them'
    return FolderPlan({best: ()}, left_out, own_reason if folder.audio else None)


def _instruments(
    inner: dict[str, Folder], kinds: dict[str, str], names: list[str], has_parts: bool
) -> list[str]:
    """Folders of instruments: named so, with contents that do not contradict the name."""
    named = [
        name
        for name in names
        if kinds[name].startswith(INSTRUMENT)
        and not is_a_song(inner[name], name)
        and not holds_songs(inner[name])
        and not holds_takes(inner[name])
    ]
    sure = [name for name in named if kinds[name] == INSTRUMENT]
    if has_parts:
        return named
    # One song called "Voices" among many does not make an instrument of it.
    others = [name for name in names if name not in named]
    n_others = len(others) - len(_numbered_among(inner, named, others))
    return named if sure and len(named) > n_others else []


def _numbered_among(
    inner: dict[str, Folder], instruments: list[str], others: list[str]
) -> list[str]:
    """Folders of one song that are numbered as its instruments are: 05_FX, 06_Ear Candy."""
    n_numbered = sum(name[:1].isdigit() for name in instruments)
    if n_numbered < max(_FEWEST_NUMBERED, len(instruments)):
        return []
    return [name for name in others if name[:1].isdigit() and not is_band(inner[name])]


def _own_sums(folder: Folder, inner: dict[str, Folder], instruments: list[str]) -> dict[str, str]:
    """Recordings that are the sum of a folder of the same name: Drums.wav beside Drums."""
    words = {tuple(split_words(name)): name for name in instruments if holds_audios(inner[name])}
    titles = {name: tuple(split_words(without_audio_suffix(name))) for name in folder.audio}
    return {
        name: f'named as the sum of the folder "{words[title]}"'
        for name, title in titles.items()
        if title in words
    }


def _aside(folder: Folder, inner: Folder, kinds: dict[str, str]) -> str | None:
    """Why a folder is left out by its name."""
    name = inner.name
    kind = kinds[name]
    if kind == FolderKind.MIXES and not (is_band(inner) and not folder.parts):
        return f'in the folder "{name}", {OF_MIXES}'
    if kind == FolderKind.SET_ASIDE or (kind == FolderKind.TAKES and folder.audio):
        return f'in the folder "{name}", which is named as set aside'
    return kept_by_workstation(folder, inner)


def _beside(folder: Folder, name: str, is_collection: bool) -> str:
    if is_collection:
        return (
            f'in the folder "{name}", beside parts of the song; '
            f"render {folder.name}/{name} to mix it instead"
        )
    return f'in the folder "{name}", which is not named after an instrument; rename it to mix it'


def is_collection(folder: Folder) -> bool:
    """Whether a folder named after stems or multitracks holds those of one song."""
    if not n_parts(folder):
        return False
    plan = plan_folder(folder, is_song=True)
    is_read = bool(folder.audio) and plan.own_reason is None
    return not plan.songs and (is_read or bool(plan.read))
