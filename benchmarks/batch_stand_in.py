"""Cost of a batch besides its renders: overhead, and many workers, with stand-ins for renders.

Many workers are simulated: each is a process with its place in the pool, its orders and its files,
and waits in place of a render.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.batch_songs import HOUR_S, Row, between_s, write_songs
from benchmarks.songs import write_song
from mixer.batch.engines.order import Order, Outcome, StagedFile
from mixer.batch.engines.work import Report, Work, WorkerContext
from mixer.batch.inputs import hash_inputs, stat_inputs
from mixer.batch.ledgers.ledger import Ledger
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.states import Ending

N_COPIED = 200
# Simulated: workers, and songs for each of them, which take so long.
SIMULATED, SONGS_A_WORKER, SIMULATED_SONG_S = (1, 2, 64), 15, 1.0
_LEAST_SONGS = 30
_LONG_NAME = "the long one"
# A long song at the end: among how many others, how often as long, and seconds of one of these.
N_BEFORE_LONG, LONG, _SHORT_S = 12, 8, 0.1
# The model of many workers: how many, and how long each works on a song.
_ON_PAPER, _ON_PAPER_SONG_S = 1_000, 10.0


def overhead(folder: Path) -> Iterator[Row]:
    """Time that the machinery adds to a song: the render is replaced by a copy of a small file."""
    manifest = write_songs(folder / "small", N_COPIED, 0.1)
    done = _stand_in(manifest, folder / "copies", 1, copy)
    yield (
        f"overhead a song, with a copy in place of a render ({N_COPIED} songs)",
        f"{1000 * done.between_s:.1f} ms",
    )


def simulated(folder: Path) -> Iterator[Row]:
    """The ledger and the publishing under many workers, and what follows for more of them."""
    keeper_s = 0.0
    for n_workers in SIMULATED:
        n_songs = max(_LEAST_SONGS, n_workers * SONGS_A_WORKER)
        manifest = write_songs(folder / f"for {n_workers}", n_songs, 0.1)
        done = _stand_in(manifest, folder / f"by {n_workers}", n_workers, wait)
        keeper_s = done.keeper_cpu_s
        could = n_workers * HOUR_S / SIMULATED_SONG_S
        yield (
            f"{n_workers} simulated worker{'s' if n_workers > 1 else ''}, "
            f"songs of {SIMULATED_SONG_S:g} s of work",
            f"{HOUR_S / done.between_s:,.0f} songs an hour of {could:,.0f}; the ledger's process "
            f"takes {1000 * keeper_s:.1f} ms of a core a song",
        )
    busy = _ON_PAPER * keeper_s / _ON_PAPER_SONG_S
    yield (
        f"{_ON_PAPER:,} workers, on paper: songs of {_ON_PAPER_SONG_S:g} s of work, each of which "
        "takes the ledger's process as much as above",
        f"{_ON_PAPER * HOUR_S / _ON_PAPER_SONG_S / max(1.0, busy):,.0f} songs an hour, the "
        f"ledger's process {100 * busy:.0f} % busy; beyond 100 %, `--shard I/N` gives each part a "
        "ledger of its own",
    )


def long_song_last(folder: Path) -> Iterator[Row]:
    """Gain from starting the last songs longest first, with a long one at the very end."""
    manifest = write_songs(folder / "short ones", N_BEFORE_LONG, _SHORT_S)
    write_song(manifest.parent / _LONG_NAME, LONG * _SHORT_S)
    with manifest.open("a", encoding="utf-8") as file:
        file.write(f"{_LONG_NAME}\n")
    sorted_s = _stand_in(manifest, folder / "longest first", 2, wait_by_length).whole_s
    as_listed = _stand_in(manifest, folder / "as listed", 2, wait_by_length, is_sorted=False)
    yield (
        f"2 simulated workers, {N_BEFORE_LONG} songs of 1 s of work and at the end one of {LONG} "
        "s, the last songs longest first",
        f"{sorted_s:.1f} s; in the order of the manifest {as_listed.whole_s:.1f} s, "
        f"**{as_listed.whole_s / sorted_s:.2f}** times as long",
    )


@dataclass(frozen=True)
class StandIn:
    """A batch whose renders are stood in for.

    Time between finished songs, on average between the first and the last quarter:
    without the start and the end.

    Attributes:
        between_s: by the clock.
        keeper_cpu_s: processor time of the process that keeps the ledger.
        whole_s: seconds by the clock from the first song's start to the end of the last.
    """

    between_s: float
    keeper_cpu_s: float
    whole_s: float


_STAND_IN = """
import json, sys, time
from pathlib import Path
from mixer.batch import waiting
from mixer.batch.listener import Listener
from mixer.batch.engines.local import LocalEngine, worker_specs
from mixer.batch.batch_session import Options, run_batch
class Watch(Listener):
    times, failed = [], []
    def finished(self, record):
        self.times.append((time.perf_counter(), time.process_time()))
        if record.error: self.failed.append(record.error)
