"""A worker that is told to stop does no block more, and what waits behind it is not begun.

So Ctrl-C is heard in every stage, whatever its threads are at.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

import mixer
from mixer import audio as audio_io
from mixer.audio import reading
from mixer.console.automation import Automation
from mixer.console.processing import run_effect
from mixer.dsp import blocks, recursive
from mixer.dsp.threads import Stopped, Workers, stop_if_asked
from mixer.fxnorm import compression
from mixer.meters import loudness, true_peak
from mixer.network.band_mixer import bands, sums
from mixer.network.band_mixer.controls import SpectralStrip, StemControls
from mixer.network.band_mixer.parameters import BandMixerParameters

RATE_HZ = 44_100
N_SAMPLES = 1 << 21  # sixteen blocks at least, of every size that there is
STOPPED_AT = 3
# Workers of a batch, which end their songs; processes of their own; looks at headers.
OTHER_POOLS = {
    "batch/engines/worker_process.py",
    "network/untrusted/graph_worker.py",
    "batch/estimate.py",
}

HYPER = BandMixerParameters(n_stems=1)
# A section that passes everything.
PASSING = np.array([[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]])


class Counted:
    """A function that counts its calls, one a block, and tells its pool to stop in the third."""

    def __init__(self, pool: Workers, work: Callable) -> None:
        self.pool, self.work, self.n_calls = pool, work, 0

    def __call__(self, *args: object, **kwargs: object) -> object:
        self.n_calls += 1
        if self.n_calls == STOPPED_AT:
            self.pool.stop()
        return self.work(*args, **kwargs)


class SameSamples:
    """An effect that does nothing."""

    context_samples = 0

    def process(self, block: np.ndarray, start: int) -> np.ndarray:
        return block.copy()


def sound() -> np.ndarray:
    return np.full((2, N_SAMPLES), 0.1, np.float32)


def read_file(folder: Path) -> None:
    soundfile.write(folder / "a.wav", sound().T, RATE_HZ)
    for block in audio_io.read_blocks(audio_io.probe(folder / "a.wav")[0]):
        np.square(block)


def compress(folder: Path) -> None:
    settings = compression.CompressorSettings(5.0, 50.0, 2)
    compression.compress(sound()[0], RATE_HZ, 2.0, -30.0, settings)


def sum_segments(folder: Path) -> None:
    flat, weights = np.zeros(HYPER.n_bands, np.float32), bands.band_weights(HYPER, RATE_HZ)
    controls = StemControls(flat[:, np.newaxis], flat, flat, 0.0, -90.0, -90.0)
    excess = np.zeros(bands.n_frames_of(HYPER, N_SAMPLES), np.float32)
    spectral = SpectralStrip(controls, weights)
    strip = sums.Strip(sound(), controls, excess, spectral, None, None, None)
    buses = sums.Buses(np.zeros((2, N_SAMPLES), np.float32), None, None)
    made = sums.StemSums([strip], buses, HYPER, weights)
    for segment in range(made.n_segments):
        made.run(segment)


# What is worked on block by block, and what is called once in each block.
LOOPS: dict[str, tuple[Callable[[Path], object], object, str]] = {
    "read": (read_file, np, "square"),
    "resample": (
        lambda folder: reading.resample(sound(), RATE_HZ, 48_000, 2_282_752),
        np,
        "ascontiguousarray",
    ),
    "transform": (
        lambda folder: list(blocks.stft_blocks(sound(), 2_048, 512, blocks.root_hann(2_048))),
        blocks,
        "zero_padded",
    ),
    "filter": (
        lambda folder: blocks.filter_stft(sound(), 2_048, lambda first, spectra: spectra),
        blocks,
        "zero_padded",
    ),
    "convolve": (
        lambda folder: blocks.convolve(sound(), np.ones(64, np.float32)),
        blocks,
        "zero_padded",
    ),
    "sections": (
        lambda folder: recursive.filter_sections(PASSING, sound()),
        np,
        "ascontiguousarray",
    ),
    "loudness": (
        lambda folder: loudness.integrated_loudness_lufs(sound(), RATE_HZ),
        loudness,
        "filter_sections",
    ),
    "true peak": (
        lambda folder: true_peak.true_peak_dbtp(sound(), RATE_HZ),
        true_peak,
        "zero_padded",
    ),
    "true peak of the whole": (
        lambda folder: true_peak.true_peak_dbtp(sound(), RATE_HZ, whole=True),
        np,
        "ascontiguousarray",
    ),
    "compress": (compress, np, "exp"),
    "levels": (
        lambda folder: bands.measure_levels(sound(), HYPER, bands.band_weights(HYPER, RATE_HZ)),
        bands,
        "zero_padded",
    ),
    "sums": (sum_segments, sums, "zero_padded"),
    "strip": (
        lambda folder: run_effect(SameSamples(), sound(), Automation(1.0, RATE_HZ)),
        SameSamples,
        "process",
    ),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_over_blocks_ends_with_the_one_that_it_is_at(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, place, once_a_block = LOOPS[name]
    pool = Workers(1)
    counted = Counted(pool, getattr(place, once_a_block))
    monkeypatch.setattr(place, once_a_block, lambda *args, **more: counted(*args, **more))
    with pytest.raises(Stopped):
        pool.submit(work, tmp_path).result()
    pool.shutdown()
    assert counted.n_calls == STOPPED_AT


def until_stopped(begun: threading.Event) -> None:
    begun.set()
    while not threading.Event().wait(0.001):
        stop_if_asked()


def test_who_is_interrupted_while_waiting_ends_what_runs_and_begins_nothing_more() -> None:
    begun = [threading.Event() for _ in range(4)]
    with contextlib.suppress(KeyboardInterrupt), Workers(1) as pool:
        futures = [pool.submit(until_stopped, each) for each in begun]
        begun[0].wait()
        raise KeyboardInterrupt
    assert [each.is_set() for each in begun] == [True, False, False, False]
    assert isinstance(futures[0].exception(), Stopped)
    assert all(future.cancelled() for future in futures[1:])


def test_workers_of_a_worker_stop_with_it() -> None:
    begun = threading.Event()

    def with_own_workers() -> None:
        with Workers(1) as own:
            own.submit(until_stopped, begun).result()

    with contextlib.suppress(KeyboardInterrupt), Workers(1) as pool:
        future = pool.submit(with_own_workers)
        begun.wait()
        raise KeyboardInterrupt
    assert isinstance(future.exception(), Stopped)


def test_outside_of_workers_nothing_stops() -> None:
    pool = Workers(1)
    pool.stop()
    stop_if_asked()


def test_whatever_renders_has_workers_that_can_be_stopped() -> None:
    room = Path(mixer.__file__).parent
    plain = {
        path.relative_to(room).as_posix()
        for path in room.rglob("*.py")
        if "ThreadPoolExecutor(" in path.read_text(encoding="utf-8")
    }
    assert plain == OTHER_POOLS
