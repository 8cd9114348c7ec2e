"""The rest of a mix: exact for any number of parts."""

from __future__ import annotations

import numpy as np

from mixer.dsp.exact_rest import ExactRest


def test_parts_and_their_rest_sum_to_the_mix(rng: np.random.Generator) -> None:
    mix, *parts = 8.0 * rng.random((129, 1, 66_000), np.float32) - 4.0
    rest = ExactRest(mix)
    for part in parts:
        rest.take(part)
    left = mix.astype(np.float64) - sum(part.astype(np.float64) for part in parts)
    np.testing.assert_array_equal(rest.audio, left.astype(np.float32))


def test_parts_are_taken_as_their_files_hold_them() -> None:
    mix, part = np.full((2, 5), 0.75, np.float32), np.full((2, 5), 2.4, np.float32)
    rest = ExactRest(mix, np.split(np.rint(mix), 5, 1))
    rest.take(part, np.split(np.rint(part), 5, 1))
    np.testing.assert_array_equal(rest.audio, np.full((2, 5), -1.0, np.float32))
