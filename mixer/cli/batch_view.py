"""The display of `mixer batch`: bars on a terminal, lines elsewhere, JSON on request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TypedDict

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from mixer.batch.batch_figures import UnmixedFigures
from mixer.batch.batch_plan import Job
from mixer.batch.estimate import Estimate
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.listener import Listener, Status
from mixer.batch.states import Action, State
from mixer.batch.tables.results import result_of
from mixer.batch.unmixed import Unmixed
from mixer.cli.batch_summary import failure, say_unmixed
from mixer.cli.console import Tone, cell, printable, say, talk, talk_error
from mixer.cli.plain_table import table_lines
from mixer.cli.terminal import table_console
from mixer.files.wording import clock_time, counted, size_of
from mixer.output.output_settings import OutputSettings
from mixer.output.versions import MIX

_SHOWN_ID = 60


class View(Listener):
    """Shows a run. A context manager, for the live bars.

    Args:
        as_json: print one object per finished song on stdout, and nothing else there.
        quiet: print nothing else but failures.
    """

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json, self._quiet = as_json, quiet
        self._console = table_console(stderr=True)
        self._live: Live | None = None
        self._status: Status | None = None
        if self._console.is_terminal and not quiet and not as_json:
            self._live = Live(console=self._console, transient=True, refresh_per_second=4)

    def __enter__(self) -> View:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def begun(self, status: Status) -> None:
        todo = status.n_total - status.n_skipped
        songs = counted(status.n_total, "song")
        self.said(f"{songs}: {todo} to do, {status.n_skipped} unchanged")
        self.progressed(status)

    def finished(self, record: Record) -> None:
        if self._as_json:
            say(json.dumps(result_of(record), ensure_ascii=False, allow_nan=False))
        if record.state == State.FAILED and self._quiet:
            talk_error(failure(record))
        elif record.state == State.FAILED:
            self._tell(failure(record), Tone.ERROR)
        elif record.state == State.DONE and self._live is None:
            self.said(f"{self._count()}{_short(record.id)} -> {record.output}  {levels(record)}")

    def said(self, text: str) -> None:
        self._tell(text, Tone.PLAIN)

    def _tell(self, text: str, tone: Tone) -> None:
        if self._quiet or self._as_json:
            return
        if self._live is not None:
            self._live.console.print(Text(printable(text), style=tone.value or ""))
        else:
            talk(text, tone=tone)

    def progressed(self, status: Status) -> None:
        self._status = status
        if self._live is not None:
            self._live.update(_bars(status))

    def _count(self) -> str:
        if self._status is None:
            return ""
        status = self._status
        settled = status.n_skipped + status.n_done + status.n_failed
        return f"[{', '.join((f'{settled}/{status.n_total}', *_pace(status)))}] "


def _pace(status: Status) -> list[str]:
    """Pace and time left, if they are known."""
    pace = [f"{status.real_time_factor:.1f}x real time"] if status.music_s else []
    return pace if status.left_s is None else [*pace, f"{clock_time(status.left_s)} left"]


def _bars(status: Status) -> Group:
    settled = status.n_skipped + status.n_done + status.n_failed
    overall = Progress(TextColumn("{task.description}"), BarColumn(None), expand=True)
    failed = [f"{status.n_failed} failed"] if status.n_failed else []
    overall.add_task(
        ", ".join((f"{settled}/{status.n_total} songs", *failed, *_pace(status))),
        total=status.n_total,
        completed=settled,
    )
    lines = [
        Text(
            f"  {working.worker:<10} {working.stage:<10} {100 * working.share:3.0f} %  "
            f"{printable(_short(working.id))}",
            overflow="ellipsis",
            no_wrap=True,
        )
        for working in sorted(status.running.values(), key=lambda one: (one.worker, one.id))
    ]
    return Group(overall, *lines)


def show_plan(jobs: Sequence[Job], estimate: Estimate, foreign: Mapping[str, str]) -> None:
    """Print the plan as a table, and its estimated cost; `foreign` as in `find_foreign`."""
    more = [name for name, tell in _MORE.items() if any(tell(job) for job in jobs)]
    names = ("row", "id", "action", "why", "output", *more, _LENGTH)
    rows = [_planned(job, estimate, more) for job in jobs]
    console = table_console()
    heading, *lines = table_lines(names, rows, console, (_LENGTH,))
    console.print(Text(heading, style="bold"), overflow="ignore", no_wrap=True, crop=False)
    if lines:
        say("\n".join(lines))
    todo = sum(job.action != Action.SKIP for job in jobs)
    basis = "based on the songs before" if estimate.measured else "a rough guess"
    fails = f", {len(estimate.problems)} of which would fail" if estimate.problems else ""
    say(
        f"{counted(len(jobs), 'song')}, {todo} to do{fails}: "
        f"{clock_time(estimate.duration_s)} of music, about "
        f"{clock_time(estimate.seconds)} ({basis}), {size_of(estimate.output_bytes)} of disk, "
        f"{size_of(estimate.largest_bytes)} of memory for the largest"
    )
    if estimate.premaster_bytes:
        say(f"albums temporarily need up to {size_of(estimate.premaster_bytes)} more disk space")
    say_unmixed({song_id: size.unmixed for song_id, size in estimate.sizes.items()})
    if any(len(size.unmixed.not_recognised) for size in estimate.sizes.values()):
        say(_BY_NAME_ALONE)
    for song_id, path in foreign.items():
        say(f"would need --overwrite: {song_id}: {path} already exists")


def _planned(job: Job, estimate: Estimate, more: Sequence[str]) -> list[str]:
    """A song of the plan, a text a column; `more` of `_MORE`."""
    size = estimate.sizes.get(job.record.id)
    problem = estimate.problems.get(job.record.id)
    texts = (
        str(job.listed.row.number),
        job.record.id,
        "fails" if problem else job.action,
        problem or job.reason,
        job.listed.target.mix,
        *(_MORE[name](job) for name in more),
        clock_time(size.duration_s) if size else "-",
    )
    return list(map(printable, texts))


_LENGTH = "length"
# Columns of the plan that are shown if any row fills them.
_MORE: dict[str, Callable[[Job], str]] = {
    "preset": lambda job: " + ".join(job.listed.row.presets),
    "desk": lambda job: ", ".join(job.listed.row.sets),
    "with": lambda job: ", ".join(_asked_with(job.listed.target.wanted)),
}


# Nothing is decoded for a plan.
_BY_NAME_ALONE = (
    "this plan is based on file names only: a render also sorts files with unrecognised names by "
    "sound, and leaves out copies, sums and mixes"
)


class PlannedTable(UnmixedFigures):
    """The planned action for a song."""

    row: int
    id: str
    song: str
    output: str
    beside: Mapping[str, str]
    presets: list[str]
    console: dict[str, object]
    action: Action
    why: str
    needs_overwrite_of: str | None
    problem: str | None
    duration_s: float | None


class PlanTable(TypedDict):
    """A batch's plan and its cost: times in seconds, sizes in bytes.

    `listened` is False: files left out and not recognised are counted by names alone.
    """

    dry_run: bool
    listened: bool
    songs: list[PlannedTable]
    duration_s: float
    seconds: float
    seconds_are_measured: bool
    output_bytes: int
    premaster_bytes: int
    largest_bytes: int


def plan_as_json(jobs: Sequence[Job], estimate: Estimate, foreign: Mapping[str, str]) -> PlanTable:
    """The plan for programs; `foreign` as in `find_foreign`."""
    songs: list[PlannedTable] = []
    for job in jobs:
        size = estimate.sizes.get(job.record.id)
        songs.append(
            {
                "row": job.listed.row.number,
                "id": job.record.id,
                "song": str(job.listed.row.song),
                "output": job.listed.target.mix,
                "beside": job.listed.target.beside,
                "presets": list(job.listed.row.presets),
                "console": dict(job.listed.desk.console),
                "action": job.action,
                "why": job.reason,
                "needs_overwrite_of": foreign.get(job.record.id),
                "problem": estimate.problems.get(job.record.id),
                "duration_s": size.duration_s if size else None,
                **(size.unmixed if size else Unmixed()).as_figures(),
            }
        )
    return {
        "dry_run": True,
        "listened": False,
        "songs": songs,
        "duration_s": estimate.duration_s,
        "seconds": estimate.seconds,
        "seconds_are_measured": estimate.measured,
        "output_bytes": estimate.output_bytes,
        "premaster_bytes": estimate.premaster_bytes,
        "largest_bytes": estimate.largest_bytes,
    }


def levels(record: Record) -> str:
    """Loudness and true peak of a finished song."""
    lufs, peak = record.figures.get("loudness_lufs"), record.figures.get("true_peak_dbtp")
    return "silent" if lufs is None else f"{lufs:.1f} LUFS  {cell(peak)} dBTP"


def _asked_with(wanted: OutputSettings) -> Iterator[str]:
    """Words for what comes with a mix: sessions, stems, tracks, versions, a report."""
    yield from wanted.daw
    if wanted.stems:
        yield "stems"
    if wanted.tracks:
        yield "tracks"
    if wanted.has_versions:
        yield f"versions ({', '.join(word for word in wanted.deliver if word != MIX)})"
    if wanted.has_report:
        yield "report"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_ID else text[: _SHOWN_ID - 1] + "…"
