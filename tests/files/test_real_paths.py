"""Real paths of many files are those that the system gives of each alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mixer.files.real_paths import RealPaths, real_path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "songs" / "one").mkdir(parents=True)
    (tmp_path / "elsewhere" / "inner").mkdir(parents=True)
    (tmp_path / "songs" / "link").symlink_to("../elsewhere")
    (tmp_path / "songs" / "dead").symlink_to("nowhere")
    (tmp_path / "songs" / "loop").symlink_to("loop")
    (tmp_path / "songs" / "file.wav").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    "path",
    [
        *("songs", "songs/one", "songs/link", "songs/link/inner", "songs/link/absent/deeper"),
        *(
            "songs/dead",
            "songs/dead/x",
            "songs/loop",
            "songs/file.wav/x",
            "songs/link/..",
            "songs/.",
        ),
        *("songs/one/../link/inner", "songs//one", "songs/one/", "absent", "absent/x", ""),
    ],
)
def test_links_are_followed_as_the_system_follows_them(
    tree: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree)
    real = RealPaths()
    for asked in (path, f"{tree}/{path}", f"{tree}/{path}"):
        assert real.of(asked) == os.path.realpath(asked)
    assert real.of("/") == "/"
    assert real.of("/tmp") == os.path.realpath("/tmp")


def test_a_folder_is_looked_up_once_for_all_that_lie_in_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    realpath = os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path: asked.append(path) or realpath(path))
    real = RealPaths()
    for n in range(100):
        assert real.of(f"{tree}/songs/{n}") == f"{realpath(tree)}/songs/{n}"
    assert asked == [f"{tree}/songs/"]


def test_links_in_a_circle_are_left_as_they_are(tree: Path) -> None:
    assert real_path(tree / "songs" / "loop") == tree / "songs" / "loop"
    assert real_path(tree / "songs" / "link" / "inner") == tree / "elsewhere" / "inner"
