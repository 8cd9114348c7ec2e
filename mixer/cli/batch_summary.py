"""The end of a batch on a terminal: a table, then what needs a look, where the results are last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.listener import Summary
from mixer.batch.states import State
from mixer.batch.tables.outliers import find_outliers
from mixer.batch.tables.results import result_of, words_on
from mixer.batch.unmixed import Unmixed, unmixed_in
from mixer.cli.console import Tone, cell, printable, say
from mixer.cli.terminal import table_console
from mixer.files.wording import clock_time, counted

# A table longer than this is read in results.csv; then only what needs a look is shown.
_MAX_TABLE_ROWS = 100
# Most lines of one kind at the end.
_MAX_LINES = 20


def show_table(records: Sequence[Record]) -> None:
    """Print a row for each song: its levels, anything unusual about it, and its warnings."""
    marks = find_outliers(records)
    shown = list(records)
    if len(shown) > _MAX_TABLE_ROWS:
        shown = [r for r in shown if r.state != State.DONE or words_on(r, marks)][:_MAX_TABLE_ROWS]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("song", "state"):
        table.add_column(name, overflow="fold")
    for name in ("LUFS", "dBTP", "limiter dB", "x real time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("remarks", overflow="fold")
    # Failures come last, where one looks.
    for record in sorted(shown, key=lambda record: record.state == State.FAILED):
        result = result_of(record)
        table.add_row(
            Text(printable(record.id)),
            record.state,
            cell(result["loudness_lufs"]),
            cell(result["true_peak_dbtp"]),
            cell(result["gain_reduction_db"]),
            cell(result["real_time_factor"]),
            Text(printable("; ".join(words_on(record, marks)))),
            style=Tone.ERROR.value if record.state == State.FAILED else None,
        )
    if shown:
        table_console().print(table)


def totals(summary: Summary) -> str:
    """Summarise the run in one line."""
    if summary.n_skipped and not (summary.n_done or summary.n_failed or summary.n_left):
        songs = counted(summary.n_skipped, "song")
        return f"nothing to do: {songs} finished and unchanged; --force renders them again"
    parts = [f"{summary.n_done} done", f"{summary.n_failed} failed"]
    parts += [f"{summary.n_skipped} unchanged"] if summary.n_skipped else []
    parts += [f"{summary.n_left} left"] if summary.n_left else []
    text = f"{', '.join(parts)} in {clock_time(summary.elapsed_s)}"
    if not (summary.music_s and summary.elapsed_s):
        return text
    return f"{text}, {summary.music_s / summary.elapsed_s:.1f}x real time"


def say_ending(
    records: Sequence[Record], results: Sequence[Path], say: Callable[..., None] = say
) -> None:
    """The last lines: files that are not mixed, failures, and where the results are."""
    done = [record for record in records if record.state == State.DONE]
    say_unmixed({record.id: unmixed_in(record.figures) for record in done}, say)
    doubted = [record for record in done if record.figures.get("remarks")]
    for record in doubted[:_MAX_LINES]:
        remarks = "; ".join(record.figures.get("remarks") or ())
        say(f"warning: {record.id}: {remarks}", tone=Tone.WARNING)
    if len(doubted) > _MAX_LINES:
        say(f"... and {counted(len(doubted) - _MAX_LINES, 'song')} more with warnings")
    failed = [record for record in records if record.state == State.FAILED]
    for record in failed[:_MAX_LINES]:
        say(failure(record), tone=Tone.ERROR)
    if len(failed) > _MAX_LINES:
        say(f"... and {counted(len(failed) - _MAX_LINES, 'failure')} more")
    if results:
        say(f"results: {', '.join(str(path) for path in results)}")


def say_unmixed(songs: Mapping[str, Unmixed], say: Callable[[str], None] = say) -> None:
    """A line for each song with files that are left out or names that were not recognised."""
    told = [f"{song_id}: {unmixed}" for song_id, unmixed in songs.items() if unmixed]
    for line in told[:_MAX_LINES]:
        say(line)
    if len(told) > _MAX_LINES:
        n_left_out = sum(len(unmixed.left_out) for unmixed in songs.values())
        n_unknown = sum(len(unmixed.not_recognised) for unmixed in songs.values())
        say(
            f"... and {counted(len(told) - _MAX_LINES, 'song')} more; in all "
            f"{counted(n_left_out, 'file')} left out, {counted(n_unknown, 'name')} not recognised"
        )


def failure(record: Record) -> str:
    """A failed song in a line."""
    return f"failed: {record.id}: {record.error}"
