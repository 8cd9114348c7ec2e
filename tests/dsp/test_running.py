"""Running means, part by part, are those of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from mixer.dsp.running import RunningMean, running_mean


@pytest.mark.parametrize("size", [3, 88, 97])
@pytest.mark.parametrize("n_values", [97, 1_000, 4_097])
def test_parts_are_the_whole_bit_for_bit(size, n_values, rng) -> None:
    values = rng.standard_normal(n_values).astype(np.float32) ** 3
    values[n_values // 3 : n_values // 2] = 0.0
    mean = RunningMean(size, n_values, lambda places: values[places])
    parts = [mean.next(min(start + 1_024, n_values)) for start in range(0, n_values, 1_024)]
    assert np.array_equal(np.concatenate(parts), running_mean(values, size))
