"""A small song mixed and written, for tests that start from a recipe."""

import json
from pathlib import Path

import numpy as np
import soundfile

from mixer import RenderSettings, load_song, render, write_mix
from tests.signals import band

RATE_HZ = 44_100


def write_recorded_mix(root: Path, duration_s: float, **settings) -> Path:
    """Write `root/song`, mix it to `root/out/a.wav` with stems, and return the recipe's path."""
    folder = root / "song"
    folder.mkdir()
    for name, audio in band(np.random.default_rng(7), duration_s, RATE_HZ).items():
        soundfile.write(folder / f"{name}.wav", audio.T, RATE_HZ, subtype="FLOAT")
    (folder / "song.toml").write_text('title = "Free"\ntempo_bpm = 100\n')
    mix = render(load_song(folder), RenderSettings("none", **settings), wet_stems=True)
    write_mix(mix, root / "out" / "a.wav", bit_depth="16")
    return root / "out" / "a.mix.json"


def edit(recipe: Path, target: Path, change) -> Path:
    """A copy of a recipe after `change` has been at its table."""
    table = json.loads(recipe.read_text())
    change(table)
    target.write_text(json.dumps(table))
    return target
