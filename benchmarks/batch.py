"""Batch rendering in figures: throughput, memory, overhead, start-up and resume, on this machine.

`python -m benchmarks.batch [SONGS]` runs it alone; 200 songs of 30 s are made on the fly.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mixer.batch.inputs import hash_inputs, stat_inputs
from mixer.batch.ledger import Ledger
from mixer.batch.order import Order, Outcome, StagedFile
from mixer.batch.outputs import STATE_FOLDER
from mixer.batch.session import Options, plan_batch
from mixer.batch.states import Ending, State
from mixer.batch.work import Report, Shop

N_SONGS = 200
SONG_S = 30.0
N_PLANNED = N_RESUMED = 10_000
N_COPIED = 200


def report(n_songs: int = N_SONGS) -> Iterator[str]:
    """A line a figure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from overhead(folder)
        yield start_up(folder)
        yield plan(folder)
        yield resume(folder)
        yield from throughput(folder, n_songs)


def throughput(folder: Path, n_songs: int) -> Iterator[str]:
    """Songs a minute with 1 and 2 workers of one thread, and the memory of the whole tree."""
    manifest = write_songs(folder / "songs", n_songs)
    seconds = {}
    for jobs in (1, 2):
        out = folder / f"out{jobs}"
        command = mixer_command(manifest, out, "-j", str(jobs), "--threads", "1")
        began, cpu_before_s = time.perf_counter(), _children_cpu_s()
        process = subprocess.Popen(command)
        peak = TreeMemory(process.pid)
        if process.wait() != 0:
            raise RuntimeError("the batch failed")
        seconds[jobs] = time.perf_counter() - began
        cpu_s = _children_cpu_s() - cpu_before_s
        shutil.rmtree(out)
        pace = n_songs * SONG_S / seconds[jobs]
        yield (
            f"{n_songs} songs of {SONG_S:.0f} s, {jobs} worker{'s' if jobs > 1 else ''} of one "
            f"thread: {seconds[jobs]:.0f} s ({cpu_s:.0f} s of CPU), {pace:.1f}x real time, "
            f"{peak.stop_gb():.2f} GB in all, {peak.stop_gb() / jobs:.2f} GB a worker"
        )
    yield f"2 workers against 1: {seconds[1] / seconds[2]:.2f}x"


def overhead(folder: Path) -> Iterator[str]:
    """What the machinery adds to a song: the render is replaced by a copy of a small file."""
    manifest = write_songs(folder / "small", N_COPIED, 0.1)
    code = (
        "import sys, time; from pathlib import Path\n"
        "from mixer.batch.local import LocalEngine, worker_specs\n"
        "from mixer.batch.listener import Listener\n"
        "from mixer.batch.session import Options, run_batch\n"
        "class Watch(Listener):\n"
        "    times = []\n"
        "    def finished(self, record): self.times.append(time.perf_counter())\n"
        "if __name__ == '__main__':\n"
        "    def engine(n): return LocalEngine(worker_specs(1, 1, ['cpu'], sys.argv[3]), 8 << 30)\n"
        "    run_batch(Path(sys.argv[1]), Path(sys.argv[2]), Options(), engine, Watch())\n"
        "    times = Watch.times\n"
        "    print(1000 * (times[-1] - times[0]) / (len(times) - 1))\n"
    )
    script = folder / "overhead.py"
    script.write_text(code)
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, str(script), str(manifest), str(folder / "copies")]
    done = subprocess.run(
        [*command, "benchmarks.batch:copy"],
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    yield f"overhead {float(done.stdout):.1f} ms a song ({N_COPIED} songs, a copy for a render)"


def start_up(folder: Path) -> str:
    """From the command line to a first song of 0.1 s that is done, in seconds."""
    manifest = folder / "small" / "first.csv"
    manifest.write_text("song,model,effects,true_peak_dbtp\ns0,none,none,none\n")
    times = []
    for attempt in range(5):
        command = mixer_command(manifest, folder / f"first{attempt}", "-j", "1")
        began = time.perf_counter()
        subprocess.run(command, check=True)
        times.append(time.perf_counter() - began)
    return f"start-up, to a first small song done: {sorted(times)[2]:.2f} s (median of 5)"


def plan(folder: Path) -> str:
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
    return (
        f"plan of {N_PLANNED} songs: {sorted(seconds)[1]:.1f} s, {sorted(cpu_s)[1]:.1f} s of CPU, "
        f"{1000 * sorted(peak_gb)[1]:.0f} MB (median of 3)"
    )


def resume(folder: Path) -> str:
    """A finished manifest of 10 000 songs, looked through and left as it is."""
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
    return f"resume of {N_RESUMED} finished songs: {sorted(times)[1]:.2f} s (median of 3)"


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


def copy(order: Order, shop: Shop, report: Report) -> Outcome:
    """In place of a render: everything around it, and a copy of the song's first file."""
    report("read", 0.0)
    listing = stat_inputs(order.song)
    sha256 = hash_inputs(order.song, listing)
    staging = Path(order.staging)
    staging.mkdir(parents=True)
    shutil.copy(Path(order.song) / "drums.wav", staging / "mix.wav")
    (staging / "mix.mix.json").write_text("{}\n")
    files = (StagedFile("mix.wav", "mix", 0, ""), StagedFile("mix.mix.json", "recipe", 3, ""))
    figures = {"duration_s": 0.1, "loudness_lufs": -14.0, "true_peak_dbtp": -1.0}
    return Outcome(
        order.id, order.token, Ending.DONE, None, False, False, files, listing, sha256, figures
    )


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


if __name__ == "__main__":
    for line in report(int(sys.argv[1]) if len(sys.argv) > 1 else N_SONGS):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
