"""Batch rendering in figures: throughput, memory, overhead, many workers, start-up and resume.

    python -m benchmarks.batch                   # a table in Markdown
    python -m benchmarks.batch --songs 200       # with more songs for each turn

Songs of 30 s are made on the fly. One worker and two take turns. Many workers are simulated: each
is a process with its place in the pool, its orders and its files, and waits in place of a render.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mixer.batch.inputs import hash_inputs, stat_inputs
from mixer.batch.ledger import Ledger
from mixer.batch.order import Order, Outcome, StagedFile
from mixer.batch.outputs import STATE_FOLDER
from mixer.batch.session import Options, plan_batch
from mixer.batch.states import Ending, State
from mixer.batch.work import Report, WorkerContext

N_SONGS, N_TURNS = 24, 2
SONG_S = 30.0
N_PLANNED = N_RESUMED = 10_000
N_COPIED = 200
# Simulated: workers, and songs for each of them, which take so long.
SIMULATED, SONGS_A_WORKER, SIMULATED_SONG_S = (1, 2, 64), 15, 1.0
_LEAST_SONGS = 30
# The model of many workers: how many, and how long each works on a song.
_ON_PAPER, _ON_PAPER_SONG_S = 1_000, 10.0
_HOUR_S = 3_600.0


def table(n_songs: int = N_SONGS) -> Iterator[str]:
    """A row a figure, in Markdown."""
    yield "| `mixer batch` | |"
    yield "| --- | --- |"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in (
            throughput(folder, n_songs), overhead(folder), simulated(folder),
            start_up(folder), plan(folder), resume(folder),
        ):  # fmt: skip
            for title, figure in rows:
                yield f"| {title} | {figure} |"


Row = tuple[str, str]


@dataclass(frozen=True)
class Workers:
    """Workers of one thread each, on some cores; None for all of them."""

    n: int
    n_cores: int | None = None

    @property
    def title(self) -> str:
        workers = f"{self.n} worker{'s' if self.n > 1 else ''} of one thread"
        return workers if self.n_cores is None else f"{workers} on {self.n_cores} core"


ONE_CORE, ONE, TWO = Workers(1, 1), Workers(1), Workers(2)


@dataclass(frozen=True)
class Turn:
    """One batch: seconds by the clock and of processors, peak memory of all its processes in GB.

    `between_s` is the time between finished songs, from the first quarter of them to the last:
    without the start of the workers, and without the last song, beside which others have no work.
    """

    clock_s: float
    cpu_s: float
    peak_gb: float
    between_s: float


def throughput(folder: Path, n_songs: int) -> Iterator[Row]:
    """Songs an hour with 1 and 2 workers of one thread, in turns."""
    manifest = write_songs(folder / "songs", n_songs)
    turns: dict[Workers, list[Turn]] = {ONE_CORE: [], ONE: [], TWO: []}
    for number in range(N_TURNS):
        for place, (workers, done) in enumerate(turns.items()):
            out = folder / f"out {number} {place}"
            done.append(_batch(manifest, out, workers))
            shutil.rmtree(out)
    for workers, done in turns.items():
        turn = min(done, key=lambda turn: turn.clock_s)
        yield (
            f"{n_songs} songs of {SONG_S:.0f} s, {workers.title}, better of {N_TURNS}",
            f"{turn.clock_s:.0f} s, {n_songs * _HOUR_S / turn.clock_s:.0f} songs an hour, "
            f"{n_songs * SONG_S / turn.clock_s:.0f}x real time; {turn.cpu_s:.0f} s of processors, "
            f"{turn.cpu_s / turn.clock_s:.2f} cores busy; {turn.peak_gb / workers.n:.2f} GB a "
            "worker",
        )
    yield "2 workers against 1 on one core, by turns", _faster(turns[ONE_CORE], turns[TWO])
    # Its files are read and written by threads of their own.
    yield "2 workers against 1 on all cores, by turns", _faster(turns[ONE], turns[TWO])
    yield (
        "two of the calibrating loop at once against one, without us",
        f"{_cores_at_once():.2f} times",
    )


def _faster(slow: Sequence[Turn], fast: Sequence[Turn]) -> str:
    """How many times as fast: the best turn, each turn, and between the songs alone."""
    pairs = list(zip(slow, fast, strict=True))
    whole = [one.clock_s / two.clock_s for one, two in pairs]
    between = [one.between_s / two.between_s for one, two in pairs]
    return (
        f"**{max(whole):.2f}** times as fast (each turn: "
        + ", ".join(f"{ratio:.2f}" for ratio in whole)
        + "; without start and end: "
        + ", ".join(f"{ratio:.2f}" for ratio in between)
        + ")"
    )


# What runs in place of a command: the same, on so many of this process's cores.
_ON_CORES = """
import os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
os.execv(sys.argv[2], sys.argv[2:])
"""


def _batch(manifest: Path, out: Path, workers: Workers) -> Turn:
    command = mixer_command(manifest, out, "-j", str(workers.n), "--threads", "1")
    if workers.n_cores is not None and hasattr(os, "sched_setaffinity"):
        command = [sys.executable, "-c", _ON_CORES, str(workers.n_cores), *command]
    began_s, cpu_before_s = time.perf_counter(), _children_cpu_s()
    process = subprocess.Popen(command)
    peak = TreeMemory(process.pid)
    if process.wait() != 0:
        raise RuntimeError("the batch failed")
    clock_s = time.perf_counter() - began_s
    with Ledger(out / STATE_FOLDER) as ledger:
        ends = [datetime.fromisoformat(record.finished).timestamp() for record in ledger]
    between_s = _between(sorted(ends))
    return Turn(clock_s, _children_cpu_s() - cpu_before_s, peak.stop_gb(), between_s)


def _between(ends: Sequence[float]) -> float:
    """Time between finished songs, on average between the first and the last quarter of them."""
    first, last = len(ends) // 4, 3 * len(ends) // 4
    return (ends[last] - ends[first]) / (last - first)


def _cores_at_once() -> float:
    """How much more two cores do than one, without us: the most that two workers could reach."""
    command = [sys.executable, "-c", "from benchmarks.calibration import calibrate; calibrate()"]
    taken_s = []
    for n in (1, 2):
        began_s = time.perf_counter()
        for process in [subprocess.Popen(command) for _ in range(n)]:
            process.wait()
        taken_s.append(time.perf_counter() - began_s)
    return 2.0 * taken_s[0] / taken_s[1]


def overhead(folder: Path) -> Iterator[Row]:
    """Time that the machinery adds to a song: the render is replaced by a copy of a small file."""
    manifest = write_songs(folder / "small", N_COPIED, 0.1)
    done = _stand_in(manifest, folder / "copies", 1, "benchmarks.batch:copy")
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
        done = _stand_in(manifest, folder / f"by {n_workers}", n_workers, "benchmarks.batch:wait")
        keeper_s = done.keeper_cpu_s
        could = n_workers * _HOUR_S / SIMULATED_SONG_S
        yield (
            f"{n_workers} simulated worker{'s' if n_workers > 1 else ''}, "
            f"songs of {SIMULATED_SONG_S:g} s of work",
            f"{_HOUR_S / done.between_s:,.0f} songs an hour of {could:,.0f}; the ledger's process "
            f"takes {1000 * keeper_s:.1f} ms of a core a song",
        )
    busy = _ON_PAPER * keeper_s / _ON_PAPER_SONG_S
    yield (
        f"{_ON_PAPER:,} workers, on paper: songs of {_ON_PAPER_SONG_S:g} s of work, each of which "
        "takes the ledger's process as much as above",
        f"{_ON_PAPER * _HOUR_S / _ON_PAPER_SONG_S / max(1.0, busy):,.0f} songs an hour, the "
        f"ledger's process {100 * busy:.0f} % busy; beyond 100 %, `--shard I/N` gives each part a "
        "ledger of its own",
    )


@dataclass(frozen=True)
class StandIn:
    """A batch whose renders are stood in for.

    Time between finished songs, on average between the first and the last quarter:
    without the start and the end.

    Attributes:
        between_s: by the clock.
        keeper_cpu_s: processor time of the process that keeps the ledger.
    """

    between_s: float
    keeper_cpu_s: float


_STAND_IN = """
import json, sys, time
from pathlib import Path
from mixer.batch.listener import Listener
from mixer.batch.local import LocalEngine, worker_specs
from mixer.batch.session import Options, run_batch
class Watch(Listener):
    times, failed = [], []
    def finished(self, record):
        self.times.append((time.perf_counter(), time.process_time()))
        if record.error: self.failed.append(record.error)
