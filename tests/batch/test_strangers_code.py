"""Nothing beside somebody's songs is run, and nobody is told of a render."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PWNED = 'open("PWNED", "w"); raise SystemExit\n'


def as_installed(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """The command as it starts where it is installed: the current folder is not on its path."""
    (folder / "bin").mkdir()
    command = folder / "bin" / "mixer_command"
    command.write_text("from mixer.cli.main import main\nif __name__ == '__main__':\n    main()\n")
    return subprocess.run(
        [sys.executable, str(command), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_modules_beside_the_songs_are_not_run(make_songs, tmp_path: Path) -> None:
    manifest = make_songs(["one"])
    for module in ("multiprocessing", "numpy", "onnxruntime", "sitecustomize", "soundfile"):
        (tmp_path / f"{module}.py").write_text(PWNED)
    done = as_installed(tmp_path, ["batch", str(manifest), "-o", "o", "-q"])
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "PWNED").exists()
    assert list((tmp_path / "o").glob("*.wav"))


MEASURE = ["profile", "measure", "songs", "-o", "p.json", "-j", "1", "-q"]
PREPARE = ["dataset", "prepare", "songs", "-o", "data", "--profile", "musdb18", "-j", "1", "-q"]


@pytest.mark.parametrize("arguments", [MEASURE, PREPARE])
def test_processes_of_data_preparation_import_nothing_from_there(
    make_songs, tmp_path: Path, arguments: list[str]
) -> None:
    pytest.importorskip("torch")
    make_songs(["songs/train/one"], **{"songs/train/one": {}})
    for module in ("multiprocessing", "numpy", "scipy", "torch", "soundfile", "threading"):
        (tmp_path / f"{module}.py").write_text(PWNED)
    # Whatever becomes of so short a song: what lies beside it is not run.
    as_installed(tmp_path, arguments)
    assert not (tmp_path / "PWNED").exists()


def test_a_plugins_process_imports_nothing_from_there(tmp_path: Path) -> None:
    from mixer.console.plugin import WORKER

    for module in ("numpy", "pedalboard", "json", "difflib"):
        (tmp_path / f"{module}.py").write_text(PWNED)
    subprocess.run([*WORKER, "nothing"], cwd=tmp_path, capture_output=True, timeout=60)
    assert not (tmp_path / "PWNED").exists()


def test_a_devices_process_imports_nothing_from_there(tmp_path: Path, monkeypatch) -> None:
    from mixer.batch.engines.devices import DeviceProcess

    for module in ("numpy", "onnxruntime", "multiprocessing", "tempfile"):
        (tmp_path / f"{module}.py").write_text(PWNED)
    monkeypatch.chdir(tmp_path)
    device = DeviceProcess("cpu")
    try:
        device.start()
    finally:
        device.close()
    assert not (tmp_path / "PWNED").exists()


# Notes every name that is looked up and every connection, then does it.
WATCH = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
static void note(const char *what) {
  FILE *file = fopen(getenv("WATCHED"), "a");
  if (file) { fprintf(file, "%s\\n", what); fclose(file); }
}
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
      dlsym(RTLD_NEXT, "getaddrinfo");
  note("resolved");
  return real(node, service, hints, found);
}
int connect(int fd, const struct sockaddr *address, socklen_t length) {
  int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
  if (address->sa_family != AF_UNIX) note("connected");
  return real(fd, address, length);
}
"""


@pytest.fixture(scope="module")
def watcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that is loaded before the system's, and writes what it sees to $WATCHED."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler for a watched resolver")
    folder = tmp_path_factory.mktemp("watch")
    (folder / "watch.c").write_text(WATCH)
    library = folder / "watch.so"
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(folder / "watch.c"), "-ldl"]
    subprocess.run(command, check=True)
    return library


def watched(command: list[str], folder: Path, watcher: Path, **places: str) -> str:
    """What a command looked up and connected to; it runs in the folder and ends well."""
    log = folder / "watched"
    environment = {**os.environ, "WATCHED": str(log), "LD_PRELOAD": str(watcher), **places}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return log.read_text() if log.exists() else ""


def test_a_render_speaks_to_nobody_and_leaves_nothing_in_home(
    make_songs, tmp_path: Path, watcher: Path
) -> None:
    make_songs(["one"], one={"seconds": 1.0})
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    # ONNX Runtime's events would be written through this link.
    (tmp_path / "precious").write_text("precious")
    (home / "tmp" / ".ses").symlink_to(tmp_path / "precious")
    places = {
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "ORT_DISABLE_TELEMETRY": "0",
    }
    command = ["-m", "mixer", "render", str(tmp_path / "one"), "-q", "-o", "one.wav", "--report"]
    assert watched(command, tmp_path, watcher, **places) == ""
    assert (tmp_path / "precious").read_text() == "precious"
    assert sorted(path.name for path in home.rglob("*")) == [".ses", "tmp"]


def test_the_watched_resolver_sees_what_is_looked_up(tmp_path: Path, watcher: Path) -> None:
    code = "import socket; socket.getaddrinfo('localhost', 80)"
    assert watched(["-c", code], tmp_path, watcher) == "resolved\n"
