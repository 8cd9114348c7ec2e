"""Nobody reads, the disk is full, the stream is closed, the locale is poor: the work is done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.signals import noise

FULL = Path("/dev/full")


def mixer(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """The program, with streams of our choice."""
    command = [sys.executable, "-m", "mixer", *arguments]
    return subprocess.run(command, text=True, timeout=120, **options)


def without_reader(*arguments: str) -> tuple[int, str]:
    """Exit code and what was said on stderr where nobody reads standard output any more."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = mixer(*arguments, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    return done.returncode, done.stderr


@pytest.fixture
def song(write_song) -> Path:
    rng = np.random.default_rng(3)
    return write_song({"drums.wav": noise(rng, 1.0, 44_100), "bass.wav": noise(rng, 1.0, 44_100)})


@pytest.mark.parametrize(
    "arguments", [("preset", "list"), ("preset", "show", "rock"), ("model", "info", "default")]
)
def test_a_reader_that_went_away_is_no_error(arguments: tuple[str, ...]) -> None:
    assert without_reader(*arguments) == (0, "")


def test_a_render_goes_on_when_its_reader_went_away(song: Path, tmp_path: Path) -> None:
    code, said = without_reader("render", str(song), "-o", str(tmp_path / "a.wav"), "--json")
    assert code == 0, said
    assert (tmp_path / "a.wav").is_file()
    assert (tmp_path / "a.mix.json").is_file()


def test_a_batch_goes_on_when_its_reader_went_away(song: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(f"song\n{song}\n")
    code, _ = without_reader("batch", str(manifest), "-o", str(tmp_path / "o"), "--dry-run")
    assert code == 0
    code, _ = without_reader("batch", str(manifest), "-o", str(tmp_path / "o"), "--json")
    assert code == 0
    assert (tmp_path / "o" / "results.csv").is_file()


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_a_full_stderr_is_no_error_and_a_full_stdout_is_one(song: Path, tmp_path: Path) -> None:
    with FULL.open("w") as full:
        arguments = ["render", str(song), "-o", str(tmp_path / "a.wav")]
        assert mixer(*arguments, stdout=subprocess.DEVNULL, stderr=full).returncode == 0
        assert (tmp_path / "a.wav").is_file()
        # Nothing is read again of what a list would have said.
        done = mixer("preset", "list", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == "mixer: standard output cannot be written (No space left on device)\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(song: Path, closed: str) -> None:
    command = f"{sys.executable} -m mixer batch init {song.parent} {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "error" not in done.stdout + done.stderr


def test_nothing_is_said_into_a_file_that_got_a_closed_streams_number(
    song: Path, tmp_path: Path
) -> None:
    mix = tmp_path / "a.wav"
    command = f"{sys.executable} -m mixer render {song} -o {mix} >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], timeout=60).returncode == 0
    assert mix.read_bytes()[:4] == b"RIFF"
    done = mixer("replay", str(tmp_path / "a.mix.json"), capture_output=True)
    assert done.returncode == 0, done.stderr


def test_a_locale_that_cannot_say_it_gets_it_escaped(write_song, tmp_path: Path) -> None:
    song = write_song({"Café drums.wav": noise(np.random.default_rng(4), 0.5, 44_100)})
    poor = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = mixer("check", str(song), env=poor, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "Caf\\xe9 drums.wav" in done.stdout


def test_a_failure_in_the_middle_of_resampling_says_one_line(write_song, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    folder = write_song({"Kick.wav": noise(rng, 1.0, 48_000)[:1]}, 48_000)
    broken = noise(rng, 1.0, 44_100)[:1]
    broken[0, 30_000] = np.nan
    write_song({"Lead Vox.wav": broken}, 44_100)
    command = ("render", str(folder), "-o", str(tmp_path / "a.wav"), "--model", "levels", "-q")
    done = mixer(*command, stderr=subprocess.PIPE)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("mixer: Lead Vox.wav: NaN or infinite samples at 0.680 s")
