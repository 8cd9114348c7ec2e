"""Loading of a song from a folder: recordings are found, classified and grouped into stems."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from mixer import audio as audio_io
from mixer.audio.codecs.video import is_recording_file
from mixer.audio.formats import is_any_audio_name
from mixer.errors import InputError
from mixer.files.real_paths import real_path
from mixer.files.wording import quote
from mixer.song.damaged_files import refuse_damaged
from mixer.song.data_sets import told_by_data_set
from mixer.song.duplicates.doubles import leave_out_copies, leave_out_heard
from mixer.song.fixes import parse_fixes
from mixer.song.folders.folder import FolderFile, list_song_folder
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.load_progress import (
    Loading,
    LoadProgress,
    LoadStep,
    audio_seconds,
    unwatched,
)
from mixer.song.metadata import Metadata, find_metadata
from mixer.song.names.name_context import classify_all
from mixer.song.names.sides import Side, find_sides
from mixer.song.names.track_names import NOTHING_KNOWN, Classification
from mixer.song.names.track_word_tables import SAME_FOLDERS
from mixer.song.recording import Recording
from mixer.song.recordings_of_file import recordings_of_file
from mixer.song.song import Song
from mixer.song.song_file import SongSettings, read_song_file
from mixer.song.time_line import Clip, TimeLine, lay_out
from mixer.song.unnamed import sort_in_by_ear


def load_song(
    folder: str | Path,
    *,
    strict: bool = False,
    leave_out_faulty: bool = False,
    listen: bool = True,
    metadata: Metadata | None = None,
    loading: Loading = unwatched,
) -> Song:
    """Find, classify and group the recordings of a song folder.

    Args:
        folder: holds stems (`vocals.wav`), raw tracks (`01_KickIn.wav`), a `.stem.mp4`, folders of
            instruments (`Drums/Kick.wav`) or a mix of them, and perhaps `song.toml`.
        strict: an unrecognised name is an error instead of going to `other`, and so is a truncated
            or damaged file.
        leave_out_faulty: leave out files that cannot be used instead of raising an error; for
            inspecting a folder, not for mixing, since the mix would be incomplete.
        listen: compare excerpts of the recordings, and leave out what others hold already (copies,
            sums, mixes, takes); classify recordings with unrecognised names by their sound. Without
            it no audio is decoded.
        metadata: describes the files; None reads that of the folder, if it has any.
        loading: called for each file that is read.

    Raises:
        InputError: the folder does not exist, has nothing to mix or several songs in it, or a file
            is not mono or stereo audio.
        PresetError: a mistake in `song.toml`.
    """
    real = real_path(folder)
    return _load(real, strict, leave_out_faulty, listen, metadata, loading)


def read_song_headers(folder: Path) -> Song:
    """Load a song like `load_song` without listening, from a path that is already resolved.

    Raises:
        InputError, PresetError: as there.
    """
    return _load(folder, strict=False, leave_out_faulty=False, listen=False)


def _load(
    folder: Path,
    strict: bool,
    leave_out_faulty: bool,
    listen: bool,
    metadata: Metadata | None = None,
    loading: Loading = unwatched,
) -> Song:
    try:
        listed = list_song_folder(folder)
    except InputError:
        if os.path.isdir(folder):  # noqa: PTH112 - without its exceptions
            raise
        what = f"{folder}: no such folder; give the folder that holds the song's stems"
        raise InputError(what) from None
    files = [listed[place] for place in _natural_order(tuple(file.name for file in listed))]
    settings = read_song_file(folder, (f.name for f in files if is_recording_file(f.place)))
    told, unread = _told_by_metadata(folder, files, metadata)
    found, line = _found(folder, files, settings, told, loading, listen=listen)
    if not leave_out_faulty:
        _refuse_faulty(found)
    recordings = [r for r in found if r.stem is not None and r.fault is None]
    left_out = tuple(r for r in found if r.stem is None or r.fault is not None)
    _refuse_empty(folder, recordings, left_out)
    if strict:
        _refuse_uncertain(recordings)
        refuse_damaged([r.source for r in recordings])
    sample_rate = max(r.source.sample_rate for r in recordings)
    return Song(
        name=settings.title or folder.name,
        folder=folder,
        recordings=tuple(recordings),
        left_out=left_out,
        sample_rate=sample_rate,
        n_samples=max(1, max(_end_samples(r, sample_rate) for r in recordings)),
        dry=settings.dry,
        tempo_bpm=settings.tempo_bpm,
        console=settings.console,
        markers=settings.markers,
        explicit=settings.explicit,
        notes=tuple(note for note in (line.note, unread, _unread_above(folder)) if note),
        starts_are_stated=line.is_stated,
        title=settings.title,
        artist=settings.artist,
        colors=settings.colors,
    )


def _found(
    folder: Path,
    files: Sequence[FolderFile],
    settings: SongSettings,
    by_metadata: dict[str, Classification],
    loading: Loading,
    *,
    listen: bool,
) -> tuple[list[Recording], TimeLine]:
    """Every recording of a folder, classified or left out with a reason, and their time line."""
    told = _classified(folder, files, settings) | by_metadata
    found = list[Recording]()
    for place, file in enumerate(files):
        loading(LoadProgress(LoadStep.HEADERS, place / len(files), len(files), 0.0, file.name))
        own = settings.for_file(file.name)
        found += recordings_of_file(folder, file, told.get(file.name), own)
    found = _join_sides(leave_out_copies(found, settings))
    found, line = _on_time_line(found, settings)
    if listen:
        found = leave_out_heard(_without_offsets(found, loading), settings, loading)
        found = sort_in_by_ear(found, _unnamed(told, settings), loading)
    return found, line


def _classified(
    folder: Path, files: Sequence[FolderFile], settings: SongSettings
) -> dict[str, Classification]:
    """Classify the candidates by name, within the whole folder; ignored files are omitted."""
    heard = [
        file
        for file in files
        if file.reason is None
        and not ((own := settings.for_file(file.name)) is not None and own.ignore)
    ]
    names = [file.name for file in heard]
    told = classify_all(names, [file.instruments for file in heard], folder.name)
    return dict(zip(names, told, strict=True))


def _told_by_metadata(
    folder: Path, files: Sequence[FolderFile], metadata: Metadata | None
) -> tuple[dict[str, Classification], str | None]:
    """Classifications of candidates by the song's metadata; a remark if it cannot be read."""
    plain = [file.name for file in files if file.is_plain]
    try:
        metadata = metadata or find_metadata(folder, plain)
    except InputError as error:
        return {}, f"{error}; instruments are recognised by name and by sound"
    told = told_by_data_set(folder, plain) if metadata is None else metadata.told()
    candidates = [file.name for file in files if file.reason is None]
    return {name: told[base] for name in candidates if (base := Path(name).name) in told}, None


