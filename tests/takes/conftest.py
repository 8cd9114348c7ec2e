"""A song and its first mix, and a cache of the tests' own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render, write_mix
from tests.signals import band


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("MIXER_CACHE", str(folder))
    return folder


@pytest.fixture
def first_take(write_song, rng: np.random.Generator, tmp_path: Path) -> Callable[..., Path]:
    """Render a song of three seconds; the path of its recipe."""

    def make(**settings: object) -> Path:
        folder = write_song({f"{n}.wav": a for n, a in band(rng, 3.0, 44_100).items()})
        mix = render(load_song(folder), RenderSettings(**settings))
        write_mix(mix, tmp_path / "mixes" / "song.wav", bit_depth="32f")
        return tmp_path / "mixes" / "song.mix.json"

    return make
