"""Anybody's session as a song folder: each track's clips put together, names, faders, markers.

A session may come from anywhere: what it names is read only if it is in the session's own
folder or container, unless its user says otherwise, and lengths and numbers are bounded.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from mixer import audio as audio_io
from mixer.audio import AudioSource
from mixer.audio.formats import SAMPLE_RATES_HZ
from mixer.dsp.blocks import FloatArray
from mixer.errors import InputError, OutputError
from mixer.files.archive_member import MemberError, open_member
from mixer.files.file_names import unique_names
from mixer.files.regular_file import open_regular, read_regular
from mixer.files.staging import publish, staging_folder
from mixer.files.toml_writing import table_lines
from mixer.files.whole_file import refuse_full_disk, write_output
from mixer.files.wording import visible
from mixer.output.daw.read_session import ReadClip, ReadSession, ReadTrack
from mixer.output.daw.strips.native_strip import balance_gains
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.song_file import GAIN_RANGE_DB

# By what a song folder that mixer wrote is recognised, so that it may be written again.
_MADE_BY = "# made by mixer from a session, and replaced with it"
_LONGEST_S = 6 * 3_600.0
_LONGEST_NAME_BYTES = 150
# Recordings of all tracks together, as far as they must be read, and all that is heard of them.
_MOST_READ_S = 200 * 3_600.0
_LONGEST_NAMED = 200
# All files of a container together, unpacked.
_MOST_INSIDE_BYTES = 64 << 30
_LEAST_GAIN_DB = 0.005
_LOOKED_AT_BYTES = 1_000


@dataclass(frozen=True)
class SongFolder:
    """A song folder that was made of a session.

    Attributes:
        path: of the folder.
        remarks: what was left out, a line each.
    """

    path: Path
    remarks: tuple[str, ...]


def write_song_folder(
    session: ReadSession, folder: Path, *, allow_outside: bool = False, overwrite: bool = False
) -> SongFolder:
    """Put each track of a session into a file of its own, and what it says into `song.toml`.

    A track becomes `NAME.wav`, in a folder where it is in one in the session. Its own fader and
    those of its folders are its gain in `song.toml`; pans, devices and automation are not taken.

    Args:
        session: from `read_session`.
        folder: the folder to create.
        allow_outside: also read files that lie outside of the session's folder.
        overwrite: replace a folder made from a session before.

    Raises:
        InputError: a file is missing, damaged, or outside the folder, or the tracks are empty.
        OutputError: the folder exists, or cannot be written.
    """
    remarks = list[str]()
    tracks = list(_heard(session, remarks))
    with tempfile.TemporaryDirectory(prefix="mixer-session-") as scratch:
        media = _Media(session, Path(scratch), allow_outside=allow_outside)
        sources = {clip: media.source(clip) for _, track in tracks for clip in track.clips}
        if not sources:
            raise InputError(f"{visible(session.path)}: no audio on its tracks")
        _refuse_endless(session.path, [track for _, track in tracks], sources)
        rate = max(source.sample_rate for source in sources.values())
        rate = min(rate, max(SAMPLE_RATES_HZ))
        _refuse_folder(folder, overwrite=overwrite)
        # A few words in a session may stand for terabytes.
        refuse_full_disk(folder / SONG_FILE, _bytes_of([t for _, t in tracks], sources, rate))
        with staging_folder(folder) as staging:
            gains_db = _write_tracks(session, tracks, sources, rate, staging)
            _write_song_file(session, staging, gains_db)
            made = publish(
                staging, folder, last=lambda path: path.name == SONG_FILE, overwrite=overwrite
            )
        _remove_others(folder, made)
    return SongFolder(folder, tuple(remarks))


def _write_tracks(
    session: ReadSession,
    tracks: Sequence[tuple[int, ReadTrack]],
    sources: dict[ReadClip, AudioSource],
    rate: int,
    folder: Path,
) -> dict[str, float]:
    """Write a file for each track; return each file's gain in dB."""
    names = unique_names(
        [track.name or f"track {number + 1}" for number, track in tracks], _LONGEST_NAME_BYTES
    )
    gains_db = {}
    for (number, track), name in zip(tracks, names, strict=True):
        inside = _folder_of(session, number)
        file = f"{inside}/{name}.wav" if inside else f"{name}.wav"
        audio = _joined(track.clips, sources, rate)
        audio_io.write_audio(folder / file, audio, rate, file_format="wav", bit_depth="32f")
        gains_db[file] = _gain_db(session, number)
    return gains_db


