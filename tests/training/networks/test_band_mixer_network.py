"""What the band mixer's network answers to stems as loud as they happen to come in."""

import pytest
import torch
from torch import Tensor

from mixer.network.band_mixer.parameters import VIEWS, BandMixerParameters
from training.band_mixer.augmentation import loudness_db
from training.band_mixer.simulation import pooled_levels
from training.networks.band_mixer import MIX_LUFS, BandMixer

HYPER = BandMixerParameters(n_bands=24, stem_channels=8, channels=16, recurrent_units=8)
FRAMES = 160


@pytest.fixture(scope="module")
def network() -> BandMixer:
    torch.manual_seed(1)
    network = BandMixer(HYPER).eval()
    for layer in (network.movement, network.curves, network.strips, network.fader[2]):
        torch.nn.init.normal_(layer.weight, std=0.3)
    return network


def powers(level_db: tuple[float, ...] = (-20.0, -23.0, -19.0, -26.0)) -> Tensor:
    """(1, stems, views, bands, frames) of stems without a side, each with a spectrum of its own."""
    generator = torch.Generator().manual_seed(2)
    shape = (1, HYPER.n_stems, 1, HYPER.n_bands, FRAMES)
    noise = torch.rand(shape, generator=generator)
    noise = noise * torch.rand((*shape[:4], 1), generator=generator)
    noise /= noise.mean((3, 4), keepdim=True) * HYPER.n_bands
    noise = noise * torch.pow(10.0, torch.tensor(level_db) / 10.0)[None, :, None, None, None]
    return noise * torch.tensor([1.0, 1.0, 1.0, 0.0])[:, None, None]


def answer(network: BandMixer, stems: Tensor) -> tuple[Tensor, ...]:
    with torch.inference_mode():
        return network(*pooled_levels(stems, HYPER))


def gains(network: BandMixer, stems: Tensor) -> Tensor:
    """(stems, bands): the mean over time."""
    return answer(network, stems)[0].reshape(HYPER.n_stems, HYPER.n_bands, -1).mean(-1)


def test_turning_the_song_up_changes_nothing(network: BandMixer) -> None:
    whole, louder = answer(network, powers()), answer(network, 10.0 * powers())
    torch.testing.assert_close(louder[0], whole[0] - 10.0, atol=0.02, rtol=0.0)
    for one, other in zip(whole[1:], louder[1:], strict=True):
        torch.testing.assert_close(one, other, atol=0.02, rtol=0.0)


def test_a_stem_turned_up_is_turned_down_by_less(network: BandMixer) -> None:
    network.fader[2].weight.data.zero_()  # what is learnt beside the stem's own level
    before = gains(network, powers())
    after = gains(network, powers((-14.0, -23.0, -19.0, -26.0)))
    change_db = (after - before).mean(-1)
    in_mix_db = change_db[0] + 6.0 - change_db[1]
    assert 0.5 < float(in_mix_db) < 5.5
    # The others hear of it alike.
    torch.testing.assert_close(change_db[1:], change_db[1].expand(3), atol=0.3, rtol=0.0)


def test_a_level_that_nobody_can_mean_is_put_right(network: BandMixer) -> None:
    network.fader[2].weight.data.zero_()
    before = gains(network, powers())
    after = gains(network, powers((-20.0, -23.0, -19.0, -56.0)))
    in_mix_db = (after[3] - 30.0 - after[1] - before[3] + before[1]).mean()
    assert -9.0 < float(in_mix_db) < -0.5  # of 30


def test_the_mix_is_as_loud_as_it_is_meant_to_be(network: BandMixer) -> None:
    stems = powers()
    gain = torch.pow(10.0, gains(network, stems) / 10.0)[None, :, None, :, None]
    sum_db = 10 * torch.log10(torch.pow(10.0, loudness_db(stems * gain) / 10.0).sum())
    # The slow movement, of 2.5 dB at most, is not taken into account.
    assert float(sum_db) == pytest.approx(MIX_LUFS, abs=2.0)


@pytest.mark.parametrize("missing", [{3}, {1, 2, 3}])
def test_a_stem_that_is_not_there_takes_no_share(network: BandMixer, missing: set[int]) -> None:
    stems = powers()
    stems[:, list(missing)] = 0.0
    found = answer(network, stems)
    assert all(torch.isfinite(each).all() for each in found)
    gain = torch.pow(10.0, gains(network, stems) / 10.0)[None, :, None, :, None]
    sum_db = 10 * torch.log10(torch.pow(10.0, loudness_db(stems * gain) / 10.0).sum())
    assert float(sum_db) == pytest.approx(MIX_LUFS, abs=2.0)


def test_silence_is_not_turned_up(network: BandMixer) -> None:
    assert float(gains(network, torch.zeros_like(powers())).max()) < 3.0


def test_what_hardly_sounds_stays_that_far_below_the_song(network: BandMixer) -> None:
    whole = gains(network, powers())
    faint = gains(network, powers((-20.0, -23.0, -19.0, -90.0)))
    assert float(faint[3].mean()) < float(whole[:3].mean()) + 6.0


def test_levels_come_as_the_front_end_reads_them() -> None:
    mean_db, peak_db = pooled_levels(powers(), HYPER)
    blocks = -(-FRAMES // HYPER.block_frames)
    assert mean_db.shape == (1, HYPER.n_stems * len(VIEWS) * HYPER.n_bands, blocks)
    assert bool((peak_db >= mean_db).all())
