"""Folders of songs, made of names."""

from pathlib import Path

import pytest

from tests.signals import sine

TONE = sine(200.0, 0.1, 44_100)


@pytest.fixture
def tree(tmp_path: Path, write_song):
    """Makes a folder of files: short audio for names of it, bytes for others."""

    def make(*names: str, folder: str = "song") -> Path:
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".wav" and not path.name.startswith("."):
                write_song({path.name: TONE}, folder=str(path.parent.relative_to(tmp_path)))
            else:
                path.write_bytes(b"something else")
        return tmp_path / folder

    return make
