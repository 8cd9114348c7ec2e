"""Preparation of a song for mixing: full scale, corrected microphones, no silence at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mixer.audio.extremes import sounding_samples
from mixer.song.damaged_files import offset_remarks, scale_remarks
from mixer.song.deciding_files import deciding_files
from mixer.song.fixes import Fix
from mixer.song.full_scale import full_scales
from mixer.song.microphones.microphone_names import microphone_groups
from mixer.song.recording import Recording
from mixer.song.song import Song
from mixer.song.tracks import tracks_of

if TYPE_CHECKING:
    from mixer.song.microphones.cancellation import Misplaced

# Digital silence that every file ends in is cut from here on; rooms may ring into what is kept.
CUT_FROM_S = 5.0
KEPT_S = 2.0
# Formats that are not sought in are looked through only where they are this much longer.
_FAR_LONGER_FROM = 2.0


def prepare_song(song: Song, *, trim: bool, fixes: Sequence[str] = ()) -> tuple[Song, list[str]]:
    """Bring float files that are scaled to integers to full scale, and cut silence at the end.

    Args:
        song: from `load_song`.
        trim: cut digital silence in which every file ends.
        fixes: any of `FIXES`, to repair between microphones on one source; what `song.toml` says
            of a file wins.

    Returns:
        The song, and a line for each change and for each property determined by a single file.

    Raises:
        InputError: a float file whose scale is not certain.
    """
    recordings, notes = at_full_scale(song.recordings)
    notes += [f"{r.file}: {text}" for r in recordings for text in offset_remarks(r.source)]
    song = replace(song, recordings=recordings)
    song, said = fix_microphones(song, fixes)
    notes += [f"{file}: {text}" for file, text in said.items()]
    for place, remarks in deciding_files([r.source for r in recordings]).items():
        notes += [f"{recordings[place].file}: {remark}" for remark in remarks]
    if trim:
        n_samples = n_without_silence(song)
        if n_samples < song.n_samples:
            cut_s = (song.n_samples - n_samples) / song.sample_rate
            notes.append(
                f"{cut_s:.1f} s of digital silence at the end of every file are cut; "
                "--trim none keeps them"
            )
            song = replace(song, n_samples=n_samples)
    return song, notes


def fix_microphones(song: Song, fixes: Sequence[str]) -> tuple[Song, dict[str, str]]:
    """Correct polarity and delay between microphones on one source, and say what is found.

    Args:
        song: from `load_song`.
        fixes: any of `FIXES`; what `song.toml` says about a file wins.

    Returns:
        The song, and by file a message about what was corrected or could be.
    """
    tracks = tracks_of(song)
    if not microphone_groups(tracks) and all(len(track.recordings) == 1 for track in tracks):
        return song, {}
    # Not above: plans of songs without microphones that belong together take no signal processing.
    from mixer.song.microphones.cancellation import find_misplaced

    by_file = {recording.file: recording for recording in song.recordings}
    said = {}
    for entry in find_misplaced(song):
        own = by_file[entry.files[0]].fixes
        if own == ():  # the engineer wants it as it is
            continue
        repaired = entry.repaired_by(fixes if own is None else own)
        said[entry.files[0]] = f"{entry.sentence()}; {_outcome(entry, repaired)}"
        for file in entry.files:
            recording = by_file[file]
            later_s = entry.delay_s if Fix.DELAY in repaired else 0.0
            by_file[file] = replace(
                recording,
                start_s=recording.start_s - later_s,
                inverted=recording.inverted != (Fix.POLARITY in repaired),
            )
    return replace(song, recordings=tuple(by_file[r.file] for r in song.recordings)), said


def _outcome(entry: Misplaced, repaired: Sequence[str]) -> str:
    """Describe the correction of a fault and its effect."""
    if entry.is_far:
        return "too far for microphones on one source; set its start_s in song.toml if it is late"
    if repaired:
        gain_db = entry.gains_db[tuple(repaired)]
        return f"{' and '.join(repaired)} corrected; their sum changes by {gain_db:+.1f} dB"
    needed = entry.needed
    changed = f"their sum changes by {entry.gains_db[needed]:+.1f} dB"
    return f"--fix {','.join(needed)} corrects it; {changed}"


def at_full_scale(recordings: Sequence[Recording]) -> tuple[tuple[Recording, ...], list[str]]:
    """Set the scale of recordings that are not at ±1, with a line about each that is not as stated.

    Raises:
        InputError: a float file whose scale is not certain.
    """
    scales = full_scales([r.source for r in recordings])
    scaled, notes = [], []
    for recording, scale in zip(recordings, scales, strict=True):
        if scale != 1.0:
            recording = replace(recording, source=replace(recording.source, full_scale=scale))
        notes += [f"{recording.file}: {text}" for text in scale_remarks(recording.source)]
        scaled.append(recording)
    return tuple(scaled), notes


def n_without_silence(song: Song) -> int:
    """The song's length without the digital silence that all files end in, at its sample rate."""
    duration_s, needed_s = song.duration_s, 0.0
    by_end = sorted(song.recordings, key=_end_s, reverse=True)
    typical_s = _duration_s(by_end[len(by_end) // 2])
    for recording in by_end:
        if _end_s(recording) <= needed_s or needed_s >= duration_s - CUT_FROM_S:
            break
        needed_s = max(needed_s, recording.start_s + _sounding_s(recording, typical_s))
    if needed_s == 0.0 or duration_s - needed_s <= CUT_FROM_S:
        return song.n_samples
    return min(song.n_samples, round((needed_s + KEPT_S) * song.sample_rate))


def _sounding_s(recording: Recording, typical_s: float) -> float:
    source = recording.source
    duration_s = _duration_s(recording)
    if source.reader != "plain" and duration_s <= _FAR_LONGER_FROM * typical_s:
        return duration_s
    return sounding_samples(source) / source.sample_rate


def _end_s(recording: Recording) -> float:
    return recording.start_s + _duration_s(recording)


def _duration_s(recording: Recording) -> float:
    return recording.source.n_samples / recording.source.sample_rate
