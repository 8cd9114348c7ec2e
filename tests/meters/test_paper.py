"""The paper's measures: the reference's answers, and what must hold whatever they are."""

import json
import math

import numpy as np
import pytest

from mixer.errors import InputError
from mixer.meters.features import measure_features
from mixer.meters.measures import PAPER_ERRORS
from mixer.meters.paper import compare_features, paper_measures
from tests.evaluate.pairs_of_the_oracle import WINDOWS_S, outputs, read_stems
from tests.signals import band, noise, sine

RATE_HZ = 44_100


@pytest.fixture
def mix(rng) -> np.ndarray:
    return sum(band(rng, 4.0, RATE_HZ).values())


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("song", WINDOWS_S)
def test_every_entry_is_the_references(shared, song) -> None:
    answers = json.loads((shared / "oracle" / "paper_metrics.json").read_text())
    stems = read_stems(shared, song)
    target = measure_features(sum(stems.values()), RATE_HZ)
    first, last = WINDOWS_S[song]
    for name, output in outputs(stems):
        expected = answers[f"{song}[{first}s:{last}s] {name}"]
        measured = compare_features(measure_features(output, RATE_HZ), target)
        assert set(measured) == set(expected)
        for measure, value in expected.items():
            # The answers are printed with six decimals.
            assert measured[measure] == pytest.approx(value, rel=0.002, abs=5.1e-7), measure


def test_a_mix_against_itself_has_no_error(mix) -> None:
    measures = paper_measures(mix, mix, RATE_HZ)
    assert [measure.name for measure in PAPER_ERRORS] == list(measures)
    assert all(value == 0.0 for value in measures.values())


def test_only_loudness_depends_on_level(mix) -> None:
    measures = paper_measures(0.5 * mix, mix, RATE_HZ)
    loudness_lufs = measure_features(mix, RATE_HZ).loudness_lufs
    down_db = 20.0 * math.log10(2.0)
    assert measures.pop("loudness.d_lufs") == pytest.approx(down_db / -loudness_lufs, rel=1e-3)
    peak_dbfs = 20.0 * math.log10(np.abs(mix).max())
    assert measures.pop("loudness.d_peak") == pytest.approx(down_db / abs(peak_dbfs), rel=1e-3)
    assert max(measures.values()) < 1e-9


def test_panning_of_a_source_at_known_gains(rng) -> None:
    # Gains 1 + a and 1 - a: the panning spectrum is 2 a^2 / (1 + a^2) in every bin.
    mono = noise(rng, 3.0, RATE_HZ)[0].astype(np.float64)
    far, near = (np.stack([(1 + a) * mono, (1 - a) * mono]) for a in (0.2, 0.1))
    measures = paper_measures(near, far, RATE_HZ)
    expected = 1.0 - (0.1**2 / (1 + 0.1**2)) / (0.2**2 / (1 + 0.2**2))
    for name in ("P_t_mean", "P_l_mean", "P_m_mean", "P_h_mean", "mape_mean"):
        assert measures[f"panning.{name}"] == pytest.approx(expected, rel=1e-6)


def test_a_mono_reference_has_no_panning_to_compare(mix) -> None:
    mono = np.broadcast_to(mix.mean(axis=0, keepdims=True), mix.shape)
    measures = paper_measures(mix, mono, RATE_HZ)
    assert math.isnan(measures["panning.P_t_mean"])
    assert math.isnan(measures["panning.mape_mean"])
    assert math.isfinite(measures["spectral.mape_mean"])
    assert paper_measures(mono, mix, RATE_HZ)["panning.P_t_mean"] == 1.0


def test_mono_counts_as_two_equal_channels(mix) -> None:
    mono = mix[:1]
    both = np.concatenate([mono, mono])
    one, two = paper_measures(mono, mix, RATE_HZ), paper_measures(both, mix, RATE_HZ)
    assert one == pytest.approx(two)


def test_a_reference_at_full_scale_has_no_percentage_of_its_peak(mix) -> None:
    reference = mix / np.abs(mix).max()
    measures = paper_measures(0.5 * reference, reference, RATE_HZ)
    assert math.isnan(measures["loudness.d_peak"])
    assert math.isfinite(measures["loudness.d_lufs"])


def test_more_bass_moves_the_centroid_and_little_else(mix) -> None:
    bass = np.repeat(sine(60.0, 4.0, RATE_HZ, 0.2), 2, axis=0)
    measures = paper_measures(mix + bass, mix, RATE_HZ)
    assert measures["spectral.centroid_mean"] > 0.05
    assert measures["spectral.contrast_h_mean"] < 0.005


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (np.zeros((2, 100_000), np.float32), "silent"),
        (np.full((2, 100_000), np.nan, np.float32), "NaN"),
        (np.ones((2, 30_000), np.float32), "0.68 s of audio are too short"),
        (np.ones((2, 99_999), np.float32), "99999"),
        (np.ones((3, 100_000), np.float32), "must have the shape"),
    ],
)
def test_what_cannot_be_measured_is_refused(mix, other, message) -> None:
    reference = other if "99999" not in message else np.ones((2, 100_000), np.float32)
    with pytest.raises(InputError, match=message):
        paper_measures(other, reference, RATE_HZ)


def test_silence_inside_a_mix_is_no_error(mix) -> None:
    gap = mix.copy()
    gap[:, RATE_HZ : 2 * RATE_HZ] = 0.0
    assert all(math.isfinite(value) for value in paper_measures(gap, gap, RATE_HZ).values())
