"""A bundle that is held open from song to song, in this process or in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from mixer.network.model import Bundle
from mixer.network.output import Output, RunOptions
from mixer.network.session import Network
from mixer.network.stream import run_with_options


class NetworkRunner(Protocol):
    """A network as a render uses it, wherever it runs."""

    @property
    def bundle(self) -> Bundle: ...

    @property
    def place(self) -> str:
        """The device, as far as it is known before a run; may be empty."""
        ...

    def run(self, stems: Sequence[np.ndarray | None], options: RunOptions) -> Output:
        """Run the network; as `mixer.network.stream.run_with_options`."""
        ...


class LocalRunner:
    """A network in this process."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @property
    def bundle(self) -> Bundle:
        return self._network.bundle

    @property
    def place(self) -> str:
        return self._network.description

    @property
    def on_cpu(self) -> Network | None:
        """The network itself if it runs on the CPU; None on a GPU."""
        return self._network if self._network.device.kind == "cpu" else None

    def run(self, stems: Sequence[np.ndarray | None], options: RunOptions) -> Output:
        """Run the network in this process; as `mixer.network.stream.run_with_options`."""
        return run_with_options(self._network, stems, options)
