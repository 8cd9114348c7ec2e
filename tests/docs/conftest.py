"""The song that the pages of the documentation mix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.docs.page import RATE_HZ
from tests.signals import band


@pytest.fixture
def my_song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> Path:
    """The song of the pages in a current folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIXER_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "my_song"
    folder.mkdir()
    for stem, audio in band(rng, 4.0, RATE_HZ).items():
        soundfile.write(folder / f"{stem}.wav", audio.T, RATE_HZ, subtype="PCM_16")
    return folder
