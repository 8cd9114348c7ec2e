"""State of a song on the page, and notices that something has changed."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from mixer.studio.messages.channel_state import (
    Audio,
    Bus,
    Channel,
    Master,
    Return,
    StripTable,
    Value,
)
from mixer.studio.messages.work import Doing, Job


class SongRow(TypedDict):
    """A song of the folder; `problem` is why it cannot be opened."""

    id: str
    name: str
    phase: str
    problem: str | None


class Songs(TypedDict):
    """The songs, and the folder's name."""

    folder: str
    songs: list[SongRow]


class Source(TypedDict):
    """A whole mix to listen to and to compare with.

    Attributes:
        id: mix (the exact render), plain (the recordings' sum), default (without the user's edits),
            take-N, variation-N, reference-N, and var-N, a variation among the takes.
        name: to show.
        audio: None until it is made.
        loudness_lufs, true_peak_dbtp: None until then, and for silence.
        match_db: gain that makes all sources equally loud.
    """

    id: str
    kind: Literal["mix", "plain", "default", "take", "reference", "variation"]
    name: str
    audio: Audio | None
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    match_db: float


class Marker(TypedDict):
    """A named place."""

    name: str
    time_s: float


class Section(TypedDict):
    """A stretch of the song."""

    name: str
    start_s: float
    end_s: float


class Variation(TypedDict):
    """A variation of the mix: the source of its id, in words, and how far it lies from the mix.

    `moved_db` is by axis: voice, brightness, bass, width, dynamics, as far as they can be told.
    """

    id: str
    name: str
    moved_db: dict[str, float]


class Exact(TypedDict):
    """The last exact render.

    Attributes:
        revision: of its edits. version: of the samples of the source "mix".
        strips: as they were in it, by channel, of those channels whose strips differ from it now.
    """

    revision: int
    version: int
    strips: dict[str, StripTable]


class SongState(TypedDict):
    """State of a song on the page.

    Attributes:
        revision: grows with every edit.
        phase: closed, loading (files are read), listening, rendering, ready, failed.
        problem: why it failed, or why the last exact render did.
        doing: None while nothing is done.
        kind: tracks, if a model mixes single tracks; else stems.
        stems: with their tracks.
        buses: the network's, with what their compressors did in the last exact render.
        can_undo, can_redo: what would be taken back, in words; None for none.
        notes: warnings, a line each.
        settings: model, amount, platform as requested.
        saved: every edit is in song.toml.
    """

    id: str
    name: str
    revision: int
    phase: Literal["closed", "loading", "listening", "rendering", "ready", "failed"]
    problem: str | None
    doing: Doing | None
    kind: Literal["tracks", "stems"]
    model: str | None
    sample_rate_hz: int
    n_frames: int
    duration_s: float
    tempo_bpm: float | None
    markers: list[Marker]
    sections: list[Section]
    stems: list[Channel]
    buses: list[Bus]
    master: Master
    returns: list[Return]
    sources: list[Source]
    variations: list[Variation]
    exact: Exact | None
    presets: list[str]
    settings: dict[str, Value]
    can_undo: str | None
    can_redo: str | None
    saved: bool
    notes: list[str]
    jobs: list[Job]


class Overview(TypedDict):
    """Peaks of equal stretches of the whole song, 0 to 1 of full scale; 0 if not made yet."""

    n_frames: int
    version: int
    peaks: list[float]


class Event(TypedDict):
    """Something happened to a song; its name is the event's `type`, this its `data`.

    Attributes:
        type: state (read it again: an edit by any page, another phase), doing, audio (of a channel
            or source more is ready, or it has a new version), exact (a render is finished),
            job.
        audio: for audio and exact. doing: for doing. job: for job.
    """

    type: Literal["state", "doing", "audio", "exact", "job"]
    song: str
    revision: int
    audio: NotRequired[Audio]
    doing: NotRequired[Doing | None]
    job: NotRequired[Job]


class Problem(TypedDict):
    """Messages of an error, a line each."""

    error: str
    lines: list[str]


class Conflict(TypedDict):
    """The page's revision is old: here is how it stands now."""

    error: str
    lines: list[str]
    state: SongState


class Saved(TypedDict):
    """The file that was written, keys of edits that it cannot hold, and how the song stands."""

    path: str
    left_out: list[str]
    state: SongState
