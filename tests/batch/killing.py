"""Batches in processes of their own, and how they are killed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mixer.batch.ledgers.ledger import LEDGER_FILE, read_records
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.requests.outputs import STATE_FOLDER

ROOT = Path(__file__).resolve().parents[2]
COPY, RENDER = "tests.batch.stand_in:copy_song", "mixer.batch.engines.work:render_song"
N_IN_FLIGHT = 4  # two workers, each with a song that computes and one that waits for it
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def start(manifest: Path, out: Path, work: str) -> subprocess.Popen:
    """A batch with two workers, in a group of its own so that all of it can be killed."""
    command = [sys.executable, "-m", "tests.batch.run_stand_in", str(manifest), str(out), work]
    scratch = out.with_name(f"{out.name} tmp")  # of one that is killed altogether it stays
    scratch.mkdir(exist_ok=True)
    return subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(scratch)},
    )  # fmt: skip


def children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def mixes(out: Path) -> int:
    return len(list(out.glob("*.wav")))


def kill_somewhere(process: subprocess.Popen, out: Path, what: str, chance: random.Random) -> None:
    """Let a run get going, then kill a worker, the parent, or everything, at a random moment."""
    before, until_s = mixes(out), time.monotonic() + 20.0
    while mixes(out) <= before and process.poll() is None and time.monotonic() < until_s:
        time.sleep(0.005)
    time.sleep(chance.uniform(0.0, 0.15))
    if what == "worker":
        workers = children(process.pid)
        if workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
        time.sleep(chance.uniform(0.05, 0.2))
        what = "parent"  # so that the run ends, too
    if process.poll() is None:
        if what == "parent":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def finish(manifest: Path, out: Path, work: str) -> dict[str, Record]:
    """Run a batch to its end; the ledger's record of each song."""
    process = start(manifest, out, work)
    assert process.wait(timeout=120) == 0
    records = {r.id: r for r in read_records(out / STATE_FOLDER / LEDGER_FILE)}
    assert not list((out / STATE_FOLDER / "work").glob("*"))
    return records
