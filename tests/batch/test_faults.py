"""A night's run and everything that can happen to it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.batch.ledger import DONE, LEDGER_FILE, read_records
from mixer.batch.manifest import read_manifest
from mixer.batch.outputs import STATE_FOLDER, plan_outputs
from mixer.cli.main import run
from tests.batch.stand_in import expected_mix
from tests.signals import band

ROOT = Path(__file__).resolve().parents[2]
COPY, RENDER = "tests.batch.stand_in:copy_song", "mixer.batch.work:render_song"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def start(manifest: Path, out: Path, work: str) -> subprocess.Popen:
    """A batch with two workers, in a group of its own so that all of it can be killed."""
    command = [sys.executable, "-m", "tests.batch.run_stand_in", str(manifest), str(out), work]
    return subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
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


def finish(manifest: Path, out: Path, work: str) -> dict:
    process = start(manifest, out, work)
    assert process.wait(timeout=120) == 0
    records = {r.id: r for r in read_records(out / STATE_FOLDER / LEDGER_FILE)}
    assert not list((out / STATE_FOLDER / "work").glob("*"))
    return records


@linux
@pytest.mark.slow
def test_twenty_kills_lose_nothing_and_render_nothing_twice(make_songs, tmp_path) -> None:
    names = [f"song {n}" for n in range(140)]
    manifest = make_songs(names, **{name: {"seconds": 0.05} for name in names})
    out, chance = tmp_path / "out", random.Random(2208)
    kinds = ["worker", "parent", "everything"] * 7
    for what in kinds[:20]:
        kill_somewhere(start(manifest, out, COPY), out, what, chance)
    killed = mixes(out)
    records = finish(manifest, out, COPY)
    assert killed < len(names)  # the kills came while there was work
    assert len(records) == len(names)
    for name in names:
        assert records[name].state == DONE
        assert records[name].renders == 1
        assert (out / f"{name}.wav").read_bytes() == expected_mix(tmp_path / name, {})
    assert sum(record.attempts for record in records.values()) > len(names)
    ours = {"results.csv", "results.jsonl", STATE_FOLDER}
    written = {p.name for p in out.iterdir()} - ours
    assert written == {f"{n}{end}" for n in names for end in (".wav", ".mix.json")}


@linux
@pytest.mark.slow
def test_killed_renders_end_bit_identical(tmp_path) -> None:
    lines = ["song,loudness_lufs,bit_depth"]
    for n in range(4):
        folder = tmp_path / f"s{n}"
        folder.mkdir()
        for stem, audio in band(np.random.default_rng(n), 1.5, 44_100, 100 + 10 * n).items():
            soundfile.write(folder / f"{stem}.wav", audio.T, 44_100)
        lines.append(f"s{n},-16,16")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\n".join(lines) + "\n")
    calm, stormy, chance = tmp_path / "calm", tmp_path / "stormy", random.Random(5)
    finish(manifest, calm, RENDER)
    for what in ("worker", "everything"):
        kill_somewhere(start(manifest, stormy, RENDER), stormy, what, chance)
    records = finish(manifest, stormy, RENDER)
    assert all(record.renders == 1 for record in records.values())
    for n in range(4):
        assert (stormy / f"s{n}.wav").read_bytes() == (calm / f"s{n}.wav").read_bytes()


@linux
def test_ctrl_c_once_finishes_and_twice_drops(make_songs, tmp_path) -> None:
    names = [f"s{n}" for n in range(40)]
    manifest = make_songs(names, **{name: {"seconds": 0.3} for name in names})
    for presses, least_s in ((1, 0.0), (2, 0.0)):
        out = tmp_path / f"out{presses}"
        process = start(manifest, out, COPY)
        while not mixes(out):
            time.sleep(0.01)
        for _ in range(presses):
            # As a terminal does it: to every process of the group.
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.1)
        assert process.wait(timeout=20) == 130
        records = read_records(out / STATE_FOLDER / LEDGER_FILE)
        done = [r.id for r in records if r.state == DONE]
        assert least_s <= len(done) < len(names)
        assert len(list(out.glob("*.wav"))) == len(done)
        for song_id in done:
            assert (out / f"{song_id}.wav").read_bytes() == expected_mix(tmp_path / song_id, {})
        running = [r.id for r in records if r.state == "running"]
        assert bool(running) == (presses == 2)
        assert not list((out / STATE_FOLDER / "work").glob("*"))


@linux
def test_orphans_go_with_their_parent(make_songs, tmp_path) -> None:
    manifest = make_songs(["one"], one={"seconds": 60})
    process = start(manifest, tmp_path / "out", COPY)
    while (
        not (tmp_path / "out" / STATE_FOLDER / LEDGER_FILE).exists()
        or len(children(process.pid)) < 3
    ):  # two workers and the tracker of resources
        time.sleep(0.02)
    workers = children(process.pid)
    process.kill()
    process.wait()
    until_s = time.monotonic() + 10.0
    while any(Path(f"/proc/{pid}/stat").exists() and "Z" not in
              Path(f"/proc/{pid}/stat").read_text().split()[2] for pid in workers):  # fmt: skip
        assert time.monotonic() < until_s
        time.sleep(0.05)


@pytest.fixture
def mount(tmp_path):
    """Mount a small file system in memory, where that is allowed."""
    mounted = []

    def make(name: str, options: str) -> Path:
        place = tmp_path / name
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting is not permitted here")
        mounted.append(place)
        return place

    yield make
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


def band_songs(tmp_path: Path, n_songs: int, duration_s: float) -> Path:
    for n in range(n_songs):
        folder = tmp_path / f"s{n}"
        folder.mkdir()
        for stem, audio in band(np.random.default_rng(n), duration_s, 44_100).items():
            soundfile.write(folder / f"{stem}.wav", audio.T, 44_100)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("song\n" + "".join(f"s{n}\n" for n in range(n_songs)))
    return manifest


@pytest.mark.slow
def test_a_full_disk_stops_the_run_whole_and_it_goes_on_with_room(mount, tmp_path, capsys) -> None:
    manifest = band_songs(tmp_path, 4, 3.0)  # 0.8 MB each
    out = mount("small", "size=7m")
    ballast = out / "ballast"
    assert run(["batch", str(manifest), "-o", str(out), "-j", "1"]) == 1
    assert "too little disk is free" in capsys.readouterr().err
    done = {r.id for r in read_records(out / STATE_FOLDER / LEDGER_FILE) if r.state == DONE}
    assert 0 < len(done) < 4
    assert {p.stem for p in out.glob("*.wav")} == done
    assert not ballast.exists()
    subprocess.run(["mount", "-o", "remount,size=40m", str(out)], check=True)
    assert run(["batch", str(manifest), "-o", str(out), "-j", "1", "-q"]) == 0
    assert len(list(out.glob("*.wav"))) == 4


@pytest.mark.slow
def test_a_disk_that_fills_while_a_song_is_written(mount, tmp_path, capsys, monkeypatch) -> None:
    """Nobody can foresee what other programs write."""
    manifest = band_songs(tmp_path, 2, 3.0)
    out = mount("small", "size=1900k")
    monkeypatch.setattr("mixer.batch.run.Run._disk_has_room", lambda self, size: True)
    assert run(["batch", str(manifest), "-o", str(out), "-j", "1"]) == 1
    said = capsys.readouterr()
    assert "cannot be written" in said.err + said.out
    assert "stopped: the disk is full" in said.err
    for mix in out.glob("*.wav"):
        assert soundfile.info(mix).frames == 3 * 44_100
    subprocess.run(["mount", "-o", "remount,size=40m", str(out)], check=True)
    assert run(["batch", str(manifest), "-o", str(out), "-j", "1", "-q"]) == 0


def test_a_read_only_output_is_refused_before_anything(mount, tmp_path, capsys) -> None:
    manifest = band_songs(tmp_path, 1, 1.0)
    out = mount("fixed", "size=9m,ro")
    assert run(["batch", str(manifest), "-o", str(out)]) == 1
    assert "cannot be written: Read-only file system" in capsys.readouterr().err


NAMES = (
    "with space", 'quote " and \' quote', "new\nline", "emoji 🎚️🎛️", "x" * 250, "tab\there",
    "semi;colon, comma", "percent %20 #1?", "-dash", "{id}", "日本語", "trailing dot.",
)  # fmt: skip


@pytest.mark.slow
def test_odd_names_are_rendered_and_found_again(tmp_path) -> None:
    import csv

    audio = np.random.default_rng(0).standard_normal((22_050, 2)) * 0.1
    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["song"])
        for name in NAMES:
            (tmp_path / "songs" / name).mkdir(parents=True)
            soundfile.write(tmp_path / "songs" / name / "drums.wav", audio, 44_100)
            writer.writerow([f"songs/{name}"])
    manifest, out = tmp_path / "manifest.csv", tmp_path / "out"
    assert run(["batch", str(manifest), "-o", str(out), "--html", "-q"]) == 0
    rows = read_manifest(manifest)
    targets, _ = plan_outputs(rows, out)
    for row, target in zip(rows, targets, strict=True):
        assert row.song.name in NAMES
        assert soundfile.info(out / target.mix).frames == 22_050
    page = (out / "index.html").read_text()
    assert page.count("<audio") == len(NAMES)
    assert "songs/percent%20%2520%20%231_.wav" in page
    with (out / "results.csv").open(newline="") as file:
        assert [r["id"] for r in csv.DictReader(file)] == [f"songs/{name}" for name in NAMES]
    assert run(["batch", str(manifest), "-o", str(out), "-q"]) == 0
