"""Time of the measures: a pair of four minutes in memory, stage by stage, and from disk."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from mixer.audio import write_audio
from mixer.demo_song import compose_demo_song
from mixer.evaluate.alignment import find_alignment
from mixer.evaluate.pair import evaluate_pair
from mixer.meters.engineering import measure_engineering
from mixer.meters.features import measure_features
from mixer.meters.signal import Signal

SAMPLE_RATE_HZ = 44_100
SONG_S = 240
_REPEATS = 3


def report() -> Iterator[str]:
    """The lines of the benchmark."""
    reference, mix = _pair()
    stages: dict[str, Callable[[], object]] = {
        "alignment": lambda: find_alignment(mix, reference, SAMPLE_RATE_HZ),
        "paper's features of one mix": lambda: measure_features(mix, SAMPLE_RATE_HZ),
        "engineers' figures of one mix": lambda: measure_engineering(Signal(mix, SAMPLE_RATE_HZ)),
    }
    for name, work in stages.items():
        yield f"{name:<32} {_best(work, time.process_time):.2f} s of CPU for {SONG_S} s of stereo"
    seconds = _best(lambda: evaluate_pair(mix, reference, SAMPLE_RATE_HZ), time.perf_counter)
    yield f"{'whole pair, in memory':<32} {seconds:.2f} s"
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name) / "mix.wav", Path(name) / "reference.wav"]
        for path, audio in zip(paths, (mix, reference), strict=True):
            write_audio(path, audio, SAMPLE_RATE_HZ)
        command = [sys.executable, "-m", "mixer", "evaluate", *map(str, paths), "-q"]
        seconds = _best(lambda: subprocess.run(command, check=True), time.perf_counter)
        yield f"{'mixer evaluate, from start to end':<32} {seconds:.2f} s"


def _pair() -> tuple[np.ndarray, np.ndarray]:
    """The demo song's plain sum, repeated, and the same driven, 10 ms late."""
    stems = compose_demo_song(seed=1, sample_rate=SAMPLE_RATE_HZ).values()
    total = np.zeros((2, max(stem.shape[1] for stem in stems)), np.float32)
    for stem in stems:
        total[:, : stem.shape[1]] += stem
    n_samples = SONG_S * SAMPLE_RATE_HZ
    reference = np.tile(total, -(-n_samples // total.shape[1]))[:, :n_samples]
    rng = np.random.default_rng(0)
    reference = reference + 1e-3 * rng.standard_normal(reference.shape, dtype=np.float32)
    return reference, np.tanh(2.0 * np.pad(reference, ((0, 0), (441, 0))))


def _best(work: Callable[[], object], clock: Callable[[], float]) -> float:
    times = []
    for _ in range(_REPEATS):
        began = clock()
        work()
        times.append(clock() - began)
    return min(times)


if __name__ == "__main__":
    for line in report():
        sys.stdout.write(line + "\n")
