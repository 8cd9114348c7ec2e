"""Target curves: of mixes, of profiles, and the distance from them."""

import dataclasses

import numpy as np
import pytest
import scipy.signal

from mixer.errors import InputError
from mixer.evaluate.profile_target import target_of_profile
from mixer.fxnorm.profile import Profile, read_profile
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ
from mixer.meters.target import (
    balance_curve_db,
    balance_error_db,
    centred_db,
    compared_bands,
    measure_target,
)
from tests.signals import noise

RATE_HZ = 44_100


def test_the_target_is_the_mean_of_its_mixes(rng) -> None:
    white = noise(rng, 20.0, RATE_HZ)
    red = scipy.signal.lfilter([1.0], [1.0, -0.9], white).astype(np.float32)
    target = measure_target([(white, RATE_HZ), (red, RATE_HZ)], "two")
    curves = [balance_curve_db(audio, RATE_HZ) for audio in (white, red)]
    assert target.n_mixes == 2
    assert target.level_db == pytest.approx(np.mean(curves, axis=0), abs=1e-9)
    assert target.spread_db == pytest.approx(np.abs(curves[0] - curves[1]) / 2)
    assert balance_error_db(curves[0], target.level_db) == pytest.approx(
        balance_error_db(curves[1], target.level_db)
    )


def test_level_does_not_count_and_tilt_does(rng) -> None:
    audio = noise(rng, 10.0, RATE_HZ)
    plain, quiet = (balance_curve_db(gain * audio, RATE_HZ) for gain in (1.0, np.float32(0.1)))
    assert balance_error_db(plain, quiet) < 1e-3
    tilt_db = 1.0 * np.log2(np.asarray(CURVE_BANDS_HZ))  # 1 dB an octave
    octaves = np.log2(np.asarray(CURVE_BANDS_HZ)[compared_bands()])
    expected_db = np.abs(octaves - octaves.mean()).mean()
    assert balance_error_db(centred_db(plain + tilt_db), plain) == pytest.approx(expected_db)


def test_no_mix_is_an_error() -> None:
    with pytest.raises(InputError, match="no mix to measure"):
        measure_target([], "empty")


def test_a_profile_of_one_stem_is_its_own_target() -> None:
    profile = read_profile("musdb18")
    drums = Profile(profile.bands_hz, {"drums": profile.stems["drums"]})
    target = target_of_profile(drums, "drums")
    expected_db = 20.0 * np.log10(profile.magnitude_at("drums", CURVE_BANDS_HZ))
    assert balance_error_db(target.level_db, centred_db(expected_db)) < 0.3


def test_a_louder_bass_stem_lifts_the_low_end_of_the_target() -> None:
    profile = read_profile("musdb18")
    bass = profile.stems["bass"]
    louder = dataclasses.replace(bass, loudness_lufs=bass.loudness_lufs + 10.0)
    more = dataclasses.replace(profile, stems={**profile.stems, "bass": louder})
    difference_db = (
        target_of_profile(more, "more").level_db - target_of_profile(profile, "plain").level_db
    )
    at_63_hz, at_8_khz = (int(np.argmin(np.abs(np.array(CURVE_BANDS_HZ) - hz))) for hz in (63, 8e3))
    assert difference_db[at_63_hz] - difference_db[at_8_khz] > 5.0
