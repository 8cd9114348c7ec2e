"""The song that the pages of the documentation mix, and a place to mix it in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import soundfile

from mixer.cli.main import run

# All four play there.
FROM_S, UP_TO_S = 12, 17


@pytest.fixture(scope="session")
def short_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of the demo song, with its song.toml."""
    whole = tmp_path_factory.mktemp("demo") / "whole"
    assert run(["demo", str(whole), "-q"]) == 0
    short = whole.with_name("short")
    short.mkdir()
    shutil.copy(whole / "song.toml", short)
    for path in whole.glob("*.wav"):
        rate = soundfile.info(path).samplerate
        audio, _ = soundfile.read(path, start=FROM_S * rate, stop=UP_TO_S * rate)
        soundfile.write(short / path.name, audio, rate, subtype="PCM_16")
    return short


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a cache, a configuration and presets of its own, all empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIXER_CACHE", str(tmp_path / ".cache"))
    monkeypatch.setenv("MIXER_CONFIG", str(tmp_path / ".config" / "config.toml"))
    monkeypatch.setenv("MIXER_PRESETS", str(tmp_path / ".presets"))
    return tmp_path
