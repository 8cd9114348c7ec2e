"""Song folders by the dozen, and an engine that works here and now."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.batch.batch_session import Options, run_batch
from mixer.batch.engines.network import Networks, open_local
from mixer.batch.engines.order import Event, Finished, Order, Retried
from mixer.batch.engines.work import Work, WorkerContext
from mixer.batch.listener import Listener, Stop, Summary
from mixer.batch.states import Ending
from tests.batch.stand_in import copy_song
from tests.browser import browser, open_page, watch  # noqa: F401


@pytest.fixture
def make_songs(tmp_path: Path) -> Callable[..., Path]:
    """Write song folders with a second of noise each, and a manifest of them."""

    def make(
        names: list[str], manifest: str | None = None, folder: str = "", **behaviours: dict
    ) -> Path:
        base = tmp_path / folder
        for name in names:
            song = base / name
            song.mkdir(parents=True)
            rng = np.random.default_rng(len(name) + sum(name.encode()))
            audio = (0.1 * rng.standard_normal((4410, 2))).astype(np.float32)
            soundfile.write(song / "drums.wav", audio, 44_100, subtype="PCM_16")
            if name in behaviours:
                (song / "behaviour.json").write_text(json.dumps(behaviours[name]))
        path = base / "manifest.csv"
        path.write_text(manifest or "song\n" + "".join(f"{name}\n" for name in names))
        return path

    return make


class HereEngine:
    """Works on one order at a time, in this process."""

    description, n_workers, threads = "here", 1, 1
    memory_bytes: int | None = None

    def __init__(self, work: Work = copy_song) -> None:
        self.work, self.orders, self.events = work, [], []
        self.seen: list[Order] = []
        self.context = WorkerContext(Networks(open_local("cpu", 1)))
        self.started = False

    def start(self) -> None:
        self.started = True

    def has_room(self, need_bytes: int, n_waiting: int) -> bool:
        return not self.orders

    def submit(self, order: Order) -> None:
        self.orders.append(order)
        self.seen.append(order)

    def wait(self, timeout_s: float) -> list[Event]:
        events: list[Event] = []
        for order in self.orders:
            outcome = self.work(order, self.context, lambda stage, share: None)
            if outcome.kind == Ending.FAILED and outcome.passing:
                events.append(Retried(order.id, outcome.error or ""))
                outcome = self.work(order, self.context, lambda stage, share: None)
            events.append(Finished(outcome))
        self.orders = []
        return events

    def close(self, *, at_once: bool) -> None:
        self.orders = []


@pytest.fixture
def batch() -> Callable[..., Summary]:
    """Run a manifest here with the stand-in; `batch.engine` is the engine of the last run."""

    def run(
        manifest: Path,
        out: Path,
        work: Work = copy_song,
        listener: Listener | None = None,
        stop: Stop | None = None,
        **options: object,
    ) -> Summary:
        engine = HereEngine(work)
        run.engine = engine  # type: ignore[attr-defined]
        return run_batch(manifest, out, Options(**options), lambda n_songs: engine, listener, stop)

    return run
