"""Classification by sound, for unrecognised names and clearly wrong ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mixer.roles import UNKNOWN
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.load_progress import (
    Loading,
    LoadProgress,
    LoadStep,
    audio_seconds,
    unwatched,
)
from mixer.song.names.track_names import NOTHING_KNOWN
from mixer.song.recording import Recording

if TYPE_CHECKING:
    from mixer.song.by_ear import HeardPart


def sort_in_by_ear(
    found: list[Recording], unnamed: Collection[str], loading: Loading = unwatched
) -> list[Recording]:
    """Give unnamed recordings the stem and the role that they clearly sound like.

    They stay uncertain, so that the user checks them. The two halves of a pair are classified
    together, or not at all.

    Args:
        found: a song's recordings, left-out ones among them.
        unnamed: files that are not classified yet.
        loading: called for each of them.
    """
    listened = [r for r in found if r.file in unnamed and r.stem is not None and r.fault is None]
    if not listened:
        return found
    # Not above: to look at songs, as plans do by the thousand, takes no signal processing.
    from mixer.song.by_ear import listen_for_role

    heard: dict[str, HeardPart] = {}
    audio_s = audio_seconds(found)
    for place, r in enumerate(listened):
        share = place / len(listened)
        loading(LoadProgress(LoadStep.BY_EAR, share, len(listened), audio_s, r.file))
        part = listen_for_role(r.source)
        if part is not None and part.is_believed:
            heard[r.file] = part
    return [_sorted_in(r, heard) for r in found]


def _sorted_in(recording: Recording, heard: Mapping[str, HeardPart]) -> Recording:
    part = heard.get(recording.file)
    if part is None:
        return recording
    if recording.partner is not None:
        other = heard.get(recording.partner)
        if other is None or other.stem != part.stem:
            return recording
        part = max(part, other, key=lambda half: half.probability)
    reason = recording.reason.replace(NOTHING_KNOWN, part.in_words, 1)
    return replace(recording, stem=part.stem, role=part.role, reason=reason)


def against_its_name(recording: Recording) -> str | None:
    """Message about a recording that clearly does not sound like its name; None without doubt.

    Not for effects and unspecific members of "other", which may sound like anything, nor for files
    that `song.toml` classifies.
    """
    may_be_anything = recording.stem == "other" and recording.role in ("fx", UNKNOWN)
    by_hand = recording.reason.startswith(SONG_FILE)
    if recording.stem is None or not recording.certain or may_be_anything or by_hand:
        return None
    from mixer.song.by_ear import listen_against

    part = listen_against(recording.source, recording.stem)
    if part is None:
        return None
    return f"its name says {recording.stem}, but it {part.in_words}: listen to it"
