"""A folder of recordings -> a song: found, classified, grouped into stems, ready to be read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from mixer import audio as audio_io
from mixer.audio import AudioSource
from mixer.audio.formats import (
    is_any_audio_name,
    is_audio_name,
    is_stem_container_name,
    without_audio_suffix,
)
from mixer.audio.time_reference import read_time_reference
from mixer.errors import InputError
from mixer.roles import STEM_OF_ROLE, UNKNOWN
from mixer.song.copies import find_copies
from mixer.song.damaged_files import refuse_damaged
from mixer.song.folder import FolderFile, list_song_folder
from mixer.song.folder_names import SONG_FILE
from mixer.song.name_context import classify_all
from mixer.song.sides import LEFT, MID, RIGHT, SIDE, find_sides
from mixer.song.song_file import FileSettings, Marker, SongSettings, read_song_file
from mixer.song.time_line import Clip, TimeLine, lay_out
from mixer.song.track_names import Classification
from mixer.song.track_roles import role_of
from mixer.stems import STEMS

# Native Instruments' layout, as MUSDB18 uses it; stream 0 is the mixture.
STEM_CONTAINER_STREAMS = ("mixture", "drums", "bass", "other", "vocals")
# Which channels a side goes to; a side signal is taken off the right as well.
_PLACES = {LEFT: slice(0, 1), RIGHT: slice(1, 2), MID: slice(0, 2), None: slice(0, 2)}


@dataclass(frozen=True)
class Recording:
    """One file, or one stream of a stem container, that belongs to the song.

    Attributes:
        source: where the samples are.
        file: its name as shown to the user.
        stem: one of `STEMS`, or None where it is left out.
        reason: why it is in that stem, or left out.
        certain: False where its name said nothing; of a file that is left out, False where it may
            be a part of the song all the same.
        gain_db: from `song.toml`.
        side: "left", "right", "mid" or "side" for one half of a pair of mono files, else None.
        partner: the file that is the other half.
        role: what it plays, one of `mixer.roles.ROLE_NAMES`.
        fault: why its file cannot be used, else None.
        remarks: what else its name or its sound says that may not be meant.
        start_s: where it begins on the song's time line, in seconds; below 0 its start is cut.
        inverted: its polarity is turned round.
    """

    source: AudioSource
    file: str
    stem: str | None
    reason: str
    certain: bool = True
    gain_db: float = 0.0
    side: str | None = None
    partner: str | None = None
    role: str = UNKNOWN
    fault: str | None = None
    remarks: tuple[str, ...] = ()
    start_s: float = 0.0
    inverted: bool = False


@dataclass(frozen=True)
class Song:
    """A song folder, read as far as its headers.

    Attributes:
        name: the folder's name, or the title in `song.toml`.
        folder: absolute path.
        recordings: what is mixed, in the order of file names.
        left_out: what is not, and why: names that are no recordings, and files with a fault.
        sample_rate: the highest among the recordings, in Hz; the mix comes back at it.
        n_samples: the longest recording, at that rate.
        dry: the recording is dry (no room on it yet), as `song.toml` says.
        tempo_bpm: from `song.toml`, or None.
        console: its table of the same name, as it stands there; for `mixer.preset.merge.resolve`.
        markers: named places, by time.
        notes: what there is to say about the song as a whole, a sentence each.
        starts_are_stated: every recording carries a time reference that is believed.
    """

    name: str
    folder: Path
    recordings: tuple[Recording, ...]
    left_out: tuple[Recording, ...]
    sample_rate: int
    n_samples: int
    dry: bool = False
    tempo_bpm: float | None = None
    console: Mapping[str, Any] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()
    notes: tuple[str, ...] = ()
    starts_are_stated: bool = False

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems that have recordings, in the order of `STEMS`."""
        return tuple(s for s in STEMS if any(r.stem == s for r in self.recordings))

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate

    def n_samples_at(self, sample_rate: int) -> int:
        """The song's length at another rate."""
        return audio_io.resampled_length(self.n_samples, self.sample_rate, sample_rate)


