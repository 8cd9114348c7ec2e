"""Bringing the ledgers of shards together: one ledger, one table, as if one machine had done it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mixer.batch.batch_plan import Shard, list_songs
from mixer.batch.batch_session import hold_folder
from mixer.batch.ledgers.ledger import LEDGER_FILE, Ledger, read_records
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.ledgers.state_folder import find_foreign_table, refuse_odd_state
from mixer.batch.listener import Listener
from mixer.batch.requests.defaults import Defaults
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.states import State
from mixer.batch.tables.results import table_names, write_results
from mixer.errors import InputError, OutputError

# No more digits than --shard takes: a name must not count to the end of time.
_SHARD_FOLDER = re.compile(r"shard-(\d{1,6})-of-(\d{1,6})")


@dataclass(frozen=True)
class Merged:
    """Result of a merge.

    Attributes:
        records: of every song, in the manifest's order if there is one.
        shards: the shards found, as (index, count).
        missing: shards of the largest count that have no ledger.
        n_done, n_failed, n_left: songs.
        results: the tables that were written.
    """

    records: tuple[Record, ...]
    shards: tuple[tuple[int, int], ...]
    missing: tuple[str, ...]
    n_done: int
    n_failed: int
    n_left: int
    results: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, or 1 with failures, songs left, or shards missing."""
        return 1 if self.n_failed or self.n_left or self.missing else 0


def merge_shards(
    out: Path,
    manifest: Path | None,
    listener: Listener | None = None,
    *,
    html: bool = False,
    overwrite: bool = False,
) -> Merged:
    """Copy the shards' ledgers into the main one, and write the tables of all songs.

    If several ledgers have a song, the record that finished last counts. May be repeated.

    Args:
        out: output folder.
        manifest: for the order of the songs and to find those that no shard has begun.
        listener: notified of stale locks.
        html: also write the index page.
        overwrite: replace tables that no run wrote.

    Raises:
        InputError: no shard has a ledger.
        OutputError: a shard is still running, or the folder cannot be written.
        ManifestError: the manifest's mistakes.
    """
    state = out / STATE_FOLDER
    shards = find_shards(out)
    if not shards:
        raise InputError(f"{out}: no shard has a ledger here; run mixer batch --shard first")
    # Nothing is loaded here, so nothing needs a word of trust.
    defaults = Defaults(allow_plugins=True)
    listed = None if manifest is None else list_songs(manifest, out, Shard(), defaults)
    refuse_odd_state(out, state)
    for shard in shards:
        refuse_odd_state(out, state / Shard(*shard).suffix)
    foreign = find_foreign_table(out, state, table_names("", html=html))
    if foreign is not None and not overwrite:
        raise OutputError(foreign)
    with hold_folder(out, state, Shard(), listener or Listener()), Ledger(state) as ledger:
        for shard in shards:
            folder = state / Shard(*shard).suffix
            _adopt(ledger, read_records(folder / LEDGER_FILE))
        if listed is not None:
            records = tuple(ledger.get(one.row.id) or one.fresh() for one in listed)
        else:
            records = tuple(sorted(ledger, key=lambda record: record.id))
        results = write_results(records, out, state, "", html=html)
    n_done = sum(record.state == State.DONE for record in records)
    n_failed = sum(record.state == State.FAILED for record in records)
    return Merged(
        records=records,
        shards=tuple(shards),
        missing=_missing(shards),
        n_done=n_done,
        n_failed=n_failed,
        n_left=len(records) - n_done - n_failed,
        results=tuple(results),
    )


def find_shards(out: Path) -> list[tuple[int, int]]:
    """Shards that have a ledger in an output folder, as (index, count)."""
    found = []
    for path in (out / STATE_FOLDER).glob(f"shard-*-of-*/{LEDGER_FILE}"):
        match = _SHARD_FOLDER.fullmatch(path.parent.name)
        if match:
            found.append((int(match.group(1)), int(match.group(2))))
    return sorted(found, key=lambda shard: (shard[1], shard[0]))


def _adopt(ledger: Ledger, records: Sequence[Record]) -> None:
    newer = []
    for record in records:
        known = ledger.get(record.id)
        if known is None or _age(record) > _age(known):
            # A song that a shard was rendering is in that shard's folder; here it has not begun.
            settled = record.state in (State.DONE, State.FAILED)
            newer.append(record if settled else replace(record, state=State.PENDING, moves=[]))
    if newer:
        ledger.put(*newer)


def _age(record: Record) -> tuple[bool, str]:
    # A song that is done somewhere is done, whatever an older shard failed to do with it.
    return record.state == State.DONE, record.finished or record.started


def _missing(shards: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """A batch is split once: the latest count is the one that should be whole."""
    count = max(count for _, count in shards)
    there = {index for index, of in shards if of == count}
    return tuple(f"{index}/{count}" for index in range(1, count + 1) if index not in there)
