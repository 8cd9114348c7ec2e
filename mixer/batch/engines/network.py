"""Networks held open from song to song: in this process, or in the one that has the GPU."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from mixer.rendering.choices.baselines import WITHOUT_NETWORK

if TYPE_CHECKING:
    from mixer.network.runner import NetworkRunner

# Bundles kept open at a time; a manifest rarely names more.
_MAX_OPEN = 4


class Networks:
    """A worker's runners, opened on first use; beyond a limit the least recently used is closed.

    Args:
        open_runner: makes a runner for a model's name or folder.
    """

    def __init__(self, open_runner: Callable[[str], NetworkRunner]) -> None:
        self._open = open_runner
        self._runners: OrderedDict[str, NetworkRunner] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, model: str) -> NetworkRunner | None:
        """The runner for a model; None for one without a network.

        Raises:
            ModelError, DeviceError: the model or the device cannot be opened.
        """
        if model in WITHOUT_NETWORK:
            return None
        with self._lock:
            if model not in self._runners:
                while len(self._runners) >= _MAX_OPEN:
                    self._runners.popitem(last=False)
                self._runners[model] = self._open(model)
            self._runners.move_to_end(model)
            return self._runners[model]


def open_local(device: str, threads: int) -> Callable[[str], NetworkRunner]:
    """Make the function by which a worker opens networks in its own process."""

    def open_runner(model: str) -> NetworkRunner:
        from mixer.network.model import read_bundle
        from mixer.network.runner import LocalRunner
        from mixer.network.session import Network

        return LocalRunner(Network(read_bundle(model), device, threads))

    return open_runner
