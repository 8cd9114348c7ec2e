"""A whole batch from manifest to results: lock, ledger, plan, run, tables."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mixer.batch.batch_plan import (
    WHOLE_BATCH,
    Job,
    Listed,
    Shard,
    list_songs,
    make_plan,
    refuse_foreign,
    state_folder,
)
from mixer.batch.engines.engine import Engine
from mixer.batch.ledgers.ledger import LEDGER_FILE, Ledger, read_records
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.ledgers.lock import hold_lock
from mixer.batch.ledgers.publish import recover
from mixer.batch.ledgers.state_folder import LOCK_FILE, find_foreign_table, refuse_odd_state
from mixer.batch.listener import Listener, Stop, Summary
from mixer.batch.requests.defaults import NO_DEFAULTS, Defaults
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.run import Limits, Run
from mixer.batch.states import Action, Mode
from mixer.batch.tables.results import table_names, write_results
from mixer.errors import OutputError


@dataclass(frozen=True)
class Options:
    """Options of a batch.

    Attributes:
        mode: `Mode.RESUME`, `RETRY_FAILED` or `FORCE`.
        shard: the part of the manifest for this run.
        overwrite: replace files that no run of this ledger wrote.
        max_failures: see `Limits`.
        html: also write an index page.
        defaults: values for empty cells.
        ignored_columns: see `mixer.batch.requests.manifest.read_manifest`.
    """

    mode: Mode = Mode.RESUME
    shard: Shard = WHOLE_BATCH
    overwrite: bool = False
    max_failures: int | None = None
    html: bool = False
    defaults: Defaults = NO_DEFAULTS
    ignored_columns: tuple[str, ...] = ()


def plan_batch(manifest: Path, out: Path, options: Options) -> list[Job]:
    """Plan a run; writes nothing into an output folder that has no ledger yet.

    `find_foreign` lists what this plan would refuse to replace without --overwrite.

    Raises:
        ManifestError: the manifest's mistakes.
        InputError: the manifest cannot be read.
        OutputError: the ledger is in use or damaged.
    """
    listed = _listed(manifest, out, options)
    state = state_folder(out, options.shard)
    refuse_odd_state(out, state)
    known: dict[str, Record] = {}
    if (state / LEDGER_FILE).is_file():
        known = {record.id: record for record in read_records(state / LEDGER_FILE)}
    return make_plan(listed, out, known.get, options.mode)


def foreign_table(out: Path, options: Options) -> str | None:
    """Message about a table that a run would replace although no run wrote it, or None."""
    names = table_names(options.shard.suffix, html=options.html)
    state = state_folder(out, options.shard)
    return None if options.overwrite else find_foreign_table(out, state, names)


def _listed(manifest: Path, out: Path, options: Options) -> list[Listed]:
    return list_songs(manifest, out, options.shard, options.defaults, options.ignored_columns)


def run_batch(
    manifest: Path,
    out: Path,
    options: Options,
    make_engine: Callable[[int], Engine],
    listener: Listener | None = None,
    stop: Stop | None = None,
) -> Summary:
    """Render the songs of a manifest that are not finished yet.

    Args:
        manifest: CSV file.
        out: output folder; created if it does not exist.
        options: see `Options`.
        make_engine: called with the number of songs to do; started only if there are any.
        listener: notified of progress.
        stop: may be asked to stop from another thread or a signal handler.

    Returns:
        The summary; `results.csv` and `results.jsonl` are then written.

    Raises:
        ManifestError, InputError: mistakes in the manifest; nothing was rendered.
        OutputError: the output folder cannot be written, or another run is using it.
        EngineError: no worker can be started.
    """
    listener = listener or Listener()
    # Before anything is made: a manifest with mistakes leaves no trace.
    listed = _listed(manifest, out, options)
    state = state_folder(out, options.shard)
    suffix = options.shard.suffix
    refuse_odd_state(out, state)
    foreign = foreign_table(out, options)
    if foreign is not None:
        raise OutputError(foreign)
    with hold_folder(out, state, options.shard, listener), Ledger(state) as ledger:
        try:
            finished = recover(ledger, state, out)
        except OSError as error:
            raise OutputError(f"{out}: cannot be written ({error.strerror})") from None
        if finished:
            listener.said(f"{len(finished)} finished before the last run stopped; now in place")
        jobs = make_plan(listed, out, ledger.get, options.mode)
        if not options.overwrite:
            refuse_foreign(manifest, jobs, out)
        engine = make_engine(sum(job.action != Action.SKIP for job in jobs))
        limits = Limits(options.max_failures, engine.threads)
        run = Run(jobs, ledger, engine, out, state, limits, listener, stop or Stop())
        summary = run.run()
        results = write_results(summary.records, out, state, suffix, html=options.html)
    return replace(summary, results=tuple(results))


@contextlib.contextmanager
def hold_folder(out: Path, state: Path, shard: Shard, listener: Listener) -> Iterator[None]:
    """Create the folders and lock them against other runs, except shards of the same batch.

    Raises:
        OutputError: a folder cannot be written, or another run is using it.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror})") from None
    with contextlib.ExitStack() as locks:
        if shard.suffix:
            locks.enter_context(hold_lock(out / STATE_FOLDER / LOCK_FILE, shared=True))
        dead = locks.enter_context(hold_lock(state / LOCK_FILE))
        if dead:
            who = f"process {dead.get('pid')} on {dead.get('host')}, {dead.get('since')}"
            listener.said(f"the last run ({who}) was interrupted; continuing where it stopped")
        yield