def _heard(session: ReadSession, remarks: list[str]) -> Iterator[tuple[int, ReadTrack]]:
    """Tracks with clips that are heard, with their places."""
    soloed = any(track.strip.soloed for track in session.tracks)
    for number, track in enumerate(session.tracks):
        if not track.clips:
            continue
        line = [track, *_parents(session, number)]
        if any(one.strip.muted for one in line):
            remarks.append(f"{track.name}: muted in the session, left out")
        elif soloed and not any(one.strip.soloed for one in line):
            remarks.append(f"{track.name}: silent beside soloed tracks, left out")
        else:
            yield number, track


def _parents(session: ReadSession, number: int) -> Iterator[ReadTrack]:
    parent, steps = session.tracks[number].parent, 0
    while parent is not None and steps < len(session.tracks):
        yield session.tracks[parent]
        parent, steps = session.tracks[parent].parent, steps + 1


def _folder_of(session: ReadSession, number: int) -> str:
    """The innermost folder's name: what instruments are in it says what they are."""
    names = [track.name for track in _parents(session, number) if track.name]
    return unique_names(names[:1], _LONGEST_NAME_BYTES)[0] if names else ""


def _gain_db(session: ReadSession, number: int) -> float:
    line = [session.tracks[number], *_parents(session, number)]
    return float(np.clip(sum(one.strip.gain_db for one in line), *GAIN_RANGE_DB))


class _Media:
    """The files of a session."""

    def __init__(self, session: ReadSession, scratch: Path, *, allow_outside: bool) -> None:
        self._session, self._scratch, self._allow_outside = session, scratch, allow_outside
        self._home = Path(os.path.realpath(session.path.parent))
        self._found: dict[tuple[bool, str], AudioSource] = {}
        self._left_bytes = _MOST_INSIDE_BYTES

    def source(self, clip: ReadClip) -> AudioSource:
        """A clip's file, read as far as its header."""
        key = (clip.inside, clip.file)
        if key not in self._found:
            named = f"{visible(self._session.path)}: {visible(clip.file, _LONGEST_NAMED)}"
            if "\0" in clip.file:
                raise InputError(f"{named} is not a path")
            path = self._unpacked(clip.file) if clip.inside else self._path(clip.file)
            try:
                open_regular(path).close()
            except OSError:  # also of a name that is too long for any file
                raise InputError(
                    f"{named} is missing; put it where the session looks for it"
                ) from None
            self._found[key] = audio_io.probe(path)[0]
        return self._found[key]

    def _path(self, text: str) -> Path:
        windows = PureWindowsPath(text)
        plain = text.replace("\\", "/") if "/" not in text else text
        path = Path(plain) if not windows.drive else Path(windows.as_posix())
        whole = Path(os.path.realpath(self._home / path))
        if not whole.is_relative_to(self._home) and not self._allow_outside:
            raise InputError(
                f"{visible(self._session.path)} names {visible(text, _LONGEST_NAMED)}, which lies "
                "outside of its folder; copy it there, or allow it with --allow-outside"
            )
        return whole

    def _unpacked(self, name: str) -> Path:
        """A file in the container, in a name of our own."""
        target = self._scratch / f"{len(self._found)}{PurePosixPath(name).suffix[:8]}"
        try:
            room = shutil.disk_usage(self._scratch).free // 2
            with (
                open_regular(self._session.path) as container,
                open_member(container, name, min(self._left_bytes, room)) as file,
                target.open("wb") as out,
            ):
                shutil.copyfileobj(file, out, 1 << 20)
                self._left_bytes -= out.tell()
        except MemberError as error:
            raise InputError(f"{visible(self._session.path)}: {visible(error)}") from None
        except OSError as error:
            raise OutputError(f"{self._scratch}: cannot be written ({error.strerror})") from None
        return target


def _refuse_endless(
    path: Path, tracks: Sequence[ReadTrack], sources: dict[ReadClip, AudioSource]
) -> None:
    """Refuse tracks that would take hours to put together, whatever little they say and weigh."""
    read_s = 0.0
    for track in tracks:
        ends_s: dict[AudioSource, float] = {}
        for clip in track.clips:
            source = sources[clip]
            length_s = _length_s(clip, source)
            ends_s[source] = max(ends_s.get(source, 0.0), clip.offset_s + length_s)
            read_s += length_s
        read_s += sum(min(end_s, _LONGEST_S) for end_s in ends_s.values())
    if read_s > _MOST_READ_S:
        raise InputError(
            f"{visible(path)}: its clips take {read_s / 3600.0:.0f} hours of recordings, more than "
            f"{_MOST_READ_S / 3600.0:.0f}; remove clips that are not needed"
        )


def _bytes_of(tracks: Sequence[ReadTrack], sources: dict[ReadClip, AudioSource], rate: int) -> int:
    """How large the files of tracks will be at most."""
    ends_s = [
        max(clip.position_s + _length_s(clip, sources[clip]) for clip in track.clips)
        for track in tracks
    ]
    return sum(8 * round(min(end_s, _LONGEST_S) * rate) for end_s in ends_s)


