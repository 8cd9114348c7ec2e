"""The reference's pairs, rebuilt from real stems as its answers were computed: in double."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mixer.audio import read_audio

SAMPLE_RATE_HZ = 44_100
WINDOWS_S = {"potassium": (30, 60), "mdn_funk": (20, 50)}


def read_stems(shared: Path, song: str) -> dict[str, np.ndarray]:
    """The window's stems, float64 (2, samples)."""
    first, last = (second * SAMPLE_RATE_HZ for second in WINDOWS_S[song])
    paths = sorted((shared / "audio" / "stems" / song).glob("*.ogg"))
    return {path.stem: read_audio(path)[0][:, first:last].astype(np.float64) for path in paths}


def outputs(stems: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Every output to compare with the sum of the stems."""
    target = sum(stems.values())
    assert isinstance(target, np.ndarray)
    gain = 10.0 ** (6.0 / 20.0)
    yield "drums_plus_6_db", sum(gain * x if s == "drums" else x for s, x in stems.items())
    mid = target.mean(axis=0, keepdims=True)
    yield "width_half", mid + 0.5 * (target - mid)
    yield "right_minus_3_db", target * np.array([[1.0], [10.0 ** (-3.0 / 20.0)]])
    yield "tanh_drive", np.tanh(3.0 * target) / 3.0
    yield "without_other", sum(x for s, x in stems.items() if s != "other")
