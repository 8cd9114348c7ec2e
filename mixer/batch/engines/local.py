"""The engine of one machine: a pool of worker processes whose dead are replaced.

Admission is by size: a song starts when a worker has a place for it and its estimated memory fits
beside the songs that are running; one that is larger than everything runs when nothing else does.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from mixer.batch.engines.devices import DeviceProcess
from mixer.batch.engines.engine import DIED_TWICE, EngineError
from mixer.batch.engines.order import Event, Finished, Order, Outcome, Retried, Working
from mixer.batch.engines.processes import describe_exit
from mixer.batch.engines.worker_process import SONGS_AT_ONCE, Broken, Ready, WorkerSpec, run_worker
from mixer.batch.memory import WORKER_BYTES, machine_memory_bytes
from mixer.batch.states import Ending
from mixer.files.spawning import interrupts_blocked, without_current_folder
from mixer.files.wording import counted
from mixer.rendering.timing.progress import AFTER_THE_MIX

# Workers that die in a row before they could work: then it is not the songs.
_MAX_STILLBORN = 3
_GOODBYE_S = 5.0
# Files of the next song are read, no more, while a song computes: some of what it will need.
_WAITING_SHARE = 0.25
# Stages of a song that waits for its turn to compute, or has had it.
_IDLE_STAGES = ("read", *AFTER_THE_MIX)


@dataclass
class _Slot:
    """A place in the pool, and the process that has it now."""

    spec: WorkerSpec
    process: SpawnProcess
    pipe: Connection
    ready: bool = False
    orders: dict[str, Order] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)

    def takes(self, *, ahead: bool) -> bool:
        if any(order.alone for order in self.orders.values()):
            return False
        return not self.orders or (ahead and len(self.orders) < SONGS_AT_ONCE)

    def suspects(self) -> set[str]:
        """Tokens of the songs that may have killed the worker: those computing, else all."""
        computing = {
            token
            for token, order in self.orders.items()
            if self.stages.get(order.id, _IDLE_STAGES[0]) not in _IDLE_STAGES
        }
        return computing or set(self.orders)

    def need_bytes(self) -> float:
        needs = sorted((order.need_bytes for order in self.orders.values()), reverse=True)
        return sum(needs[:1]) + _WAITING_SHARE * sum(needs[1:])


class LocalEngine:
    """Worker processes on this machine; see `mixer.batch.engines.engine.Engine`.

    Args:
        specs: settings of each worker.
        budget_bytes: memory that all workers together may use.
        devices: processes that run the networks if the workers do not; started and closed here.
    """

    def __init__(
        self,
        specs: Sequence[WorkerSpec],
        budget_bytes: int,
        devices: Sequence[DeviceProcess] = (),
    ) -> None:
        self._specs = list(specs)
        self._song_bytes = max(0, budget_bytes - WORKER_BYTES * len(specs))
        self._devices = list(devices)
        self._context = get_context("spawn")
        self._slots: list[_Slot] = []
        self._retries: deque[Order] = deque()
        self._tried: set[str] = set()
        self._events: list[Event] = []
        self._stillborn = 0
        self._scratch = ""

    @property
    def description(self) -> str:
        devices = sorted({d.device for d in self._devices} or {s.device for s in self._specs})
        count = len(self._specs)
        return f"{counted(count, 'worker')} on {', '.join(devices)}"

    @property
    def n_workers(self) -> int:
        return len(self._specs)

    @property
    def threads(self) -> int:
        return max(spec.threads for spec in self._specs)

    @property
    def memory_bytes(self) -> int:
        return machine_memory_bytes()

    def start(self) -> None:
        self._scratch = tempfile.mkdtemp(prefix="mixer-batch-")
        for device in self._devices:
            device.start()
        self._slots = [self._spawn(spec) for spec in self._specs]

    def has_room(self, need_bytes: int, n_waiting: int) -> bool:
        if self._retries:
            return False
        running = sum(slot.need_bytes() for slot in self._slots)
        if any(slot.takes(ahead=False) for slot in self._slots):
            return running == 0 or running + need_bytes <= self._song_bytes
        # A second song waits in a worker only while there are enough for all: at the end of a
        # batch it would wait behind one worker with others idle.
        ahead = n_waiting > len(self._slots) and self._slot(ahead=True) is not None
        return ahead and running + _WAITING_SHARE * need_bytes <= self._song_bytes

    def submit(self, order: Order) -> None:
        slot = self._slot(ahead=not order.alone)
        if slot is None:
            self._retries.append(order)
            return
        slot.orders[order.token] = order
        # A pipe that has just broken is found by wait().
        with contextlib.suppress(OSError):
            slot.pipe.send(order)

    def wait(self, timeout_s: float) -> list[Event]:
        self._start_retries()
        watched: list[object] = [slot.pipe for slot in self._slots]
        watched += [slot.process.sentinel for slot in self._slots]
        if not self._events:
            connection.wait(watched, timeout_s)  # type: ignore[arg-type]
        for index, slot in enumerate(self._slots):
            alive = slot.process.is_alive()
            drained = self._drain(slot)
            if not alive or not drained:
                self._remove_worker(index)
        for device in self._devices:
            device.check()
        self._start_retries()
        events, self._events = self._events, []
        return events

    def close(self, *, at_once: bool) -> None:
        for slot in self._slots:
            # One that is still starting would hear of the end when it has started.
            if at_once or slot.orders or not slot.ready:
                slot.process.kill()
            else:
                with contextlib.suppress(OSError):
                    slot.pipe.send(None)
        until_s = time.monotonic() + _GOODBYE_S
        for slot in self._slots:
            slot.process.join(max(0.0, until_s - time.monotonic()))
            if slot.process.is_alive():
                slot.process.kill()
                slot.process.join()
            slot.pipe.close()
        self._slots = []
        for device in self._devices:
            device.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _slot(self, *, ahead: bool) -> _Slot | None:
        free = [slot for slot in self._slots if slot.takes(ahead=ahead)]
        return min(free, key=lambda slot: len(slot.orders), default=None)

    def _spawn(self, spec: WorkerSpec) -> _Slot:
        for device in self._devices:
            if device.device == spec.device:
                address = device.address
                spec = replace(spec, network_address=address, network_key=device.key)
        spec = replace(spec, scratch=self._scratch)
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=run_worker, args=(theirs, spec), name=spec.name, daemon=True
        )
        with interrupts_blocked(), without_current_folder():
            process.start()
        theirs.close()
        return _Slot(spec, process, ours)

    def _drain(self, slot: _Slot) -> bool:
        """Take what a worker has said; False if its pipe is closed."""
        try:
            while slot.pipe.poll():
                self._hear(slot, slot.pipe.recv())
        except (EOFError, OSError):
            return False
        return True

    def _hear(self, slot: _Slot, news: Event | Ready | Broken) -> None:
        if isinstance(news, Broken):
            raise EngineError(f"workers cannot start: {news.reason}")
        if isinstance(news, Ready):
            slot.ready, self._stillborn = True, 0
        elif isinstance(news, Finished):
            order = slot.orders.pop(news.outcome.token, None)
            slot.stages.pop(news.outcome.id, None)
            if order is not None:
                self._end(order, news.outcome)
        elif isinstance(news, Working):
            slot.stages[news.id] = news.stage
            self._events.append(news)

    def _end(self, order: Order, outcome: Outcome) -> None:
        if outcome.kind == Ending.FAILED and outcome.passing and order.token not in self._tried:
            self._again(order, outcome.error or "it failed", charged=True)
            return
        self._tried.discard(order.token)
        self._events.append(Finished(outcome))

    def _again(self, order: Order, reason: str, *, charged: bool) -> None:
        if charged:
            self._tried.add(order.token)
        self._retries.append(replace(order, alone=True))
        self._events.append(Retried(order.id, reason))

    def _start_retries(self) -> None:
        while self._retries:
            order = self._retries[0]
            slot = self._slot(ahead=False)
            running = sum(slot.need_bytes() for slot in self._slots)
            if slot is None or (running and running + order.need_bytes > self._song_bytes):
                return
            self.submit(self._retries.popleft())

    def _remove_worker(self, index: int) -> None:
        """A worker died: its songs run again or have failed, and another takes its place."""
        slot = self._slots[index]
        slot.process.kill()
        slot.process.join()
        slot.pipe.close()
        how = describe_exit(slot.process.exitcode)
        if not slot.ready:
            self._stillborn += 1
            if self._stillborn >= _MAX_STILLBORN:
                raise EngineError(f"workers die during start-up ({how}); is there enough memory?")
        suspects = slot.suspects()
        for order in slot.orders.values():
            if order.token in self._tried:
                self._tried.discard(order.token)
                error = DIED_TWICE.format(how=how)
                self._events.append(Finished(Outcome(order.id, order.token, Ending.FAILED, error)))
            else:
                charged = order.token in suspects
                self._again(order, f"its worker died {how}", charged=charged)
        self._slots[index] = self._spawn(slot.spec)


def worker_specs(
    n_workers: int, threads: int, devices: Sequence[str], work: str
) -> list[WorkerSpec]:
    """Settings of the workers, with the devices assigned in turn."""
    return [
        WorkerSpec(f"worker {i + 1}", devices[i % len(devices)], threads, work)
        for i in range(n_workers)
    ]
