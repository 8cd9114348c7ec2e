"""Recordings of a file: one, one for each stream of a stem container, or none with a reason."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from mixer import audio as audio_io
from mixer.audio import AudioSource
from mixer.audio.formats import is_stem_container_name, without_audio_suffix
from mixer.errors import InputError
from mixer.roles import STEM_OF_ROLE, UNKNOWN
from mixer.song.folders.folder import FolderFile
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.names.track_names import Classification
from mixer.song.names.track_roles import role_of
from mixer.song.names.track_word_tables import SAME_NAMES
from mixer.song.recording import Recording
from mixer.song.song_file import FileSettings
from mixer.stems import STEMS

# Native Instruments' layout, as MUSDB18 uses it; stream 0 is the mixture.
STEM_CONTAINER_STREAMS = ("mixture", "drums", "bass", "other", "vocals")


def recordings_of_file(
    folder: Path, file: FolderFile, told: Classification | None, settings: FileSettings | None
) -> list[Recording]:
    """Make the recordings of a file, read as far as its header.

    Args:
        folder: of the song.
        file: one of the files in it.
        told: classification by its name; None if it was not classified.
        settings: of the file in `song.toml`.

    Returns:
        One recording, or one for each stream; with the reason if it is left out, with the fault if
        it cannot be used.
    """
    path, name = Path(file.place), file.name
    if settings is not None and settings.ignore:
        return [Recording(_nothing(path), name, None, f"ignored in {SONG_FILE}")]
    if file.reason is not None and (settings is None or settings.stem is None):
        return [Recording(_nothing(path), name, None, file.reason, not file.may_be_a_part)]
    unread = _why_not_opened(folder, path) if not file.is_plain else None
    if unread is not None:
        return [Recording(_nothing(path), name, None, unread, False)]
    classification = told or Classification(None, file.reason or "", True)
    by_hand = settings is not None and settings.stem is not None
    gain_db = settings.gain_db if settings else 0.0
    is_container = is_stem_container_name(name) and not by_hand
    if classification.stem is None and not by_hand and not is_container:
        certain = classification.certain
        return [Recording(_nothing(path), name, None, classification.reason, certain)]
    try:
        sources = audio_io.probe(path)
        if is_container:
            return _container_recordings(name, sources, gain_db)
    except InputError as error:
        role = _role(name, classification.stem, told, settings)
        fault, reason = str(error), classification.reason
        nothing, stem = _nothing(path), classification.stem
        return [Recording(nothing, name, stem, reason, role=role, fault=fault)]
    if not sources or sources[0].n_samples == 0:
        return [Recording(_nothing(path), name, None, "no audio in it")]
    further = _further_streams(name, sources)
    if settings is not None and settings.stem is not None:
        reason, role = (
            f"{SONG_FILE} says {settings.in_words}",
            _role(name, settings.stem, told, settings),
        )
        return [
            Recording(sources[0], name, settings.stem, reason, True, gain_db, role=role),
            *further,
        ]
    said = classification
    role = _role(name, said.stem, told, settings)
    return [
        Recording(sources[0], name, said.stem, said.reason, said.certain, gain_db, role=role),
        *further,
    ]


def _nothing(path: Path) -> AudioSource:
    """The source of a file that is not read."""
    return AudioSource(path, 0, 0, 0, 0, "")


def _role(
    name: str, stem: str | None, told: Classification | None, settings: FileSettings | None = None
) -> str:
    """The role given by `song.toml`, the song's metadata, its name or its folders."""
    if stem is None:
        return UNKNOWN
    if settings is not None and settings.role is not None:
        return settings.role
    if told is not None and told.role is not None and STEM_OF_ROLE[told.role] == stem:
        return told.role
    return _named_role(name, stem, None if told is None else told.family)


@lru_cache(SAME_NAMES)
def _named_role(name: str, stem: str, family: str | None) -> str:
    container, _, stream = name.rpartition("#")
    if not is_stem_container_name(container):  # Logic's takes: Vox#02.wav
        stream = without_audio_suffix(name[name.rfind("/") + 1 :])
    role = role_of(stream, stem)
    if role == UNKNOWN and family is not None and STEM_OF_ROLE.get(family) == stem:
        return family
    return role


def _why_not_opened(folder: Path, path: Path) -> str | None:
    """Why a file in a song's folder must not be opened, and what to do; None if it may be."""
    if not path.is_file():
        if path.is_symlink():
            return "a broken link; put the file itself here"
        return "not a file but a pipe or a device; put a file here"
    if path.is_symlink() and folder not in path.resolve().parents:
        return "a link that leaves the song folder; copy what it leads to here"
    return None


def _further_streams(name: str, sources: list[AudioSource]) -> list[Recording]:
    """Left-out recordings, for the listing, for all audio streams of a file but its first."""
    if len(sources) == 1:
        return []
    reason = f"one of {len(sources)} audio streams, of which only the first is mixed; "
    reason += "save it as a separate file"
    return [
        Recording(source, f"{name}#{source.stream + 1}", None, reason) for source in sources[1:]
    ]


def _container_recordings(name: str, sources: list[AudioSource], gain_db: float) -> list[Recording]:
    if len(sources) != len(STEM_CONTAINER_STREAMS):
        raise InputError(
            f"{name}: {len(sources)} audio streams; a stem container has "
            f"{len(STEM_CONTAINER_STREAMS)} ({', '.join(STEM_CONTAINER_STREAMS)})"
        )
    recordings = []
    for source, content in zip(sources, STEM_CONTAINER_STREAMS, strict=True):
        stem = content if content in STEMS else None
        reason = f"stream {source.stream} of a stem container: {content}"
        title = f"{name}#{content}"
        role = _role(title, stem, None)
        recordings.append(Recording(source, title, stem, reason, gain_db=gain_db, role=role))
    return recordings
