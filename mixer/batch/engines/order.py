"""Messages between the run and its workers: orders one way, news the other way.

Plain data that pickles small; the audio never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mixer.batch.batch_figures import Figures
from mixer.batch.requests.row_request import RowSettings
from mixer.batch.states import Ending, Phase
from mixer.output.output_settings import OutputSettings


@dataclass(frozen=True)
class Order:
    """One song to render.

    Attributes:
        id: the song's, in the manifest.
        token: token of this attempt, which names its staging folder.
        song: absolute path of the song folder.
        staging: absolute path of the folder in which this attempt alone makes its files.
        target: absolute path at which the mix will appear.
        settings: arguments of `RenderSettings`, without the device and the console.
        wanted: format of the mix, and the files delivered with it.
        phase: the part of the work to do.
        premaster: absolute path of the folder that keeps an album's song between its two phases.
        loudness_lufs: to finish with, this song's own target: its loudness plus the album's offset.
        known_inputs: hash of the inputs that the finished mix was made of, where only the files'
            dates have changed since; the same hash again means there is nothing to do.
        duration_s: of the song.
        need_bytes: estimated memory for rendering it.
        console: the console as a plain table; None for the song's own.
        song_table: the song's own console table when `console` was resolved.
        presets: name, path and sha256 of every file that contributed to it.
        hears_sound: whether to measure its sound, because its album matches the sound.
        album_moves: figure to the change of its sound, in dB.
        album_sound: figures of its sound before these changes, in dB.
        alone: whether nothing else may run in the worker, because one died with this song.
    """

    id: str
    token: str
    song: str
    staging: str
    target: str
    settings: RowSettings
    wanted: OutputSettings
    phase: Phase = Phase.WHOLE
    premaster: str = ""
    loudness_lufs: float | None = None
    known_inputs: str | None = None
    duration_s: float = 0.0
    need_bytes: int = 0
    console: Mapping[str, object] | None = None
    song_table: Mapping[str, object] = field(default_factory=dict)
    presets: tuple[Mapping[str, str], ...] = ()
    alone: bool = False
    hears_sound: bool = False
    album_moves: Mapping[str, float] = field(default_factory=dict)
    album_sound: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StagedFile:
    """A finished file in the staging folder, and its destination.

    Attributes:
        staged: path relative to the staging folder.
        role: `MIX` or `RECIPE` of `mixer.output.names`, one of
            `mixer.batch.requests.outputs.Target.beside`, a wet stem's name, or
            `mixer.output.names.TRACK_ROLE` and a wet track's.
        n_bytes: its size.
        sha256: of its content.
    """

    staged: str
    role: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class Outcome:
    """Outcome of an order.

    Attributes:
        id, token: the order's.
        kind: how it ended.
        error: the reason in one line; None unless it failed.
        disk_full: whether it failed because the output's file system is full.
        passing: whether it failed for lack of memory or of the device's process, so that a retry
            alone may succeed.
        files: the files in the staging folder.
        inputs_stat: names, sizes and dates of the inputs, as `mixer.batch.inputs` lists them.
        inputs_sha256: hash of their content.
        figures: measurements and times, ready for JSON.
    """

    id: str
    token: str
    kind: Ending
    error: str | None = None
    disk_full: bool = False
    passing: bool = False
    files: tuple[StagedFile, ...] = ()
    inputs_stat: str = ""
    inputs_sha256: str = ""
    figures: Figures = field(default_factory=Figures)


@dataclass(frozen=True)
class Finished:
    """A worker finished an order."""

    outcome: Outcome


@dataclass(frozen=True)
class Retried:
    """An order's worker died; the order runs again."""

    id: str
    reason: str


@dataclass(frozen=True)
class Working:
    """Progress of an order: worker, stage, and share done, 0 to 1."""

    id: str
    worker: str
    stage: str
    share: float


Event = Finished | Retried | Working
