"""Estimates of a plan's time, disk and memory, before anything is rendered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

from mixer.batch.batch_plan import Job
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.states import Action, State
from mixer.batch.survey import ROUGH_SECONDS_PER_SECOND, Size, read_headers, survey_or_say

# Songs are read one after another until so many have shown what reading waits for: threads win
# where files come over a network, and cost as much again as they do where they are at hand.
_TRIED_SONGS = 64
_READERS = 8
_SONGS_A_STEP = 16  # of the progress: to show one takes as long as to read a song
_WAITS_FROM = 4.0  # seconds by the clock for each of the processor
# Rows that mix a song again with other settings stand near each other.
_KEPT_SONGS = 64
# Fewer songs in the ledger than this say little about the next.
_MIN_SONGS = 3


@dataclass(frozen=True)
class Estimate:
    """Estimated time, disk and memory of a plan.

    Attributes:
        sizes: song id to size, for the songs that can be read.
        problems: song id to the reason, for the others.
        duration_s: total length of the songs to render.
        seconds: time to render them with these workers.
        output_bytes, premaster_bytes: disk for the results, and temporarily for albums.
        largest_bytes: memory of the largest song.
        measured: whether the time is based on songs of this output folder, not a rule of thumb.
    """

    sizes: Mapping[str, Size]
    problems: Mapping[str, str]
    duration_s: float
    seconds: float
    output_bytes: int
    premaster_bytes: int
    largest_bytes: int
    measured: bool


def estimate_plan(
    jobs: Sequence[Job],
    n_workers: int,
    threads: int,
    progress: Callable[[float], None] = lambda share: None,
    memory_bytes: int | None = None,
) -> Estimate:
    """Estimate a plan from the headers of every song to be rendered.

    Args:
        jobs: the plan.
        n_workers: songs rendered at the same time.
        threads: cores per song.
        progress: called with the share of headers read, 0 to 1.
        memory_bytes: memory of the machine that will render; None if unknown.
    """
    todo = [job for job in jobs if job.action != Action.SKIP]
    sizes: dict[str, Size] = {}
    problems: dict[str, str] = {}

    read = lru_cache(_KEPT_SONGS)(read_headers)

    def one(job: Job) -> Size | str:
        row, target, identity = job.listed.row, job.listed.target, job.listed.identity
        return survey_or_say(row, target.format, identity, threads, memory_bytes, read)

    for done, (job, size) in enumerate(zip(todo, _surveyed(one, todo), strict=True), 1):
        if isinstance(size, Size):
            sizes[job.record.id] = size
        else:
            problems[job.record.id] = size
        if done % _SONGS_A_STEP == 0 or done == len(todo):
            progress(done / len(todo))
    pace, measured = _seconds_per_second(job.known for job in jobs)
    duration_s = sum(size.duration_s for size in sizes.values())
    longest_s = max((size.duration_s for size in sizes.values()), default=0.0)
    return Estimate(
        sizes=sizes,
        problems=problems,
        duration_s=duration_s,
        seconds=pace * max(duration_s / max(1, n_workers), longest_s),
        output_bytes=sum(size.output_bytes for size in sizes.values()),
        premaster_bytes=sum(size.premaster_bytes for size in sizes.values()),
        largest_bytes=max((size.need_bytes for size in sizes.values()), default=0),
        measured=measured,
    )


def _surveyed(one: Callable[[Job], Size | str], todo: Sequence[Job]) -> Iterator[Size | str]:
    """What `one` says of each song, in their order; by several threads where files are far."""
    begun_s, busy_s = time.monotonic(), time.thread_time()
    yield from map(one, todo[:_TRIED_SONGS])
    taken_s, busy_s = time.monotonic() - begun_s, time.thread_time() - busy_s
    rest = todo[_TRIED_SONGS:]
    if taken_s < _WAITS_FROM * busy_s or not rest:
        yield from map(one, rest)
        return
    with ThreadPoolExecutor(_READERS) as pool:
        yield from pool.map(one, rest)


def _seconds_per_second(records: Iterable[Record | None]) -> tuple[float, bool]:
    """Seconds of a worker for each second of song, from what the ledger has seen."""
    done = [
        r for r in records if r is not None and r.state == State.DONE and r.figures.get("seconds")
    ]
    duration_s = sum(record.figures.get("duration_s", 0.0) for record in done)
    if len(done) < _MIN_SONGS or duration_s <= 0.0:
        return ROUGH_SECONDS_PER_SECOND, False
    return sum(sum(record.figures["seconds"].values()) for record in done) / duration_s, True
