"""Files that are there whole or not at all."""

import errno
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mixer.errors import OutputError
from mixer.files.whole_file import (
    output_file,
    refuse_existing,
    refuse_unwritable,
    whole_file,
    write_output,
)


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"
    with whole_file(path) as partial:
        partial.write_bytes(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    with pytest.raises(ZeroDivisionError), whole_file(path) as partial:
        partial.write_bytes(b"half" * (1 // 0))
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_windows_waits_for_whoever_has_the_file_open(tmp_path: Path, monkeypatch) -> None:
    path, replace, waits = tmp_path / "mix.wav", Path.replace, []

    def refusing(self: Path, target: Path) -> Path:
        if len(waits) < n_refused:
            raise PermissionError(errno.EACCES, "Access is denied", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refusing)
    monkeypatch.setattr("mixer.files.whole_file.time.sleep", waits.append)
    monkeypatch.setattr("mixer.files.whole_file._IS_WINDOWS", True)
    n_refused = 2
    with whole_file(path) as partial:
        partial.write_bytes(b"new")
    assert path.read_bytes() == b"new"
    assert len(waits) == 2
    n_refused = 99
    with pytest.raises(PermissionError, match="Access is denied; close it"), whole_file(path):
        pass
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_file_gets_the_rights_of_any_new_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with whole_file(tmp_path / "mix.wav"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "mix.wav").stat().st_mode) == 0o666 & ~umask


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_writing_never_touches_the_rights_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(mask: int) -> int:
        raise AssertionError("the umask belongs to the whole process")

    monkeypatch.setattr(os, "umask", refuse)

    def write(name: str) -> None:
        with whole_file(tmp_path / name) as partial:
            partial.write_text(name)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, map(str, range(20))))
    assert sorted(path.read_text() for path in tmp_path.iterdir()) == sorted(map(str, range(20)))


def _write(path: Path) -> None:
    with whole_file(path) as partial:
        partial.write_text("new")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name")
def test_a_pipe_a_folder_and_a_link_to_nowhere_are_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "null").symlink_to("/dev/null")
    for name, what in (
        ("pipe", "is not a regular file"),
        ("folder", "is a folder"),
        ("link", "is a broken link"),
        ("null", "is not a regular file"),
    ):
        with pytest.raises(OutputError, match=f"{name} {what}"):
            _write(tmp_path / name)
        with pytest.raises(OutputError, match=f"{name} {what}"):
            refuse_unwritable([tmp_path / name])
        with pytest.raises(OutputError, match=f"{name} already exists"):
            refuse_existing([tmp_path / name])
    with pytest.raises(OutputError, match="link is a broken link"):
        refuse_unwritable([tmp_path / "link" / "a.wav"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link", "null", "pipe"]


def test_a_link_to_a_file_is_replaced_and_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("file")
    _write(tmp_path / "link")
    assert (tmp_path / "file").read_text() == "mine"
    assert (tmp_path / "link").read_text() == "new"


def test_an_output_appears_in_a_new_folder_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "mixes" / "song.toml"
    write_output(path, "title = 'É'\r\n")
    assert path.read_bytes() == "title = 'É'\r\n".encode()
    write_output(path, b"\xff\n", 0o600)
    assert path.read_bytes() == b"\xff\n"
    assert [each.name for each in path.parent.iterdir()] == ["song.toml"]


def test_an_output_that_the_system_refuses_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match=r"file.song\.toml: cannot be written \("):
        write_output(tmp_path / "file" / "song.toml", "")
    with (
        pytest.raises(OutputError, match=r"full\.txt: cannot be written \(No space left"),
        output_file(tmp_path / "full.txt"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
