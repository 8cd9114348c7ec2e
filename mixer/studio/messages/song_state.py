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
from mixer.studio.messages.work_state import Doing, Job


class SongRow(TypedDict):
    """A song by its folder's name; `problem` is why it cannot be opened."""

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
        name: display name.
        audio: None until it is rendered.
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
    """A named position."""

    name: str
    time_s: float


class Section(TypedDict):
    """A section of the song, between two markers."""

    name: str
    start_s: float
    end_s: float


class Variation(TypedDict):
    """A variation of the mix: the id of its source, a description, and its distance from the mix.

    `moved_db` is by axis (vocals, brightness, bass, width, dynamics), for those that were measured.
    """

    id: str
    name: str
    moved_db: dict[str, float]


class Exact(TypedDict):
    """The last exact render.

    Attributes:
        revision: of its edits. version: of the samples of the source "mix".
        strips: in that render, by channel, for channels whose strips have changed since.
    """

    revision: int
    version: int
    strips: dict[str, StripTable]


class SongState(TypedDict):
    """State of a song on the page.

    Attributes:
        revision: increases with every edit.
        phase: closed, loading (files are read), listening, rendering, ready, failed.
        problem: why it failed, or why the last exact render did.
        doing: the server's current work; None while idle.
        kind: tracks, if a model mixes single tracks; else stems.
        stems: with their tracks.
        buses: the network's, with their compressors' gains in the last exact render.
        can_undo, can_redo: label of the step that would be undone or redone; None for none.
        notes: warnings, a line each.
        settings: model, amount, platform as requested.
        saved: whether every edit is in song.toml.
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
    """An event of a song: the `data` of a server-sent event, whose name is `type`.

    Attributes:
        type: state (read it again: an edit by any page, another phase), doing, audio (more samples
            of a channel or source are ready, or a new version), exact (a render is finished),
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
    """The page's revision is out of date; `state` is the current state."""

    error: str
    lines: list[str]
    state: SongState


class Saved(TypedDict):
    """The file that was written, keys of edits that it cannot hold, and the song's state."""

    path: str
    left_out: list[str]
    state: SongState
