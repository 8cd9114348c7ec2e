"""A batch makes the bits that `mixer render` makes, with any number of workers and threads."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from tests.signals import band

SONGS = ("one", "two")


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two songs long enough for the work to be cut in pieces."""
    monkeypatch.chdir(tmp_path)
    for number, song in enumerate(SONGS):
        (tmp_path / song).mkdir()
        for name, audio in band(np.random.default_rng(number), 5.0, 44_100).items():
            soundfile.write(tmp_path / song / f"{name}.wav", audio.T, 44_100, subtype="FLOAT")
    path = tmp_path / "songs.csv"
    path.write_text("song,loudness_lufs\none,-14\ntwo,-20\n")
    return path


def hashes(folder: Path) -> list[str]:
    return [hashlib.sha256((folder / f"{song}.wav").read_bytes()).hexdigest() for song in SONGS]


@pytest.mark.slow
def test_threads_and_workers_change_no_bit(manifest: Path) -> None:
    for song, loudness in zip(SONGS, ("-14", "-20"), strict=True):
        asked = ["render", song, "-o", f"alone/{song}.wav", "--loudness", loudness, "-q"]
        assert run(asked) == 0
    expected = hashes(Path("alone"))
    for threads, jobs in ((1, 1), (4, 1), (2, 2)):
        out = Path(f"t{threads}j{jobs}")
        shared_out = ["--threads", str(threads), "--jobs", str(jobs)]
        assert run(["batch", manifest.name, "-o", str(out), *shared_out, "-q"]) == 0
        assert hashes(out) == expected, (threads, jobs)
