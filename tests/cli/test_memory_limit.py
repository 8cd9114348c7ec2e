"""Under a limit on memory: one clear line; 3 where mixer cannot start, 1 for a large song."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mixer.cli.main import run
from mixer.cli.memory_limit import LEAST_BYTES

resource = pytest.importorskip("resource")


def limited(n_bytes: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)\n"
        "from mixer.cli.main import run\n"
        "sys.exit(run(sys.argv[2:]))"
    )
    command = [sys.executable, "-c", program, str(n_bytes), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits addresses so")
@pytest.mark.parametrize("n_bytes", [150 << 20, 200 << 20, LEAST_BYTES - 1])
def test_too_little_to_start_is_one_line(n_bytes: int) -> None:
    done = limited(n_bytes, "check", "song")
    assert done.returncode == 3
    assert "cannot start within" in done.stderr
    assert done.stderr.count("\n") == 1
    assert limited(n_bytes, "--help").returncode == 0


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (MemoryError(), 1, "out of memory"),
        (ImportError("lib.so: failed to map segment"), 3, "a library cannot be loaded"),
    ],
)
def test_a_song_that_does_not_fit_and_a_library_that_does_not_load(
    error: Exception,
    code: int,
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise error

    monkeypatch.setattr("mixer.cli.main.cli.main", fail)
    assert run(["check", str(tmp_path)]) == code
    said = capfd.readouterr().err
    assert word in said
    assert "internal error" not in said
