"""Recordings that would be mixed twice, found by name (copies) or by sound (contained in others).

A file that `song.toml` puts into a stem stays, with a remark.
"""

from __future__ import annotations

from dataclasses import replace

from mixer.roles import UNKNOWN
from mixer.song.duplicates.copies import find_copies
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.load_progress import Loading, unwatched
from mixer.song.microphones.microphone_names import microphone_groups
from mixer.song.recording import Recording
from mixer.song.song_file import SongSettings
from mixer.song.tracks import as_tracks


def leave_out_copies(found: list[Recording], settings: SongSettings) -> list[Recording]:
    """Leave out copies found by name, except files that `song.toml` puts into a stem."""
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


def leave_out_heard(
    found: list[Recording], settings: SongSettings, loading: Loading = unwatched
) -> list[Recording]:
    """Leave out recordings contained in others, except files that `song.toml` puts into a stem.

    `loading` is called for each that is listened to.
    """
    # Not above: to look at songs, as plans do by the thousand, takes no signal processing.
    from mixer.song.duplicates.content import Candidate, compare_recordings

    places = [p for p, r in enumerate(found) if r.stem is not None and r.fault is None]
    heard = compare_recordings(
        [
            Candidate(r.file, r.source, r.side, r.start_s, r.certain)
            for r in (found[place] for place in places)
        ],
        loading,
    )
    kept = list(found)
    sources = _sources([found[place] for place in places])
    for one in heard:
        recording = found[places[one.index]]
        alike = {recording.file, *(found[places[other]].file for other in one.others)}
        if not one.certain and any(alike <= files for files in sources):
            continue  # microphones on one source are alike, and compared as such
        own = settings.for_file(recording.file)
        if one.certain and (own is None or own.stem is None):
            nothing = replace(recording.source, n_samples=0)
            reason = one.reason
            if _is_another_instrument(recording, [found[places[o]] for o in one.others]):
                reason += f"; give its stem in {SONG_FILE} to keep it"
            kept[places[one.index]] = Recording(nothing, recording.file, None, reason)
        else:
            remarks = (*recording.remarks, one.reason)
            kept[places[one.index]] = replace(recording, remarks=remarks)
    return kept


def _is_another_instrument(recording: Recording, others: list[Recording]) -> bool:
    """Whether a single recording contains all of it but is named after another instrument.

    Identical samples under two names may be intended as two layers.
    """
    if len(others) != 1 or UNKNOWN in (recording.role, others[0].role):
        return False
    return recording.role != others[0].role


def _sources(recordings: list[Recording]) -> list[set[str]]:
    """Sets of files that are microphones on one source, according to their names."""
    return [
        {recording.file for microphone in group for recording in microphone.track.recordings}
        for group in microphone_groups(as_tracks(recordings))
    ]
