"""A folder of presets of one's own, and files in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of presets, empty."""
    folder = tmp_path / "presets"
    folder.mkdir()
    monkeypatch.setenv("MIXER_PRESETS", str(folder))
    return folder


@pytest.fixture
def write_preset(own_folder: Path) -> Callable[[str, str], Path]:
    """Write a preset's text under a name into the user's folder."""

    def write(name: str, text: str) -> Path:
        path = own_folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
