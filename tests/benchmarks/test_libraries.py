"""Ways of a pass by libraries that are always there give what we give, and are told beside it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.libraries import table
from benchmarks.libraries.passes import Pass, Way

_THERE = {"numpy": 0.0, "onnxruntime": 0.0, "pedalboard": 0.0, "soundfile": 0.0}


@pytest.mark.parametrize("asked", table.PASSES, ids=lambda asked: asked.title)
def test_a_way_gives_what_we_give(asked: Pass) -> None:
    pytest.importorskip("onnx")
    expected = np.asarray(asked.ours()(), np.float64)
    for way in asked.ways:
        # Graphs are too slow for a test, and one resampler moves the sound.
        if way.needs in _THERE and not any(word in way.title for word in ("ONNX", "Resampler")):
            found = np.asarray(way.build()(), np.float64)
            # pedalboard's filters have float32 coefficients.
            np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_a_row_tells_pace_difference_and_what_the_start_costs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table, "by_turns", lambda *runs: [2.0, 1.0])
    halves = Way("another", "math", lambda: lambda: np.array([1.0, 0.9]))
    asked = Pass("a pass", "ours", 4.0, lambda: lambda: np.array([1.0, 0.8]), [halves])
    (row,) = table.rows(asked, {"math": 5.0})
    assert row.ratio == 2.0
    assert row.difference_db == pytest.approx(-20.0)
    # A second saved in each four of audio.
    assert row.earned_after_s == pytest.approx(20.0)
    assert not list(table.rows(asked, {}))
