"""Renders that are killed and begun again are the same renders."""

import random

import numpy as np
import pytest
import soundfile

from tests.batch.killing import RENDER, finish, kill_somewhere, linux, start
from tests.signals import band


@linux
@pytest.mark.slow
def test_killed_renders_end_bit_identical(tmp_path) -> None:
    lines = ["song,loudness_lufs,bit_depth"]
    for n in range(4):
        folder = tmp_path / f"s{n}"
        folder.mkdir()
        for stem, audio in band(np.random.default_rng(n), 1.5, 44_100, 100 + 10 * n).items():
            soundfile.write(folder / f"{stem}.wav", audio.T, 44_100)
        lines.append(f"s{n},-16,16")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\n".join(lines) + "\n")
    calm, stormy, chance = tmp_path / "calm", tmp_path / "stormy", random.Random(5)
    finish(manifest, calm, RENDER)
    for what in ("worker", "everything"):
        kill_somewhere(start(manifest, stormy, RENDER), stormy, what, chance)
    records = finish(manifest, stormy, RENDER)
    assert all(record.renders == 1 for record in records.values())
    for n in range(4):
        assert (stormy / f"s{n}.wav").read_bytes() == (calm / f"s{n}.wav").read_bytes()
