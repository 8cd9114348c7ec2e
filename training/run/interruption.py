"""Ctrl-C, SIGTERM and SIGHUP during a run: a checkpoint is kept, and the run stops.

A step of a large network takes seconds on a CPU. There it is given up between two layers, forwards
or backwards, and taken again by a resumed run. Several processes, which share their gradients, and
GPUs finish it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import torch
from torch import Tensor, nn

from mixer.files.interruption import ending_signals


class StopRequest:
    """Whether the run has been asked to stop."""

    def __init__(self) -> None:
        self.asked = False

    def __bool__(self) -> bool:
        return self.asked


class StoppedError(Exception):
    """A validation or a step was left because the run has been asked to stop."""


@contextmanager
def stop_requests(heard: Callable[[], None] = lambda: None) -> Iterator[StopRequest]:
    """Treat the first signal inside the block as a request to stop; a second interrupts at once.

    `heard` is called as soon as the first is heard, between any two steps of the interpreter.
    Outside the main thread, where Python cannot handle signals, no request is ever made.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if request.asked:
            raise KeyboardInterrupt
        request.asked = True
        heard()

    before = {number: signal.signal(number, ask) for number in ending_signals()}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def given_up_when_asked(module: nn.Module, stop: StopRequest) -> Iterator[None]:
    """Inside the block, leave a step of a network when a stop is requested.

    Its weights and buffers must not change in a step before the optimiser moves them. The random
    state is that before the step again.

    Raises:
        StoppedError: from between two layers, forwards or backwards.
    """

    def leave(*_: object) -> None:
        if stop:
            raise StoppedError

    def watch(layer: nn.Module, inputs: object, output: object) -> None:
        leave()
        for each in output if isinstance(output, tuple) else (output,):
            if isinstance(each, Tensor) and each.requires_grad:
                each.register_hook(leave)

    before = torch.get_rng_state()
    hooks = [layer.register_forward_hook(watch) for layer in module.modules()]
    try:
        yield
    except StoppedError:
        torch.set_rng_state(before)
        raise
    finally:
        for hook in hooks:
            hook.remove()


def ignore_stop_requests(worker: int = 0) -> None:
    """Ignore stop signals in a reading process: only the training process decides when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
