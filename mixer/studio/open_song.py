"""An open song for pages, tests and other programs: plain methods without HTTP.

All methods are thread-safe and return at once; a worker thread does the work.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mixer.dsp.long_audio import scratch_folder
from mixer.errors import SettingsError
from mixer.files.wording import visible
from mixer.preset.console_shape import TRACKS
from mixer.preset.preset_writing import save_preset
from mixer.preset.schema import plain_table
from mixer.rendering.timing.progress import Progress
from mixer.studio.edited_plan import table_edits
from mixer.studio.edits import Edits, read_changes
from mixer.studio.jobs import MOST_JOBS, RenderJob, read_wanted, run_job
from mixer.studio.making import without_user_settings
from mixer.studio.messages.song_state import Overview, Saved, SongState
from mixer.studio.messages.work_state import Job, TakeRow, Takes
from mixer.studio.mix_sources import Sources, source_of
from mixer.studio.saving import save_to_song
from mixer.studio.shared_state import NotReadyError, Task, Tell
from mixer.studio.song_worker import Worker
from mixer.studio.standing import song_state
from mixer.studio.varying import Variations
from mixer.takes.asking import ask

_CLOSE_S = 20.0
_VARYING = "rendering variations"
_LONGEST_WISH, _LONGEST_LABEL = 500, 200


class GoneError(Exception):
    """The requested version of the samples has been replaced."""


class SongSession:
    """A song that is open."""

    def __init__(self, song_id: str, folder: Path, mixes: Path, tell: Tell) -> None:
        """Open a song; it is read and rendered in the background.

        Args:
            song_id: name in addresses.
            folder: of the song.
            mixes: destination of renders.
            tell: called with every event, from any thread.
        """
        self._mixes = mixes
        self._scratch = Path(tempfile.mkdtemp(prefix="mixer-studio-", dir=scratch_folder()))
        self._worker = Worker(song_id, folder, tell, self._scratch)
        self._desk, self._maker = self._worker.desk, self._worker.maker
        self._sources = Sources(self._maker, folder, mixes)
        self._variations = Variations(self._maker, self._sources)
        with self._desk.lock:
            for make in self._sources.find_references():
                self._desk.add(Task("reading a reference", make))
        self._worker.start()

    @property
    def is_busy(self) -> bool:
        """Whether a render to files is running or waiting."""
        return any(job.state in ("waiting", "running") for job in self._desk.jobs)

    def state(self) -> SongState:
        """The current state of the song."""
        with self._desk.lock:
            return song_state(self._desk, self._sources.rows(), self._variations.rows())

    def audio(self, name: str, start: int, n_frames: int, version: int | None) -> bytes:
        """Samples of a channel or source in the format of the messages; empty if not ready.

        Raises:
            KeyError: no channel or source has that name.
            IndexError: `start` is beyond the end.
            GoneError: the samples have another version.
        """
        samples = self._maker.made.samples[name]
        if start >= samples.n_frames:
            raise IndexError(start)
        if version is not None and version != samples.version:
            raise GoneError
        return samples.read(start, n_frames)

    def overview(self, name: str, n_points: int) -> Overview:
        """Peaks over the whole song; raises KeyError for an unknown name."""
        samples = self._maker.made.samples[name]
        peaks = samples.peaks(n_points)
        return {"n_frames": samples.n_frames, "version": samples.version, "peaks": peaks}

    def response(self, name: str) -> bytes:
        """A return's impulse response, little-endian float32; KeyError for an unknown name."""
        return self._maker.made.responses[name].samples.astype("<f4", copy=False).tobytes()

    def bus(self, name: str) -> bytes:
        """The gains of a bus over time, as the messages say; KeyError for an unknown one."""
        exact = self._maker.made.exact
        if exact is None:
            raise KeyError(name)
        return exact.buses[name].encoded()

    def takes(self) -> Takes:
        """The takes of the song's mixes, then their variations."""
        rows: list[TakeRow] = [
            {
                "source": source_of(take),
                "number": take.number,
                "words": take.words,
                "file": take.mix.name,
                "made_by": take.made_by,
                "asked": list(take.asked),
                "changes": list(take.changes),
                "state": take.state,
                "loudness_lufs": take.loudness_lufs,
                "true_peak_dbtp": take.true_peak_dbtp,
            }
            for take in self._sources.takes()
        ]
        return {"takes": rows}

    def edit(
        self, revision: int, changes: Edits, *, gesture: str = "", label: str = ""
    ) -> SongState:
        """Make changes on top of a revision.

        Args:
            revision: as the page knows it.
            changes: by key; None takes an edit back.
            gesture, label: as in `mixer.studio.edits.History.edited`.

        Raises:
            ConflictError: the revision is not the last one.
            NotReadyError: the song is not read yet.
            SettingsError: with a line for each invalid change.
        """
        desk = self._desk
        with desk.lock:
            desk.check(revision)
            history = desk.kept.history.edited(
                read_changes(changes),
                gesture=gesture[:_LONGEST_LABEL],
                label=visible(label, _LONGEST_LABEL),
            )
            desk.take(history)
            return self.state()

    def undo(self, revision: int) -> SongState:
        """Undo the last step; errors as in `edit`."""
        with self._desk.lock:
            self._desk.check(revision)
            self._desk.take(self._desk.kept.history.undo())
            return self.state()

    def redo(self, revision: int) -> SongState:
        """Redo the step that was undone last; errors as in `edit`."""
        with self._desk.lock:
            self._desk.check(revision)
            self._desk.take(self._desk.kept.history.redo())
            return self.state()

    def wish(self, revision: int, text: str) -> SongState:
        """Apply requests in plain words as an edit; errors as in `edit`."""
        if len(text) > _LONGEST_WISH or "=" in text:
            raise SettingsError(
                f"give a request in words, at most {_LONGEST_WISH} characters; edit settings by "
                "their keys"
            )
        with self._desk.lock:
            self._desk.check(revision)
            planned, plan = self._desk.planned, self._desk.plan
            if planned is None or plan is None:
                raise NotReadyError
            console = planned.full.console
            asked = ask(
                [text],
                console,
                known=plan.known_changes,
                stems=planned.song.stems,
                roles=frozenset(track.role for track in planned.tracks),
            )
            return self.edit(revision, table_edits(console, asked.console), label=text)

    def variations(self, revision: int) -> SongState:
        """Make variations of the mix, replacing earlier ones; errors as in `edit`."""
        desk = self._desk
        with desk.lock:
            desk.check(revision)
            if not any(task.what == _VARYING for task in desk.tasks):
                desk.add(Task(_VARYING, self._variations.make))
            return self.state()

    def blend(self, revision: int, parts: Mapping[str, Any]) -> SongState:
        """Add a blend of the mix and variations to the user's edits; errors as in `edit`."""
        with self._desk.lock:
            self._desk.check(revision)
            edits, label = self._variations.blend(self._desk.ready(), parts)
            return self.edit(revision, edits, label=label)

    def compare(self, source: str, *, remove: bool = False) -> SongState:
        """Make a source to compare with, or remove one.

        Raises:
            SettingsError: no such source.
            NotReadyError: the song is not read yet.
        """
        with self._desk.lock:
            planned = self._desk.ready()
            if remove:
                self._sources.remove(source)
            else:
                make = self._sources.ask(source, without_user_settings(planned))
                self._desk.add(Task("rendering a source", make))
            self._desk.told()
            return self.state()

    def add_reference(self, name: str, data: bytes) -> SongState:
        """Add an uploaded mix to compare with: the bytes of an audio file.

        Raises:
            SettingsError: the name is not that of an audio file, or there are too many sources.
            OutputError: it cannot be stored.
            NotReadyError: the song is not read yet.
        """
        with self._desk.lock:
            self._desk.ready()
            make = self._sources.add_reference(name, data)
            self._desk.add(Task("reading a reference", make))
            self._desk.told()
            return self.state()

    def save_song(self) -> Saved:
        """Write the user's edits into song.toml; everything else in it stays.

        Raises:
            NotReadyError: the song is not read yet.
            PresetError, OutputError: song.toml cannot be read or written.
        """
        desk = self._desk
        with desk.lock:
            planned = desk.ready()
            assert desk.song is not None
            before = desk.kept.song_table(desk.song.console)
            edits = desk.kept.history.edits
            path, table = save_to_song(desk.folder, planned, before, edits)
            desk.song = replace(desk.song, console=table)
            desk.kept = desk.kept.with_written(before, table)
            desk.keep()
            desk.told()
            left_out = [key for key in edits if key not in desk.kept.written_edits]
            return {"path": str(path), "left_out": left_out, "state": self.state()}

    def save_preset(self, name: str, *, summary: str = "", overwrite: bool = False) -> Saved:
        """Write the console as one of the user's presets, without settings of single tracks.

        Raises:
            NotReadyError: the song is not read yet.
            PresetError, OutputError: as in `mixer.preset.preset_writing.save_preset`.
        """
        with self._desk.lock:
            table = plain_table(self._desk.ready().full.console)
            table.pop(TRACKS, None)
            summary = visible(summary, _LONGEST_LABEL)
            path = save_preset(name, table, summary=summary, overwrite=overwrite)
            return {"path": str(path), "left_out": [], "state": self.state()}

    def render(self, asked: Any) -> Job:
        """Render the current song to files.

        Args:
            asked: a `RenderAsked`.

        Raises:
            SettingsError: the request is invalid, or too many are waiting.
            NotReadyError: the song is not read yet.
        """
        wanted, desk = read_wanted(asked), self._desk
        with desk.lock:
            job = RenderJob(secrets.token_hex(8), desk.ready(), wanted, self._mixes)
            waiting = [one for one in desk.jobs if one.state in ("waiting", "running")]
            if len(waiting) >= MOST_JOBS:
                raise SettingsError(f"{MOST_JOBS} renders are waiting already")
            desk.jobs = [*desk.jobs, job][-2 * MOST_JOBS :]
            progress: Progress = self._maker.progress("rendering")
            desk.add(Task("rendering", lambda plan: run_job(job, progress), job))
            return job.as_json()

    def job(self, job_id: str) -> RenderJob:
        """A requested render; raise KeyError for an unknown id."""
        with self._desk.lock:
            for job in self._desk.jobs:
                if job.id == job_id:
                    return job
        raise KeyError(job_id)

    def cancel(self, job_id: str) -> Job:
        """Cancel a render, leaving no partial files; raise KeyError for an unknown id."""
        desk = self._desk
        with desk.lock:
            job = self.job(job_id)
            job.cancelled.set()
            if job.state == "waiting":
                desk.tasks = [task for task in desk.tasks if task.job is not job]
                job.state = "cancelled"
                desk.announce_job(job)
            return job.as_json()

    def close(self) -> None:
        """End the work and free the rendered audio; all edits are already on disk."""
        self._worker.stop(_CLOSE_S)
        shutil.rmtree(self._scratch, ignore_errors=True)
