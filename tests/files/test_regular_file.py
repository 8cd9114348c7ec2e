"""Only regular files are read: nobody waits for a pipe, whatever reads it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from mixer.cli.main import run
from mixer.files.regular_file import open_regular, read_regular

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")


def test_a_file_is_read_and_may_be_cut(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_regular(path) == b"12345"
    assert read_regular(path, 3) == b"123"
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_regular(link) == b"12345"


def test_pipes_sockets_devices_and_folders_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as server:
        # A socket's path may not be long.
        here = Path.cwd()
        os.chdir(tmp_path)
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        for path in (pipe, tmp_path / "socket", Path("/dev/null"), tmp_path):
            with pytest.raises(OSError):
                open_regular(path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "song"],
        ["render", "song", "--preset", "./a.toml"],
        ["render", "song", "--profile", "./a.json"],
        ["render", "song", "--model", "model"],
        ["render", "song", "--rooms", "rooms"],
        ["batch", "a.csv", "-o", "out"],
        ["batch", "a.csv", "-o", "out", "--dry-run"],
        ["replay", "a.mix.json"],
        ["compare", "a.mix.json", "a.mix.json"],
        ["evaluate", "a.wav", "a.wav"],
        ["evaluate", "--pairs", "a.csv"],
        ["profile", "import", "a.npy", "-o", "p.json"],
        ["profile", "show", "./a.json"],
        ["learn", "a.rpp"],
        ["learn", "a.dawproject"],
        ["takes", "a.mix.json"],
        ["listen", "analyse", "test", "-o", "o"],
        ["export", "a.params", "-o", "bundle"],
        ["export", "a.safetensors", "-o", "bundle"],
        ["train", "./a.toml", "--dry-run"],
        ["train", "smoke", "data.folder=song", "network.start_from=a.params", "-o", "run"],
    ],
    ids=" ".join,
)
def test_no_command_waits_for_a_pipe(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("song", "model", "rooms", "test/public"):
        (tmp_path / name).mkdir(parents=True)
    for name in (
        *(f"a.{ending}" for ending in ("toml", "json", "csv", "npy", "rpp", "dawproject")),
        *(f"a.{ending}" for ending in ("params", "safetensors", "wav", "mix.json")),
        *("song/song.toml", "song/vocals.wav", "model/manifest.json", "rooms/room.wav"),
        *("test/key.json", "test/public/design.json"),
    ):
        os.mkfifo(tmp_path / name)
    assert run(arguments) in (1, 2, 3)
    said = capfd.readouterr().err
    assert said.strip()
    assert "internal error" not in said
