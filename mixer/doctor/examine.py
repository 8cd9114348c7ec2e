"""All checks in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mixer.doctor.finding import Finding, looked_at
from mixer.doctor.machine import (
    look_at_cuda,
    look_at_disk,
    look_at_memory,
    look_at_models,
    look_at_presets,
    look_at_terminal,
)
from mixer.doctor.packages import (
    look_at_extras,
    look_at_formats,
    look_at_libraries,
    look_at_runtime,
    look_at_versions,
)
from mixer.doctor.self_test import self_test

_LOOKS: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
    ("mixer", look_at_versions),
    ("libraries", look_at_libraries),
    ("ONNX Runtime", look_at_runtime),
    ("CUDA", look_at_cuda),
    ("audio", look_at_formats),
    ("extras", look_at_extras),
    ("presets", look_at_presets),
    ("models", look_at_models),
    ("disk", look_at_disk),
    ("memory", look_at_memory),
    ("terminal", look_at_terminal),
)


def examine(*, renders: bool = True) -> Iterator[Finding]:
    """Run all checks; a missing or broken part does not stop the others.

    Args:
        renders: also run the self-test, a mix of five seconds.
    """
    for about, look in _LOOKS:
        yield from looked_at(about, look)
    if renders:
        yield from looked_at("self-test", self_test)
