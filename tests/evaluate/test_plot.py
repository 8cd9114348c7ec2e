"""Pictures, where matplotlib is there to draw them."""

import struct
from pathlib import Path

import numpy as np
import pytest

from mixer.evaluate.pair import evaluate_pair
from mixer.evaluate.summary import SongResult, summarise
from tests.signals import band

RATE_HZ = 44_100


def png_size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def test_pictures_are_drawn(rng, tmp_path) -> None:
    pytest.importorskip("matplotlib")
    from mixer.evaluate.plot import plot_pair, plot_summary

    reference = sum(band(rng, 2.0, RATE_HZ).values())
    results = [
        # A name that would be a formula, and an undefined measure.
        SongResult("cash $$ and {", system, "m.wav", "r.wav", evaluate_pair(mix, target, RATE_HZ))
        for system, mix, target in (
            ("loud", np.tanh(2 * reference), reference),
            ("mono", reference, np.repeat(reference[:1], 2, axis=0)),
        )
    ]
    plot_pair(results[1], tmp_path / "pair.png")
    assert png_size(tmp_path / "pair.png") == (1_650, 1_200)
    plot_summary(results, summarise(results), tmp_path / "summary.png")
    assert png_size(tmp_path / "summary.png")[0] == 1_950
