"""Disks that are full, fill up, or may not be written."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.batch.ledgers.ledger import LEDGER_FILE, read_records
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.states import State
from mixer.cli.main import run
from tests.signals import band


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
    assert "not enough disk space" in capsys.readouterr().err
    done = {r.id for r in read_records(out / STATE_FOLDER / LEDGER_FILE) if r.state == State.DONE}
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
    monkeypatch.setattr("mixer.batch.waiting.Waiting._disk_has_room", lambda *_: True)
    assert run(["batch", str(manifest), "-o", str(out), "-j", "1"]) == 1
    said = capsys.readouterr()
    assert "free some space or choose another --output" in said.err + said.out
    assert "stopped: the disk is full" in said.err
    for mix in out.glob("*.wav"):
        assert soundfile.info(mix).frames == 3 * 44_100
    subprocess.run(["mount", "-o", "remount,size=40m", str(out)], check=True)
    assert run(["batch", str(manifest), "-o", str(out), "-j", "1", "-q"]) == 0


def test_a_read_only_output_is_refused_before_anything(mount, tmp_path, capsys) -> None:
    manifest = band_songs(tmp_path, 1, 1.0)
    out = mount("fixed", "size=9m,ro")
    assert run(["batch", str(manifest), "-o", str(out)]) == 1
    assert "cannot be written (Read-only file system)" in capsys.readouterr().err
