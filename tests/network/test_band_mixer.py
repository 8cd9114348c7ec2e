"""The band mixer: what its front-end reads, what its console does, how a song goes through."""

import numpy as np
import pytest

from mixer.dsp.erb_bands import BandSums, band_centres_hz
from mixer.errors import InputError
from mixer.fxnorm.rooms import measure_reverberation_time_s
from mixer.network.band_mixer import sums
from mixer.network.band_mixer.bands import (
    band_weights,
    measure_levels,
    measure_powers,
)
from mixer.network.band_mixer.controls import StemControls, block_curve, excess_db
from mixer.network.band_mixer.parameters import BandMixerParameters
from mixer.network.band_mixer.run import mix_by_bands
from mixer.network.band_mixer.space import LEAST_DB, add_space, room_filter, width_filter
from mixer.network.output import Output, RunOptions

RATE = 44_100
HYPER = BandMixerParameters(n_stems=2, n_bands=24)
NAMES = ("vocals", "drums")


def noise(seed: int, n_samples: int = RATE, level: float = 0.1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return (level * generator.standard_normal((2, n_samples))).astype(np.float32)


def settings(n_blocks: int, **changes: float) -> list[np.ndarray]:
    """What a network might answer: every control at one value for all stems and bands."""
    curves = HYPER.n_stems * HYPER.n_bands
    strip = [changes.get("shape", 0.0), changes.get("width_db", -90.0), changes.get("room_db", -90)]
    return [
        np.full((1, curves, n_blocks), changes.get("gain_db", 0.0), np.float32),
        np.full((1, curves), changes.get("balance_db", 0.0), np.float32),
        np.full((1, curves), changes.get("side_db", 0.0), np.float32),
        np.tile(np.array(strip, np.float32), HYPER.n_stems)[None],
    ]


def mixed(stems: list, **changes: float):
    def predict(levels: dict) -> list[np.ndarray]:
        return settings(levels["mean_db"].shape[-1], **changes)

    return mix_by_bands(predict, stems, NAMES, HYPER, RATE, RunOptions(wet_stems=True))


def db(power: np.ndarray) -> np.ndarray:
    return 10.0 * np.log10(power)


def energy_db(audio: np.ndarray) -> float:
    return float(db(np.mean(np.square(audio, dtype=np.float64))))


def test_a_bundle_may_not_ask_for_more_bands_than_the_transform_tells_apart() -> None:
    for wild in ({"n_fft": 64, "n_bands": 17}, {"n_bands": 10**400}, {"n_fft": 65}):
        with pytest.raises(ValueError, match=r"n_bands|n_fft"):
            BandMixerParameters(**wild)


def test_every_bin_is_shared_out_whole() -> None:
    weights = band_weights(HYPER, RATE)
    np.testing.assert_allclose(weights.sum(axis=0), 1.0, atol=1e-6)
    assert np.count_nonzero(weights, axis=0).max() == 2


def test_levels_are_mean_squares() -> None:
    audio = noise(1, 4 * RATE)
    powers = measure_powers(audio, HYPER, band_weights(HYPER, RATE))
    inside = powers[:, :, 4:-4].mean(axis=-1).sum(axis=-1)
    mid, side = (audio[0] + audio[1]) / 2, (audio[0] - audio[1]) / 2
    wanted = [np.mean(np.square(view)) for view in (audio[0], audio[1], mid, side)]
    np.testing.assert_allclose(db(inside), db(np.array(wanted)), atol=0.1)


def test_a_tone_is_read_in_its_band() -> None:
    place = 12
    hz = band_centres_hz(HYPER.n_bands)[place]
    tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
    levels = measure_levels(
        np.stack([tone, tone]).astype(np.float32), HYPER, band_weights(HYPER, RATE)
    )
    middle = levels.mean_db[2, :, levels.mean_db.shape[-1] // 2]
    assert int(np.argmax(middle)) == place
    # a sine of amplitude 0.5 has a mean square of -9.03 dB; some falls into the neighbours
    assert -10.0 < middle[place] < -9.0


def test_neutral_settings_give_the_stems_back() -> None:
    stems = [noise(1), noise(2)]
    output = mixed(stems)
    assert output.wet_stems is not None
    np.testing.assert_allclose(np.stack(output.wet_stems), np.stack(stems), atol=2e-6)
    np.testing.assert_allclose(output.mix, stems[0] + stems[1], atol=4e-6)


@pytest.mark.parametrize("gain_db", [-12.0, 6.0])
def test_a_gain_is_a_gain(gain_db: float) -> None:
    output = mixed([noise(1), noise(2)], gain_db=gain_db)
    assert energy_db(output.mix) - energy_db(noise(1) + noise(2)) == pytest.approx(
        gain_db, abs=0.01
    )


def test_balance_leans_and_side_widens() -> None:
    stem = noise(3)
    leaning = mixed([stem, None], balance_db=6.0).mix
    lean_db = energy_db(leaning[1]) - energy_db(leaning[0])
    assert lean_db - (energy_db(stem[1]) - energy_db(stem[0])) == pytest.approx(6.0, abs=0.01)
    wide = mixed([stem, None], side_db=6.0).mix
    assert energy_db(wide[0] - wide[1]) - energy_db(stem[0] - stem[1]) == pytest.approx(
        6.0, abs=0.01
    )
    np.testing.assert_allclose(wide[0] + wide[1], stem[0] + stem[1], atol=2e-6)


def test_equal_channels_are_mixed_as_channels_that_hardly_differ() -> None:
    mono = noise(3)[:1].repeat(2, axis=0)
    hardly = mono * np.array([[1.0], [1.0 + 1e-6]], np.float32)
    assert not np.array_equal(*hardly)
    weights = band_weights(HYPER, RATE)
    powers, beside = (measure_powers(stem, HYPER, weights) for stem in (mono, hardly))
    np.testing.assert_allclose(powers[:3], beside[:3], rtol=1e-5)
    assert not powers[3].any()
    mix, beside = (
        mixed([stem, None], gain_db=3.0, balance_db=6.0, side_db=-4.0).mix
        for stem in (mono, hardly)
    )
    np.testing.assert_allclose(mix, beside, atol=5e-6)


@pytest.mark.parametrize("at", [0, 20_000, -1])
def test_one_sample_that_differs_makes_a_stem_stereo(at: int) -> None:
    weights, stem = band_weights(HYPER, RATE), noise(3)[:1].repeat(2, axis=0)
    assert measure_levels(stem, HYPER, weights).is_mono
    assert measure_levels(stem[:1], HYPER, weights).is_mono
    stem[1, at] += 1e-6
    assert not measure_levels(stem, HYPER, weights).is_mono


def test_a_stem_is_in_its_own_wet_stem_alone() -> None:
    output = mixed([noise(1), None], room_db=-12.0, width_db=-12.0, gain_db=3.0)
    assert output.wet_stems is not None
    assert not np.any(output.wet_stems[1])
    np.testing.assert_allclose(output.mix, output.wet_stems[0], atol=1e-6)


def test_width_is_gone_in_mono() -> None:
    stem = np.repeat(noise(4)[:1], 2, axis=0)
    wide = stem.copy()
    add_space(wide, RATE, -6.0, LEAST_DB)
    np.testing.assert_allclose(wide.sum(axis=0), stem.sum(axis=0), atol=1e-6)
    assert energy_db(wide[0] - wide[1]) - energy_db(stem[0] + stem[1]) > -12.0


def test_the_filters_have_unit_energy_and_leave_the_bass_alone() -> None:
    for kernel in (width_filter(RATE), *room_filter(RATE)):
        assert np.sum(np.square(kernel, dtype=np.float64)) == pytest.approx(1.0, abs=1e-4)
        spectrum = np.abs(np.fft.rfft(kernel, 1 << 16)) ** 2
        bins_hz = np.fft.rfftfreq(1 << 16, 1 / RATE)
        bass, middle = spectrum[bins_hz < 80].mean(), spectrum[(bins_hz > 500) & (bins_hz < 4000)]
        assert db(bass / middle.mean()) < -20.0


def test_the_room_comes_after_15_ms_without_a_direct_sound_and_is_gone_in_1200() -> None:
    room, before = room_filter(RATE), round(0.015 * RATE)
    assert not room[:, :before].any()
    first = np.abs(room[:, before : before + 20]).max()
    assert 0.0 < first < 0.3 * np.abs(room).max()
    assert measure_reverberation_time_s(room, RATE) == pytest.approx(1.2, rel=0.15)


def test_the_shaper_rises_at_once_and_lets_go_by_45_db_a_second() -> None:
    frame_db = np.full(400, -30.0, np.float32)
    frame_db[200] = -10.0
    found_db = excess_db(frame_db, HYPER, RATE)
    assert found_db[200] == found_db.max() == pytest.approx(12.0)
    steps_db = np.diff(found_db)
    assert steps_db[199] > 10.0
    fall_db = 45.0 * HYPER.hop_samples / RATE
    assert steps_db[200] == pytest.approx(-fall_db, rel=1e-3)
    assert steps_db[200:].min() > -1.001 * fall_db


def test_a_stem_that_hardly_plays_is_not_shaped() -> None:
    """What moves 57 dB and more below the mean power is hiss."""
    hiss_db = np.where(np.arange(400) % 7 == 0, -80.0, -90.0)
    frame_db = np.concatenate([np.full(400, -20.0), hiss_db]).astype(np.float32)
    assert not excess_db(frame_db, HYPER, RATE)[500:].any()


def test_the_shaper_sharpens_what_stands_out() -> None:
    clicks = np.zeros((2, 2 * RATE), np.float32)
    clicks[:, :: RATE // 2] = 0.9
    clicks += noise(5, 2 * RATE, 0.01)
    excess = excess_db(
        measure_levels(clicks, HYPER, band_weights(HYPER, RATE)).frame_db, HYPER, RATE
    )
    assert excess.max() > 6.0
    assert excess.min() < -1.0
    assert not np.any(excess_db(np.full(100, -120.0, np.float32), HYPER, RATE))


def test_gains_run_straight_between_blocks() -> None:
    values = np.array([[0.0, 8.0, 0.0]], np.float32)
    curve = block_curve(values, np.arange(24), 8)
    assert curve[0, :4] == pytest.approx([0.0, 0.0, 0.0, 0.0], abs=1e-6)
    assert curve[0, 4] == pytest.approx(0.5)
    assert np.abs(np.diff(curve[0])).max() == pytest.approx(1.0)


def test_one_sample_and_odd_lengths() -> None:
    for n_samples in (1, 1_023, 70_001):
        stem = noise(6, n_samples)
        output = mixed([stem, None])
        np.testing.assert_allclose(output.mix, stem, atol=2e-6)


def test_what_a_bundle_asks_for_is_bounded() -> None:
    wild = np.array([[-1e3, 1e3]], np.float32)
    found = StemControls(wild, wild[0], wild[0], -5.0, 6.0, 7.0).bounded()
    assert found.gain_db.tolist() == [[-72.0, 72.0]]
    assert found.balance_db.tolist() == [-24.0, 24.0]
    assert found.side_db.tolist() == [-36.0, 36.0]
    assert (found.shape, found.width_db, found.room_db) == (-1.0, 0.0, 0.0)


def test_samples_that_are_not_finite_are_refused() -> None:
    stem = noise(7)
    stem[0, 100] = np.nan
    with pytest.raises(InputError, match="vocals"):
        mixed([stem, None])


def test_bins_are_summed_and_curves_spread_as_by_the_whole_matrix(
    rng: np.random.Generator,
) -> None:
    weights = band_weights(HYPER, RATE)
    bands = BandSums(weights)
    bins = rng.random((5, weights.shape[1]), np.float32)
    curves = rng.standard_normal((5, weights.shape[0])).astype(np.float32)
    np.testing.assert_allclose(bands.sum_bins(bins), bins @ weights.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(bands.spread(curves), curves @ weights, rtol=1e-5, atol=1e-5)


def test_one_space_for_all_is_the_sum_of_a_space_for_each(
    rng: np.random.Generator,
) -> None:
    stems = [rng.standard_normal((2, RATE)).astype(np.float32) * 0.1 for _ in NAMES]

    def predict(levels: dict) -> list[np.ndarray]:
        answer = settings(levels["mean_db"].shape[-1], width_db=-9.0, room_db=-6.0)
        answer[-1][0, -1] = -60.0  # the second stem has no room
        return answer

    output = mix_by_bands(predict, stems, NAMES, HYPER, RATE, RunOptions(wet_stems=True))
    assert output.wet_stems is not None
    np.testing.assert_allclose(output.mix, np.add.reduce(output.wet_stems), atol=2e-6)
    own = stems[1].copy()
    add_space(own, RATE, -9.0, LEAST_DB)
    np.testing.assert_allclose(output.wet_stems[1], own, atol=2e-6)


@pytest.mark.parametrize("consume", [False, True])
def test_no_sample_depends_on_threads_or_on_cuts_between_segments(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, consume: bool
) -> None:
    stems = [rng.standard_normal((2, 2 * RATE)).astype(np.float32) * 0.1 for _ in NAMES]
    stems[1][:, RATE // 2 : RATE] = 0.0
    stems[1][1] = stems[1][0]

    def predict(levels: dict) -> list[np.ndarray]:
        return settings(
            levels["mean_db"].shape[-1], shape=0.5, side_db=3.0, width_db=-9.0, room_db=-9.0
        )

    def mix(threads: int) -> Output:
        given = [stem.copy() for stem in stems]
        return mix_by_bands(
            predict, given, NAMES, HYPER, RATE,
            RunOptions(wet_stems=frozenset({"vocals"}), threads=threads, consume=consume),
        )  # fmt: skip

    whole = mix(1)
    monkeypatch.setattr(sums, "_SEGMENT_SAMPLES", 7 * HYPER.hop_samples)
    for threads in (1, 3):
        cut = mix(threads)
        np.testing.assert_allclose(cut.mix, whole.mix, atol=1e-6)
        np.testing.assert_allclose(cut.wet_stems, whole.wet_stems, atol=1e-6)
        if threads == 1:
            alone = cut
    assert np.array_equal(cut.mix, alone.mix)
    assert np.array_equal(cut.wet_stems, alone.wet_stems)


@pytest.mark.parametrize("wet_stems", [False, True])
def test_stems_that_are_given_away_become_the_mix(
    rng: np.random.Generator, wet_stems: bool
) -> None:
    given: list = [rng.standard_normal((2, RATE)).astype(np.float32) * 0.1 for _ in NAMES]
    given[1] = None

    def predict(levels: dict) -> list[np.ndarray]:
        return settings(levels["mean_db"].shape[-1], gain_db=3.0, room_db=-9.0, width_db=-9.0)

    def mix(stems: list, *, consume: bool) -> Output:
        return mix_by_bands(
            predict,
            stems,
            NAMES,
            HYPER,
            RATE,
            RunOptions(wet_stems=wet_stems, threads=2, consume=consume),
        )

    expected = mix(given, consume=False)
    found = mix(given, consume=True)
    assert np.array_equal(found.mix, expected.mix)
    assert given == [None] * len(NAMES)
    if wet_stems:
        assert np.array_equal(found.wet_stems, expected.wet_stems)


def test_wet_stems_of_some_names_are_those_of_all(rng: np.random.Generator) -> None:
    stems = [rng.standard_normal((2, RATE)).astype(np.float32) * 0.1 for _ in NAMES]

    def predict(levels: dict) -> list[np.ndarray]:
        return settings(levels["mean_db"].shape[-1], room_db=-9.0, width_db=-9.0)

    def mix(wet_stems: bool | frozenset[str]) -> Output:
        return mix_by_bands(predict, stems, NAMES, HYPER, RATE, RunOptions(wet_stems=wet_stems))

    every, last, none = mix(True), mix(frozenset({NAMES[-1], "flute"})), mix(frozenset())
    assert np.array_equal(last.wet_stems, every.wet_stems[-1:])
    assert none.wet_stems is None
    for other in (last, none):
        assert np.array_equal(other.mix, every.mix)
