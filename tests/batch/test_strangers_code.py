"""Nothing beside somebody's songs is run, and nobody is told of a render."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PWNED = 'open("PWNED", "w"); raise SystemExit\n'


@pytest.mark.parametrize("module", ["multiprocessing", "numpy", "sitecustomize"])
def test_a_module_beside_the_songs_is_not_run(make_songs, tmp_path: Path, module: str) -> None:
    manifest = make_songs(["one"], one={"seconds": 0.3})
    (tmp_path / f"{module}.py").write_text(PWNED)
    # As an installed command starts: the current folder is not on its path.
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "mixer_command"
    command.write_text("from mixer.cli.main import main\nif __name__ == '__main__':\n    main()\n")
    done = subprocess.run(
        [sys.executable, str(command), "batch", str(manifest), "-o", "o", "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "PWNED").exists()
    assert list((tmp_path / "o").glob("*.wav"))


def test_a_render_leaves_nothing_in_the_home_folder(make_songs, tmp_path: Path) -> None:
    make_songs(["one"], one={"seconds": 1.0})
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    places = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "XDG_CACHE_HOME": str(home / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "mixer", "render", str(tmp_path / "one"), "-q", "-o", "one.wav"],
        cwd=tmp_path,
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert [path for path in home.rglob("*") if path.name != "tmp"] == []