if __name__ == "__main__":
    manifest, out, n_workers, work, is_sorted = sys.argv[1:]
    if is_sorted == "False": waiting._LAST_A_WORKER = 0
    specs = worker_specs(int(n_workers), 1, ["cpu"], work)
    run_batch(Path(manifest), Path(out), Options(), lambda n: LocalEngine(specs, 1 << 50), Watch())
    if Watch.failed: sys.exit(Watch.failed[0])
    print(json.dumps(Watch.times))
"""


def _stand_in(
    manifest: Path, out: Path, n_workers: int, work: Work, *, is_sorted: bool = True
) -> StandIn:
    script = out.with_name(out.name + ".py")
    script.write_text(_STAND_IN)
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, str(script), str(manifest), str(out), str(n_workers)]
    command += [f"{work.__module__}:{work.__name__}", str(is_sorted)]
    env = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    times = json.loads(done.stdout.splitlines()[-1])
    with Ledger(out / STATE_FOLDER) as ledger:
        began = min(datetime.fromisoformat(record.started) for record in ledger)
        ended = max(datetime.fromisoformat(record.finished) for record in ledger)
    return StandIn(*map(between_s, zip(*times, strict=True)), (ended - began).total_seconds())


def copy(order: Order, context: WorkerContext, report: Report) -> Outcome:
    """In place of a render: everything around it, and a copy of the song's first file."""
    report("read", 0.0)
    listing = stat_inputs(order.song)
    sha256 = hash_inputs(order.song, listing)
    staging = Path(order.staging)
    staging.mkdir(parents=True)
    shutil.copy(Path(order.song) / "drums.wav", staging / "mix.wav")
    (staging / "mix.mix.json").write_text("{}\n")
    files = tuple(
        StagedFile(name, role, (staging / name).stat().st_size, "")
        for name, role in (("mix.wav", "mix"), ("mix.mix.json", "recipe"))
    )
    figures = {"duration_s": 0.1, "loudness_lufs": -14.0, "true_peak_dbtp": -1.0}
    return Outcome(
        order.id, order.token, Ending.DONE, None, False, False, files, listing, sha256, figures
    )


def wait(order: Order, context: WorkerContext, report: Report) -> Outcome:
    """In place of a render that takes `SIMULATED_SONG_S`: a worker's turn, and a copy."""
    # Songs differ, so that not all workers are done at once.
    return _waited(random.Random(order.id).uniform(0.5, 1.5), order, context, report)


def wait_by_length(order: Order, context: WorkerContext, report: Report) -> Outcome:
    """The same for songs of equal work, but the long one."""
    is_long = Path(order.song).name == _LONG_NAME
    return _waited(LONG if is_long else 1.0, order, context, report)


def _waited(n_times: float, order: Order, context: WorkerContext, report: Report) -> Outcome:
    song_s = n_times * SIMULATED_SONG_S
    with context.compute:
        for quarter in range(4):  # as often as a worker tells how far it is
            report("network", quarter / 4)
            time.sleep(song_s / 4)
    return copy(order, context, report)
