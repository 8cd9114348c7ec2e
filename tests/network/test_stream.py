"""Streaming is the whole-file forward pass: at every length, chunk, border and thread count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from export.bundle import Description, write_bundle
from export.construct import construct_network
from mixer.errors import InputError
from mixer.network.fxnorm.parameters import HyperParameters
from mixer.network.model import read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network
from tests.network.conftest import Exported, lively_network
from tests.passthrough import PASSTHROUGH

# Float rounding of two orders of summation; the product's bound is 1e-4.
ROUNDING = 5e-6


def song(rng: np.random.Generator, n_samples: int) -> NDArray[np.float32]:
    """Four stems (8, samples) whose level moves, so that the mask moves too."""
    level = 0.02 + 0.3 * np.abs(np.sin(np.arange(n_samples) / 700.0 + np.arange(8)[:, None]))
    return (level * rng.standard_normal((8, n_samples))).astype(np.float32)


@pytest.mark.parametrize("n_samples", [1, 2, 27, 28, 29, 63, 64, 65, 1000, 9601, 70_001])
@pytest.mark.parametrize("chunk_frames", [1, 3, None])
def test_equals_the_whole_file_forward(
    exported: Exported, rng: np.random.Generator, n_samples: int, chunk_frames: int | None
) -> None:
    if n_samples > 10_000 and chunk_frames == 1:
        pytest.skip("nothing new, and slow")
    stems = song(rng, n_samples)
    mix, wet = exported.whole_file(stems)
    options = {"warm_up_s": 0.0, "chunk_frames": chunk_frames}
    alone = run_network(exported.network, np.split(stems, 4), **options)
    both = run_network(exported.network, np.split(stems, 4), wet_stems=True, **options)
    assert alone.mix.shape == mix.shape
    assert alone.mix.dtype == np.float32
    assert alone.wet_stems is None
    assert both.wet_stems is not None
    assert np.abs(alone.mix - mix).max() < ROUNDING
    assert np.abs(both.mix - mix).max() < ROUNDING
    assert np.abs(np.stack(both.wet_stems) - wet).max() < ROUNDING
    assert np.abs(np.tanh(sum(both.wet_stems)) - both.mix).max() < 1e-6
    if n_samples >= 1000:  # the comparison is not one of silences
        assert np.abs(mix).max() > 0.05


def test_latent_chunks_shorter_than_the_filters_reach(
    exported: Exported, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.network.fxnorm.run.LATENT_CHUNK_FRAMES", 3)
    stems = song(rng, 9601)
    mix, _ = exported.whole_file(stems)
    streamed = run_network(exported.network, np.split(stems, 4), warm_up_s=0.0, chunk_frames=5)
    assert np.abs(streamed.mix - mix).max() < ROUNDING


@pytest.mark.parametrize("n_samples", [7, 400, 30_000])
def test_warm_up_is_wrapped_audio_cut_off_again(
    exported: Exported, rng: np.random.Generator, n_samples: int
) -> None:
    stems = song(rng, n_samples)
    warm_up = 4411  # 0.1 s and one sample: not a whole number of frames
    wrapped = np.pad(stems, ((0, 0), (warm_up, 0)), mode="wrap")
    mix, wet = exported.whole_file(wrapped)
    streamed = run_network(
        exported.network, np.split(stems, 4), warm_up_s=warm_up / 44_100, wet_stems=True
    )
    assert streamed.wet_stems is not None
    assert np.abs(streamed.mix - mix[:, warm_up:]).max() < ROUNDING
    assert np.abs(np.stack(streamed.wet_stems) - wet[..., warm_up:]).max() < ROUNDING
    cold, _ = exported.whole_file(stems)
    assert np.abs(streamed.mix - cold).max() > 10 * ROUNDING


def test_the_bundle_says_how_long_to_warm_up(exported: Exported, rng: np.random.Generator) -> None:
    stems = np.split(song(rng, 2000), 4)
    assert exported.bundle.manifest.warm_up_s == 30.0
    asked = run_network(exported.network, stems, warm_up_s=30.0)
    assert np.array_equal(run_network(exported.network, stems).mix, asked.mix)


def test_a_missing_stem_is_silence(exported: Exported, rng: np.random.Generator) -> None:
    stems = song(rng, 5000)
    stems[2:6] = 0.0
    silent = run_network(exported.network, np.split(stems, 4), warm_up_s=0.1)
    listed = [stems[:2], None, None, stems[6:]]
    missing = run_network(exported.network, listed, warm_up_s=0.1)
    assert np.array_equal(silent.mix, missing.mix)


def test_the_same_bits_again_whatever_the_threads(
    exported: Exported, rng: np.random.Generator
) -> None:
    stems = np.split(song(rng, 50_000), 4)
    first, second, alone = (
        run_network(exported.network, stems, warm_up_s=0.0, wet_stems=True, threads=threads)
        for threads in (2, 2, 1)
    )
    assert first.wet_stems is not None
    for other in (second, alone):
        assert other.wet_stems is not None
        assert np.array_equal(first.mix, other.mix)
        assert np.array_equal(np.stack(first.wet_stems), np.stack(other.wet_stems))


def test_progress_grows_to_one(exported: Exported, rng: np.random.Generator) -> None:
    seen: list[float] = []
    stems = np.split(song(rng, 20_000), 4)
    output = run_network(exported.network, stems, warm_up_s=0.0, progress=seen.append)
    assert seen == sorted(seen)
    assert 0.0 < seen[0] < 0.5
    assert seen[-1] == pytest.approx(1.0)
    assert output.device == "cpu"


def test_input_stays_as_it_was(exported: Exported, rng: np.random.Generator) -> None:
    stems = song(rng, 3000)
    copy = stems.copy()
    run_network(exported.network, np.split(stems, 4), warm_up_s=0.1, wet_stems=True)
    assert np.array_equal(stems, copy)


def stems_of(n_samples: int) -> list[NDArray[np.float32] | None]:
    return [np.ones((2, n_samples), np.float32) for _ in range(4)]


@pytest.mark.parametrize(
    ("stems", "word"),
    [
        (stems_of(10)[:3], "3 stems"),
        ([None] * 4, "missing"),
        (stems_of(0), "empty"),
        ([*stems_of(10)[:3], np.ones((2, 11), np.float32)], "lengths"),
        ([*stems_of(10)[:3], np.ones((1, 10), np.float32)], "shape"),
        ([*stems_of(10)[:3], np.ones((2, 10))], "float64"),
        ([*stems_of(10)[:3], np.full((2, 10), np.nan, np.float32)], "not finite"),
        ([*stems_of(10)[:3], np.full((2, 10), np.inf, np.float32)], "not finite"),
    ],
)
def test_impossible_stems_are_refused(exported: Exported, stems: list, word: str) -> None:
    with pytest.raises(InputError, match=word):
        run_network(exported.network, stems, warm_up_s=0.0)


@pytest.mark.parametrize("options", [{"warm_up_s": -1.0}, {"chunk_frames": 0}])
def test_impossible_options_are_refused(exported: Exported, options: dict) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        run_network(exported.network, stems_of(10), **options)


@pytest.mark.slow
def test_three_chunk_sizes_at_twenty_seconds_and_the_whole_file() -> None:
    """Thirteen chunks of latent frames, which are made and read again one by one."""
    network = Network(read_bundle(PASSTHROUGH), "cpu")
    stems = song(np.random.default_rng(1), 20 * 44_100 + 17)
    mixes = [
        run_network(network, np.split(stems, 4), warm_up_s=0.0, chunk_frames=frames).mix
        for frames in (7, 64, 500)
    ]
    with torch.inference_mode():
        whole = construct_network()(torch.from_numpy(stems[None]))[0].numpy()
    assert np.abs(mixes[0] - whole).max() < 1e-4
    assert max(np.abs(mix - mixes[0]).max() for mix in mixes[1:]) < 1e-5


@pytest.mark.slow
def test_the_papers_full_size(tmp_path: Path, profile_path: Path) -> None:
    """Three chunks of latent frames; 30 and 60 s, and five minutes, are in `make bench`."""
    model = lively_network(HyperParameters(), seed=9)
    description = Description("paper", ("eq",), "test", "none")
    bundle = write_bundle(model, tmp_path / "paper", description, profile=profile_path)
    stems = song(np.random.default_rng(2), 4 * 44_100 + 5)
    with torch.inference_mode():
        whole = model(torch.from_numpy(stems[None]))[0].numpy()
    network = Network(bundle, "cpu")
    mixes = [
        run_network(network, np.split(stems, 4), warm_up_s=0.0, chunk_frames=frames).mix
        for frames in (None, 77)
    ]
    assert np.abs(whole).max() > 0.05
    assert np.abs(mixes[0] - whole).max() < 1e-4
    assert np.abs(mixes[1] - mixes[0]).max() < 1e-5
