"""The engine of a Ray cluster: the same work function, as tasks with declared resources.

Ray decides where a song runs, keeps its memory and GPU for it and runs it again when its worker or
machine dies; the ledger stays with the driver. The output folder must be on a file system that
every machine sees under the same path.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mixer.batch.engines.engine import DIED_TWICE, EngineError
from mixer.batch.engines.order import Event, Finished, Order, Outcome, Retried, Working
from mixer.batch.engines.worker_process import WorkerSpec, open_context
from mixer.batch.memory import WORKER_BYTES
from mixer.batch.states import Ending
from mixer.dsp.threads import one_blas_thread
from mixer.extras import install_command
from mixer.files.spawning import without_current_folder
from mixer.files.wording import first_line

if TYPE_CHECKING:
    from mixer.batch.engines.work import WorkerContext

# Songs that share a GPU: while one is on it, the others are normalised or mastered.
SONGS_A_GPU = 4
# Tasks beyond what runs, so that no worker waits for the driver.
_AHEAD = 2
_MAX_NODE_SHARE = 0.9


@functools.lru_cache(maxsize=1)
def context_of(spec: WorkerSpec) -> WorkerContext:
    """The context of this process; Ray gives a process one task after another."""
    return open_context(spec)


@one_blas_thread
def work_on_cluster(order: Order, spec: WorkerSpec) -> Outcome:
    """Run one order as a Ray task, in whatever process Ray chooses."""
    module, _, name = spec.work.partition(":")
    outcome: Outcome = getattr(import_module(module), name)(
        order, context_of(spec), lambda stage, share: None
    )
    return outcome


@dataclass
class _Flight:
    order: Order
    tried: bool = False


class RayEngine:
    """Tasks on a Ray cluster; see `mixer.batch.engines.engine.Engine`.

    Args:
        spec: how a song is worked on; its device is "cpu", or "cuda" for a share of a GPU.
        address: of the cluster; "auto" for the one this machine belongs to, None to start one here.
        n_cpus: cores of a cluster that is started here; None for all.

    Raises:
        EngineError: Ray is not installed.
    """

    def __init__(self, spec: WorkerSpec, address: str | None, n_cpus: int | None = None) -> None:
        try:
            self._ray: Any = import_module("ray")
        except ModuleNotFoundError:
            raise EngineError(
                f"the engine ray needs Ray: {install_command('ray')} on every machine"
            ) from None
        self._spec, self._address, self._n_cpus = spec, address, n_cpus
        self._flights: dict[Any, _Flight] = {}
        self._task: Any = None
        self._folder = ""
        self._places = 1
        self._largest_node_bytes = 0.0

    @property
    def description(self) -> str:
        where = f"the cluster at {self._address}" if self._address else "a Ray cluster started here"
        return f"{self._places} places on {where}"

    @property
    def n_workers(self) -> int:
        return self._places

    @property
    def threads(self) -> int:
        return self._spec.threads

    @property
    def memory_bytes(self) -> None:
        return None

    def start(self) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # Ray sends no statistics
        if self._address is None:
            # Else Ray writes one into the home folder.
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        self._folder = tempfile.mkdtemp(prefix="mixer-ray-")
        here = {"include_dashboard": False, "_temp_dir": self._folder, "num_cpus": self._n_cpus}
        try:
            # Ray's workers import from the folder in which it is started.
            with without_current_folder(), contextlib.chdir(self._folder):
                self._ray.init(
                    address=self._address,
                    log_to_driver=False,
                    logging_level="error",
                    configure_logging=False,
                    **(here if self._address is None else {}),
                )
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise EngineError(f"the Ray cluster cannot be used: {first_line(error)}") from None
        options: dict[str, float] = {"num_cpus": self._spec.threads, "max_retries": 1}
        if self._spec.device != "cpu":
            options["num_gpus"] = 1.0 / SONGS_A_GPU
        self._task = self._ray.remote(**options)(work_on_cluster)
        self._look_around()

    def has_room(self, need_bytes: int, n_waiting: int) -> bool:
        # Memory is declared with each task: Ray starts it where it fits.
        return len(self._flights) < self._places + _AHEAD

    def submit(self, order: Order) -> None:
        self._launch(_Flight(order))

    def wait(self, timeout_s: float) -> list[Event]:
        events: list[Event] = []
        if not self._flights:
            return events
        flights = list(self._flights)
        try:
            done, _ = self._ray.wait(flights, num_returns=1, timeout=timeout_s)
        except self._ray.exceptions.RaySystemError as error:
            raise EngineError(f"the connection to the Ray cluster was lost: {error}") from None
        if not done:
            self._look_around()
            return [Working(f.order.id, "ray", "on the cluster", 0.0) for f in self._running()]
        for reference in done:
            flight = self._flights.pop(reference)
            outcome = self._outcome(reference, flight.order)
            if outcome.kind == Ending.FAILED and outcome.passing and not flight.tried:
                self._launch(_Flight(flight.order, tried=True))
                events.append(Retried(flight.order.id, outcome.error or "it failed"))
            else:
                events.append(Finished(outcome))
        return events

    def close(self, *, at_once: bool) -> None:
        try:
            self._end(at_once=at_once)
        finally:
            # Sockets, logs and spilled objects of a cluster that was started here.
            shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, *, at_once: bool) -> None:
        if self._task is None:
            return
        for reference in self._flights:
            with contextlib.suppress(Exception):
                self._ray.cancel(reference, force=at_once)
        self._flights.clear()
        self._ray.shutdown()
        self._task = None

    def _launch(self, flight: _Flight) -> None:
        need = WORKER_BYTES + flight.order.need_bytes
        if self._largest_node_bytes:
            # More than any machine has would wait for ever: it gets a machine to itself.
            need = min(need, int(_MAX_NODE_SHARE * self._largest_node_bytes))
        reference = self._task.options(memory=need, name=f"mixer {flight.order.id[:80]}").remote(
            flight.order, self._spec
        )
        self._flights[reference] = flight

    def _running(self) -> list[_Flight]:
        return list(self._flights.values())[: self._places]

    def _outcome(self, reference: Any, order: Order) -> Outcome:
        try:
            outcome: Outcome = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            text = f"internal error ({str(error).strip().splitlines()[-1]}); this is a bug"
            return Outcome(order.id, order.token, Ending.FAILED, text)
        except self._ray.exceptions.RayError as error:
            error_text = DIED_TWICE.format(how=f"({type(error).__name__})")
            return Outcome(order.id, order.token, Ending.FAILED, error_text)
        return outcome

    def _look_around(self) -> None:
        """Machines come and go."""
        resources = self._ray.cluster_resources()
        places = int(resources.get("CPU", 1) // self._spec.threads)
        if self._spec.device != "cpu":
            places = min(places, int(resources.get("GPU", 0) * SONGS_A_GPU))
            if not places:
                raise EngineError("the Ray cluster has no GPU; use --devices cpu")
        self._places = max(1, places)
        nodes = [
            node["Resources"].get("memory", 0.0) for node in self._ray.nodes() if node["Alive"]
        ]
        self._largest_node_bytes = max(nodes, default=0.0)