if __name__ == "__main__":
    manifest, out, n_workers, work = sys.argv[1:]
    specs = worker_specs(int(n_workers), 1, ["cpu"], work)
    run_batch(Path(manifest), Path(out), Options(), lambda n: LocalEngine(specs, 1 << 50), Watch())
    if Watch.failed: sys.exit(Watch.failed[0])
    print(json.dumps(Watch.times))
"""


def _stand_in(manifest: Path, out: Path, n_workers: int, work: str) -> StandIn:
    script = out.with_name(out.name + ".py")
    script.write_text(_STAND_IN)
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, str(script), str(manifest), str(out), str(n_workers), work]
    env = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    times = json.loads(done.stdout.splitlines()[-1])
    return StandIn(*map(_between, zip(*times, strict=True)))


def start_up(folder: Path) -> Iterator[Row]:
    """Time from the command line to a finished first song of 0.1 s, in seconds."""
    manifest = folder / "small" / "first.csv"
    manifest.write_text("song,model,effects,true_peak_dbtp\ns0,none,none,none\n")
    times = []
    for attempt in range(5):
        command = mixer_command(manifest, folder / f"first{attempt}", "-j", "1")
        began = time.perf_counter()
        subprocess.run(command, check=True)
        times.append(time.perf_counter() - began)
    yield "from start to a first small song done (median of 5)", f"{sorted(times)[2]:.2f} s"


def plan(folder: Path) -> Iterator[Row]:
    """A dry run of 10 000 new songs of four stems, from the command to its last line."""
    manifest = write_songs(folder / "planned", N_PLANNED, 0.5)
    command = [*mixer_command(manifest, folder / "unwritten"), "--dry-run"]
    command.remove("--quiet")
    seconds, cpu_s, peak_gb = [], [], []
    for _ in range(3):
        began, cpu_before_s = time.perf_counter(), _children_cpu_s()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = TreeMemory(process.pid)
        if process.wait() != 0:
            raise RuntimeError("the dry run failed")
        seconds.append(time.perf_counter() - began)
        cpu_s.append(_children_cpu_s() - cpu_before_s)
        peak_gb.append(peak.stop_gb())
    yield (
        f"plan (`--dry-run`) of {N_PLANNED:,} new songs of four WAV stems (median of 3)",
        f"{sorted(seconds)[1]:.1f} s, {1000 * sorted(peak_gb)[1]:.0f} MB",
    )


def resume(folder: Path) -> Iterator[Row]:
    """Resume a finished manifest of 10 000 songs: all are checked, none is rendered."""
    songs = folder / "many"
    rows = ["song"]
    for n in range(N_RESUMED):
        song = songs / f"song {n}"
        song.mkdir(parents=True)
        for stem in ("vocals", "drums", "bass", "other"):
            (song / f"{stem}.wav").write_bytes(b"RIFF")
        rows.append(f"song {n}")
    manifest, out = songs / "manifest.csv", folder / "finished"
    manifest.write_text("\n".join(rows) + "\n")
    state = out / STATE_FOLDER
    state.mkdir(parents=True)
    records = []
    for job in plan_batch(manifest, out, Options()):
        files = []
        for path in (job.listed.target.mix, job.listed.target.recipe):
            (out / path).write_bytes(b"content")
            files.append([path, 7, "0" * 64])
        figures = {
            "loudness_lufs": -14.0, "true_peak_dbtp": -1.0, "duration_s": 200.0,
            "seconds": {"network": 9.0}, "spectrum_db": [-30.0 - band for band in range(27)],
        }  # fmt: skip
        listing = stat_inputs(job.listed.row.song)
        records.append(
            replace(job.record, state=State.DONE, files=files, figures=figures, inputs_stat=listing)
        )
    with Ledger(state) as ledger:
        ledger.put(*records)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(mixer_command(manifest, out), check=True)
        times.append(time.perf_counter() - began)
    yield f"resume of {N_RESUMED:,} finished songs (median of 3)", f"{sorted(times)[1]:.1f} s"


def write_songs(folder: Path, n_songs: int, duration_s: float = SONG_S) -> Path:
    """Copies of one song under many names, and their manifest."""
    from benchmarks.songs import write_song

    original = write_song(folder / "s0", duration_s)
    for n in range(1, n_songs):
        shutil.copytree(original, folder / f"s{n}", copy_function=_link)
    manifest = folder / "manifest.csv"
    manifest.write_text("song\n" + "".join(f"s{n}\n" for n in range(n_songs)))
    return manifest


def mixer_command(manifest: Path, out: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "mixer", "batch", str(manifest), "-o", str(out)]
    return [*command, "--quiet", "--devices", "cpu", *options]


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
    song_s = random.Random(order.id).uniform(0.5, 1.5) * SIMULATED_SONG_S
    with context.compute:
        for quarter in range(4):  # as often as a worker tells how far it is
            report("network", quarter / 4)
            time.sleep(song_s / 4)
    return copy(order, context, report)


class TreeMemory:
    """The largest proportional memory of a process with all its children, watched in a thread."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak_bytes, self._over = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop_gb(self) -> float:
        self._over.set()
        self._thread.join()
        return self._peak_bytes / 1e9

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            self._peak_bytes = max(self._peak_bytes, sum(map(_pss_bytes, _tree(self._pid))))


def _children_cpu_s() -> float:
    """CPU time of all processes that were waited for, and theirs: less of it than of wall-clock
    time means that other programs took the cores."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tree(pid: int) -> list[int]:
    try:
        own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in own for one in _tree(int(child)))]


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def main() -> None:
    parser = argparse.ArgumentParser(description="Batch rendering in figures.")
    parser.add_argument("--songs", type=int, default=N_SONGS, help="number of songs in each turn")
    for line in table(parser.parse_args().songs):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
