"""Validation's figures: a family each, and nothing undefined."""

import numpy as np
import pytest

from training.run.measures import FAMILIES, paper_families


def excerpt(rng, level: float = 0.1) -> np.ndarray:
    noise = rng.standard_normal((2, 44_100 * 3)).cumsum(axis=1)
    return (level * noise / np.abs(noise).max()).astype(np.float32)


def test_equal_mixes_have_no_error_and_a_louder_one_has(rng) -> None:
    target = excerpt(rng)
    equal = paper_families(target, target)
    assert set(equal) == {f"paper_{family}" for family in FAMILIES}
    assert max(equal.values()) == pytest.approx(0.0, abs=1e-6)
    louder = paper_families(2.0 * target, target)
    assert louder["paper_loudness"] > 0.1
    # the other families bring both to one peak first
    assert louder["paper_spectral"] < 0.01


def test_what_is_undefined_is_left_out(rng) -> None:
    mono = np.repeat(excerpt(rng)[:1], 2, axis=0)
    assert all(np.isfinite(v) for v in paper_families(excerpt(rng), mono).values())
    silence = np.zeros((2, 44_100 * 3), np.float32)
    assert all(np.isfinite(v) for v in paper_families(excerpt(rng), silence).values())
    assert all(np.isfinite(v) for v in paper_families(silence, excerpt(rng)).values())
    assert paper_families(silence[:, :100], silence[:, :100]) == {}
