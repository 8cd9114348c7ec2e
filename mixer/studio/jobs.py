"""Renders that a page requested: a mix and its deliverables, written to files for download."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mixer.audio.formats import DEFAULT_FORMAT
from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest
from mixer.output.destination import Destination, render_to
from mixer.output.names import mix_name
from mixer.output.output_settings import DawAudio, OutputSettings, ReportKind
from mixer.rendering.plans.plan_notes import with_leakage_warning
from mixer.rendering.settings import at_fitting_rate
from mixer.rendering.timing.progress import Progress
from mixer.studio.edited_plan import Planned
from mixer.studio.messages.work_state import Doing, Job
from mixer.takes.numbering import next_number, take_path, takes_beside

MOST_JOBS = 50
_WORDS = ("format", "bit_depth", "daw_audio")
_FLAGS = ("stems", "tracks", "report")
_LISTS = ("deliver", "daw")


@dataclass
class RenderJob:
    """A requested render.

    Attributes:
        id: of the job.
        planned: the song and edits to render.
        wanted: the requested formats and deliverables.
        folder: the destination.
        state, doing, problem, remarks: as in `Job`.
        files: those written.
        cancelled: whether it was cancelled.
    """

    id: str
    planned: Planned
    wanted: OutputSettings
    folder: Path
    name: str = ""
    state: Any = "waiting"
    doing: Doing | None = None
    problem: str | None = None
    remarks: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def as_json(self) -> Job:
        return {
            "id": self.id,
            "name": self.name,
            "revision": self.planned.revision,
            "state": self.state,
            "doing": self.doing,
            "problem": self.problem,
            "folder": str(self.folder),
            "files": [
                {"name": path.name, "n_bytes": path.stat().st_size if path.is_file() else 0}
                for path in self.files
            ],
            "remarks": self.remarks,
        }


def read_wanted(asked: Any) -> OutputSettings:
    """Read a page's request for a render.

    Raises:
        SettingsError: an unknown word, or a value of the wrong type.
    """
    if not isinstance(asked, dict):
        raise SettingsError("a request to render must be an object")
    known = (*_WORDS, *_FLAGS, *_LISTS)
    for key, value in asked.items():
        if key not in known:
            raise SettingsError(f"{quote(key)} is unknown; {suggest(str(key), known)}")
        if key in _FLAGS and not isinstance(value, bool):
            raise SettingsError(f"{key} must be true or false, not {quote(value)}")
        if key in _WORDS and not isinstance(value, str):
            raise SettingsError(f"{key} must be a word, not {quote(value)}")
        if key in _LISTS and not (
            isinstance(value, list) and all(isinstance(word, str) for word in value)
        ):
            raise SettingsError(f"{key} must be a list of words, not {quote(value)}")
    words = dict(asked)
    report = ReportKind.LINKED if words.pop("report", False) else ReportKind.NONE
    daw_audio = words.pop("daw_audio", DawAudio.DRY.value)
    if daw_audio not in tuple(DawAudio):
        raise SettingsError(
            f"unknown daw_audio {quote(daw_audio)}; {suggest(daw_audio, tuple(DawAudio))}"
        )
    lists: dict[str, Any] = {key: tuple(words.pop(key, ())) for key in _LISTS}
    words["format"] = words.get("format") or DEFAULT_FORMAT
    return OutputSettings(**words, **lists, report=report, daw_audio=DawAudio(daw_audio))


def run_job(job: RenderJob, progress: Progress) -> None:
    """Render, write, and note the files.

    Args:
        job: a waiting job.
        progress: as in `mixer.render`.

    Raises:
        MixerError: as in `mixer.output.destination.render_to`.
    """
    planned, wanted = job.planned, job.wanted
    settings = at_fitting_rate(planned.settings, planned.song, wanted.format)
    plan = replace(planned, settings=settings).plan(wet_tracks=wanted.tracks)
    path = _free_path(job)
    job.name = path.name
    destination = Destination(path, job.wanted)
    destination.check(plan)
    if job.wanted.delivers_wet_stems:
        plan = with_leakage_warning(plan)
    done = render_to(destination, plan, progress=progress)
    expected = dict.fromkeys(
        (*destination.paths(plan.song).values(), *destination.beside().values())
    )
    job.files = [path for path in expected if path.is_file()]
    job.remarks = [*plan.warnings, *done.remarks]


def _free_path(job: RenderJob) -> Path:
    """Path of the song's first mix or, if it exists, of its next take."""
    base = mix_name(job.planned.song.folder)
    first = job.folder / f"{base}.{job.wanted.format}"
    destination = Destination(first, replace(job.wanted, tracks=False))
    taken = takes_beside(job.folder, base) or destination.existing(job.planned.song)
    if not taken and not os.path.lexists(first):
        return first
    return take_path(job.folder, base, next_number(job.folder, base), job.wanted.format)