def _joined(
    clips: Sequence[ReadClip], sources: dict[ReadClip, AudioSource], rate: int
) -> FloatArray:
    """A track's clips where they lie: float32 (1 or 2, samples)."""
    ends = [clip.position_s + _length_s(clip, sources[clip]) for clip in clips]
    if max(ends) > _LONGEST_S:
        raise InputError(
            f"{visible(clips[0].file)} ends {max(ends) / 3600:.1f} hours into the song"
        )
    is_mono = all(sources[clip].channels == 1 and clip.pan == 0.0 for clip in clips)
    total = np.zeros((1 if is_mono else 2, max(1, round(max(ends) * rate))), np.float32)
    by_source: dict[AudioSource, list[ReadClip]] = {}
    for clip in clips:
        by_source.setdefault(sources[clip], []).append(clip)
    for source, own in by_source.items():
        _add_clips(total, source, own, rate, is_mono=is_mono)
    return total


def _add_clips(
    total: FloatArray, source: AudioSource, clips: Sequence[ReadClip], rate: int, *, is_mono: bool
) -> None:
    """Add a file's clips to a track: one pass over the file, however many there are."""
    ahead = []
    for number, clip in enumerate(clips):
        first = round(clip.position_s * rate)
        last = min(first + round(_length_s(clip, source) * rate), total.shape[1])
        begins = round(min(clip.offset_s, _LONGEST_S) * rate)
        ahead.append((begins, number, begins + last - first, first - begins, clip))
    # The last in the list is the next in the file.
    ahead.sort(reverse=True)
    heard, at = list[tuple[int, int, int, int, ReadClip]](), 0
    for block in audio_io.read_resampled_blocks(source, rate):
        end = at + block.shape[1]
        while ahead and ahead[-1][0] < end:
            heard.append(ahead.pop())
        for begins, _, ends, moved, clip in heard:
            start, stop = max(at, begins), min(end, ends)
            if start < stop:
                part = _placed(block[:, start - at : stop - at], clip, is_mono)
                total[:, start + moved : stop + moved] += part
        heard = [one for one in heard if one[2] > end]
        at = end
        if not ahead and not heard:
            return


def _length_s(clip: ReadClip, source: AudioSource) -> float:
    """How long a clip is heard: no longer than its file, whose length may be missing."""
    there_s = max(0.0, source.n_samples / source.sample_rate - clip.offset_s)
    return min(clip.length_s, there_s) if clip.length_s > 0.0 else there_s


def _placed(block: FloatArray, clip: ReadClip, is_mono: bool) -> FloatArray:
    gain = np.float32(np.clip(clip.gain, -1e3, 1e3))
    if is_mono:
        return np.asarray(block[:1] * gain)
    if clip.is_middle:
        block = np.mean(block, axis=0, keepdims=True)
    sides = np.array(balance_gains(clip.pan), np.float32)[:, None]
    return np.asarray(np.broadcast_to(block, (2, block.shape[1])) * sides * gain)


def _refuse_folder(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that is there, but for one that was made before and is to be replaced."""
    if not folder.exists():
        return
    try:
        song_file = folder / SONG_FILE
        is_ours = song_file.is_file() and read_regular(song_file, _LOOKED_AT_BYTES).startswith(
            _MADE_BY.encode()
        )
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror})") from None
    if not overwrite or not is_ours or folder.is_symlink():
        what = (
            "add --overwrite to write it again"
            if is_ours
            else "mixer did not write it, so it is not replaced"
        )
        raise OutputError(f"{folder} already exists; {what}")


def _remove_others(folder: Path, made: Sequence[Path]) -> None:
    """Remove recordings that were made before, and not again."""
    try:
        for path in {*folder.glob("*.wav"), *folder.glob("*/*.wav")} - {*made}:
            if not path.parent.is_symlink():
                path.unlink()
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror})") from None


def _write_song_file(session: ReadSession, folder: Path, gains_db: dict[str, float]) -> None:
    table: dict[str, object] = {"title": (session.title or session.path.stem)[:200]}
    if session.tempo_bpm is not None:
        table["tempo_bpm"] = session.tempo_bpm
    table["files"] = {
        file: {"gain_db": round(gain_db, 2)}
        for file, gain_db in gains_db.items()
        if abs(gain_db) >= _LEAST_GAIN_DB
    }
    table["markers"] = [{"name": m.name, "time_s": m.time_s} for m in session.markers]
    kept = {key: value for key, value in table.items() if value}
    write_output(folder / SONG_FILE, "\n".join([_MADE_BY, *table_lines(kept), ""]))
