"""The families of hostile cases, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from tests.fuzz.case import Case

_NAMES = (
    "audio",
    "song_toml",
    "presets",
    "manifests",
    "bundles",
    "checkpoints",
    "profiles",
    "recipes",
    "answers",
    "server",
    "surroundings",
)
FAMILIES: dict[str, Callable[[int], Iterator[Case]]] = {
    name: import_module(f"tests.fuzz.{name}").cases for name in _NAMES
}