def load_song(
    folder: str | Path,
    *,
    strict: bool = False,
    leave_out_faulty: bool = False,
    listen: bool = True,
) -> Song:
    """Find, classify and group the recordings of a song folder.

    Args:
        folder: holds stems (`vocals.wav`), raw tracks (`01_KickIn.wav`), a `.stem.mp4`, folders of
            instruments (`Drums/Kick.wav`) or a mix of them, and perhaps `song.toml`.
        strict: a name that says nothing is an error, not `other`, and so is a file that breaks off
            or is damaged.
        leave_out_faulty: a file that cannot be used is left out, not an error; for looking at a
            folder, since a mix without it is not the song.
        listen: compare excerpts of the recordings, and leave out what others hold already (copies,
            sums, mixes, takes); without it no audio is decoded.

    Raises:
        InputError: no folder, nothing to mix in it, several songs in it, or a file that is not mono
            or stereo audio.
        PresetError: a mistake in `song.toml`.
    """
    folder = Path(folder).resolve()
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the folder that holds the song's stems")
    files = sorted(list_song_folder(folder), key=lambda file: _natural_key(file.name))
    settings = read_song_file(folder, [f.name for f in files if is_audio_name(f.name)])
    told = _classified(folder, files, settings)
    found = [
        r
        for file in files
        for r in _recordings(folder, file, told.get(file.name), settings.for_file(file.name))
    ]
    found = _join_sides(_leave_out_copies(_with_roles(found, told), settings))
    found, line = _on_time_line(found, settings)
    if listen:
        found = _leave_out_heard(found, settings)
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
        notes=() if line.note is None else (line.note,),
        starts_are_stated=line.is_stated,
    )


def read_sum(recordings: Sequence[Recording], n_samples: int, sample_rate: int) -> np.ndarray:
    """Decode recordings and sum them: mono to both sides, pairs to theirs, each where it starts.

    Args:
        recordings: any of a song's.
        n_samples: the song's length at `sample_rate`.
        sample_rate: in Hz; files at another are resampled.

    Returns:
        float32 (2, n_samples). Never more than one block beside it in memory.

    Raises:
        InputError: a file is damaged, or the song is too long for this machine's memory.
    """
    n_bytes = 2 * 4 * n_samples
    if n_bytes > audio_io.available_memory_bytes():
        raise InputError(
            f"{_longest(recordings).file}: {n_samples / sample_rate / 3600:.1f} hours of audio "
            f"need {n_bytes / 1e9:.0f} GB of memory a stem, more than is free; cut the song up"
        )
    total = np.zeros((2, n_samples), np.float32)
    for recording in recordings:
        for position, block in recording_blocks(recording, n_samples, sample_rate):
            end = position + block.shape[1]
            if recording.side == SIDE:  # left is the mid and the side, right the mid without it
                total[0, position:end] += block[0]
                total[1, position:end] -= block[0]
            else:
                total[_PLACES[recording.side], position:end] += block
    return total