def _unread_above(folder: Path) -> str | None:
    """A remark if only the folder above has a `song.toml`: whoever wrote it may think it counts."""
    above, name = os.path.split(folder)
    own, other = (f"{place}/{SONG_FILE}" for place in (folder, above))
    if os.path.exists(own) or not os.path.isfile(other):  # noqa: PTH110, PTH113 - as in plans
        return None
    return (
        f"{SONG_FILE} in the folder above is not read, as it is about all of "
        f"{quote(Path(above).name)}; render that folder, or copy the file into {quote(name)}"
    )


def _unnamed(told: Mapping[str, Classification], settings: SongSettings) -> set[str]:
    """Files that neither their names nor `song.toml` classify."""
    silent = {file for file, said in told.items() if said.reason == NOTHING_KNOWN}
    return {file for file in silent if (own := settings.for_file(file)) is None or own.stem is None}


def _without_offsets(found: list[Recording], loading: Loading) -> list[Recording]:
    """Recordings whose DC offset, if they have one, is removed wherever they are read."""
    # Not above: plans of batches look at files by the thousand, without a look into them.
    from mixer.audio.byte_order import OTHER_ORDER, is_in_other_order
    from mixer.audio.dc_offset import without_offset

    audio_s = audio_seconds(found)
    heard = list[Recording]()
    for recording in found:
        share = len(heard) / len(found)
        loading(LoadProgress(LoadStep.OFFSETS, share, len(found), audio_s, recording.file))
        if recording.stem is None or recording.fault is not None:
            heard.append(recording)
            continue
        if is_in_other_order(recording.source):
            heard.append(replace(recording, fault=f"{Path(recording.file).name}: {OTHER_ORDER}"))
            continue
        heard.append(replace(recording, source=without_offset(recording.source)))
    return heard


