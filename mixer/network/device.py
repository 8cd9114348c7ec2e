"""Devices that graphs run on, by name, and what goes wrong with a graph."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mixer.errors import DeviceError


@dataclass(frozen=True)
class Device:
    """Device of the graphs: kind "cpu" or "cuda", and the index of the GPU."""

    kind: str
    index: int = 0

    def __str__(self) -> str:
        return "cpu" if self.kind == "cpu" else f"cuda:{self.index}"


def parse_device(device: str) -> Device | None:
    """`cpu`, `cuda` or `cuda:N`; None for `auto`.

    Raises:
        DeviceError: the text is none of these.
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::(\d{1,3}))?", device)
    if match is None:
        raise DeviceError(f"unknown device {device!r}; choose from auto, cpu, cuda, cuda:N")
    if device == "auto":
        return None
    return Device("cpu") if device == "cpu" else Device("cuda", int(match.group(1) or 0))


class GraphError(Exception):
    """The runtime does not take a graph; one line says why."""
