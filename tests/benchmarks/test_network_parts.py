"""The parts of the default network's work: each is met in a run, and none is counted in another."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import network_parts
from benchmarks.network_parts import TIMED, Clock, parts_of
from mixer.network.model import read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network


def test_every_part_is_met(rng: np.random.Generator) -> None:
    network = Network(read_bundle("default"), "cpu")
    stems = [0.1 * rng.standard_normal((2, 44_100), np.float32) for _ in range(4)]
    parts = parts_of(lambda: run_network(network, stems, warm_up_s=0.0, wet_stems=True, threads=1))
    met = {name for at in parts for name in at}
    assert met >= {part for _, _, part in TIMED}
    assert parts.total() > 0.0


def test_a_part_is_told_without_those_inside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = iter([0.0, 1.0, 3.0, 6.0, 10.0, 15.0])
    monkeypatch.setattr(network_parts.time, "process_time", lambda: next(now_s))
    clock = Clock(own_s=0.5)
    with clock.within("first pass"), clock.within("squares"):
        pass
    clock.count()
    assert clock.parts == {
        ("rest", "rest"): 1.0 + 5.0 - 2 * 0.5,
        ("first pass", "rest"): 2.0 + 4.0 - 2 * 0.5,
        ("first pass", "squares"): 3.0 - 0.5,
    }


def test_functions_are_given_back() -> None:
    before = [getattr(owner, name) for owner, name, _ in TIMED]
    with pytest.raises(ZeroDivisionError):
        parts_of(lambda: 1 // 0)
    assert [getattr(owner, name) for owner, name, _ in TIMED] == before
