"""Time until a batch begins: the first song, the plan of many, and a manifest that is finished."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.batch_songs import Row, mixer_command, write_songs
from benchmarks.tree_memory import TreeMemory
from mixer.batch.batch_session import Options, plan_batch
from mixer.batch.inputs import stat_inputs
from mixer.batch.ledgers.ledger import Ledger
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.states import State

N_PLANNED = N_RESUMED = 10_000


def start_up(folder: Path) -> Iterator[Row]:
    """Time from the command line to a finished first song of 0.1 s, in seconds."""
    manifest = write_songs(folder / "first", 1, 0.1)
    manifest.write_text("song,model,effects,true_peak_dbtp\ns0,none,none,none\n")
    times = []
    for attempt in range(5):
        command = mixer_command(manifest, folder / f"first {attempt}", "-j", "1")
        began = time.perf_counter()
        subprocess.run(command, check=True)
        times.append(time.perf_counter() - began)
    yield "from start to a first small song done (median of 5)", f"{sorted(times)[2]:.2f} s"


def plan(folder: Path) -> Iterator[Row]:
    """A dry run of 10 000 new songs of four stems, from the command to its last line."""
    manifest = write_songs(folder / "planned", N_PLANNED, 0.5)
    command = [*mixer_command(manifest, folder / "unwritten"), "--dry-run"]
    command.remove("--quiet")
    seconds, peak_gb = [], []
    for _ in range(3):
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = TreeMemory(process.pid)
        if process.wait() != 0:
            raise RuntimeError("the dry run failed")
        seconds.append(time.perf_counter() - began)
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