def _on_time_line(
    found: list[Recording], settings: SongSettings
) -> tuple[list[Recording], TimeLine]:
    """Start each recording where `song.toml` says, or else where its time reference does."""
    places = [p for p, r in enumerate(found) if r.stem is not None and r.fault is None]
    line = lay_out([_clip(found[place]) for place in places])
    placed = list(found)
    for place, start_s in zip(places, line.starts_s, strict=True):
        own = settings.for_file(found[place].file)
        if own is None and start_s == 0.0:
            continue
        said = None if own is None else own.start_s
        placed[place] = replace(
            found[place],
            start_s=start_s if said is None else said,
            inverted=own is not None and own.invert,
            fixes=None if own is None or own.fix is None else parse_fixes(own.fix),
        )
    return placed, line


def _clip(recording: Recording) -> Clip:
    source = recording.source
    reference = source.time_reference
    return Clip(
        recording.file,
        None if reference is None else reference / source.sample_rate,
        source.n_samples / source.sample_rate,
    )


def _end_samples(recording: Recording, sample_rate: int) -> int:
    """Position of a recording's end in the song, in samples."""
    source = recording.source
    length = audio_io.resampled_length(source.n_samples, source.sample_rate, sample_rate)
    return round(recording.start_s * sample_rate) + length


def _join_sides(found: list[Recording]) -> list[Recording]:
    """Mark mono files that are the two sides of one recording; refuse those of a surround one."""
    places = [
        place
        for place, r in enumerate(found)
        if r.stem is not None and r.fault is None and r.source.channels == 1
    ]
    sides = find_sides([found[place].file for place in places])
    joined = list(found)
    for index, side in sides.sides.items():
        own = found[places[index]]
        what = (
            f"{side} side of a pair"
            if side in (Side.LEFT, Side.RIGHT)
            else f"{side} of a mid/side pair"
        )
        reason = f"{own.reason}; {what}"
        partner = found[places[sides.partners[index]]].file
        joined[places[index]] = replace(own, side=side, partner=partner, reason=reason)
    for index, side in sides.lone.items():
        own = found[places[index]]
        remark = (
            f"named as the {side} side of a pair whose other side is missing: mixed to both sides"
        )
        joined[places[index]] = replace(own, remarks=(*own.remarks, remark))
    for index, channel in sides.surround.items():
        own = found[places[index]]
        fault = (
            f"{own.file}: channel {channel} of a surround recording; "
            f"mix it down to stereo, or ignore its files in {SONG_FILE}"
        )
        joined[places[index]] = replace(own, fault=fault)
    return joined


def _refuse_empty(
    folder: Path, recordings: Sequence[Recording], left_out: Sequence[Recording]
) -> None:
    if recordings:
        return
    audio = [r for r in left_out if is_any_audio_name(r.file) or not r.certain]
    if audio:
        names = ", ".join(f"{r.file} ({r.fault or r.reason})" for r in audio[:3])
        more = f" and {len(audio) - 3} more" if len(audio) > 3 else ""
        raise InputError(f"{folder}: nothing to mix; left out {names}{more}")
    raise InputError(
        f"{folder}: no audio files in it; give a folder of WAV, FLAC, AIFF, MP3, Ogg or CAF files"
    )


def _refuse_faulty(recordings: Sequence[Recording]) -> None:
    faults = [r.fault for r in recordings if r.fault is not None]
    if faults:
        more = f" (and {len(faults) - 1} more; mixer check lists them)" if len(faults) > 1 else ""
        raise InputError(faults[0] + more)


def _refuse_uncertain(recordings: Sequence[Recording]) -> None:
    unknown = [r.file for r in recordings if not r.certain]
    if unknown:
        raise InputError(
            f"{unknown[0]}: unrecognised file name"
            + (f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else "")
            + f"; rename it, or give its stem in {SONG_FILE}"
        )


@lru_cache(SAME_FOLDERS)
def _natural_order(names: tuple[str, ...]) -> list[int]:
    """Indices of names in natural order: 2_Snare before 10_Bass."""
    return sorted(range(len(names)), key=lambda place: _natural_key(names[place]))


def _natural_key(name: str) -> tuple[list[tuple[float, str]], str]:
    parts = re.findall(r"\d+|\D+", name.lower())
    return [(int(p), "") if p.isdigit() else (math.inf, p) for p in parts], name
