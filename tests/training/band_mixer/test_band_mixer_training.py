"""Training the band mixer: examples, augmentation, objective, and that it learns."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from mixer.errors import InputError
from mixer.fxnorm.profile import read_profile
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.band_mixer.bands import band_weights, measure_powers
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.stems import STEMS
from tests.signals import band
from training.band_mixer.augmentation import Batch, augment, loudness_db
from training.band_mixer.objective import objective
from training.band_mixer.reading import Cut, linear_batch
from training.data.band_examples import MIXTURE_LUFS, Example, FrontEnd, make_example, write_example
from training.data.prepared_bands import BandExample
from training.networks.band_mixer import MIX_LUFS
from training.run.config import AugmentationConfig, WeightsConfig

RATE = 44_100
HYPER = BandMixerParameters(
    n_bands=24, n_curve_points=6, stem_channels=8, channels=16, n_temporal_blocks=2,
    recurrent_units=8,
)  # fmt: skip
FRONT = FrontEnd(STEMS, RATE, HYPER, read_profile("musdb18"), ("balance",))
# Nothing is disturbed, nothing exchanged.
STILL = AugmentationConfig(
    tilt_db=0.0, curve_db=0.0, side_db=0.0, shape=0.0, gain_db=0.0, taste_db=0.0,
    brightness_db=0.0, timbre_db=0.0, exchange=0.0, missing=0.0,
)  # fmt: skip


def example(seed: int, *, is_wet: bool = False) -> Example:
    """Two seconds of a band whose dry bass is 6 dB louder than in the mixture."""
    wet = band(np.random.default_rng(seed), 2.0, RATE)
    dry = dict(wet) if is_wet else {**wet, "bass": 2.0 * wet["bass"]}
    made = make_example(dry, wet, FRONT, is_wet=is_wet)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example(1), example(2, is_wet=True), example(3), example(4, is_wet=True)]


def batch(examples: list[Example]) -> Batch:
    cuts = [
        Cut(np.stack([e.dry_db, e.wet_db]), tuple(bool(p) for p in e.played), e.is_wet, 0)
        for e in examples
    ]
    return linear_batch(cuts, HYPER, RATE)


def test_targets_are_the_mixture_at_its_loudness(examples: list[Example]) -> None:
    wet = band(np.random.default_rng(1), 2.0, RATE)
    mixture = np.add.reduce(list(wet.values()))
    gain_db = MIXTURE_LUFS - integrated_loudness_lufs(mixture, RATE)
    powers = measure_powers(wet["bass"], HYPER, band_weights(HYPER, RATE))
    target = 10 ** (examples[0].wet_db[1].astype("f8") / 10)
    found_db = 10 * np.log10(target[2].sum() / powers[2].sum())
    assert found_db == pytest.approx(gain_db, abs=0.05)


def test_an_example_comes_back_from_its_file(examples: list[Example], tmp_path: Path) -> None:
    example = examples[0]
    write_example(example, tmp_path / "0.npy")
    n_frames = example.dry_db.shape[-1]
    shape = (2, *example.dry_db.shape)
    read = BandExample(tmp_path / "0.npy", "train", (True,) * 4, False, shape)
    assert read.n_frames == n_frames
    whole = read.read(0, n_frames)
    np.testing.assert_array_equal(whole, np.stack([example.dry_db, example.wet_db]))
    np.testing.assert_array_equal(read.read(7, 20), whole[..., 7:27])


def test_a_file_that_is_not_the_example_is_refused(examples: list[Example], tmp_path: Path) -> None:
    path = tmp_path / "0.npy"
    shape = (2, *examples[0].dry_db.shape)
    for content in (b"", b"not an array", b"\x93NUMPY\x01\x00\xff\xff{"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"0\.npy: damaged"):
            BandExample(path, "train", (True,) * 4, False, shape).read(0, 1)
    write_example(examples[0], path)
    with pytest.raises(InputError, match="changed since it was prepared"):
        BandExample(path, "train", (True,) * 4, False, (*shape[:-1], 3)).read(0, 1)


def test_what_goes_in_is_a_mixture_of_that_loudness_too(examples: list[Example]) -> None:
    for each in (examples[0].dry_db, examples[0].wet_db):
        # What the stems weigh adds up to the mixture's loudness, as they are not alike.
        powers = torch.from_numpy(10 ** (each.astype("f4") / 10))
        sum_db = 10 * np.log10((10 ** (loudness_db(powers).numpy() / 10)).sum())
        assert sum_db == pytest.approx(MIXTURE_LUFS, abs=1.5)


def test_silence_teaches_nothing() -> None:
    silent = {stem: np.zeros((2, RATE), np.float32) for stem in STEMS}
    made = make_example(silent, silent, FRONT, is_wet=True)
    assert made is None


def test_disturbing_keeps_the_balance_and_moves_the_level_as_far_as_asked(
    examples: list[Example],
) -> None:
    before = batch(examples)
    generator = torch.Generator().manual_seed(1)
    strength = AugmentationConfig(
        exchange=0.0, taste_db=0.0, brightness_db=0.0, timbre_db=0.0, missing=0.0
    )
    after = augment(before, dataclasses.replace(strength, gain_db=0.0), generator)
    np.testing.assert_allclose(loudness_db(after.dry), loudness_db(before.dry), atol=0.01)
    change_db = 10 * torch.log10(after.dry[:, :, 2].mean(-1) / before.dry[:, :, 2].mean(-1))
    assert float(change_db[examples[1].is_wet].std()) > 0.5

    many = batch([examples[0], examples[1]] * 100)
    moved = loudness_db(augment(many, strength, generator).dry) - loudness_db(many.dry)
    by_kind = [float(moved[many.is_wet == is_wet].std()) for is_wet in (False, True)]
    assert by_kind == pytest.approx([0.5 * strength.gain_db, strength.gain_db], rel=0.15)


def test_a_song_may_lose_a_stem_but_not_most_of_them(examples: list[Example]) -> None:
    many = batch(examples * 50)
    after = augment(
        many, AugmentationConfig(exchange=0.0, missing=1.0), torch.Generator().manual_seed(4)
    )
    lost = many.played & ~after.played
    assert set(lost.sum(1).tolist()) == {1}
    assert set(lost.float().argmax(1).tolist()) == {0, 1, 2, 3}
    assert not after.dry[lost].any()
    assert not after.wet[lost].any()


def test_stems_of_any_songs_add_up_to_one_mix(examples: list[Example]) -> None:
    whole = batch(examples)
    louder = dataclasses.replace(whole, wet=whole.wet * 10.0)
    for given in (whole, louder):
        after = augment(given, AugmentationConfig(exchange=1.0), torch.Generator().manual_seed(3))
        stems = 10 ** (loudness_db(after.wet) / 10) * after.played
        np.testing.assert_allclose(10 * torch.log10(stems.sum(-1)), MIX_LUFS, atol=0.01)


def test_another_instrument_is_another_for_stem_and_target(examples: list[Example]) -> None:
    before = batch(examples)
    strength = dataclasses.replace(STILL, timbre_db=3.0)
    after = augment(before, strength, torch.Generator().manual_seed(2))
    dry, wet = (
        10 * torch.log10(a[:, 0, 2].mean(-1) / b[:, 0, 2].mean(-1))
        for a, b in ((after.dry, before.dry), (after.wet, before.wet))
    )
    # up to the loudness, which is kept
    assert float((dry - wet).std(-1).max()) < 0.01
    assert float(wet.std()) > 1.0


def test_the_objective_is_in_db(examples: list[Example]) -> None:
    whole = batch(examples)
    loss, parts = objective(whole.wet, whole.wet, whole.played, WeightsConfig())
    assert float(loss) == pytest.approx(0.0, abs=1e-4)
    louder = whole.wet * 10 ** (3.0 / 10)
    _, parts = objective(louder, whole.wet, whole.played, WeightsConfig())
    assert parts["level"] == pytest.approx(3.0, abs=1e-3)
    assert parts["frames"] == pytest.approx(3.0, abs=0.05)
    assert parts["spectrum"] == pytest.approx(0.0, abs=1e-3)
    assert parts["balance"] == pytest.approx(0.0, abs=1e-3)
    assert parts["crest"] == pytest.approx(0.0, abs=1e-3)


def test_a_peak_that_stands_out_further_is_a_crest_error(examples: list[Example]) -> None:
    whole = batch(examples[:1])
    flat = torch.ones_like(whole.wet[..., :43])
    peaky = flat.clone()
    peaky[..., 20] = 43.0  # of 43 frames: 85 in all, 1.98 in the mean
    _, parts = objective(peaky, flat, whole.played, WeightsConfig())
    assert parts["crest"] == pytest.approx(10 * np.log10(43.0 / (85.0 / 43.0)), abs=0.1)
