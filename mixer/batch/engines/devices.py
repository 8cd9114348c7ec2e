"""GPUs of this machine: how many there are, and the process that has one."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from mixer.batch.engines.engine import EngineError
from mixer.batch.engines.network_process import run_network_process
from mixer.errors import DeviceError
from mixer.files.spawning import interrupts_blocked, without_current_folder
from mixer.network.cuda import count_gpus

_START_S = 120.0
_MAX_DEATHS = 5


def choose_devices(text: str) -> list[str]:
    """Parse `--devices`: auto (every GPU, or else the CPU), or a comma-separated list.

    Raises:
        DeviceError: a name is not a device's. Whether a device works shows on first use.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise DeviceError("no device given; choose from auto, cpu, cuda, cuda:N")
    if names == ["auto"]:
        gpus = [f"cuda:{index}" for index in range(count_gpus())]
        return gpus if gpus and _cuda_is_likely() else ["cpu"]
    for name in names:
        kind, _, index = name.partition(":")
        if kind not in ("cpu", "cuda") or (index and not index.isdigit()) or name == "cpu:":
            raise DeviceError(f"unknown device {name!r}; choose from auto, cpu, cuda, cuda:N")
    numbered = [f"{name}:0" if name == "cuda" else name for name in names]
    return list(dict.fromkeys(numbered))


def _cuda_is_likely() -> bool:
    # Asked only if there is a GPU: it loads the runtime.
    from mixer.network.runtime import cuda_is_likely

    return cuda_is_likely()


@dataclass
class DeviceProcess:
    """The one process that opens networks on a device, started again when it dies.

    Attributes:
        device: "cuda:N"; "cpu" works too.
        threads: CPU cores for the operations that do not run on the device.
        address, key: how workers reach it, once started; the same after a restart.
    """

    device: str
    threads: int = 1
    address: str = ""
    key: bytes = field(default_factory=lambda: os.urandom(32))
    _process: SpawnProcess | None = None
    _pipe: Connection | None = None
    _folder: str = ""
    _deaths: int = 0

    @property
    def pid(self) -> int | None:
        """Identifier of the process; None before it is started."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the process and wait until it listens.

        Raises:
            EngineError: the process cannot start.
        """
        context = get_context("spawn")
        if not self.address and os.name != "nt":
            self._folder = tempfile.mkdtemp(prefix="mixer-")
            self.address = os.path.join(self._folder, "network")  # noqa: PTH118
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=run_network_process,
            args=(theirs, self.device, self.threads, self.key, self.address or None),
            name=f"network on {self.device}",
            daemon=True,
        )
        with interrupts_blocked(), without_current_folder():
            self._process.start()
        theirs.close()
        try:
            kind, text = (
                self._pipe.recv() if self._pipe.poll(_START_S) else ("broken", "it did not respond")
            )
        except (EOFError, OSError):
            kind, text = "broken", "it died during start-up"
        if kind != "ready":
            self.close()
            raise EngineError(f"the process for {self.device} cannot start: {text}")
        self.address = text

    def check(self) -> None:
        """Restart the process if it died; its songs are retried through their workers.

        Raises:
            EngineError: the process died too often.
        """
        if self._process is None or self._process.is_alive():
            return
        self._deaths += 1
        if self._deaths > _MAX_DEATHS:
            raise EngineError(f"the process for {self.device} died {self._deaths} times")
        self._end()
        self.start()

    def close(self) -> None:
        """End the process and remove its socket."""
        self._end()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._pipe.close()