def recording_blocks(
    recording: Recording, n_samples: int, sample_rate: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Decode one recording block by block, where it lies in the song, with gain and polarity.

    Args:
        recording: any of a song's.
        n_samples: the song's length at `sample_rate`; what lies beyond either end is cut.
        sample_rate: in Hz; a file at another is resampled.

    Yields:
        The position of a block's first sample in the song, and float32 (channels, samples).

    Raises:
        InputError: the file is damaged.
    """
    # Not above: to look at songs, as plans do by the thousand, takes no signal processing.
    from mixer.dsp.blocks import db_to_gain

    gain = np.float32(db_to_gain(recording.gain_db) * (-1.0 if recording.inverted else 1.0))
    position = round(recording.start_s * sample_rate)
    for block in audio_io.read_resampled_blocks(recording.source, sample_rate):
        start, end = max(position, 0), min(position + block.shape[1], n_samples)
        if start < end:
            part = block[:, start - position : end - position]
            yield start, part if gain == 1.0 else part * gain
        position += block.shape[1]


def read_stem(song: Song, stem: str, sample_rate: int) -> np.ndarray:
    """Sum one stem's recordings at a rate: float32 (2, `song.n_samples_at(sample_rate)`).

    Raises:
        InputError: as `read_sum`.
    """
    own = [r for r in song.recordings if r.stem == stem]
    return read_sum(own, song.n_samples_at(sample_rate), sample_rate)


def _classified(
    folder: Path, files: Sequence[FolderFile], settings: SongSettings
) -> dict[str, Classification]:
    """What the candidates' names say, beside each other; files that are ignored are not there."""
    heard = [
        file
        for file in files
        if file.reason is None
        and not ((own := settings.for_file(file.name)) is not None and own.ignore)
    ]
    names = [file.name for file in heard]
    told = classify_all(names, [file.instruments for file in heard], folder.name)
    return dict(zip(names, told, strict=True))


def _recordings(
    folder: Path, file: FolderFile, told: Classification | None, settings: FileSettings | None
) -> list[Recording]:
    """A file as recordings: one, or one a stream for a stem container."""
    path, name = file.path, file.name
    nothing = AudioSource(path, 0, 0, 0, 0, "")
    if settings is not None and settings.ignore:
        return [Recording(nothing, name, None, f"ignored in {SONG_FILE}")]
    if file.reason is not None and (settings is None or settings.stem is None):
        return [Recording(nothing, name, None, file.reason, not file.may_be_a_part)]
    if not path.is_file():
        return [Recording(nothing, name, None, "not a file: a pipe, a device or a dead link")]
    if path.is_symlink() and folder not in path.resolve().parents:
        return [Recording(nothing, name, None, "a link that leaves the song folder")]
    classification = told or Classification(None, file.reason or "", True)
    by_hand = settings is not None and settings.stem is not None
    gain_db = settings.gain_db if settings else 0.0
    is_container = is_stem_container_name(name) and not by_hand
    if classification.stem is None and not by_hand and not is_container:
        certain = classification.certain
        return [Recording(nothing, name, None, classification.reason, certain)]
    try:
        sources = audio_io.probe(path)
        if is_container:
            return _container_recordings(name, sources, gain_db)
    except InputError as error:
        return [
            Recording(nothing, name, classification.stem, classification.reason, fault=str(error))
        ]
    if not sources or sources[0].n_samples == 0:
        return [Recording(nothing, name, None, "no audio in it")]
    further = _further_streams(name, sources)
    if settings is not None and settings.stem is not None:
        reason = f"{SONG_FILE} says {settings.stem}"
        return [Recording(sources[0], name, settings.stem, reason, gain_db=gain_db), *further]
    return [
        Recording(
            sources[0],
            name,
            classification.stem,
            classification.reason,
            classification.certain,
            gain_db,
        ),
        *further,
    ]


def _further_streams(name: str, sources: list[AudioSource]) -> list[Recording]:
    """All audio streams of a file but its first: never dropped unsaid."""
    reason = f"one of {len(sources)} audio streams, of which only the first is mixed; "
    reason += "save it as a file of its own"
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
        recordings.append(Recording(source, f"{name}#{content}", stem, reason, gain_db=gain_db))
    return recordings


def _with_roles(found: list[Recording], told: Mapping[str, Classification]) -> list[Recording]:
    """The recordings with the roles that their names, or their folders', speak for."""
    return [r if r.stem is None else replace(r, role=_role(r, told.get(r.file))) for r in found]


def _role(recording: Recording, told: Classification | None) -> str:
    assert recording.stem is not None
    container, _, stream = recording.file.rpartition("#")
    title = stream if container else without_audio_suffix(Path(recording.file).name)
    role = role_of(title, recording.stem)
    family = None if told is None else told.family
    if role == UNKNOWN and family is not None and STEM_OF_ROLE.get(family) == recording.stem:
        return family
    return role


def _leave_out_copies(found: list[Recording], settings: SongSettings) -> list[Recording]:
    """Leave out what is there twice by its name; what `song.toml` puts into a stem stays."""
    places = [
        place
        for place, r in enumerate(found)
        if r.stem is not None and r.fault is None and r.source.stream == 0
    ]
    copies = find_copies(
        [found[place].source.path for place in places], [found[place].file for place in places]
    )
    kept = list(found)
    for index, copy in copies.items():
        recording = found[places[index]]
        own = settings.for_file(recording.file)
        if copy.is_left_out and (own is None or own.stem is None):
            nothing = replace(recording.source, n_samples=0)
            kept[places[index]] = Recording(nothing, recording.file, None, copy.reason)
        else:
            kept[places[index]] = replace(recording, remarks=(*recording.remarks, copy.reason))
    return kept


def _on_time_line(
    found: list[Recording], settings: SongSettings
) -> tuple[list[Recording], TimeLine]:
    """Start each recording where `song.toml` says, or else where its time reference does."""
    places = [p for p, r in enumerate(found) if r.stem is not None and r.fault is None]
    line = lay_out([_clip(found[place]) for place in places])
    placed = list(found)
    for place, start_s in zip(places, line.starts_s, strict=True):
        own = settings.for_file(found[place].file)
        said = None if own is None else own.start_s
        inverted = own is not None and own.invert
        placed[place] = replace(
            found[place], start_s=start_s if said is None else said, inverted=inverted
        )
    return placed, line


def _clip(recording: Recording) -> Clip:
    source = recording.source
    reference = read_time_reference(source.path, source.sample_rate)
    return Clip(
        recording.file,
        None if reference is None else reference / source.sample_rate,
        source.n_samples / source.sample_rate,
    )


def _leave_out_heard(found: list[Recording], settings: SongSettings) -> list[Recording]:
    """Leave out what others hold already by its sound; what `song.toml` puts into a stem stays."""
    # Not above: to look at songs, as plans do by the thousand, takes no signal processing.
    from mixer.song.content import Candidate, compare_recordings

    places = [p for p, r in enumerate(found) if r.stem is not None and r.fault is None]
    heard = compare_recordings(
        [Candidate(r.file, r.source, r.side, r.start_s) for r in (found[place] for place in places)]
    )
    kept = list(found)
    for one in heard:
        recording = found[places[one.index]]
        own = settings.for_file(recording.file)
        if one.certain and (own is None or own.stem is None):
            nothing = replace(recording.source, n_samples=0)
            kept[places[one.index]] = Recording(nothing, recording.file, None, one.reason)
        else:
            remarks = (*recording.remarks, one.reason)
            kept[places[one.index]] = replace(recording, remarks=remarks)
    return kept


def _end_samples(recording: Recording, sample_rate: int) -> int:
    """Where a recording ends in the song."""
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
        reason = f"{own.reason}; {side} side of a pair"
        partner = found[places[sides.partners[index]]].file
        joined[places[index]] = replace(own, side=side, partner=partner, reason=reason)
    for index, side in sides.lone.items():
        own = found[places[index]]
        remark = f"the {side} side of a pair by its name, without the other: mixed to both sides"
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
    raise InputError(f"{folder}: no audio files in it; it takes WAV, FLAC, AIFF, MP3, Ogg, CAF")


def _refuse_faulty(recordings: Sequence[Recording]) -> None:
    faults = [r.fault for r in recordings if r.fault is not None]
    if faults:
        more = f" (and {len(faults) - 1} more; mixer check lists them)" if len(faults) > 1 else ""
        raise InputError(faults[0] + more)


def _longest(recordings: Sequence[Recording]) -> Recording:
    return max(recordings, key=lambda r: r.source.n_samples / r.source.sample_rate)


def _refuse_uncertain(recordings: Sequence[Recording]) -> None:
    unknown = [r.file for r in recordings if not r.certain]
    if unknown:
        raise InputError(
            f"{unknown[0]}: its name says nothing about its stem"
            + (f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else "")
            + f"; rename it, or give its stem in {SONG_FILE}"
        )


def _natural_key(name: str) -> tuple[list[tuple[float, str]], str]:
    """Order names as people do: 2_Snare before 10_Bass."""
    parts = re.findall(r"\d+|\D+", name.lower())
    return [(int(p), "") if p.isdigit() else (math.inf, p) for p in parts], name
