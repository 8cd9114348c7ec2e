"""The recursion against its definition, sample by sample, across blocks and changing times."""

import numpy as np
import pytest

from mixer.dsp.ballistics import OFFSET_DB, Ballistics

RATE_HZ = 8_000


def by_definition(x: np.ndarray, attack_ms: float, release_ms: float, y: float = 0.0) -> np.ndarray:
    attack, release = (np.exp(-1.0 / (1e-3 * ms * RATE_HZ)) for ms in (attack_ms, release_ms))
    out = []
    for value in x:
        a = attack if value > y else release
        y = a * y + (1.0 - a) * value
        out.append(y)
    return np.array(out)


@pytest.mark.parametrize("block", [100, 1_000, 4_000])
def test_attack_and_release_are_the_recursion(rng: np.random.Generator, block: int) -> None:
    x = np.repeat(rng.uniform(0.0, 20.0, 40), 100).astype(np.float32) + OFFSET_DB
    ballistics = Ballistics(RATE_HZ, 5.0, 60.0)
    parts = [ballistics.smooth(x[first : first + block]) for first in range(0, x.size, block)]
    np.testing.assert_allclose(np.concatenate(parts), by_definition(x, 5.0, 60.0), rtol=2e-3)


def test_other_times_keep_the_state() -> None:
    x = np.full(400, 10.0, np.float32)
    ballistics = Ballistics(RATE_HZ, 5.0, 60.0)
    before = ballistics.smooth(x)
    ballistics.set(50.0, 60.0)
    wanted = by_definition(x, 50.0, 60.0, y=float(before[-1]))
    np.testing.assert_allclose(ballistics.smooth(x), wanted, rtol=2e-3)
