"""A hostile case in a folder of its own: laid out, run, and what became of the files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.case import Case, Outcome

REPOSITORY = Path(__file__).resolve().parents[2]
# As an installed command starts: the current folder is not on its path, and no flag says so.
_START = "from mixer.cli.main import main\n\nif __name__ == '__main__':\n    main()\n"
_WALL_FACTOR, _LEAST_WALL_S = 6.0, 60.0
_MOST_OUTPUT_BYTES = 8 << 20
_HASHED_BYTES = 8 << 20
# Far above every case's own bound: it keeps a bad day from becoming the machine's.
_MOST_ADDRESSES_BYTES = 12 << 30


@dataclass(frozen=True)
class _Ended:
    """How a process ended."""

    exit_code: int
    wall_s: float
    cpu_s: float
    peak_bytes: int


def run_case(case: Case, sandbox: Path) -> tuple[Outcome, list[str]]:
    """Lay a case out and run it.

    Args:
        case: what to run.
        sandbox: an empty folder.

    Returns:
        What came of it, and what its own checks found wrong.
    """
    work = sandbox / "work"
    for name in ("work", "home", "tmp", "outside", "bin"):
        (sandbox / name).mkdir()
    (sandbox / "bin" / "mixer").write_text(_START)
    (sandbox / "outside" / "precious").write_text("precious")
    case.build(work)
    before = _list_files(sandbox)
    logs = [sandbox.with_name(f"{sandbox.name}.{name}") for name in ("out", "err")]
    try:
        faults, ended = _run(case, sandbox, logs)
        texts = [_read(log) for log in logs]
    finally:
        for log in logs:
            log.unlink(missing_ok=True)
    after = _list_files(sandbox)
    outcome = Outcome(
        ended.exit_code,
        *texts,
        ended.wall_s,
        ended.cpu_s,
        ended.peak_bytes,
        frozenset(after.keys() - before.keys()),
        frozenset(path for path, what in before.items() if after.get(path) != what),
    )
    if case.check is not None and (fault := case.check(work, outcome)):
        faults.append(fault)
    _make_removable(sandbox)
    return outcome, faults


def _run(case: Case, sandbox: Path, logs: list[Path]) -> tuple[list[str], _Ended]:
    work, faults = sandbox / "work", []
    began_s = time.monotonic()
    for log in logs:
        log.touch()
    places = [Path(case.stdout or logs[0]), Path(case.stderr or logs[1])]
    with places[0].open("wb") as out, places[1].open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, str(sandbox / "bin" / "mixer"), *case.arguments],
            cwd=work,
            env=_environment(case, sandbox),
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_MOST_ADDRESSES_BYTES,) * 2)
        assert process.stdin is not None
        with_input = threading.Thread(target=_feed, args=(process, case.stdin), daemon=True)
        with_input.start()
        limit_s = max(_LEAST_WALL_S, _WALL_FACTOR * case.time_limit_s)
        watchdog = threading.Timer(limit_s, _kill_group, (process.pid,))
        watchdog.start()
        if case.meanwhile is not None:
            if fault := case.meanwhile(work, process.pid):
                faults.append(fault)
            # Not `send_signal`, which would take the process's end, and with it what it used.
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        with _MemoryWatch(process.pid) as memory:
            _, status, used = os.wait4(process.pid, 0)
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - began_s
    if wall_s >= limit_s:
        faults.append(f"ended after {limit_s:g} s on the clock")
    return faults, _Ended(
        process.returncode, wall_s, used.ru_utime + used.ru_stime, memory.peak_bytes
    )


class _MemoryWatch:
    """The most memory that a process held, read while it runs.

    What `wait4` says starts at the size of whoever started the process, which in a large run of
    tests is more than any case may take. Where there is no /proc, nothing is seen.
    """

    def __init__(self, pid: int) -> None:
        self.peak_bytes = 0
        self._status = Path(f"/proc/{pid}/status")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                found = re.search(r"VmHWM:\s+(\d+) kB", self._status.read_text())
                self.peak_bytes = max(self.peak_bytes, 1024 * int(found[1]) if found else 0)
            if self._ended.wait(0.02):
                return


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(content)
        process.stdin.close()
    except OSError:
        return


def _environment(case: Case, sandbox: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment: dict[str, str | None] = {
        **kept,
        "HOME": str(sandbox / "home"),
        "TMPDIR": str(sandbox / "tmp"),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        **case.environment,
    }
    return {name: value for name, value in environment.items() if value is not None}


def _read(log: Path) -> str:
    with log.open("rb") as file:
        return file.read(_MOST_OUTPUT_BYTES).decode("utf-8", "surrogateescape")


def _list_files(sandbox: Path) -> dict[str, tuple[object, ...]]:
    """Every path in a sandbox with its kind, its rights and its content."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(sandbox):
        for name in (*folders, *files):
            path = os.path.join(folder, name)  # noqa: PTH118 - also of names that are no text
            found[os.path.relpath(path, sandbox)] = _what_is(path)
    return found


def _what_is(path: str) -> tuple[object, ...]:
    status = os.lstat(path)
    mode = status.st_mode
    if stat.S_ISLNK(mode):
        return ("link", os.readlink(path))  # noqa: PTH115
    if not stat.S_ISREG(mode):
        return (stat.S_IFMT(mode), stat.S_IMODE(mode))
    if status.st_size > _HASHED_BYTES or not os.access(path, os.R_OK):
        return ("file", mode, status.st_size, status.st_mtime_ns)
    with open(path, "rb") as file:  # noqa: PTH123
        return ("file", mode, hashlib.sha256(file.read()).hexdigest())


def _make_removable(sandbox: Path) -> None:
    """Folders that a case made unwritable would outlive their test."""
    for folder, folders, _ in os.walk(sandbox):
        for name in folders:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(stat.S_IRWXU)
    for path in sandbox.iterdir():
        shutil.rmtree(path, ignore_errors=True)
