"""One mix against one reference: what is undone before measuring, and what is reported."""

import json
import math

import numpy as np
import pytest

from mixer.errors import InputError
from mixer.evaluate.pair import PairSettings, evaluate_pair, finite_or_none
from mixer.meters.paper import paper_measures
from mixer.meters.target import measure_target
from tests.signals import band, noise

RATE_HZ = 44_100
_LEVEL_FREE = ("spectral", "panning", "dynamic")


@pytest.fixture
def stems(rng) -> dict[str, np.ndarray]:
    return band(rng, 5.0, RATE_HZ)


@pytest.fixture
def reference(stems) -> np.ndarray:
    return sum(stems.values())


def test_lag_and_gain_are_undone_and_told(reference) -> None:
    late = np.concatenate([np.zeros((2, 2_205), np.float32), 0.5 * reference], axis=1)
    report = evaluate_pair(late, reference, RATE_HZ)
    assert report.alignment is not None
    assert report.alignment.lag_ms == pytest.approx(50.0)
    assert report.gain_db == pytest.approx(6.02, abs=0.01)
    assert report.compared_s == pytest.approx(5.0)
    assert report.mix_s == pytest.approx(5.05)
    assert max(v for n, v in report.errors.items() if n.startswith(_LEVEL_FREE)) < 1e-6
    assert report.errors["balance.error_db"] < 1e-3
    own, other = report.mix.figures(report.gain_db), report.reference.figures()
    assert own == pytest.approx(other, abs=0.01)


def test_without_matching_levels_are_as_they_came(reference) -> None:
    settings = PairSettings(match_loudness=False, align=False, trim_silence=False)
    report = evaluate_pair(0.5 * reference, reference, RATE_HZ, settings)
    assert report.gain_db == 0.0
    assert report.alignment is None
    own, other = report.mix.figures(report.gain_db), report.reference.readings
    assert other["loudness_lufs"] - own["loudness_lufs"] == pytest.approx(6.02, abs=0.01)


def test_the_papers_loudness_family_compares_what_came(reference) -> None:
    mix = 0.5 * reference
    report = evaluate_pair(mix, reference, RATE_HZ)
    paper = {name: report.errors[name] for name in paper_measures(mix, reference, RATE_HZ)}
    assert paper == pytest.approx(paper_measures(mix, reference, RATE_HZ), nan_ok=True)
    assert report.errors["loudness.d_lufs"] > 0.1


def test_the_longer_one_is_cut(reference) -> None:
    report = evaluate_pair(reference[:, : 3 * RATE_HZ], reference, RATE_HZ)
    assert (report.mix_s, report.reference_s, report.compared_s) == (3.0, 5.0, 3.0)
    assert report.errors["spectral.mape_mean"] < 1e-9


def test_silence_around_the_reference_is_not_compared(rng, reference) -> None:
    hiss = np.pad(reference, ((0, 0), (RATE_HZ, RATE_HZ)))
    hiss += noise(rng, 7.0, RATE_HZ, 1e-5)
    padded = np.pad(reference, ((0, 0), (RATE_HZ, RATE_HZ)))
    trimmed = evaluate_pair(hiss, padded, RATE_HZ)
    assert trimmed.compared_s == pytest.approx(5.0, abs=0.1)
    whole = evaluate_pair(hiss, padded, RATE_HZ, PairSettings(trim_silence=False))
    assert whole.compared_s == pytest.approx(7.0)
    assert trimmed.errors["dynamic.mape_mean"] < whole.errors["dynamic.mape_mean"]


def test_a_report_is_json_with_a_target_and_masking(stems, reference) -> None:
    target = measure_target([(reference, RATE_HZ)], "itself")
    mono = np.broadcast_to(reference.mean(axis=0, keepdims=True), reference.shape)
    report = evaluate_pair(reference, mono, RATE_HZ, PairSettings(target=target), stems)
    value = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert value["paper"]["panning.mape_mean"] is None
    assert value["target"]["error_db"]["mix"] == pytest.approx(0.0, abs=1e-6)
    assert set(value["stem_masked_share"]) == set(stems)
    assert all(0.0 <= share <= 1.0 for share in value["stem_masked_share"].values())
    assert len(value["balance"]["mix_db"]) == len(value["balance"]["bands_hz"])


def test_too_little_in_common_is_an_error(reference) -> None:
    with pytest.raises(InputError, match=r"0\.50 s in common"):
        evaluate_pair(reference[:, : RATE_HZ // 2], reference, RATE_HZ)


def test_a_silent_mix_is_an_error(reference) -> None:
    with pytest.raises(InputError, match="silent"):
        evaluate_pair(np.zeros_like(reference), reference, RATE_HZ)


def test_json_holds_no_nan() -> None:
    tree = {"a": [math.nan, 1.0], "b": {"c": -math.inf}, "d": (1, "x", None)}
    assert finite_or_none(tree) == {"a": [None, 1.0], "b": {"c": None}, "d": [1, "x", None]}
