"""Which song the pool lets in, and which it tries once more: slots without processes."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from mixer.batch.engines.local import LocalEngine, _Slot, worker_specs
from mixer.batch.engines.order import Finished, Order, Outcome, Retried
from mixer.batch.memory import WORKER_BYTES
from mixer.batch.states import Ending
from mixer.output.output_settings import MIX_ALONE

NOTHING: Any = SimpleNamespace()
ROOM_BYTES = 1_000
FAILED = Outcome("a", "token a", Ending.FAILED, "out of memory", passing=True)


def order(name: str, need_bytes: int, *, alone: bool = False) -> Order:
    paths = (f"/songs/{name}", "/staging", f"/out/{name}.wav")
    return Order(name, f"token {name}", *paths, {}, MIX_ALONE, need_bytes=need_bytes, alone=alone)


@pytest.fixture
def engine() -> LocalEngine:
    """Two workers, and memory for songs of a thousand bytes beside them."""
    specs = worker_specs(2, 1, ["cpu"], "")
    engine = LocalEngine(specs, 2 * WORKER_BYTES + ROOM_BYTES)
    engine._slots = [_Slot(spec, NOTHING, NOTHING, ready=True) for spec in specs]
    return engine


def put(engine: LocalEngine, place: int, one: Order) -> None:
    engine._slots[place].orders[one.token] = one


def test_alone_a_song_may_be_larger_than_everything_and_beside_others_it_must_fit(engine) -> None:
    assert engine.has_room(9 * ROOM_BYTES, 1)
    put(engine, 0, order("a", 600))
    assert engine.has_room(400, 1)
    assert not engine.has_room(401, 1)


def test_a_song_waits_in_a_busy_worker_only_while_there_are_more_than_workers(engine) -> None:
    put(engine, 0, order("a", 400))
    put(engine, 1, order("b", 400))
    assert not engine.has_room(800, 2)
    # Only its files are read for now: a quarter of its memory.
    assert engine.has_room(800, 3)
    assert not engine.has_room(804, 3)
    put(engine, 0, order("c", 800))
    assert engine._slots[0].need_bytes() == 800 + 0.25 * 400  # the larger one computes, at worst
    put(engine, 1, order("d", 400))
    assert not engine.has_room(0, 99)  # two songs a worker are the most


def test_beside_a_song_that_is_tried_alone_nothing_waits(engine) -> None:
    put(engine, 0, order("a", 100, alone=True))
    put(engine, 1, order("b", 100, alone=True))
    assert not engine.has_room(0, 99)


def test_nothing_new_starts_before_what_is_tried_again(engine) -> None:
    put(engine, 0, order("a", 100))
    engine._end(engine._slots[0].orders.pop("token a"), FAILED)
    assert not engine.has_room(0, 99)


def test_what_failed_for_lack_of_memory_is_tried_once_more_and_alone(engine) -> None:
    one = order("a", 100)
    engine._end(one, FAILED)
    (again,), (retried,) = engine._retries, engine._events
    assert again == replace(one, alone=True)
    assert retried == Retried("a", "out of memory")
    engine._end(again, FAILED)
    assert engine._events[1:] == [Finished(FAILED)]
    # The next attempt of the same song is a new one.
    engine._end(one, FAILED)
    assert isinstance(engine._events[-1], Retried)


@pytest.mark.parametrize("change", [{"passing": False}, {"kind": Ending.DONE, "error": None}])
def test_what_ended_for_good_is_not_tried_again(engine, change) -> None:
    outcome = replace(FAILED, **change)
    engine._end(order("a", 100), outcome)
    assert (list(engine._retries), engine._events) == ([], [Finished(outcome)])


def test_a_dead_worker_was_killed_by_what_computed_there_else_by_any_of_its_songs(engine) -> None:
    (slot, _) = engine._slots
    put(engine, 0, order("a", 100))
    put(engine, 0, order("b", 100))
    assert slot.suspects() == {"token a", "token b"}
    slot.stages = {"a": "read", "b": "write"}
    assert slot.suspects() == {"token a", "token b"}
    slot.stages["a"] = "network"
    assert slot.suspects() == {"token a"}
